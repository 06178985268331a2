/**
 * Puts a lens on a listener: its routes under their prefixes, its words for what goes wrong. The one place where routes
 * as data meet the HTTP framework.
 */
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from "fastify";
import { Refusal } from "../task/errors.ts";
import type { Principal } from "../task/principal.ts";
import { withoutSecrets } from "../task/text/redaction.ts";
import {
  readAsForm,
  readAsFormOrFields,
  readAsFormOrStream,
  readAsStream,
  readCutJson,
  readLeniently,
  readTyped,
  readTypedCutJson,
} from "./body/body-reader.ts";
import { CutJson, type Uploads } from "./body/cut-json.ts";
import { UnreadForm } from "./body/form.ts";
import { jsonBody } from "./body/json-body.ts";
import { longAnswers } from "./body/long-answers.ts";
import { type Authenticated, authenticationOf } from "./caller.ts";
import { type ErrorAnswer, type RenderError, refusalOf } from "./error-answer.ts";
import type { Lens } from "./lens.ts";
import type { LensParts } from "./lens-parts.ts";
import { openStream } from "./open-stream.ts";
import { noteRefusedScope } from "./refused-calls.ts";
import { type Answer, JSON_TYPE, type Place, type Reading, type Route } from "./route.ts";
import { sendBytes } from "./send-bytes.ts";

export type Mounting = {
  /** Below this prefix of the listener. */
  prefix: string;
  /** The lens words what leads to no route of anybody on this listener, and what is refused before a route is found. */
  ownsListener: boolean;
};

/** Adds a lens to `app`, at its root or below a prefix. Routes of others on `app` may come before and after. */
export async function mountLens(app: FastifyInstance, lens: Lens, parts: LensParts, at: Mounting): Promise<void> {
  const variants = lens.variants ?? [""];
  if (at.ownsListener) answerForAll(app, lens, "");
  for (const variant of variants) {
    const mount = at.prefix + variant;
    if (mount === "" && at.ownsListener) await serveAll(app, lens, lens.routes, parts, mount);
    else {
      await app.register(
        named(lens, async (scope) => {
          answerForAll(scope, lens, mount === "" ? null : mount);
          await serveAll(scope, lens, lens.routes, parts, mount);
        }),
        { prefix: routerPath(mount) },
      );
    }
  }
}

/** Adds what a lens also serves at the root of a listener. */
export async function mountRootRoutes(app: FastifyInstance, lens: Lens, parts: LensParts): Promise<void> {
  const { rootRoutes = [] } = lens;
  if (rootRoutes.length === 0) return;
  await app.register(
    named(lens, async (scope) => {
      answerForAll(scope, lens, null);
      await serveAll(scope, lens, rootRoutes, parts, "");
    }),
  );
}

type Scoped = (scope: FastifyInstance) => Promise<void>;

/** For what has no name the framework looks among all modules that are loaded. */
function named({ name }: Lens, scoped: Scoped): Scoped {
  return Object.assign(scoped, { [Symbol.for("fastify.display-name")]: name });
}

/** Gives a URL at or below the mount of one of `lenses` the spelling that its routes are written in. */
export function urlRewriter(lenses: readonly Pick<Lens, "mount" | "rewrite">[]): (url: string) => string {
  const rewriting = lenses.flatMap(({ mount, rewrite }) => (rewrite === undefined ? [] : [{ mount, rewrite }]));
  return (url) => {
    for (const { mount, rewrite } of rewriting) {
      const end = url.indexOf("?");
      const whole = end === -1 ? url : url.slice(0, end);
      if (whole !== mount && !whole.startsWith(`${mount}/`)) continue;
      const path = whole.slice(mount.length);
      return mount + rewrite(path) + (end === -1 ? "" : url.slice(end));
    }
    return url;
  };
}

/** Requests that a route has begun to answer. What is refused of others could not be read. */
const begun = new WeakSet<FastifyRequest>();

/** `mount` is null where what leads to no route is another's to answer. */
function answerForAll(app: FastifyInstance, lens: Lens, mount: string | null): void {
  const { headers, preflight } = lens;
  if (headers !== undefined) {
    app.addHook("onRequest", (request, reply, done) => {
      reply.headers(headers(request.headers));
      done();
    });
  }
  app.setErrorHandler(errorHandler(lens.renderError));
  if (mount === null) return;
  if (preflight !== undefined) {
    const told = (request: FastifyRequest, reply: FastifyReply) =>
      void reply.headers(preflight(request.headers)).code(200).send();
    // Before its body, which a preflight has none of, whatever type it says.
    app.options("/*", { onRequest: told }, told);
  }
  const unrouted = (request: FastifyRequest, reply: FastifyReply) => {
    const { method } = request;
    const path = request.url.split("?", 1)[0] ?? "";
    const own = methodsAt(lens, mount, path);
    const allowed = own.length > 0 ? own : METHODS.filter((other) => app.hasRoute({ method: other, url: path }));
    void sendError(
      reply,
      lens.renderUnrouted({ method, path: withoutSecrets(path), allowed }, { id: request.id, unread: true }),
    );
  };
  app.setNotFoundHandler(unrouted);
  // Before anything of a body is read: what type it has is no question where nobody takes it.
  app.addHook("onRequest", (request, reply, done) => {
    if (request.is404 && request.server === app) unrouted(request, reply);
    else done();
  });
  for (const { method, path } of unnamedMethods(lens.routes)) {
    app.route({ method: methodsFor(method), url: routerPath(path), onRequest: unrouted, handler: unrouted });
  }
}

function errorHandler(render: RenderError) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
    sendError(
      reply,
      render(refusalOf(error), { id: request.id, unread: !begun.has(request), sent: sentIn(request.body) }),
    );
}

function sentIn(body: unknown): unknown {
  return body instanceof UnreadForm || body instanceof CutJson || body instanceof Readable ? undefined : body;
}

function sendError(reply: FastifyReply, { status, headers, body }: ErrorAnswer): FastifyReply {
  return reply.code(status).headers(headers).send(body);
}

/** The methods that a path has. Worked out when somebody asks for what is not there, which is seldom. */
function methodsAt({ routes }: Lens, mount: string, path: string): string[] {
  const fitting = mostLiteral(routes.filter((route) => patternOf(mount + route.path).test(path)));
  return [...new Set(fitting.flatMap(({ method }) => methodsFor(method)))];
}

/**
 * The methods that a path has not, and that a less literal one has whose route would take them: `GET /tasks/batch`, where a
 * batch is only posted, is no task called batch.
 */
function unnamedMethods(routes: readonly Route[]): { method: Route["method"]; path: string }[] {
  const methodsOf = new Map<string, Set<Route["method"]>>();
  for (const { path, method } of routes) methodsOf.set(path, (methodsOf.get(path) ?? new Set()).add(method));
  const paths = Array.from(methodsOf, ([path, methods]) => ({ path, methods, segments: path.split("/") }));
  return paths.flatMap(({ path, methods, segments }) => {
    const wider = paths.filter((other) => isWider(other.segments, segments));
    const unnamed = new Set(wider.flatMap((other) => [...other.methods].filter((method) => !methods.has(method))));
    return [...unnamed].map((method) => ({ method, path }));
  });
}

/** Who reads may ask for the head alone. */
function methodsFor(method: Route["method"]): string[] {
  return method === "GET" ? ["GET", "HEAD"] : [method];
}

/** What a listener answers beside its lenses, such as `/health`, it answers on paths without parameters. */
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;

const PARAM = /^\{\w+\}$/;

/** Whether a path has a parameter where another one names something, and is the same otherwise. */
function isWider(wide: readonly string[], narrow: readonly string[]): boolean {
  if (wide.length !== narrow.length) return false;
  let differs = false;
  for (const [at, segment] of wide.entries()) {
    const other = narrow[at] ?? "";
    if (segment === other || (PARAM.test(segment) && PARAM.test(other))) continue;
    if (!PARAM.test(segment)) return false;
    differs = true;
  }
  return differs;
}

/** Those of the path that names most of it: `/tasks/{id}:cancel` is none of `/tasks/{id}`. */
function mostLiteral(routes: readonly Route[]): readonly Route[] {
  const lengths = routes.map(({ path }) => path.replaceAll(/\{\w+\}/g, "").length);
  return routes.filter((_, at) => lengths[at] === Math.max(...lengths));
}

function patternOf(path: string): RegExp {
  const parts = path.split(/\{\w+\}/).map((text) => text.replaceAll(/[.*+?^$(){}|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^/]+")}$`);
}

/**
 * A path as the router writes it. A colon begins a parameter there, so that one that is meant is doubled; a parameter
 * goes on to the next slash, unless it says where it ends: `{id}:cancel`.
 */
export function routerPath(path: string): string {
  return path
    .replaceAll(":", "::")
    .replaceAll(/\{(\w+)\}(?=\/|$)/g, ":$1")
    .replaceAll(/\{(\w+)\}/g, ":$1(^[^/:]+)");
}

/** Null reads as everywhere: JSON, within the bound of the route. */
const READERS: Readonly<Record<Reading, ((app: FastifyInstance, parts: LensParts) => void) | null>> = {
  json: null,
  "any type": null,
  lenient: readLeniently,
  typed: readTyped,
  stream: readAsStream,
  form: readAsForm,
  "form or bytes": readAsFormOrStream,
  "form or fields": readAsFormOrFields,
  cut: readCutJson,
  "cut json": readTypedCutJson,
};

/** Each way of reading bodies needs a scope of its own, since the framework chooses parsers by scope. */
async function serveAll(
  app: FastifyInstance,
  lens: Lens,
  routes: readonly Route[],
  parts: LensParts,
  mount: string,
): Promise<void> {
  const place: Place = { parts, mount, rules: lens };
  for (const [reading, group] of Map.groupBy(routes, ({ reads = "json" }) => reads)) {
    const read = READERS[reading];
    if (read === null) for (const route of group) serve(app, lens, route, place);
    else {
      await app.register(
        named(lens, async (scope) => {
          read(scope, parts);
          for (const route of group) serve(scope, lens, route, place);
        }),
      );
    }
  }
}

function serve(app: FastifyInstance, lens: Lens, route: Route, place: Place): void {
  const authenticated = authenticationOf(lens, route, place.parts);
  const whoOf: WhoOf = !route.open
    ? (request) => request.principal
    : route.knows
      ? unlessUnknown(authenticated)
      : nobody;
  const hasHeaders = lens.headers !== undefined;
  app.route<{ Params: Record<string, string> }>({
    method: methodsFor(route.method),
    url: routerPath(route.path),
    config: { quiet: route.quiet ?? false, keyed: !route.open, ...(route.cut !== undefined && { cut: route.cut }) },
    ...(route.bodyBytesMax !== undefined && { bodyLimit: route.bodyBytesMax }),
    ...(route.renderError !== undefined && { errorHandler: errorHandler(route.renderError) }),
    onRequest: hooksOf(lens, route, place.parts, authenticated),
    handler: async (request, reply) => {
      try {
        if (isSearch(route, request)) place.parts.admission.search(request);
        const principal = await whoOf(request);
        const run = (uploads: Uploads) => route.run(principal, place, request, reply.raw, uploads);
        const { body } = request;
        const isKept = body instanceof UnreadForm || body instanceof CutJson;
        const answer = isKept ? await withKept(body, request, principal, place.parts, run) : await run(NO_UPLOADS);
        // The framework would read all of a file for its head.
        if (answer.bytes !== undefined || (request.method === "HEAD" && answer.file !== undefined)) {
          const headers = hasHeaders ? { ...headersSoFar(reply), ...answer.headers } : answer.headers;
          sendBytes(request, reply.hijack().raw, answer.status, headers, answer.bytes ?? answer.file);
        } else if (answer.file !== undefined) {
          reply.code(answer.status).headers(answer.headers).send(answer.file);
        } else if (answer.stream !== undefined) {
          const headers = { ...headersSoFar(reply), ...answer.stream.headers };
          await openStream(place.parts, request, reply.raw, principal, { ...answer.stream, headers });
          reply.hijack();
        } else sendJson(reply, answer.status, answer.headers, answer.body);
        return reply;
      } catch (error) {
        noteRefusedScope(error, request, lens.name, route.id, place.parts);
        if (!(request.body instanceof CutJson)) begun.add(request);
        drop(request.body);
        throw error;
      }
    },
  });
}

type WhoOf = (request: FastifyRequest) => Principal | null | Promise<Principal | null>;

const nobody: WhoOf = () => null;

function isSearch({ searches }: Route, { query }: FastifyRequest): boolean {
  if (searches === undefined || searches === true) return searches ?? false;
  return typeof query === "object" && query !== null && searches in query;
}

/** Null for whoever comes without a key that is accepted. */
function unlessUnknown(authenticated: Authenticated): WhoOf {
  return async (request) => {
    try {
      return await authenticated(request);
    } catch (error) {
      if (error instanceof Refusal && error.code === "unauthenticated") return null;
      throw error;
    }
  };
}

const NO_UPLOADS: Uploads = new Map();

/** What still comes of a body that nobody reads on is read and dropped: a client that sends it on would lose the answer. */
function drop(body: unknown): void {
  if (body instanceof UnreadForm) void body.release();
  else if (body instanceof Readable) body.destroy();
}

/** What was kept of a body is let go of once it is decided what becomes of it, and before anybody is told. */
async function withKept(
  body: UnreadForm | CutJson,
  request: FastifyRequest,
  principal: Principal | null,
  { verbs, readJson }: LensParts,
  run: (uploads: Uploads) => Promise<Answer>,
): Promise<Answer> {
  try {
    if (body instanceof UnreadForm) return await run(NO_UPLOADS);
    if (principal === null) throw new Refusal("unauthenticated", "Files are taken of known callers alone.");
    const { bodyLimit = 0 } = request.routeOptions;
    request.body = await body.read(
      (bytes, signal) => verbs.uploads.receive(principal, bytes, { bytesMax: bodyLimit, signal }),
      (rest) => readJson(request, rest),
    );
    return await run(body.uploads);
  } finally {
    await body.release();
  }
}

/** Key first, body after: of a request without an accepted key nothing more is read, and its body takes nobody's room. */
function hooksOf(
  { quotas }: Lens,
  route: Route,
  parts: LensParts,
  authenticated: Authenticated,
): onRequestHookHandler[] {
  const hooks: onRequestHookHandler[] = [];
  if (!route.open) {
    hooks.push((request, _reply, done) => {
      const admit = (principal: Principal) => {
        request.principal = principal;
        parts.admission.admit(request, principal);
        if (quotas !== undefined && !route.unlimited) parts.admission.quota(request, principal, quotas);
        return parts.admission.turn(request);
      };
      const refuse = (error: unknown) => done(refusalOf(parts.admission.refused(request, error)));
      const found = authenticated(request);
      const turn = found instanceof Promise ? found.then(admit) : admit(found);
      if (turn === null) done();
      else turn.then(() => done(), refuse);
    });
  }
  if (route.reads === "any type" || route.reads === "lenient" || route.reads === "cut") hooks.push(takeAnyType);
  return hooks;
}

/** Clients of such a wire may leave the type of their body unsaid. */
const takeAnyType: onRequestHookHandler = (request, _reply, done) => {
  request.raw.headers["content-type"] = "application/json";
  done();
};

function sendJson(
  reply: FastifyReply,
  status: number,
  headers: Record<string, string> | undefined,
  body: unknown,
): void {
  reply.code(status);
  if (body !== undefined) reply.header("content-type", JSON_TYPE);
  if (headers !== undefined) reply.headers(headers);
  const bytes = body === undefined ? undefined : jsonBody(body);
  if (bytes instanceof Readable)
    longAnswers.sent(bytes, reply.request.principal?.tenant ?? "", () => reply.raw.destroy());
  reply.send(bytes);
}

/** What hooks have set for an answer that is not sent through the framework. */
function headersSoFar(reply: FastifyReply): Record<string, string> {
  const set: Record<string, string> = {};
  const headers = reply.getHeaders();
  for (const name in headers) set[name] = String(headers[name]);
  return set;
}
