/**
 * A route as data: what the OpenAPI document and the docs page say of it is what runs. A handler gets its parameters,
 * query and body past their schemas, and the principal.
 */
import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import type { Principal } from "../../task/principal.ts";
import type { Idempotency, Verbs } from "../../task/verbs.ts";
import type { LensParts } from "../lens.ts";
import { IDEMPOTENCY_FIELD } from "./errors.ts";

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

export type Call<Params, Query, Body> = {
  principal: Principal;
  verbs: Verbs;
  parts: LensParts;
  params: Params;
  query: Query;
  body: Body;
  request: FastifyRequest;
  reply: FastifyReply;
  /** The caller's Idempotency-Key, bound to what it was sent with. */
  idempotency: Idempotency | undefined;
  /** Fires when the caller leaves or the server stops. */
  left: () => AbortSignal;
};

/** What a handler answers: a body to be made JSON, or bytes that are; null when it has written the answer itself. */
export type Answer = { status: number; body?: unknown; bytes?: Buffer; headers?: Record<string, string> } | null;

export type Route = RouteDoc & {
  params: z.ZodType;
  query: z.ZodType;
  body: z.ZodType | null;
  run: (principal: Principal, parts: LensParts, request: FastifyRequest, reply: FastifyReply) => Promise<Answer>;
};

const none = z.strictObject({});
type None = z.infer<typeof none>;

export function route<Params = None, Query = None, Body = undefined>({
  params,
  query,
  body,
  handle,
  ...doc
}: RouteDoc & {
  params?: z.ZodType<Params>;
  query?: z.ZodType<Query>;
  body?: z.ZodType<Body>;
  handle: (call: Call<Params, Query, Body>) => Promise<Answer>;
}): Route {
  // Without a schema the type parameter is its default, which is what these parse to; the compiler cannot see that.
  const paramsSchema = (params ?? none) as z.ZodType<Params>;
  const querySchema = (query ?? none) as z.ZodType<Query>;
  const bodySchema = (body ?? z.undefined()) as z.ZodType<Body>;
  return {
    ...doc,
    params: paramsSchema,
    query: querySchema,
    body: body ?? null,
    run: async (principal, parts, request, reply) =>
      handle({
        principal,
        verbs: parts.verbs,
        parts,
        params: parsed(paramsSchema, request.params, "path"),
        query: parsed(querySchema, nested(request.query), "query"),
        body: parsed(bodySchema, body === undefined ? undefined : request.body, "body"),
        request,
        reply,
        idempotency: doc.idempotent ? idempotencyOf(request) : undefined,
        left: () => reply.left(),
      }),
  };
}

const ISSUES_MAX = 5;

function parsed<Value>(schema: z.ZodType<Value>, value: unknown, where: "path" | "query" | "body"): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  // What cannot be an id is nobody's: an answer that told them apart would only confuse.
  if (where === "path") throw new Refusal("not_found", "There is nothing with this id, or it is not yours.");
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
