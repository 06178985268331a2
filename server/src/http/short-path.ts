/**
 * A short path for the most frequent requests, past the HTTP framework: plain ones are counted, admitted, read and answered here by the
 * same parts. All others go to the framework untouched: other methods and paths, other queries, bodies that are not short JSON, and
 * requests that are refused before their key is looked up.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { faultOfHeaders } from "../lenses/body/well-formed.ts";
import type { Incoming, RoutedRequest } from "../lenses/incoming.ts";
import type { LensParts } from "../lenses/lens-parts.ts";
import { type ShortRoute, sendShort } from "../lenses/short-routes.ts";
import { Refusal } from "../task/errors.ts";
import type { Principal } from "../task/principal.ts";
import { isOfDropped } from "./connections/dropped.ts";
import { begins, type InWorkParts } from "./in-work.ts";
import { isForeign, isLocalHost } from "./origin.ts";
import type { RequestIds } from "./request-ids.ts";
import type { Counted } from "./shares/admission.ts";

/** For a longer body, the framework's share of the time does not matter. */
const BODY_BYTES_MAX = 64 << 10;
const JSON_TYPE = /^application\/json(?:; ?charset=utf-8)?$/i;
/** Parameters that need no unescaping and are within every bound. */
const PLAIN_NAME = /^[\w.~@-]{1,255}$/;
/** The only frequent query of these routes. */
const WAIT = /^\?wait=([0-9.]{1,7})$/;

export type ShortPathParts = InWorkParts &
  Pick<LensParts, "keyEnd" | "stream"> & {
    newRequestId: RequestIds;
    /** Normalizes a URL for the router. */
    rewrite: (url: string) => string;
    requestsMax: number;
    /** Number of proxies before this server. */
    trustProxy: number;
    hosts: ReadonlySet<string> | null;
  };

export class ShortPath {
  readonly #parts: ShortPathParts;
  readonly #routes: readonly ShortRoute[];

  constructor(parts: ShortPathParts, routes: readonly ShortRoute[]) {
    this.#parts = parts;
    this.#routes = routes;
  }

  /** Whether it answers this request. */
  takes(raw: IncomingMessage, response: ServerResponse): boolean {
    const url = this.#parts.rewrite(raw.url ?? "");
    for (const route of this.#routes) {
      if (raw.method !== route.method) continue;
      const place = placeIn(route, url);
      if (place === null) continue;
      if (route.hasBody ? !hasShortBody(raw) : hasBody(raw)) return false;
      if (!this.#isFree(raw)) return false;
      const request = new PlainRequest(this.#parts, raw, place);
      begins(this.#parts, request, response, route);
      void this.#answer(route, request, response);
      return true;
    }
    return false;
  }

  /** Whether nothing refuses the request before its key is looked up. Refusals are left to the framework. */
  #isFree({ headers, rawHeaders, socket }: IncomingMessage): boolean {
    const { hosts, traffic, requestsMax, connections } = this.#parts;
    const isOurs = hosts === null || (isLocalHost(headers.host, hosts) && !isForeign(headers, hosts));
    if (!isOurs || traffic.stage !== "serving" || traffic.inFlight >= requestsMax) return false;
    const { requestsInWork, arriving } = connections.of(socket) ?? { requestsInWork: 0, arriving: 0 };
    return requestsInWork + arriving < connections.requestsOfOneMax && faultOfHeaders(rawHeaders) === null;
  }

  async #answer(route: ShortRoute, request: PlainRequest, response: ServerResponse): Promise<void> {
    const { admission, bodies, log } = this.#parts;
    let unread = true;
    try {
      const found = route.authenticated(request);
      const principal = found instanceof Promise ? await this.#known(request, found) : found;
      request.principal = principal;
      admission.admit(request, principal);
      const turn = admission.turn(request);
      if (turn !== null) await turn;
      if (route.hasBody) request.body = await bodies.read(request, request.raw);
      unread = false;
      const opening = sendShort(this.#parts, request, response, await route.run(request, principal, response));
      if (opening !== null) await opening;
    } catch (error) {
      if (!(error instanceof Refusal) && !isOfDropped(error, request.raw))
        log.error({ err: error, request: request.id, route: route.url }, "unexpected error");
      route.refuse(request, response, error, unread);
    }
  }

  async #known(request: Incoming, found: Promise<Principal>): Promise<Principal> {
    try {
      return await found;
    } catch (error) {
      throw this.#parts.admission.refused(request, error);
    }
  }
}

type Place = { url: string; params: Record<string, string>; query: Record<string, string> };

/** The parameters of a URL, if it is this route's and plain. */
function placeIn({ prefix, suffix, param }: ShortRoute, url: string): Place | null {
  if (!url.startsWith(prefix)) return null;
  const asked = url.indexOf("?", prefix.length);
  const path = asked === -1 ? url : url.slice(0, asked);
  if (!path.endsWith(suffix)) return null;
  const text = path.slice(prefix.length, path.length - suffix.length);
  if (param === null ? text !== "" : !PLAIN_NAME.test(text) || !param.is(text)) return null;
  const wait = asked === -1 ? undefined : WAIT.exec(url.slice(asked))?.[1];
  if (asked !== -1 && wait === undefined) return null;
  const params: Place["params"] = {};
  // As an object literal, V8 would look up its shape each time.
  if (param !== null) params[param.name] = text;
  return { url, params, query: wait === undefined ? {} : { wait } };
}

function hasShortBody({ headers }: IncomingMessage): boolean {
  const { "content-length": length, "content-type": type = "", "content-encoding": encoding } = headers;
  return length !== undefined && Number(length) <= BODY_BYTES_MAX && JSON_TYPE.test(type) && encoding === undefined;
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
}

/** A request as the framework would make it. */
class PlainRequest implements RoutedRequest {
  readonly id: string;
  readonly raw: IncomingMessage;
  readonly url: string;
  readonly params: Record<string, string>;
  readonly query: Record<string, string>;
  readonly #trustProxy: number;
  readonly #keyEnd: LensParts["keyEnd"];
  body: unknown;
  readonly startedAt = performance.now();
  held = false;
  principal: Principal | null = null;
  counted: Counted | null = null;
  bodyBytes = 0;

  constructor(
    { newRequestId, trustProxy, keyEnd }: ShortPathParts,
    raw: IncomingMessage,
    { url, params, query }: Place,
  ) {
    this.id = newRequestId(raw);
    this.raw = raw;
    this.url = url;
    this.params = params;
    this.query = query;
    this.#trustProxy = trustProxy;
    this.#keyEnd = keyEnd;
  }

  keyEnd(): AbortSignal | null {
    return this.principal && this.#keyEnd(this.principal, this.raw);
  }

  get method(): string {
    return this.raw.method ?? "";
  }

  get headers(): IncomingHttpHeaders {
    return this.raw.headers;
  }

  get socket(): IncomingMessage["socket"] {
    return this.raw.socket;
  }

  /** As many hops before this server as it trusts proxies. */
  get ip(): string {
    const forwarded = this.#trustProxy === 0 ? "" : String(this.headers["x-forwarded-for"] ?? "");
    const hops = forwarded === "" ? [] : forwarded.split(",").map((address) => address.trim());
    const hop = hops.at(-Math.min(this.#trustProxy, hops.length));
    return hop ?? this.socket.remoteAddress ?? "";
  }

  get host(): string {
    return this.headers.host ?? "";
  }

  get protocol(): "http" {
    return "http";
  }
}
