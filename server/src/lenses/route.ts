/**
 * A route as data: the API's document is made from the same object that runs. A handler is given a `Call`: checked parameters, query
 * and body, the principal, and nothing of the HTTP framework; it returns an `Answer`.
 */
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { z } from "zod";
import { type ErrorCode, keyHasEnded, notFound, Refusal } from "../task/errors.ts";
import { foundWrong } from "../task/json/found-wrong.ts";
import { mustHave, type Principal, type Scope } from "../task/principal.ts";
import type { Idempotency } from "../task/submission.ts";
import { fieldErrors } from "../task/text/spelling.ts";
import { traceOf } from "../task/trace.ts";
import type { Verbs } from "../verbs/verbs.ts";
import type { Cut, Uploads } from "./body/cut-json.ts";
import { FieldFault, UnreadForm } from "./body/form.ts";
import { isDeep, nested } from "./deep-object.ts";
import type { RenderError } from "./error-answer.ts";
import { follow } from "./following.ts";
import { hasKey, idempotencyOf, type KeyedRequest, type KeyReuse } from "./idempotency.ts";
import type { RoutedRequest } from "./incoming.ts";
import type { EventStream, LensParts } from "./lens-parts.ts";
import { noting } from "./refused-calls.ts";
import type { SecretPlace } from "./secrets.ts";

export const JSON_TYPE = "application/json; charset=utf-8";

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** A possible answer of a route. `schema` is that of its JSON; `mediaType` names an answer without a JSON schema. */
export type AnswerDoc = {
  status: number;
  about: string;
  schema?: z.ZodType;
  mediaType?: string;
  headers?: Record<string, string>;
};

/**
 * How a body is read. `json`: other types are 415. `any type`: as JSON, whatever its type. `lenient`: the same, and a body that is no
 * JSON counts as absent. `typed`: JSON if its type says so or is absent, else text, which its schema refuses. `stream`: not read; the
 * handler gets the bytes as they come. `form`: `multipart/form-data`, which the handler reads part by part; its schema is `formOf`.
 * `form or bytes`: a body of any other type is a stream. `form or fields`: the same, and the handler holds it in memory for its fields.
 * `cut`: as `any type`, and long texts at the places of the route's `cut` are put into files as they come. `cut json`: the same as
 * `json`.
 */
export type Reading =
  | "json"
  | "any type"
  | "lenient"
  | "typed"
  | "stream"
  | "form"
  | "form or bytes"
  | "form or fields"
  | "cut"
  | "cut json";

type RouteDoc = {
  method: Method;
  /** With parameters in braces: `/v1/tasks/{id}`. */
  path: string;
  /** Names the operation for programs. */
  id: string;
  /** Groups operations in the document. */
  tag?: string;
  summary: string;
  description?: string;
  answers: readonly AnswerDoc[];
  /** Codes of its refusals, unless its lens derives them from its shape. */
  refuses?: readonly ErrorCode[];
  /** Headers that it reads, with their meaning; the document lists them. */
  headers?: Readonly<Record<string, string>>;
  /** Takes an Idempotency-Key. */
  idempotent?: boolean;
  /** Answers as server-sent events when asked to. */
  streams?: boolean;
  /** Answers as server-sent events if its body or its query says so. */
  mayStream?: boolean;
  /** Called so often that a line in the log for each call would drown the others. */
  quiet?: boolean;
  /** Called so often that plain requests are answered before the framework, see `short-routes.ts`. */
  short?: true;
  /** The document leaves it out. */
  hidden?: boolean;
};

/** The scope that the caller's key needs, checked before anything else of the request: each route names it. */
type Scoped = { scope: Scope | "any" };

/** Rules of one route that differ from its lens's. */
type RouteRules = {
  reads?: Reading;
  /** Not counted by the limits of its lens's contract. */
  unlimited?: boolean;
  /** It searches by text, always or if its query has a field of that name: such searches count in the caller's share. */
  searches?: true | string;
  /**
   * For a route that reads `cut` or `cut json`: the texts that become files, in `uploads` and not in the body, whose bound is that of
   * all JSON.
   */
  cut?: Cut;
  /** Media type of its body in the document, if it is not JSON. */
  bodyType?: string;
  /** Bound of its body, in bytes. */
  bodyBytesMax?: number;
  /** Where its caller's key may be. */
  secrets?: readonly SecretPlace[];
  renderError?: RenderError;
  invalid?: Invalid;
};

/**
 * A parameter of a path. It has no schema: a router gives text only, and this is part of every read, where to parse an object with one
 * text costs as much as to find the task.
 */
export type PathParam = {
  about: string;
  is: (text: string) => boolean;
  /** The message of `invalid` for a text that does not fit. Without it, such a text is `not_found`. */
  otherwise?: string;
  /** The noun of that `not_found`, in the same words as for a fitting id. */
  noun?: string;
};

/** Any text that a client may have chosen as a name. */
export function isName(text: string): boolean {
  return text.length >= 1 && text.length <= 255;
}

/** The misfit of a query or a body with its schema. */
export type Fault = {
  where: "query" | "body";
  issues: readonly z.core.$ZodIssue[];
  /** The checked value. */
  value: unknown;
  /** There is no body at all. */
  absent: boolean;
};
/** Makes a `Refusal` of a misfit in the words of one wire. If query and body both have one, the query's is first. */
type Invalid = (fault: Fault, more?: Fault) => Refusal;

/** Rules of a lens for all its routes. */
export type RequestRules = {
  invalid: Invalid;
  keyReuse: KeyReuse;
};

/** The argument of a handler. `Who` is null on an open route. */
export type Call<Names extends string, Query, Body, Who = Principal> = {
  principal: Who;
  verbs: Verbs;
  parts: LensParts;
  params: Readonly<Record<Names, string>>;
  query: Query;
  /** The query as sent, without its question mark: for links to other pages of the same list. */
  search: () => string;
  body: Body;
  /** The body before its schema: an idempotency key is bound to it. */
  sent: unknown;
  headers: IncomingHttpHeaders;
  /** Files cut out of the body, by SHA-256, until the request is answered. */
  uploads: Uploads;
  /** The prefix under which the request came in. Every URL that a lens writes begins with it. */
  mount: string;
  /** The public address of this server, for absolute URLs: without a slash at its end. */
  origin: () => string;
  /** The request's id in its answer and the log. */
  requestId: string;
  /** Counts the call as so many requests more. Throws `rate_limited` when the caller has had all of its minute. */
  count: (requests: number) => void;
  /** The principal of this key, for an open route on which one logs in. Throws `unauthenticated`. */
  authenticate: (secret: string) => Principal | Promise<Principal>;
  /** The caller's Idempotency-Key, bound to its request. */
  idempotency: Idempotency | undefined;
  /** Fires when the caller leaves, its key ends or the server stops: waits on its behalf can end. */
  left: () => AbortSignal;
};

/**
 * The answer of a handler: ready bytes, pieces (`jsonBody`), a stream, a body to be made JSON, or events. Header names are in lower
 * case. A text is sent together with its head, which is cheaper than bytes that were made for one answer only.
 */
export type Answer =
  | { status: number; file: Readable; bytes?: never; stream?: never; headers: Record<string, string> }
  | {
      status: number;
      bytes: Buffer | string | Readable;
      file?: never;
      stream?: never;
      headers: Record<string, string> & { "content-type": string };
    }
  | { status: number; bytes?: never; stream?: never; file?: never; body?: unknown; headers?: Record<string, string> }
  | { stream: EventStream; bytes?: never; file?: never };

/** Where a route is served, and by which lens. */
export type Place = { parts: LensParts; mount: string; rules: RequestRules & { name: string } };

export type Route = RouteDoc &
  RouteRules &
  Scoped & {
    /** It needs no key. */
    open: boolean;
    /** An open route that still recognises callers with an accepted key. */
    knows: boolean;
    params: Readonly<Record<string, PathParam>>;
    query: z.ZodType;
    body: z.ZodType | null;
    /** `principal` is null on an open route only. `uploads` are the files cut out of the body. */
    run: (
      principal: Principal | null,
      place: Place,
      request: RoutedRequest,
      response: ServerResponse,
      uploads: Uploads,
    ) => Promise<Answer>;
  };

type Shape<Names extends string, Query, Body> = RouteDoc &
  RouteRules & {
    params?: Readonly<Record<Names, PathParam>>;
    query?: z.ZodType<Query>;
    body?: z.ZodType<Body>;
    /** Parses the most frequent bodies as `body` would, in a tenth of the time; null for all others. */
    plain?: (sent: unknown) => Body | null;
  };
type Handle<Names extends string, Query, Body, Who> = (call: Call<Names, Query, Body, Who>) => Promise<Answer>;

const none = z.strictObject({});
type None = z.infer<typeof none>;

/** For a route without parameters, of a wire that ignores unknown ones. */
export const anyQuery = z.object({});

/** The bytes of a body as they come, for a route that `reads` a stream, up to its `bodyBytesMax`: more is `too_large`. */
export const byteStream = z.instanceof(Readable).meta({ wire: { type: "string", format: "binary" } });

/** A route that needs a key. */
export function route<Names extends string = never, Query = None, Body = undefined>(
  shape: Shape<Names, Query, Body> & Scoped & { handle: Handle<Names, Query, Body, Principal> },
): Route {
  return { ...made(shape, known), open: false, knows: false };
}

/** A route that needs no key: health, a document, a card. */
export function openRoute<Names extends string = never, Query = None, Body = undefined>(
  shape: Shape<Names, Query, Body> & { handle: Handle<Names, Query, Body, null> },
): Route {
  return { ...made({ ...shape, scope: "any" }, () => null), open: true, knows: false };
}

/** A route that needs no key, and may tell callers with an accepted key more. */
export function halfOpenRoute<Names extends string = never, Query = None, Body = undefined>(
  shape: Shape<Names, Query, Body> & Scoped & { handle: Handle<Names, Query, Body, Principal | null> },
): Route {
  return { ...made(shape, (principal) => principal), open: true, knows: true };
}

function known(principal: Principal | null): Principal {
  if (principal === null) throw new Refusal("unauthenticated", "An API key is needed: Authorization: Bearer sk_…");
  return principal;
}

function made<Names extends string, Query, Body, Who>(
  {
    params,
    query,
    body,
    plain,
    handle,
    ...doc
  }: Shape<Names, Query, Body> & Scoped & { handle: Handle<Names, Query, Body, Who> },
  who: (principal: Principal | null) => Who,
): Omit<Route, "open" | "knows"> {
  // Without a schema the type parameter is its default, which these parse to; the compiler cannot see that.
  const querySchema = (query ?? none) as z.ZodType<Query>;
  const bodySchema = (body ?? z.undefined()) as z.ZodType<Body>;
  // What most requests leave out is parsed once, and so is a query that is asked again and again: the handlers only read it. Not
  // before the first request: a schema is prepared as it parses, and a server is asked on few of its routes.
  let unasked: Parsed<Query> | null = null;
  let unsent: Parsed<Body> | null = null;
  const sentOf = (sent: unknown): Parsed<Body> => {
    const data = plain?.(sent) ?? null;
    return data === null ? parsed(bodySchema, sent, "body") : { success: true, data };
  };
  let last: { search: string; asked: Parsed<Query> } | null = null;
  const askedOf = ({ url, query }: RoutedRequest) => {
    unasked ??= parsed(querySchema, {}, "query");
    if (unasked.success && isEmpty(query)) return unasked;
    const search = url.slice(url.indexOf("?"));
    if (last?.search !== search) last = { search, asked: parsed(querySchema, unfolded(query), "query") };
    return last.asked;
  };
  return {
    ...doc,
    params: params ?? {},
    query: querySchema,
    body: body ?? null,
    run: async (principal, { parts, mount, rules }, request, response, uploads) => {
      if (principal !== null && doc.scope !== "any") mustHave(principal, doc.scope);
      const invalid = doc.invalid ?? rules.invalid;
      const prefix = mount.includes("{") ? filled(mount, request.params) : mount;
      let ended: AbortSignal | null = null;
      const asked = askedOf(request);
      if (body === undefined) unsent ??= parsed(bodySchema, undefined, "body");
      const sent = unsent ?? sentOf(request.body);
      if (!asked.success) throw invalid(asked.fault, sent.success ? undefined : sent.fault);
      if (!sent.success) throw invalid(sent.fault);
      const call: Call<Names, Query, Body, Who> = {
        principal: who(principal && told(principal, request, rules.name)),
        verbs: parts.verbs,
        parts,
        params: named(request.params, params),
        query: asked.data,
        search: () => request.url.split("?").slice(1).join("?"),
        body: sent.data,
        sent: request.body,
        headers: request.headers,
        uploads,
        mount: prefix,
        origin: () => parts.publicUrl ?? `${request.protocol}://${request.host}`,
        requestId: request.id,
        count: (requests) => parts.admission.more(request, requests),
        authenticate: async (secret) =>
          told(
            await noting(parts.authenticate(request, [secret]), request, rules.name, doc.id, parts),
            request,
            rules.name,
          ),
        idempotency:
          doc.idempotent && hasKey(request) ? idempotencyOf(keyed(request, prefix), rules.keyReuse) : undefined,
        left: () => {
          parts.admission.hold(request);
          ended = principal === null ? null : parts.keyEnd(principal, response);
          return leftBy(response, ended === null ? [parts.stopping] : [parts.stopping, ended]);
        },
      };
      try {
        const answer = await handle(call);
        if (isFired(ended)) throw keyHasEnded();
        return answer;
      } catch (error) {
        // A held answer ends with its own refusal.
        if (isFired(ended)) throw keyHasEnded();
        if (!(error instanceof FieldFault)) throw error;
        throw invalid({ where: "body", issues: error.issues, value: null, absent: false });
      }
    },
  };
}

/** The principal with the caller's address, if the call may change something, and the trace that the caller names. */
function told(principal: Principal, request: RoutedRequest, lens: string): Principal {
  const { method, id } = request;
  const origin = method === "GET" || method === "HEAD" ? undefined : { address: request.ip, lens, request: id };
  const { traceparent, tracestate } = request.headers;
  const trace =
    typeof traceparent === "string"
      ? traceOf(traceparent, typeof tracestate === "string" ? tracestate : undefined)
      : null;
  if (origin === undefined && trace === null) return principal;
  return { ...principal, ...(origin && { origin }), ...(trace && { trace }) };
}

/** A body that is not yet read is added by its route: `withContent`. */
function keyed({ method, url, headers, body }: RoutedRequest, mount: string): KeyedRequest {
  const isUnread = body instanceof Readable || body instanceof UnreadForm;
  return { method, url, headers, body: isUnread ? null : body, mount };
}

function filled(mount: string, params: Readonly<Record<string, string>>): string {
  return mount.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
}

/** Not the request's own signal: that one fires as soon as a body has been read. */
function leftBy(raw: ServerResponse, ends: AbortSignal[]): AbortSignal {
  const left = new AbortController();
  const stops = ends.map((end) => follow(end, left));
  raw.once("close", () => {
    for (const stop of stops) stop();
    // An abort makes an exception with its stack, which costs more than a small answer: only for callers who leave before it.
    if (!raw.writableFinished) left.abort();
  });
  return left.signal;
}

/** Reads a variable that a closure sets, which the compiler does not see. */
function isFired(signal: AbortSignal | null): boolean {
  return signal?.aborted ?? false;
}

/** The checked parameters of a path. A text that cannot be an id is not found: to tell the two apart helps no caller. */
function named<Names extends string>(
  found: Record<string, string>,
  wanted: Readonly<Record<Names, PathParam>> | undefined,
): Record<Names, string> {
  if (fits(found, wanted)) return found;
  const [noun = "What this names"] = Object.values<PathParam>(wanted ?? {}).flatMap((param) => param.noun ?? []);
  throw notFound(noun);
}

function fits<Names extends string>(
  found: Record<string, string>,
  wanted: Readonly<Record<Names, PathParam>> | undefined,
): found is Record<Names, string> {
  for (const name in wanted) {
    const { is, otherwise } = wanted[name];
    if (is(found[name] ?? "")) continue;
    if (otherwise !== undefined) throw new Refusal("invalid", otherwise);
    return false;
  }
  return true;
}

function unfolded(query: unknown): unknown {
  const given: object = Object(query);
  return isDeep(given) ? nested(Object.entries(given)) : given;
}

function isEmpty(query: unknown): boolean {
  for (const _ in Object(query)) return false;
  return true;
}

type Parsed<Value> = { success: true; data: Value } | { success: false; fault: Fault };

function parsed<Value>(schema: z.ZodType<Value>, value: unknown, where: Fault["where"]): Parsed<Value> {
  const result = foundWrong(schema, value, fieldErrors);
  if (result.success) return result;
  const absent = where === "body" && value === undefined;
  return { success: false, fault: { where, issues: result.error.issues, value, absent } };
}
