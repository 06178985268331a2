/** The native lens: its table of routes, and how one is served. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Refusal } from "../../task/errors.ts";
import type { Lens, LensParts } from "../lens.ts";
import { accountRoutes } from "./account-routes.ts";
import { conversationRoutes } from "./conversation-routes.ts";
import { docsPage } from "./docs.ts";
import { PROBLEM_TYPE, problemOf } from "./errors.ts";
import { eventRoutes } from "./event-routes.ts";
import { openapiDocument } from "./openapi.ts";
import { JSON_TYPE, type Route } from "./route.ts";
import { LENS, type Show, taskRoutes } from "./task-routes.ts";
import { workRoutes } from "./work-routes.ts";

/** Every route of the native API. `shows` is how other lenses would show a task, by their name. */
export function nativeRoutes(shows: Readonly<Record<string, Show>> = {}): Route[] {
  return [...taskRoutes(shows), ...eventRoutes, ...workRoutes, ...conversationRoutes, ...accountRoutes];
}

/** `/docs` has its style inline and loads nothing. */
const DOCS_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function nativeLens(shows: Readonly<Record<string, Show>> = {}): Lens {
  const routes = nativeRoutes(shows);
  return {
    name: LENS,
    word: (refusal, requestId) => {
      const { status, body } = problemOf(refusal, requestId);
      return { status, contentType: PROBLEM_TYPE, body: JSON.stringify(body) };
    },
    mount: (app, parts) => {
      app.setErrorHandler((error, request, reply) => answerProblem(error, request, reply));
      app.setNotFoundHandler((request, reply) => {
        answerProblem(
          new Refusal("not_found", `There is no ${request.method} ${request.url.split("?", 1)[0]}. See /docs.`),
          request,
          reply,
        );
      });
      for (const route of routes) serve(app, route, parts);
      addDocuments(app, routes, parts);
    },
  };
}

function serve(app: FastifyInstance, route: Route, parts: LensParts): void {
  app.route<{ Params: Record<string, string> }>({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, ":$1"),
    config: { quiet: route.quiet ?? false },
    handler: async (request, reply) => {
      const principal = await parts.who(request, secretsOf(request), true);
      const answer = await route.run(principal, parts, request, reply);
      if (answer === null) return reply;
      if (answer.bytes !== undefined) {
        reply.bytes(answer.status, answer.headers, answer.bytes);
        return reply;
      }
      if (answer.headers !== undefined) reply.headers(answer.headers);
      reply.code(answer.status);
      if (answer.body === undefined) return reply.send();
      return reply.header("content-type", JSON_TYPE).send(JSON.stringify(answer.body));
    },
  });
}

function answerProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, headers, body } = problemOf(error, request.id);
  return reply.code(status).headers(headers).send(JSON.stringify(body));
}

/** `Authorization: Bearer`, Basic with the key as password, and `X-API-Key`. */
function secretsOf({ headers }: FastifyRequest): string[] {
  const { authorization } = headers;
  const apiKey = headers["x-api-key"];
  const secrets = authorization === undefined ? [] : [secretOf(authorization)];
  if (typeof apiKey === "string") secrets.push(apiKey);
  return secrets;
}

function secretOf(authorization: string): string {
  const space = authorization.indexOf(" ");
  const value = authorization.slice(space + 1);
  if (authorization.slice(0, space).toLowerCase() !== "basic") return value;
  const pair = Buffer.from(value, "base64").toString("utf8");
  return pair.slice(pair.indexOf(":") + 1);
}

function addDocuments(app: FastifyInstance, routes: readonly Route[], { version }: LensParts): void {
  let document: string | undefined;
  let page: string | undefined;
  app.get("/openapi.json", (_request, reply) => {
    document ??= JSON.stringify(openapiDocument({ routes, version }));
    return reply.header("cache-control", "no-cache").type(JSON_TYPE).send(document);
  });
  app.get("/docs", (_request, reply) => {
    page ??= docsPage({ routes, version });
    return reply
      .header("content-security-policy", DOCS_POLICY)
      .header("cache-control", "no-cache")
      .type("text/html; charset=utf-8")
      .send(page);
  });
}
