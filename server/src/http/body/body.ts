/**
 * Bodies, counted as far as they are held in memory, until their request has been answered; those that are JSON are read here,
 * within bounds. A body that is too long is refused at its first byte too many, or at its Content-Length; the rest is never kept.
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

/** Larger bodies are parsed in a thread of their own: this one takes 1 ms, and what is done with 30,000 values ten. */
const OWN_THREAD_BYTES_MAX = 64 << 10;
/** Of a body for the thread: a deeper one cannot be handed from one to the other. */
const DEPTH_MAX = 1_000;
/** A value takes two bytes at least, with what parts it from the next one. */
const VALUE_BYTES_MIN = 2;

export type BodyBounds = {
  /** How slowly bodies may come. */
  pace: BodyPaceBounds;
  /** From a body's head to its last byte: it is held in memory meanwhile. */
  msMax: number;
  /** Bytes of one body, where the route says no other bound. */
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
    /** What is held of its body so far, as long as it is in work. */
    bodyBytes: number;
  }
}

/** All listeners of a process share one. */
export class Bodies {
  readonly bytesMax: number;
  readonly #bounds: BodyBounds;
  readonly #thread = new ParserThread();
  /** How fast they have to come. */
  readonly pace: BodyPace;
  /** Bytes of bodies whose requests are in work. */
  #bytes = 0;

  constructor(bounds: BodyBounds) {
    this.bytesMax = bounds.bytesMax;
    this.#bounds = bounds;
    this.pace = new BodyPace(bounds.pace);
  }

  /**
   * The JSON that `payload` brings of a request's body. Another stream than the request's own is what a reader before this one
   * has left of it, who watches how the body comes: of a file in it nothing but its name may be left for minutes. Throws
   * `too_large` and `invalid`, and `rate_limited` or `unavailable` when the caller or all callers have too much in work.
   * Whoever hears of the request's end calls `ended`.
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

  /** So many bytes more of a request's body are in memory. Throws as `read` does when they are too many. */
  hold(request: Incoming, bytes: number): void {
    if (this.#bytes + bytes > this.#bounds.bytesInFlightMax) throw tooMany();
    this.#bytes += bytes;
    request.bodyBytes += bytes;
    this.#bounds.take(request, bytes);
  }

  /** It waits for something else than what is done with its body. */
  held(request: Incoming): void {
    if (request.bodyBytes > OWN_THREAD_BYTES_MAX) this.#thread.held(request);
  }

  /** Its body is in work no longer. */
  ended(request: Incoming): void {
    this.#bytes -= request.bodyBytes;
    if (request.bodyBytes > OWN_THREAD_BYTES_MAX) this.#thread.ended(request);
  }
}

/** Makes `app` read `application/json` and `application/*+json`; other types stay refused as 415. */
export function parseJsonBodies(app: FastifyInstance, bodies: Bodies): void {
  app.decorateRequest("bodyBytes", 0);
  app.removeAllContentTypeParsers();
  const parse = async (request: FastifyRequest, payload: IncomingMessage) => {
    const { bodyLimit: bytesMax = bodies.bytesMax } = request.routeOptions;
    if (Number(payload.headers["content-length"] ?? 0) <= bytesMax)
      return await bodies.read(request, payload, bytesMax);
    // Read and dropped: a socket that is closed on an unread body loses the answer on its way.
    payload.resume();
    throw tooLong(bytesMax);
  };
  app.addContentTypeParser("application/json", parse);
  app.addContentTypeParser(/^application\/[\w.+-]+\+json(;|$)/, parse);
}

type Watch = (giveUp: (why: Refusal) => void) => ReturnType<BodyPace["watch"]>;

/** By its events and not by its iterator, which takes longer for a small body than the rest of the request. */
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
    // What still comes is read and dropped: a socket that is closed on an unread body loses the answer on its way.
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
    // It is closed after its end as well, and its listeners go with it: to take four off takes as long as to put them on.
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
