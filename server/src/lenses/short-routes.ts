/**
 * The routes of a lens that are asked more often than all others together, for a listener that answers what is plain of
 * them before the HTTP framework: its routing, its hooks and its promises take as long as such an answer. A route says so by
 * `short`; it is one of JSON, whose path has at most one parameter, at its end, and whose answer is ready bytes or JSON.
 */
import type { ServerResponse } from "node:http";
import type { Principal } from "../task/principal.ts";
import type { Uploads } from "./body/cut-json.ts";
import { jsonBody } from "./body/json-body.ts";
import { type Authenticated, authenticationOf } from "./caller.ts";
import { refusalOf } from "./error-answer.ts";
import type { RoutedRequest } from "./incoming.ts";
import type { Lens } from "./lens.ts";
import type { LensParts } from "./lens-parts.ts";
import { routerPath } from "./mount.ts";
import { noteRefusedScope } from "./refused-calls.ts";
import { type Answer, JSON_TYPE, type Place, type Route } from "./route.ts";
import { sendBytes } from "./send-bytes.ts";

/** What comes before the parameter of a path; all of it where there is none. */
export type ShortRoute = {
  method: string;
  prefix: string;
  /** The name of the parameter, and which texts may stand there. */
  param: { name: string; is: (text: string) => boolean } | null;
  hasBody: boolean;
  /** As the framework writes its path. */
  url: string;
  authenticated: Authenticated;
  /** Rejects with what the route throws. */
  run: (request: RoutedRequest, principal: Principal, response: ServerResponse) => Promise<Answer>;
  /** Answers with what was thrown, as a refusal in the words of the lens. `unread`: before the route began. */
  refuse: (request: RoutedRequest, response: ServerResponse, error: unknown, unread: boolean) => void;
};

const ONE_PARAMETER = /^([^{]+)(?:\{(\w+)\})?$/;

/** Those of a lens at the root of its listener. One that adds to every answer has none: the framework does that. */
export function shortRoutes(lens: Lens, parts: LensParts): ShortRoute[] {
  if (lens.headers !== undefined || lens.quotas !== undefined) return [];
  const place: Place = { parts, mount: "", rules: lens };
  return lens.routes.filter(({ short }) => short).map((route) => shortRoute(lens, route, place));
}

function shortRoute(lens: Lens, route: Route, place: Place): ShortRoute {
  const { parts } = place;
  const [, prefix, name] = ONE_PARAMETER.exec(route.path) ?? [];
  const param = name === undefined ? undefined : route.params[name];
  if (prefix === undefined || (name === undefined) !== (param === undefined) || route.open || route.reads)
    throw new Error(`${route.path} is no route for the short path.`);
  const { renderError = lens.renderError } = route;
  return {
    method: route.method,
    prefix,
    param: name === undefined || param === undefined ? null : { name, is: param.is },
    hasBody: route.body !== null,
    url: routerPath(route.path),
    authenticated: authenticationOf(lens, route, parts),
    run: (request, principal, response) => route.run(principal, place, request, response, NO_UPLOADS),
    refuse: (request, response, error, unread) => {
      noteRefusedScope(error, request, lens.name, route.id, parts);
      const { status, headers, body } = renderError(refusalOf(error), { id: request.id, unread });
      sendBytes(request, response, status, headers, body);
    },
  };
}

const NO_UPLOADS: Uploads = new Map();

export function sendShort(request: RoutedRequest, response: ServerResponse, answer: Answer): void {
  if ("stream" in answer || answer.file !== undefined) throw new Error("The short path sends no streams.");
  const { status, bytes, headers = {} } = answer;
  const body = "body" in answer ? answer.body : undefined;
  if (body === undefined) sendBytes(request, response, status, headers, bytes);
  else sendBytes(request, response, status, { "content-type": JSON_TYPE, ...headers }, jsonBody(body));
}
