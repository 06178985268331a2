/**
 * `fetch` for provider packages: an answer is bounded, and repaired to its protocol. A whole JSON answer is given to the package as the
 * stream that it asked for; a body that is no answer is an error with its own first words.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import { withoutSecrets } from "../../task/text/redaction.ts";
import { ModelError } from "../model.ts";
import type { AnswerRepair, Heard, PlainEnd } from "./answer-repair.ts";
import { ChatCompletionsRepair } from "./chat-completions.ts";
import { DiscreetRepair } from "./discreet-repair.ts";
import { EarlyAnswer } from "./early-answer.ts";
import { isFields } from "./fields.ts";
import { isEventStream, LONGEST_FIELD, withoutBlanks } from "./first-bytes.ts";
import { MessagesRepair } from "./messages.ts";
import { fetchBehind } from "./provider-connections.ts";
import { BoundedBytes, linesOf, RepairedAnswer, readInto } from "./repaired-stream.ts";
import { ResponsesRepair } from "./responses.ts";

const FIRST_WORDS_CHARACTERS = 200;
/** With the whole of a key that is cut at the end of these words. */
const WORDS_READ = 2_000;
const NO_TEXT = /[^\P{Cc}\s]|\ufffd/u;
const BRACE = 0x7b;
const SECRET_HEADER = /auth|key|token|secret/i;

/** Listeners to the plain part of an answer, by the signal of its request, with the answer's end if all of it is plain. */
const listeners = new WeakMap<AbortSignal, { heard: Heard; end: Promise<PlainEnd> }>();

/**
 * `text` is called with the plain text of the answer to the request with this signal, as soon as it has come; the package then does not
 * get it. Half a dozen streams and a schema per chunk would lie between, which cost ten times as much. `named` is called with the model
 * that answers.
 */
export function hearPlain(request: AbortSignal, text: Heard["text"], named: Heard["named"]): void {
  const within = AsyncLocalStorage.snapshot();
  const { promise, resolve } = Promise.withResolvers<PlainEnd>();
  listeners.set(request, { heard: { text: (piece) => within(text, piece), named, ended: resolve }, end: promise });
}

/** The end of an answer that was all plain, for which its package waits for ever; null without a listener. */
export function plainEnd(request: AbortSignal | undefined): Promise<PlainEnd> | null {
  return (request && listeners.get(request)?.end) ?? null;
}

/**
 * Wraps the global `fetch`. A line or a body too long for `outputBytesMax` fails its reader with `bad_answer`. A status below 400 with
 * a body that is no answer rejects: `refused` for a page or a text, which would come again; `bad_answer` for JSON that is cut or of
 * another shape.
 */
export function providerFetch(outputBytesMax: number): typeof globalThis.fetch {
  return async (input, init) => {
    const asked = new Headers(init?.headers);
    const keys = keysIn(asked);
    const bound = new BoundedBytes(outputBytesMax);
    const heard = (init?.signal && listeners.get(init.signal)?.heard) ?? null;
    const mends = repairOf(input, heard);
    const body = init?.body;
    if (mends === null || input instanceof Request || typeof body !== "string") {
      const response = await fetch(input, init);
      if (response.body === null) return withoutBody(response);
      if (!response.ok) return await withoutKeys(response, response.body, bound, keys);
      return new Response(bounded(response.body, bound), response);
    }
    const repair = new DiscreetRepair(mends, keys);
    const answer = new RepairedAnswer(repair, bound, heard);
    const early = new EarlyAnswer(answer);
    const response = await fetchBehind(early, input, {
      method: init?.method ?? "POST",
      headers: asked,
      body,
      signal: whileIncomplete(answer, init?.signal),
    });
    if (response.body === null) return withoutBody(response);
    if (!response.ok) return await withoutKeys(response, response.body, bound, keys);
    const headers = { "content-type": "text/event-stream" };
    const source = response.body.getReader();
    if (await early.isHere) {
      early.letGoBy(source);
      await answer.isWanted;
      return new Response(answer.stream, { headers });
    }
    const first = await firstBytes(source, new BoundedBytes(outputBytesMax)).catch((error: unknown) => {
      throw wrongEncoding(response, error) ?? error;
    });
    if (first.length === 0) throw nothing(response);
    if (first[0] !== BRACE) {
      if (!isEventStream(first))
        throw noAnswer(response, withoutSecrets(await textOf(source, first, WORDS_READ), keys));
      readInto(answer, source, first);
      await answer.isWanted;
      return new Response(answer.stream, { headers });
    }
    const text = await textOf(source, first, Number.POSITIVE_INFINITY, bound).catch((error: unknown) => {
      throw error instanceof ModelError ? error : brokenOff(response, error);
    });
    const events = await wholeAnswer(repair, text);
    if (events === null) throw new ModelError("bad_answer", notRead(response, withoutSecrets(text, keys)));
    return new Response(events, { headers });
  };
}

/** `signal`, except that it does not abort a request whose answer is complete: that releases its connection itself. */
function whileIncomplete(answer: RepairedAnswer, signal: AbortSignal | null | undefined): AbortSignal | null {
  if (!signal) return null;
  const request = new AbortController();
  const abort = () => {
    if (!answer.isComplete) request.abort(signal.reason);
  };
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  return request.signal;
}

function withoutBody(response: Response): Response {
  if (response.ok) throw nothing(response);
  return response;
}

function keysIn(asked: Headers): string[] {
  return [...asked].filter(([name]) => SECRET_HEADER.test(name)).map(([, value]) => value.replace(/^\S+ /, ""));
}

/** An error without the keys of its request: some servers repeat them. */
async function withoutKeys(
  response: Response,
  body: ReadableStream<Uint8Array>,
  bound: BoundedBytes,
  keys: readonly string[],
): Promise<Response> {
  const text = await new Response(bounded(body, bound)).text();
  const { status, statusText } = response;
  const headers = new Headers(response.headers);
  for (const name of ["content-encoding", "content-length"]) headers.delete(name);
  return new Response(withoutSecrets(text, keys), { status, statusText, headers });
}

function bounded(body: ReadableStream<Uint8Array>, bound: BoundedBytes): ReadableStream<Uint8Array> {
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bound.take(chunk);
        controller.enqueue(chunk);
      },
    }),
  );
}

/** By the last part of the path; null for an answer that is not streamed, such as embeddings. */
function repairOf(input: Parameters<typeof fetch>[0], heard: Heard | null): AnswerRepair | null {
  const { pathname } = new URL(input instanceof Request ? input.url : input);
  if (pathname.endsWith("/chat/completions")) return new ChatCompletionsRepair(heard);
  const onText = heard?.text;
  if (pathname.endsWith("/responses")) return new ResponsesRepair(onText);
  return pathname.endsWith("/messages") ? new MessagesRepair(onText) : null;
}

/** Enough bytes to tell the type, without the blanks before them; fewer at the end of the body. */
async function firstBytes(source: ReadableStreamDefaultReader<Uint8Array>, bound: BoundedBytes): Promise<Buffer> {
  let first: Buffer = Buffer.alloc(0);
  while (first.length < LONGEST_FIELD) {
    const { value } = await source.read();
    if (value === undefined) return first;
    bound.take(value);
    first = withoutBlanks(Buffer.concat([first, value]));
  }
  return first;
}

async function textOf(
  source: ReadableStreamDefaultReader<Uint8Array>,
  first: Uint8Array,
  bytesMax: number,
  bound?: BoundedBytes,
): Promise<string> {
  const chunks = [first];
  let bytes = first.length;
  bound?.take(first);
  while (bytes < bytesMax) {
    const { value } = await source.read();
    if (value === undefined) break;
    bound?.take(value);
    chunks.push(value);
    bytes += value.length;
  }
  source.cancel().catch(() => {});
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/**
 * The text as the events of a stream; null if it is no JSON, or no answer. With 4 MB each part takes some 10 ms, in its own turn of the
 * event loop.
 */
async function wholeAnswer(repair: AnswerRepair, text: string): Promise<string | null> {
  await nextTurn();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  await nextTurn();
  const events = isFields(value) ? repair.whole(value) : null;
  await nextTurn();
  return events && linesOf(events);
}

function nothing(response: Response): ModelError {
  return new ModelError("unavailable", `${said(response, "nothing")} in it`);
}

function noAnswer(response: Response, text: string): ModelError {
  return new ModelError("refused", `${said(response)} that is no answer: ${firstWords(text)}`);
}

function notRead(response: Response, text: string): string {
  return `${said(response)} that cannot be read as an answer: ${firstWords(text)}`;
}

function said({ status, headers, url }: Response, what = "something"): string {
  const type = headers.get("content-type") ?? "no content type";
  return `${new URL(url).host} answered ${status} (${type}) with ${what}`;
}

/** When any of a whole JSON answer has come, the model has made all of it. */
function brokenOff(response: Response, cause: unknown): ModelError {
  const { host } = new URL(response.url);
  return new ModelError("unavailable", `${host} broke off in the middle of its answer`, { cause, wasAnswered: true });
}

/** The answer is not compressed as its head says; a second request would get the same. */
function wrongEncoding({ headers, url, status }: Response, error: unknown): ModelError | null {
  const encoding = headers.get("content-encoding");
  const cause = error instanceof Error ? error.cause : null;
  const code = isFields(cause) ? String(cause["code"]) : "";
  if (encoding === null || !/^(Z_DATA_ERROR|ERR__ERROR_|ZSTD_error)/.test(code)) return null;
  const says = `${new URL(url).host} answered ${status} and says that it is compressed (Content-Encoding: ${encoding})`;
  return new ModelError("refused", `${says}, which it is not`, { cause: error });
}

/** On one line. */
function firstWords(text: string): string {
  if (NO_TEXT.test(text)) return "bytes that are no text";
  const words = text.replaceAll(/\s+/g, " ").trim();
  return words.length <= FIRST_WORDS_CHARACTERS ? words : `${words.slice(0, FIRST_WORDS_CHARACTERS)}…`;
}
