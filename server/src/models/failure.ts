/**
 * Failures of a call by the provider, the connection or the SDK package, each as a `ModelError`. An abort by the caller and our own
 * bounds (stall, size) are decided where they happen.
 */

import { APICallError, InvalidResponseDataError, JSONParseError, TypeValidationError } from "@ai-sdk/provider";
import { z } from "zod";
import { ModelError, type ModelErrorCode } from "./model.ts";
import { AnswerFailure, errorOf } from "./wire/answer-repair.ts";
import { isFields, textOf } from "./wire/fields.ts";

/** An error frame inside a stream that began well, as the provider packages pass it on. */
const streamFailure = z.looseObject({
  message: z.string(),
  type: z.string().nullish().catch(null),
  code: z.union([z.string(), z.number()]).nullish().catch(null),
  statusCode: z.number().nullish().catch(null),
  status: z.union([z.string(), z.number()]).nullish().catch(null),
});
type StreamFailure = z.infer<typeof streamFailure>;

const messageCharsMax = 2_000;
/** Characters of a page or a text received instead of an error. */
const WORDS_CHARS_MAX = 200;

/** The `ModelError` for any thrown or streamed error. `now` is needed for a Retry-After that is a date. */
export function modelError(error: unknown, provider: string, now: number): ModelError {
  if (error instanceof ModelError) return error;
  const told = answerFailure(error);
  if (told !== null) return fromFrame(streamFailure.parse({ ...told.told, message: told.message }), provider, told);
  if (APICallError.isInstance(error)) return fromResponse(error, provider, now);
  if (JSONParseError.isInstance(error) || TypeValidationError.isInstance(error)) {
    return new ModelError("bad_answer", `${provider} sent bytes that are not its protocol`, { cause: error });
  }
  if (InvalidResponseDataError.isInstance(error)) {
    // The package for compatible APIs reports a stream that ended too early as invalid data, without data.
    return error.data === undefined
      ? cutStream(provider, error)
      : new ModelError("bad_answer", `${provider}: ${shortened(error.message)}`, { cause: error });
  }
  if (isNetworkFailure(error)) return cutStream(provider, error);
  const frame = streamFailure.safeParse(error);
  if (frame.success && !(error instanceof Error)) return fromFrame(frame.data, provider, error);
  return new ModelError("bad_answer", `${provider} answered in a way that could not be read`, { cause: error });
}

/** The error that an answer has reported, also when a package has wrapped it. */
function answerFailure(error: unknown): AnswerFailure | null {
  if (error instanceof AnswerFailure) return error;
  return error instanceof Error && error.cause instanceof AnswerFailure ? error.cause : null;
}

function fromFrame(frame: StreamFailure, provider: string, cause: unknown): ModelError {
  const { code, type, message } = frame;
  const words = `${code ?? ""} ${type ?? ""}`.toLowerCase();
  const isTooLong = TOO_LONG.test(`${words} ${shortened(message).toLowerCase()}`);
  const status = [frame.statusCode, frame.status, code].map(Number).find((number) => number >= 400 && number < 600);
  const meant = status === undefined ? codeOfWords(words) : codeOfStatus(status, words);
  return new ModelError(isTooLong ? "prompt_too_long" : meant, `${provider}: ${shortened(message)}`, { cause });
}

/** The stream ended before the provider said that it was finished. */
export function cutStream(provider: string, cause?: unknown): ModelError {
  return new ModelError("unavailable", `${provider} broke off in the middle of its answer`, { cause });
}

function fromResponse(error: APICallError, provider: string, now: number): ModelError {
  // Our own bound on the wire, wrapped by the package that read it.
  if (error.cause instanceof ModelError) return error.cause;
  const status = error.statusCode;
  if (status === undefined) {
    return new ModelError("unavailable", `${provider} cannot be reached: ${shortened(error.message)}`, {
      cause: error,
    });
  }
  if (status < 400) {
    const unreadable = JSONParseError.isInstance(error.cause) || TypeValidationError.isInstance(error.cause);
    return unreadable
      ? new ModelError("bad_answer", `${provider} sent bytes that are not its protocol`, { cause: error })
      : cutStream(provider, error);
  }
  const body = (error.responseBody ?? "").slice(0, messageCharsMax);
  const wait = retryAfter(error.responseHeaders ?? {}, body, now);
  const retryAfterMs = wait && Math.min(wait, RETRY_MS_MAX);
  const said = saidIn(body) ?? shortened(error.message);
  return new ModelError(
    codeOfStatus(status, body.toLowerCase()),
    `${provider} answered ${status}${said === "" ? "" : `: ${said}`}`,
    { cause: error, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
  );
}

/** The message in the body of an error, in whichever field; the words of a page or a text; null if there is none. */
function saidIn(body: string): string | null {
  try {
    const value: unknown = JSON.parse(body);
    const first: unknown = Array.isArray(value) ? value[0] : value;
    const error = isFields(first) ? (errorOf(first) ?? errorOf({ error: first["message"] })) : null;
    return error === null ? null : textOf(error["message"]);
  } catch {
    const words = body
      .replaceAll(/<(script|style)[^>]*>.*?<\/\1>|<[^>]*>/gis, " ")
      .replaceAll(/\s+/g, " ")
      .trim();
    return words === "" ? null : words.slice(0, WORDS_CHARS_MAX);
  }
}

/** Providers' messages for a prompt that exceeds the model's context. Most send 400 with it, some 422; 413 says it alone. */
const TOO_LONG = new RegExp(
  [
    "context_length|context (length|window|size|limit)|context[^.]{0,20} overflow|model token limit|maximum model length",
    "prompt is too long|string too long|maximum (input|prompt) length|range of input length|request too large for model",
    "(prompt|input|request)[^.]{0,40} (too long|too many tokens|exceeds?)|too many (input )?tokens",
    "inputs?`? (tokens? \\+|must have less than)|reduce the length of the (messages|prompt|input)",
  ].join("|"),
);

/** A spent quota is a 429 at OpenAI, but no wait mends it. */
function codeOfStatus(status: number, words: string): ModelErrorCode {
  if (words.includes("insufficient_quota")) return "refused";
  // From the model's own server, or from a proxy with a bound on bodies.
  if (status === 413 || ([400, 422, 500].includes(status) && TOO_LONG.test(words))) return "prompt_too_long";
  if (status === 429 || status === 529) return "rate_limited";
  if (status === 408 || status === 409 || status === 425 || status >= 500) return "unavailable";
  return "refused";
}

function codeOfWords(words: string): ModelErrorCode {
  if (words.includes("insufficient_quota")) return "refused";
  if (/rate_limit|overloaded|too_many/.test(words)) return "rate_limited";
  if (/invalid|authentication|permission|not_found|too_large/.test(words)) return "refused";
  return "unavailable";
}

/**
 * `retry-after-ms`, or `retry-after` in seconds or as an HTTP date; without them, a time in the body's message ("try again in 1m2.5s")
 * or in a field (`"retryDelay": "34s"`).
 */
function retryAfter(headers: Readonly<Record<string, string>>, body: string, now: number): number | undefined {
  const ms = headers["retry-after-ms"]?.trim();
  if (ms !== undefined && NUMBER.test(ms)) return Math.ceil(Number(ms));
  const after = headers["retry-after"]?.trim();
  if (after !== undefined && after !== "") {
    if (NUMBER.test(after)) return Math.ceil(Number(after) * 1000);
    const span = spanMs(after);
    if (span !== null) return span;
    const date = /[a-z]/i.test(after) ? Date.parse(after) : Number.NaN;
    if (!Number.isNaN(date)) return Math.max(0, date - now);
  }
  const said = /(?:try again in|retry after|retrydelay\W{1,6})\s*([\d.]+ ?[a-z][a-z\d.]*)/i.exec(body)?.[1];
  return (said === undefined ? null : spanMs(said.replace(/\.$/, ""))) ?? undefined;
}

/** A server that means never sends a number beyond every timer. */
const RETRY_MS_MAX = 365 * 86_400_000;
const NUMBER = /^\d{1,30}(\.\d+)?$/;
const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  sec: 1_000,
  seconds: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** `1m2.5s`, `34s`, `20 seconds`, `6ms`; null for anything else. */
function spanMs(text: string): number | null {
  const pieces = [...text.matchAll(/(\d{1,9}(?:\.\d+)?) ?([a-z]+)/g)];
  const isSpan = pieces.length > 0 && pieces.map(([piece]) => piece).join("") === text;
  const spans = pieces.map(([, number = "", unit = ""]) => Number(number) * (UNITS_MS[unit] ?? Number.NaN));
  const total = spans.reduce((sum, span) => sum + span, 0);
  return isSpan && Number.isFinite(total) ? Math.ceil(total) : null;
}

/** undici throws a bare TypeError (`terminated`, `fetch failed`) when a connection breaks. */
function isNetworkFailure(error: unknown): boolean {
  return error instanceof TypeError && /^(terminated|fetch failed|network error)/i.test(error.message);
}

function shortened(text: string): string {
  return text.length <= messageCharsMax ? text : `${text.slice(0, messageCharsMax)}…`;
}
