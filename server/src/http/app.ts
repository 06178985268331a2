/**
 * The Fastify instance that one listener serves: what holds for every request of every lens, before any of them sees
 * it. It knows no route of its own; what it refuses is a `Refusal`, said by the lens whose route was asked for.
 */
import type { IncomingMessage } from "node:http";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { decodablePath, faultOfHeaders, faultOfUrl, HEAD_FIELD } from "../lenses/body/well-formed.ts";
import type { Lens } from "../lenses/lens.ts";
import type { LensParts } from "../lenses/lens-parts.ts";
import { Refusal } from "../task/errors.ts";
import { parseJsonBodies } from "./body/body.ts";
import type { Connection } from "./connections/connections.ts";
import { isOfDropped } from "./connections/dropped.ts";
import { begins, type InWorkParts } from "./in-work.ts";
import { isForeign, isLocalHost } from "./origin.ts";
import type { RequestIds } from "./request-ids.ts";

const URL_LENGTH_MAX = 8_192;

declare module "fastify" {
  interface FastifyRequest {
    startedAt: number;
    /** Held open on purpose: a stream. */
    held: boolean;
  }
  interface FastifyContextConfig {
    /** A frequent act on one task: no line in the log for each. */
    quiet?: boolean;
    /** A key is looked for before it begins: who comes without one is refused there. */
    keyed?: boolean;
  }
}

export type AppParts = InWorkParts & {
  /** The lens of a path: it says what is refused before a route is found. */
  lensAt: (path: string) => Pick<Lens, "renderError">;
  /** The spelling of a URL that routes are found by. */
  rewrite: (url: string) => string;
  newRequestId: RequestIds;
  keyEnd: LensParts["keyEnd"];
  requestsMax: number;
  trustProxy: number;
  /** Null answers any `Host` and any page; else only local names and these, and only pages of theirs. */
  hosts: ReadonlySet<string> | null;
};

/** Our routes check and write what they take and give by themselves. The framework's compilers for that are 100 files to load. */
const NO_COMPILERS = { buildValidator: noCompiler, buildSerializer: noCompiler };

function noCompiler(): never {
  throw new Error("A route has brought a schema for the framework.");
}

/** An instance without routes. */
export function createApp(parts: AppParts): FastifyInstance {
  const { log, traffic, rewrite } = parts;
  const app = fastify({
    rewriteUrl: ({ method, url = "/" }: IncomingMessage) =>
      rewrite(method === "GET" || method === "HEAD" ? decodablePath(url) : url),
    logger: false,
    trustProxy: parts.trustProxy > 0 ? (_address, hop) => hop < parts.trustProxy : false,
    bodyLimit: parts.bodies.bytesMax,
    genReqId: parts.newRequestId,
    requestIdHeader: false,
    // None of its own: a parameter is bounded with its URL, which is `too_large` and not malformed.
    routerOptions: { maxParamLength: Number.MAX_SAFE_INTEGER },
    return503OnClosing: false,
    // What is added here waits for nothing; a timer for each route is a tenth of adding it.
    pluginTimeout: 0,
    // Each route for GET says that it is one for HEAD too: a second one beside it costs as much again.
    exposeHeadRoutes: false,
    schemaController: { compilersFactory: NO_COMPILERS },
    frameworkErrors: (_error, request, reply) => {
      const connection = parts.connections.of(request.raw.socket);
      if (connection !== undefined) reply.raw.once("close", () => parts.unheard.drop(request.raw, connection.network));
      const refusal = new Refusal("invalid", "The path of the URL is not percent-encoded UTF-8.", {
        field: HEAD_FIELD,
      });
      const { status, headers, body } = parts
        .lensAt(request.url)
        .renderError(refusal, { id: request.id, unread: true });
      answerAny(reply, status, { ...headers, "x-request-id": request.id }, body);
    },
  });
  app.decorateRequest("startedAt", 0);
  app.decorateRequest("held", false);
  app.decorateRequest("principal", null);
  app.decorateRequest("keyEnd", function () {
    return this.principal && parts.keyEnd(this.principal, this.raw);
  });
  app.decorateRequest("counted", null);
  app.decorate("bodies", parts.bodies);
  parseJsonBodies(app, parts.bodies);

  app.addHook("onRequest", (request, reply, done) => {
    request.startedAt = performance.now();
    const { url = "(none)", config } = request.routeOptions;
    const connection = begins(parts, request, reply.raw, { url, quiet: config.quiet === true });
    done(refusalOf(parts, request, reply, connection));
  });
  app.addHook("onSend", (request, reply, payload, done) => {
    if (!reply.hasHeader("x-request-id")) reply.header("x-request-id", request.id);
    reply.header("x-content-type-options", "nosniff").headers(parts.admission.headersOf(request));
    done(null, payload);
  });

  app.addHook("onError", (request, reply, error, done) => {
    // Fastify closes on a body that it could not read, and a client that still sends it then loses the answer.
    if (error instanceof Refusal && traffic.stage === "serving") reply.removeHeader("connection");
    const isOurs = !(error instanceof Refusal) && (error.statusCode ?? 500) >= 500;
    if (isOurs && !isOfDropped(error, request.raw)) {
      log.error({ err: error, request: request.id, route: request.routeOptions.url }, "unexpected error");
    }
    done();
  });

  return app;
}

/** What is wrong with a request whatever its route: undefined when nothing is. */
function refusalOf(
  parts: AppParts,
  request: FastifyRequest,
  reply: FastifyReply,
  connection: Connection | undefined,
): Refusal | undefined {
  const { hosts, traffic, requestsMax } = parts;
  const { requestsOfOneMax } = parts.connections;
  if (hosts !== null && !isLocalHost(request.headers.host, hosts)) {
    return new Refusal(
      "forbidden",
      "waybill dev answers only requests to a local host name: localhost, 127.0.0.1 or [::1].",
    );
  }
  if (hosts !== null && isForeign(request.headers, hosts)) {
    return new Refusal("forbidden", "waybill dev answers no web page of another machine, whatever key it has.");
  }
  if (traffic.stage !== "serving") {
    reply.header("retry-after", "1").header("connection", "close");
    return new Refusal("unavailable", `The server is ${traffic.stage}: try again in a moment.`, { retryAfterS: 1 });
  }
  // Whoever watches over the server is answered when nobody else is.
  if (request.url === "/health" || request.url === "/metrics") return undefined;
  // Whatever begins on one that is ending came before the one too many.
  const isFull = (of: Connection) => !of.isEnding && of.requestsInWork + of.arriving > requestsOfOneMax;
  if (connection !== undefined && isFull(connection))
    return parts.connections.oneTooMany(connection, request.raw, reply.raw);
  if (traffic.inFlight > requestsMax) {
    reply.header("retry-after", "1");
    return new Refusal("unavailable", "Too many requests are in work: try again in a moment.", { retryAfterS: 1 });
  }
  if (request.url.length > URL_LENGTH_MAX) {
    return new Refusal("too_large", `The URL is longer than ${URL_LENGTH_MAX} characters.`);
  }
  const fault = faultOfUrl(request.url) ?? faultOfHeaders(request.raw.rawHeaders);
  if (fault !== null) return fault;
  const refusal = parts.admission.refusalOfStranger(request);
  // Of a route that wants a key it is decided when that was looked for.
  return refusal !== null && request.routeOptions.config.keyed !== true ? refusal : undefined;
}

/** Of a reply whose route, and with it whose type, nobody knows. */
function answerAny(reply: FastifyReply, status: number, headers: Record<string, string>, body: string): void {
  reply.code(status).headers(headers).send(body);
}
