/**
 * The way of the requests that come most often, past the HTTP framework: what is plain of them is counted, admitted, read
 * and answered here, by the same parts. All else is the framework's, which finds it untouched: another method or path, a
 * query of its own, a body that is no short JSON, and whatever is refused before its key is looked for.
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

/** A longer body takes longer than the framework. */
const BODY_BYTES_MAX = 64 << 10;
const JSON_TYPE = /^application\/json(?:; ?charset=utf-8)?$/i;
/** What a parameter may be of without being escaped or bounded. */
const PLAIN_NAME = /^[\w.~@-]{1,255}$/;
/** The only query that these routes are asked with often. */
const WAIT = /^\?wait=([0-9.]{1,7})$/;

export type ShortPathParts = InWorkParts &
  Pick<LensParts, "keyEnd" | "stream"> & {
    newRequestId: RequestIds;
    /** The spelling of a URL that routes are found by. */
    rewrite: (url: string) => string;
    requestsMax: number;
    /** Of the proxies before this server. */
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

  /** Nothing stands in its way before its key is looked for. What does is the framework's to say. */
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

/** What a URL says, where it is one of this route and plain. */
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
  // In a literal, V8 would look for its place anew each time.
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

/** A request as the framework would have made it. */
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

  /** As many hops before this server as there are proxies that it trusts. */
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
