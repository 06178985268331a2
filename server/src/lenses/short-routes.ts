/**
 * The most frequent routes of a lens, for a listener that answers plain requests before the HTTP framework: its routing, its hooks and
 * its promises take as long as such an answer. A route is marked by `short`; it is one of JSON, its path has at most one parameter, and
 * its answer is ready bytes, JSON or a stream.
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
import { openStream } from "./open-stream.ts";
import { noteRefusedScope } from "./refused-calls.ts";
import { type Answer, JSON_TYPE, type Place, type Route } from "./route.ts";
import { sendBytes } from "./send-bytes.ts";

export type ShortRoute = {
  method: string;
  /** The path before its parameter; all of it if there is none. */
  prefix: string;
  /** The path after the parameter. */
  suffix: string;
  /** The name of the parameter, and the check of its text. */
  param: { name: string; is: (text: string) => boolean } | null;
  hasBody: boolean;
  quiet: boolean;
  /** Its path as the framework writes it. */
  url: string;
  authenticated: Authenticated;
  /** Rejects with the route's error. */
  run: (request: RoutedRequest, principal: Principal, response: ServerResponse) => Promise<Answer>;
  /** Answers with the error as a refusal in the words of the lens. `unread`: before the route began. */
  refuse: (request: RoutedRequest, response: ServerResponse, error: unknown, unread: boolean) => void;
};

const ONE_PARAMETER = /^([^{]+)(?:\{(\w+)\})?([^{]*)$/;

/**
 * Those of a lens on the main listener. A lens that adds headers to every answer, or has several places, has none: the framework does
 * that.
 */
export function shortRoutes(lens: Lens, parts: LensParts): ShortRoute[] {
  if (lens.headers !== undefined || lens.quotas !== undefined || lens.variants !== undefined) return [];
  const place: Place = { parts, mount: lens.mount, rules: lens };
  return lens.routes.filter(({ short }) => short).map((route) => shortRoute(lens, route, place));
}

function shortRoute(lens: Lens, route: Route, place: Place): ShortRoute {
  const { parts } = place;
  const path = place.mount + route.path;
  const [, prefix, name, suffix = ""] = ONE_PARAMETER.exec(path) ?? [];
  const param = name === undefined ? undefined : route.params[name];
  // Nothing is cut out of a body that is short enough.
  const { reads = "json" } = route;
  const isJson = reads === "json" || reads === "cut json";
  if (prefix === undefined || (name === undefined) !== (param === undefined) || route.open || !isJson)
    throw new Error(`${route.path} is no route for the short path.`);
  const { renderError = lens.renderError } = route;
  return {
    method: route.method,
    prefix,
    suffix,
    param: name === undefined || param === undefined ? null : { name, is: param.is },
    hasBody: route.body !== null,
    quiet: route.quiet ?? false,
    url: routerPath(path),
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

/** Only an opening stream is waited for. Throws as that does. */
export function sendShort(
  parts: Pick<LensParts, "keyEnd" | "stream">,
  request: RoutedRequest,
  response: ServerResponse,
  answer: Answer,
): Promise<void> | null {
  if (answer.stream !== undefined) return openStream(parts, request, response, request.principal, answer.stream);
  if (answer.file !== undefined) throw new Error("The short path sends no files.");
  const { status, bytes, headers = {} } = answer;
  const body = "body" in answer ? answer.body : undefined;
  if (body === undefined) sendBytes(request, response, status, headers, bytes);
  else sendBytes(request, response, status, { "content-type": JSON_TYPE, ...headers }, jsonBody(body));
  return null;
}
