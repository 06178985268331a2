/**
 * Request bodies: their bytes count as held in memory until the request has been answered, and JSON bodies are read here, within
 * bounds. A body that is too long is refused at the first byte beyond its bound, or at its Content-Length; the rest is not kept.
 */
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { BodyPace, type BodyPaceBounds } from "../../lenses/body/body-pace.ts";
import type { Incoming } from "../../lenses/incoming.ts";
import { Refusal } from "../../task/errors.ts";
import { OBJECT_KEYS_MAX } from "../../task/json/object-keys.ts";
import { parseJson } from "./json-text.ts";
import { JsonValues } from "./json-values.ts";
import { ParserThread } from "./parser-thread.ts";

/** Larger bodies are parsed in another thread: one of this size takes 1 ms here, and work on its 30,000 values ten. */
const OWN_THREAD_BYTES_MAX = 64 << 10;
/** Depth of a body for the other thread: a deeper one cannot be passed between threads. */
const DEPTH_MAX = 1_000;
/** A value takes at least two bytes: its own, and the comma or bracket beside it. */
const VALUE_BYTES_MIN = 2;

export type BodyBounds = {
  /** How slowly bodies may arrive. */
  pace: BodyPaceBounds;
  /** Time from a body's head to its last byte, while it is held in memory. */
  msMax: number;
  /** Bytes of one body, unless the route has a bound of its own. */
  bytesMax: number;
  /** Values of one body. */
  valuesMax: number;
  /** Bytes of all bodies whose requests are in work. */
  bytesInFlightMax: number;
  /** Counts bytes for their caller. Throws `rate_limited` when it has too many in work. */
  take: (request: Incoming, bytes: number) => void;
};

declare module "fastify" {
  interface FastifyRequest {
    /** Bytes of its body that are held while it is in work. */
    bodyBytes: number;
  }
}

/** One for all listeners of a process. */
export class Bodies {
  readonly bytesMax: number;
  readonly #bounds: BodyBounds;
  readonly #thread = new ParserThread();
  /** The pace at which bodies have to arrive. */
  readonly pace: BodyPace;
  /** Bytes of bodies whose requests are in work. */
  #bytes = 0;

  constructor(bounds: BodyBounds) {
    this.bytesMax = bounds.bytesMax;
    this.#bounds = bounds;
    this.pace = new BodyPace(bounds.pace);
  }

  /**
   * Parses the JSON of a request's body from `payload`. If that is not the request's own stream, an earlier reader has taken a part of
   * it and watches its pace: of a body with a file, only the file's name may be left for minutes. Throws `too_large` and `invalid`, and
   * `rate_limited` or `unavailable` when the caller or all callers have too much in work. The owner of the request calls `ended` at its
   * end.
   */
  async read(request: Incoming, payload: Readable, bytesMax = this.bytesMax): Promise<unknown> {
    const watch: Watch = (giveUp) =>
      payload === request.raw
        ? this.pace.watch(this.#bounds.msMax, giveUp, () => request.keyEnd())
        : { body: { bytes: 0 }, done: () => {} };
    const bytes = await read(payload, { ...this.#bounds, bytesMax }, (bytes) => this.hold(request, bytes), watch);
    return bytes.length > OWN_THREAD_BYTES_MAX
      ? await this.#thread.parse(bytes, request.principal?.tenant ?? "", request)
      : parseJson(bytes);
  }

  /** Counts further bytes of a request's body as held in memory. Throws as `read` does when they are too many. */
  hold(request: Incoming, bytes: number): void {
    if (this.#bytes + bytes > this.#bounds.bytesInFlightMax) throw tooMany();
    this.#bytes += bytes;
    request.bodyBytes += bytes;
    this.#bounds.take(request, bytes);
  }

  /** The work on its body is done, and its answer is held. */
  held(request: Incoming): void {
    if (request.bodyBytes > OWN_THREAD_BYTES_MAX) this.#thread.held(request);
  }

  /** Frees the bytes of its body. */
  ended(request: Incoming): void {
    this.#bytes -= request.bodyBytes;
    if (request.bodyBytes > OWN_THREAD_BYTES_MAX) this.#thread.ended(request);
  }
}

/** Makes `app` parse `application/json` and `application/*+json`; other types stay 415. */
export function parseJsonBodies(app: FastifyInstance, bodies: Bodies): void {
  app.decorateRequest("bodyBytes", 0);
  app.removeAllContentTypeParsers();
  const parse = async (request: FastifyRequest, payload: IncomingMessage) => {
    const { bodyLimit: bytesMax = bodies.bytesMax } = request.routeOptions;
    if (Number(payload.headers["content-length"] ?? 0) <= bytesMax)
      return await bodies.read(request, payload, bytesMax);
    // The rest is read and dropped: a socket closed with an unread body loses its answer.
    payload.resume();
    throw tooLong(bytesMax);
  };
  app.addContentTypeParser("application/json", parse);
  app.addContentTypeParser(/^application\/[\w.+-]+\+json(;|$)/, parse);
}

type Watch = (giveUp: (why: Refusal) => void) => ReturnType<BodyPace["watch"]>;

/** Listens to events: the iterator of a stream takes longer for a small body than the rest of the request. */
function read(
  payload: Readable,
  bounds: Pick<BodyBounds, "bytesMax" | "valuesMax">,
  takeBytes: (bytes: number) => void,
  watch: Watch,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let values: JsonValues | undefined;
    let isDone = false;
    const done = (settle: () => void) => {
      isDone = true;
      settled();
      settle();
      chunks = [];
    };
    // The rest is read and dropped: a socket closed with an unread body loses its answer.
    const fail = (error: unknown) => {
      if (isDone) return;
      done(() => reject(error));
      payload.resume();
    };
    const take = (chunk: Buffer) => {
      if (isDone) return;
      coming.bytes += chunk.length;
      if (coming.bytes > bounds.bytesMax) return fail(tooLong(bounds.bytesMax));
      try {
        takeBytes(chunk.length);
      } catch (error) {
        return fail(error);
      }
      chunks.push(chunk);
      if (values) values.add(chunk);
      else if (coming.bytes > Math.min(bounds.valuesMax * VALUE_BYTES_MIN, OWN_THREAD_BYTES_MAX)) {
        values = new JsonValues();
        for (const each of chunks) values.add(each);
      }
      if (values && values.count > bounds.valuesMax) {
        fail(tooLarge(`The body has more than ${bounds.valuesMax} values: numbers, texts, lists and objects.`));
      } else if (values && values.keys > OBJECT_KEYS_MAX) {
        fail(tooLarge(`An object of the body has more than ${OBJECT_KEYS_MAX} keys.`));
      } else if (values && values.depth > DEPTH_MAX) {
        fail(new Refusal("invalid", `The body is nested deeper than ${DEPTH_MAX} levels.`));
      }
    };
    const end = () => {
      if (isDone) return;
      const [only] = chunks;
      done(() => resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks)));
    };
    // A stream is closed after its end too, and its listeners go with it: to remove four takes as long as to add them.
    const cut = () => isDone || fail(new Refusal("invalid", "The body ended before its end."));
    const { body: coming, done: settled } = watch(fail);
    if (payload.destroyed) return cut();
    payload.on("data", take).on("end", end).on("error", fail).on("close", cut);
  });
}

function tooLong(bytesMax: number): Refusal {
  return tooLarge(`The body is longer than ${bytesMax} bytes.`);
}

function tooLarge(message: string): Refusal {
  return new Refusal("too_large", message);
}

function tooMany(): Refusal {
  return new Refusal("unavailable", "Too many large requests at once: try again in a moment.", { retryAfterS: 1 });
}
