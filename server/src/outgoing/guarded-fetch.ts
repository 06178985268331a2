/** The guarded client as `fetch`, for libraries and tools. */
import { type Readable, Transform } from "node:stream";
import { type GuardedClient, OUTGOING_METHODS, type OutgoingMethod } from "./guarded-client.ts";
import { NotReached } from "./reach.ts";

/** Statuses of which `Response` knows that no body follows. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** What says where a request goes and where its body ends is the client's to say: another host's name leads past a list of hosts. */
const OF_THE_CLIENT = "host connection content-length transfer-encoding keep-alive upgrade expect te trailer".split(
  " ",
);
/** What is meant for one origin goes to no other. */
const OF_AN_ORIGIN = ["authorization", "cookie", "proxy-authorization"];

/** The answer is longer than its caller takes: asking again would not help. */
class AnswerTooLarge extends Error {
  override readonly name = "AnswerTooLarge";
}

export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

export type FetchSettings = {
  /** Of an answer. */
  bytesMax: number;
  /** Whether an event stream may have more: for who reads it event by event. */
  longStreams?: boolean;
  /** How many redirects it follows, where its caller does not say otherwise. With 0 its caller sees their status. */
  redirectsMax?: number;
  /** Why an address is not to be reached; null where it may. Asked before the first connection, and before each redirect's. */
  refusal?: ((url: URL) => string | null) | undefined;
};

/** Rejects as `GuardedClient.open` does, and with `NotReached` where `refusal` says so. */
export function guardedFetch(
  client: GuardedClient,
  { bytesMax, longStreams = false, redirectsMax = 0, refusal = () => null }: FetchSettings,
): Fetch {
  return async (input, init = {}) => {
    const given = new Request(input, init);
    const body = given.body === null ? null : new Uint8Array(await given.arrayBuffer());
    let asked: Asked = { url: new URL(given.url), method: methodOf(given.method), headers: given.headers, body };
    for (const name of OF_THE_CLIENT) asked.headers.delete(name);
    for (let redirects = 0; ; redirects++) {
      const { url, method, headers } = asked;
      const why = refusal(url);
      if (why !== null) throw new NotReached(why);
      const answer = await client.open(url, {
        ...{ method, headers: Object.fromEntries(headers), signal: given.signal },
        ...(asked.body !== null && { body: asked.body }),
      });
      // What is broken off says so to whoever reads it.
      answer.body.on("error", () => {});
      const told = headersOf(answer.headers);
      const next = redirectsMax > 0 && given.redirect !== "manual" ? redirected(asked, answer.status, told) : null;
      if (next === null) {
        const most = longStreams && isEventStream(told) ? Number.POSITIVE_INFINITY : bytesMax;
        return responseOf(answer.status, told, { answer: answer.body, url, bytesMax: most });
      }
      answer.body.destroy();
      if (given.redirect === "error") throw new TypeError(`${url.host} answered ${answer.status}, a redirect.`);
      if (redirects === redirectsMax) throw new TypeError(`${url.host} leads on more than ${redirectsMax} times.`);
      asked = next;
    }
  };
}

type Asked = { url: URL; method: OutgoingMethod; headers: Headers; body: Uint8Array | null };

/** What is asked next, as browsers do it; null for an answer that leads nowhere. */
function redirected({ url, method, headers, body }: Asked, status: number, told: Headers): Asked | null {
  const location = told.get("location");
  if (!REDIRECTS.has(status) || location === null || !URL.canParse(location, url.href)) return null;
  const to = new URL(location, url);
  const kept = new Headers(headers);
  if (to.origin !== url.origin) for (const name of OF_AN_ORIGIN) kept.delete(name);
  const becomesGet = (status === 303 && method !== "HEAD") || (status < 303 && method === "POST");
  if (!becomesGet) return { url: to, method, headers: kept, body };
  for (const name of ["content-type", "content-encoding", "content-language"]) kept.delete(name);
  return { url: to, method: "GET", headers: kept, body: null };
}

function headersOf(headers: Record<string, string | string[] | undefined>): Headers {
  const told = new Headers();
  for (const [name, value] of Object.entries(headers))
    for (const each of Array.isArray(value) ? value : [value ?? ""]) told.append(name, each);
  return told;
}

function responseOf(
  status: number,
  headers: Headers,
  { answer, url, bytesMax }: { answer: Readable; url: URL; bytesMax: number },
): Response {
  const response = BODILESS.has(status)
    ? new Response(null, { status, headers })
    : new Response(ReadableStream.from(chunksOf(bounded(answer, bytesMax, url.host))), { status, headers });
  if (BODILESS.has(status)) answer.destroy();
  return Object.defineProperty(response, "url", { value: url.href });
}

function methodOf(asked: string): OutgoingMethod {
  const method = OUTGOING_METHODS.find((each) => each === asked.toUpperCase());
  if (method === undefined) throw new TypeError(`${asked} is not sent.`);
  return method;
}

function isEventStream(headers: Headers): boolean {
  return headers.get("content-type")?.startsWith("text/event-stream") ?? false;
}

function bounded(answer: Readable, bytesMax: number, host: string): Readable {
  let bytes = 0;
  const bound = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.byteLength;
      if (bytes > bytesMax) done(new AnswerTooLarge(`The answer of ${host} is over ${bytesMax} bytes.`));
      else done(null, chunk);
    },
  });
  return answer.compose(bound);
}

async function* chunksOf(body: Readable): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) yield Uint8Array.from(Buffer.from(chunk));
}
