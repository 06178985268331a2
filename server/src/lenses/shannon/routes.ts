/** The Shannon API: where its routes are mounted, and what holds for all of them. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Refusal } from "../../task/errors.ts";
import type { Lens, LensParts } from "../lens.ts";
import { authenticate } from "./caller.ts";
import { type Concern, errorAnswer } from "./errors.ts";
import { addHeaders } from "./headers.ts";
import { addMetaRoutes } from "./meta-routes.ts";
import { addSessionRoutes } from "./session-routes.ts";
import { addStreamRoutes } from "./stream-routes.ts";
import { addRedirectRoute, addTaskRoutes } from "./task-routes.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What a route of the Shannon API is about. */
    shannon?: Concern;
  }
}

const OTHERWISE: Concern = { noun: "Task", failure: "Failed to handle request" };

export const shannonLens: Lens = { name: "shannon", mount, word };

function word(refusal: Refusal): ReturnType<Lens["word"]> {
  const { status, body } = errorAnswer(refusal, OTHERWISE);
  return { status, contentType: "application/json; charset=utf-8", body: JSON.stringify(body) };
}

function mount(app: FastifyInstance, parts: LensParts): void {
  addHeaders(app);
  addErrors(app);
  addMetaRoutes(app, parts);
  app.register(
    async (api) => {
      authenticate(api, parts.who, { inQuery: false });
      readAnyBodyAsJson(api);
      addTaskRoutes(api, parts);
      addSessionRoutes(api, parts);
    },
    { prefix: "/api/v1" },
  );
  app.register(
    async (streams) => {
      authenticate(streams, parts.who, { inQuery: true });
      addStreamRoutes(streams, parts);
      addRedirectRoute(streams);
    },
    { prefix: "/api/v1" },
  );
}

/** Clients of this wire may leave the type of their body unsaid. */
function readAnyBodyAsJson(app: FastifyInstance): void {
  app.addHook("onRequest", (request, _reply, done) => {
    if (request.method !== "GET") request.raw.headers["content-type"] = "application/json";
    done();
  });
}

function addErrors(app: FastifyInstance): void {
  const arrived = new WeakSet<FastifyRequest>();
  app.addHook("preValidation", (request, _reply, done) => {
    arrived.add(request);
    done();
  });
  app.setErrorHandler((error, request, reply) => {
    const concern = request.routeOptions.config.shannon ?? OTHERWISE;
    const refusal = refusalOf(error);
    // The reader of bodies speaks no wire's words.
    const unread = refusal.code === "invalid" && !arrived.has(request);
    const worded = unread
      ? new Refusal("invalid", concern.unreadable ?? `Invalid request body: ${refusal.message}`)
      : refusal;
    const { status, headers, body } = errorAnswer(worded, concern);
    return reply.code(status).headers(headers).send(body);
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: "Not found" }));
}

/** Whatever was thrown, as a refusal. A fault of the request that the framework finds is one too. */
function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : 500;
  if (status === 413) return new Refusal("too_large", "The body is too large.");
  if (error instanceof Error && typeof status === "number" && status >= 400 && status < 500) {
    return new Refusal("invalid", error.message);
  }
  return new Refusal("internal", "internal error");
}
