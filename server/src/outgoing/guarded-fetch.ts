/** The guarded client as `fetch`, for libraries that are handed one. An answer that is no event stream has a bound on its bytes. */
import { type Readable, Transform } from "node:stream";
import type { GuardedClient } from "./guarded-client.ts";

const METHODS = { GET: "GET", POST: "POST", DELETE: "DELETE" } as const;
/** Statuses of which `Response` knows that no body follows. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** The answer is longer than its caller takes: asking again would not help. */
class AnswerTooLarge extends Error {
  override readonly name = "AnswerTooLarge";
}

export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** Bodies are texts. It follows no redirect: its caller sees the status. Rejects as `GuardedClient.open` does. */
export function guardedFetch(client: GuardedClient, { bytesMax }: { bytesMax: number }): Fetch {
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const method = METHODS[methodOf(init.method)];
    const { status, headers, body } = await client.open(url, {
      method,
      headers: Object.fromEntries(new Headers(init.headers)),
      ...(typeof init.body === "string" && { body: init.body }),
      ...(init.signal && { signal: init.signal }),
    });
    // What is broken off says so to whoever reads it.
    body.on("error", () => {});
    const told = new Headers();
    for (const [name, value] of Object.entries(headers))
      for (const each of Array.isArray(value) ? value : [value ?? ""]) told.append(name, each);
    if (BODILESS.has(status)) {
      body.destroy();
      return new Response(null, { status, headers: told });
    }
    const isStream = told.get("content-type")?.startsWith("text/event-stream") ?? false;
    const bytes = isStream ? body : body.compose(bounded(bytesMax, url.host));
    return new Response(ReadableStream.from(chunksOf(bytes)), { status, headers: told });
  };
}

function methodOf(method = "GET"): keyof typeof METHODS {
  if (method === "GET" || method === "POST" || method === "DELETE") return method;
  throw new TypeError(`${method} is not sent.`);
}

function bounded(bytesMax: number, host: string): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.byteLength;
      if (bytes > bytesMax) done(new AnswerTooLarge(`The answer of ${host} is over ${bytesMax} bytes.`));
      else done(null, chunk);
    },
  });
}

async function* chunksOf(body: Readable): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) yield Uint8Array.from(Buffer.from(chunk));
}
