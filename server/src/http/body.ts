/**
 * JSON bodies, read within bounds. A body that is too long is refused at its first byte too many, or at its
 * Content-Length; the rest is never kept.
 */
import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Refusal } from "../task/errors.ts";

export type BodyBounds = {
  /** Bytes of one body, where the route says no other bound. */
  bytesMax: number;
  /** Bytes of all bodies that are being read at once. */
  bytesInFlightMax: number;
};

/** Makes `app` read `application/json` and `application/*+json`; other types stay refused as 415. */
export function parseJsonBodies(app: FastifyInstance, bounds: BodyBounds): void {
  let inFlight = 0;

  /** By its events and not by its iterator, which takes longer for a small body than the rest of the request. */
  function read(payload: IncomingMessage, bytesMax: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const done = (settle: () => void) => {
        payload.off("data", take).off("end", end).off("error", fail).off("close", cut);
        inFlight -= bytes;
        settle();
      };
      // What still comes is read and dropped: a socket that is closed on an unread body loses the answer on its way.
      const fail = (error: unknown) => {
        done(() => reject(error));
        payload.resume();
      };
      const take = (chunk: Buffer) => {
        bytes += chunk.length;
        inFlight += chunk.length;
        if (bytes > bytesMax) fail(tooLarge(bytesMax));
        else if (inFlight > bounds.bytesInFlightMax) fail(tooMany());
        else chunks.push(chunk);
      };
      const end = () => {
        const [only] = chunks;
        done(() => resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks)));
      };
      const cut = () => fail(new Refusal("invalid", "The body ended before its end."));
      if (Number(payload.headers["content-length"] ?? 0) > bytesMax) {
        fail(tooLarge(bytesMax));
        return;
      }
      payload.on("data", take).on("end", end).on("error", fail).on("close", cut);
    });
  }

  app.removeAllContentTypeParsers();
  const parse = async (request: FastifyRequest, payload: IncomingMessage) =>
    parseJson(await read(payload, request.routeOptions.bodyLimit ?? bounds.bytesMax));
  app.addContentTypeParser("application/json", parse);
  app.addContentTypeParser(/^application\/[\w.+-]+\+json(;|$)/, parse);
}

function tooLarge(bytesMax: number): Refusal {
  return new Refusal("too_large", `The body is longer than ${bytesMax} bytes.`);
}

function tooMany(): Refusal {
  return new Refusal("unavailable", "Too many large requests at once: try again in a moment.", { retryAfterS: 1 });
}

/**
 * `__proto__`, plain or escaped in JSON's ways. secure-json-parse finds it by the same pattern in the same time, and does
 * not say which key it was.
 */
const SUSPECT =
  /"(?:_|\\u005[fF]){2}(?:p|\\u0070)(?:r|\\u0072)(?:o|\\u006[fF])(?:t|\\u0074)(?:o|\\u006[fF])(?:_|\\u005[fF]){2}"\s*:/;

/** The value of JSON bytes; undefined for none at all. V8 parses any depth; the schemas bound it. */
function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  if (!isUtf8(bytes)) throw new Refusal("invalid", "The body is not valid UTF-8.");
  const text = bytes.toString("utf8");
  if (SUSPECT.test(text)) throw new Refusal("invalid", "The body has a key named __proto__, which is not accepted.");
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (error) {
    throw new Refusal(
      "invalid",
      `The body is not valid JSON: ${error instanceof Error ? error.message : "unreadable"}`,
    );
  }
}
