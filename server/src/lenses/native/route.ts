/**
 * A route as data: what the OpenAPI document and the docs page say of it is what runs. A handler gets its parameters,
 * query and body past their schemas, and the principal.
 */
import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import type { Principal } from "../../task/principal.ts";
import type { Idempotency } from "../../task/submission.ts";
import type { Verbs } from "../../verbs/verbs.ts";
import type { LensParts } from "../lens.ts";
import { IDEMPOTENCY_FIELD } from "./errors.ts";

export const JSON_TYPE = "application/json; charset=utf-8";

export type Method = "GET" | "POST" | "PATCH" | "DELETE";

/** What a route says that it may answer with. `stream` is the media type of another form than JSON. */
export type AnswerDoc = { status: number; about: string; schema?: z.ZodType; headers?: Record<string, string> };

export type RouteDoc = {
  method: Method;
  /** With parameters in braces: `/v1/tasks/{id}`. */
  path: string;
  /** Names the operation for programs. */
  id: string;
  tag: string;
  summary: string;
  description?: string;
  answers: readonly AnswerDoc[];
  /** Takes an Idempotency-Key. */
  idempotent?: boolean;
  /** Answers as server-sent events when asked to. */
  streams?: boolean;
  /** Called so often that a line in the log for each would drown the others. */
  quiet?: boolean;
};

/**
 * A parameter of a path. No schema: a router gives text and nothing else, and this is on the way of every read, where
 * parsing an object of one text costs as much as finding the task.
 */
export type PathParam = { about: string; is: (text: string) => boolean };

/** Any text that a client may have chosen as a name. */
export function isName(text: string): boolean {
  return text.length >= 1 && text.length <= 255;
}

/** What the router has found: the parameters of the path are text. */
export type NativeRequest = FastifyRequest<{ Params: Record<string, string> }>;

export type Call<Names extends string, Query, Body> = {
  principal: Principal;
  verbs: Verbs;
  parts: LensParts;
  params: Readonly<Record<Names, string>>;
  query: Query;
  body: Body;
  request: FastifyRequest;
  reply: FastifyReply;
  /** The caller's Idempotency-Key, bound to what it was sent with. */
  idempotency: Idempotency | undefined;
  /** Fires when the caller leaves or the server stops. */
  left: () => AbortSignal;
};

/**
 * What a handler answers: a body to be made JSON, or bytes that are, with a content type among their headers; null when
 * it has written the answer itself.
 */
export type Answer =
  | { status: number; bytes: Buffer; headers: Record<string, string> & { "content-type": string } }
  | { status: number; bytes?: never; body?: unknown; headers?: Record<string, string> }
  | null;

export type Route = RouteDoc & {
  params: Readonly<Record<string, PathParam>>;
  query: z.ZodType;
  body: z.ZodType | null;
  run: (principal: Principal, parts: LensParts, request: NativeRequest, reply: FastifyReply) => Promise<Answer>;
};

const none = z.strictObject({});
type None = z.infer<typeof none>;

export function route<Names extends string = never, Query = None, Body = undefined>({
  params,
  query,
  body,
  handle,
  ...doc
}: RouteDoc & {
  params?: Readonly<Record<Names, PathParam>>;
  query?: z.ZodType<Query>;
  body?: z.ZodType<Body>;
  handle: (call: Call<Names, Query, Body>) => Promise<Answer>;
}): Route {
  // Without a schema the type parameter is its default, which is what these parse to; the compiler cannot see that.
  const querySchema = (query ?? none) as z.ZodType<Query>;
  const bodySchema = (body ?? z.undefined()) as z.ZodType<Body>;
  // What most requests leave out is parsed once: the handlers only read it.
  const unasked = querySchema.safeParse({});
  const unsent = bodySchema.safeParse(undefined);
  return {
    ...doc,
    params: params ?? {},
    query: querySchema,
    body: body ?? null,
    run: (principal, parts, request, reply) =>
      handle({
        principal,
        verbs: parts.verbs,
        parts,
        params: named(request.params, params),
        query:
          unasked.success && isEmpty(request.query)
            ? unasked.data
            : parsed(querySchema, nested(request.query), "query"),
        body: unsent.success && body === undefined ? unsent.data : parsed(bodySchema, request.body, "body"),
        request,
        reply,
        idempotency: doc.idempotent ? idempotencyOf(request) : undefined,
        left: () => reply.left(),
      }),
  };
}

/** The parameters of a path, past their tests. What cannot be an id is nobody's: telling the two apart helps no caller. */
function named<Names extends string>(
  found: Record<string, string>,
  wanted: Readonly<Record<Names, PathParam>> | undefined,
): Record<Names, string> {
  if (fits(found, wanted)) return found;
  throw new Refusal("not_found", "There is nothing with this id, or it is not yours.");
}

function fits<Names extends string>(
  found: Record<string, string>,
  wanted: Readonly<Record<Names, PathParam>> | undefined,
): found is Record<Names, string> {
  for (const name in wanted) if (!wanted[name].is(found[name] ?? "")) return false;
  return true;
}

function isEmpty(query: unknown): boolean {
  for (const _ in Object(query)) return false;
  return true;
}

const ISSUES_MAX = 5;

function parsed<Value>(schema: z.ZodType<Value>, value: unknown, where: "query" | "body"): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, ISSUES_MAX).map((issue) => ({
    field: [...(where === "body" ? [] : [where]), ...issue.path.map(String)].join("."),
    message: issue.message,
  }));
  const [first] = issues;
  const detail = issues.map(({ field, message }) => (field === "" ? message : `${field}: ${message}`)).join("; ");
  if (where === "body" && value === undefined) throw new Refusal("invalid", "A JSON body is needed.");
  throw new Refusal("invalid", detail, first === undefined || first.field === "" ? {} : { field: first.field });
}

const DEEP = /^(\w+)\[([^\]]{1,255})\]$/;

/** `metadata[key]=value` as OpenAPI's deepObject style writes it. */
function nested(query: unknown): unknown {
  if (typeof query !== "object" || query === null) return query;
  const entries = Object.entries(query);
  if (!entries.some(([name]) => name.includes("["))) return query;
  const flat = new Map<string, unknown>();
  const deep = new Map<string, Map<string, unknown>>();
  for (const [name, value] of entries) {
    const [, outer, inner] = DEEP.exec(name) ?? [];
    if (outer === undefined || inner === undefined) flat.set(name, value);
    else deep.set(outer, (deep.get(outer) ?? new Map()).set(inner, value));
  }
  return Object.fromEntries([...flat, ...Array.from(deep, ([name, map]) => [name, Object.fromEntries(map)] as const)]);
}

const KEY_LENGTH_MAX = 255;

/** The IETF's Idempotency-Key draft: a string of the caller's, remembered with a fingerprint of the request. */
function idempotencyOf(request: FastifyRequest): Idempotency | undefined {
  const given = request.headers["idempotency-key"];
  if (given === undefined) return undefined;
  const key = String(given);
  if (key === "" || key.length > KEY_LENGTH_MAX) {
    throw new Refusal("invalid", `An Idempotency-Key has 1 to ${KEY_LENGTH_MAX} characters.`, {
      field: IDEMPOTENCY_FIELD,
    });
  }
  const fingerprint = `${request.method} ${request.url}\n${JSON.stringify(request.body ?? null)}`;
  return { key, hash: createHash("sha256").update(fingerprint).digest("base64url") };
}
