/** Ways of reading a body other than JSON of its own type: each needs a scope of the framework, which chooses parsers by scope. */
import type { IncomingMessage } from "node:http";
import { type Readable, Transform } from "node:stream";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Refusal } from "../../task/errors.ts";
import { CONTENT_TYPE_FIELD } from "../error-answer.ts";
import type { Incoming } from "../incoming.ts";
import type { LensParts } from "../lens-parts.ts";
import type { BodyPace } from "./body-pace.ts";
import { type Cut, CutJson, STAYS_BYTES_MAX } from "./cut-json.ts";
import { UnreadForm } from "./form.ts";
import { jsonOf, textOf } from "./well-formed.ts";

declare module "fastify" {
  interface FastifyInstance {
    /** Those of its server. */
    bodies: BodiesInWork;
  }
  interface FastifyContextConfig {
    /** The places cut out of a route's bodies. */
    cut?: Cut;
  }
}

/** All bodies whose requests are in work. */
interface BodiesInWork {
  /** The pace at which they have to arrive. */
  readonly pace: BodyPace;
  /**
   * Counts further bytes of a request's body as in memory, until it is answered. Throws `rate_limited` or `unavailable` when its caller
   * or all callers have too many.
   */
  hold(request: Incoming, bytes: number): void;
}

const JSON_TYPES = ["application/json", /^application\/[\w.+-]+\+json(;|$)/];

/** A streamed body may take long, but neither stall nor crawl. */
const BODY_MS_MAX = 3_600_000;

/** A body that is no JSON counts as absent. */
export function readLeniently(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", async (request: FastifyRequest, payload: IncomingMessage) =>
    lenientJson(await whole(request, payload)),
  );
}

const MEDIA_TYPE = /^[^/;\s]+\/[^/;\s]+/;

/** A body with an invalid media type is text: the framework would refuse it before a parser is asked. */
function takeAnyType(app: FastifyInstance): void {
  app.addHook("onRequest", ({ headers }, _reply, done) => {
    const type = headers["content-type"] ?? "";
    if (type !== "" && !MEDIA_TYPE.test(type)) headers["content-type"] = "text/plain";
    done();
  });
}

/** A body of another type than JSON is text, also if its type is invalid; without a type it is JSON. */
export function readTyped(app: FastifyInstance, { readJson }: Pick<LensParts, "readJson">): void {
  takeAnyType(app);
  app.addContentTypeParser("*", async (request: FastifyRequest, payload: IncomingMessage) => {
    if ((request.headers["content-type"] ?? "") === "") {
      mustBeShort(request, payload);
      return await readJson(request, payload);
    }
    const bytes = await whole(request, payload);
    return bytes.length === 0 ? undefined : textOf(bytes);
  });
}

async function whole(request: FastifyRequest, payload: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of held(request, payload, mustBeShort(request, payload))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The bound of the route; throws `too_large` if the body's Content-Length exceeds it. */
function mustBeShort(request: FastifyRequest, payload: IncomingMessage): number {
  const { bodyLimit = 0 } = request.routeOptions;
  if (Number(request.headers["content-length"] ?? 0) <= bodyLimit) return bodyLimit;
  payload.resume();
  throw tooLong(bodyLimit);
}

/** The bytes as they come, up to the bound of the route; more end the read with `too_large`. */
export function readAsStream(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (request, payload, done) => {
    done(null, bounded(request, payload, request.routeOptions.bodyLimit ?? 0));
  });
}

/** A form is read by its route, part by part: one whose Content-Length is too large is refused before. */
export function readAsForm(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  addFormParser(app);
  app.addContentTypeParser("*", (_request, _payload, done) => {
    const message = "The body is a form: send Content-Type: multipart/form-data.";
    done(new Refusal("invalid", message, { field: CONTENT_TYPE_FIELD }));
  });
}

/** A form, or the bytes of a body of any other type as they come. */
export function readAsFormOrStream(app: FastifyInstance): void {
  readAsStream(app);
  addFormParser(app);
}

/** A form, or a body of any other type whose bytes its reader holds in memory. */
export function readAsFormOrFields(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (request, payload, done) => {
    done(null, held(request, payload, request.routeOptions.bodyLimit ?? 0));
  });
  addFormParser(app);
}

function addFormParser(app: FastifyInstance): void {
  app.addContentTypeParser(/^multipart\/form-data(;|$)/i, (request, payload, done) => {
    const bytesMax = request.routeOptions.bodyLimit ?? 0;
    if (Number(request.headers["content-length"] ?? 0) > bytesMax) done(tooLong(bytesMax));
    else {
      const hold = (bytes: number) => request.server.bodies.hold(request, bytes);
      done(null, new UnreadForm(bounded(request, payload, bytesMax), request.headers["content-type"] ?? "", hold));
    }
  });
}

/** JSON of any type, with long texts at the route's places cut out: it is read once the caller is known. */
export function readCutJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", cutJson);
}

/** The same for JSON types only. */
export function readTypedCutJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  for (const type of JSON_TYPES) app.addContentTypeParser(type, cutJson);
}

function cutJson(
  request: FastifyRequest,
  payload: IncomingMessage,
  done: (error: Error | null, body?: unknown) => void,
): void {
  const { bodyLimit = 0, config } = request.routeOptions;
  if (Number(request.headers["content-length"] ?? 0) > bodyLimit) done(tooLong(bodyLimit));
  else if (config.cut === undefined) done(new Error("A route that reads cut JSON says what is cut."));
  else if (isShort(request)) done(null, new CutJson(payload, null));
  else done(null, new CutJson(bounded(request, payload, bodyLimit), config.cut));
}

/** A short body has no texts to cut out: it is read as other JSON. */
function isShort({ headers }: FastifyRequest): boolean {
  return Number(headers["content-length"] ?? Number.POSITIVE_INFINITY) <= STAYS_BYTES_MAX;
}

function lenientJson(bytes: Buffer): unknown {
  const text = textOf(bytes);
  try {
    return jsonOf(text);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    return undefined;
  }
}

function tooLong(bytesMax: number): Refusal {
  return new Refusal("too_large", `The body is longer than ${bytesMax} bytes.`);
}

/** The same for a body that is held in memory as it comes. */
function held(request: FastifyRequest, payload: IncomingMessage, bytesMax: number): Readable {
  return bounded(request, payload, bytesMax, (bytes) => request.server.bodies.hold(request, bytes));
}

/** The facts about a request that the read of its body needs. */
type Reading = { server: { bodies: Pick<BodiesInWork, "pace"> }; keyEnd: () => AbortSignal | null };

/**
 * The bytes of `payload`, which fails with a `Refusal` when they are too many, end early, come too slowly, or when their caller's key
 * has ended. `hold` is called with them as they come, and ends them by throwing.
 */
export function bounded(
  request: Reading,
  payload: Readable,
  bytesMax: number,
  hold: (bytes: number) => void = () => {},
): Readable {
  const { pace } = request.server.bodies;
  const giveUp = (why: Refusal) => void counted.destroy(why);
  const { body, done: settled } = pace.watch(BODY_MS_MAX, giveUp, () => request.keyEnd());
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      body.bytes += chunk.length;
      if (body.bytes > bytesMax) return done(tooLong(bytesMax));
      try {
        hold(chunk.length);
      } catch (error) {
        return done(error instanceof Error ? error : null);
      }
      done(null, chunk);
    },
  });
  // The rest is read and dropped: a socket closed with an unread body loses its answer.
  counted.on("close", () => {
    settled();
    payload.unpipe(counted).resume();
  });
  counted.on("finish", settled);
  // The reader is told; a route may have none.
  counted.on("error", () => {});
  payload.on("error", (error) => counted.destroy(error));
  payload.on("aborted", () => counted.destroy(new Refusal("invalid", "The body ended before its end.")));
  return payload.pipe(counted);
}
