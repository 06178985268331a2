/**
 * The Fastify instance of one listener: the rules for every request of every lens, before the lens. It knows no routes; its refusals
 * are a `Refusal`, rendered by the lens of the path.
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
    /** A frequent act on one task: it has no line in the log. */
    quiet?: boolean;
    /** Its key is looked up before it begins, and requests without one are refused there. */
    keyed?: boolean;
  }
}

export type AppParts = InWorkParts & {
  /** The lens of a path, which renders refusals before a route is found. */
  lensAt: (path: string) => Pick<Lens, "renderError">;
  /** Normalizes a URL for the router. */
  rewrite: (url: string) => string;
  newRequestId: RequestIds;
  keyEnd: LensParts["keyEnd"];
  requestsMax: number;
  trustProxy: number;
  /** Null answers any `Host` and any page; otherwise only local names and these, and only pages of theirs. */
  hosts: ReadonlySet<string> | null;
};

/** Our routes check and write bodies themselves. The framework's compilers for that are 100 files to load. */
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
    // No bound of the router: a parameter is bounded with its URL, which is `too_large` and not malformed.
    routerOptions: { maxParamLength: Number.MAX_SAFE_INTEGER },
    return503OnClosing: false,
    // Plugins here wait for nothing; a timer for each route is a tenth of the time of adding it.
    pluginTimeout: 0,
    // Each route for GET also names HEAD: a second route would cost as much again.
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
    // Fastify closes the connection when it could not read a body, and a client that still sends it then loses the answer.
    if (error instanceof Refusal && traffic.stage === "serving") reply.removeHeader("connection");
    const isOurs = !(error instanceof Refusal) && (error.statusCode ?? 500) >= 500;
    if (isOurs && !isOfDropped(error, request.raw)) {
      log.error({ err: error, request: request.id, route: request.routeOptions.url }, "unexpected error");
    }
    done();
  });

  return app;
}

/** The refusal of a request independent of its route; undefined if there is none. */
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
  // Monitoring is answered even when nobody else is.
  if (request.url === "/health" || request.url === "/metrics") return undefined;
  // Requests that begin on an ending connection came before the one too many.
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
  // On a route that requires a key, this is decided after the key was looked up.
  return refusal !== null && request.routeOptions.config.keyed !== true ? refusal : undefined;
}

/** Answers on a reply whose route, and so its type, is unknown. */
function answerAny(reply: FastifyReply, status: number, headers: Record<string, string>, body: string): void {
  reply.code(status).headers(headers).send(body);
}
