/** Refusals as RFC 9457 problem details. The map is total over our codes. */
import { type ErrorCode, Refusal } from "../../task/errors.ts";
import {
  CONTENT_TYPE_FIELD,
  type ErrorAnswer,
  HTTP_STATUS,
  IDEMPOTENCY_FIELD,
  IF_MATCH_FIELD,
  type RefusedRequest,
  type RenderError,
} from "../error-answer.ts";
import type { Unrouted } from "../lens.ts";
import type { Fault } from "../route.ts";
import type { Problem } from "./schema.ts";
import { state } from "./schema.ts";

/** Taken as it is: an import makes Node.js load its whole `fetch` beside it, for 30 ms. */
const { STATUS_CODES } = process.getBuiltinModule("node:http");

const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

/** What each code means, for the documentation. */
export const MEANING: Readonly<Record<ErrorCode, string>> = {
  not_found: "There is no such thing, or it is not yours: the two are never told apart.",
  not_allowed_in_state: "The task's state does not permit this; `state` names it.",
  fenced: "This attempt no longer holds the task: stop working on it.",
  invalid: "The request does not fit; `field` says where.",
  too_large: "The body or the URL is too long.",
  conflict:
    "The same identity with another content, an open task in the way, which `task_id` names, a race that was lost, or as many of these as are kept: delete some first. 422 for an Idempotency-Key, 412 for an If-Match.",
  unauthenticated: "No key, or one that is unknown, revoked or expired.",
  forbidden: "The key has not got the scope that this needs.",
  rate_limited: "More of yours than is taken at once; `Retry-After` says when to come back, where that is known.",
  unavailable:
    "Overload, shutdown or a full disk, where `Retry-After` says when to come back; or this server has not got what it takes.",
  internal: "A bug of ours. The log has it under `request_id`.",
};

const ISSUES_MAX = 5;

/** What a schema finds wrong, each with its place. */
export function invalidRequest({ where, issues, absent }: Fault): Refusal {
  if (absent) return new Refusal("invalid", "A JSON body is needed.");
  const told = issues.slice(0, ISSUES_MAX).map((issue) => ({
    field: [...(where === "body" ? [] : [where]), ...issue.path.map(String)].join("."),
    message: issue.message,
  }));
  const detail = told.map(({ field, message }) => (field === "" ? message : `${field}: ${message}`)).join("; ");
  const field = told[0]?.field ?? "";
  return new Refusal("invalid", detail, field === "" ? {} : { field });
}

export const renderError: RenderError = (refusal, request) => problemAnswer(refusal, request);

/** `status` where it is another than that of the refusal. */
function problemAnswer(
  refusal: Refusal,
  { id }: RefusedRequest,
  { status: other, ...more }: { status?: number; allow?: string } = {},
): ErrorAnswer {
  const own = problemOf(refusal, id);
  const body = other === undefined ? own : { ...own, status: other, title: STATUS_CODES[other] ?? "Error" };
  const { status, retry_after_s: retryAfter } = body;
  return {
    status,
    headers: {
      ...more,
      "content-type": PROBLEM_TYPE,
      "cache-control": "no-store",
      ...(retryAfter !== undefined && { "retry-after": String(Math.max(1, Math.ceil(retryAfter))) }),
      ...(status === 401 && { "www-authenticate": 'Bearer realm="waybill"' }),
    },
    body: JSON.stringify(body),
  };
}

/** Where no route leads: 405 where only the method is wrong. */
export function renderUnrouted({ method, path, allowed }: Unrouted, request: RefusedRequest): ErrorAnswer {
  if (allowed.length === 0) {
    return renderError(new Refusal("not_found", `There is no ${method} ${path}. See /docs.`), request);
  }
  const message = `${path} has no ${method}, but ${allowed.join(", ")}. See /docs.`;
  return problemAnswer(new Refusal("not_found", message), request, { status: 405, allow: allowed.join(", ") });
}

/** A refusal in the words of the wire, as a body of its own or within one. */
export function problemOf(refusal: Refusal, requestId: string): Problem {
  const status = statusOf(refusal);
  const { code, message, detail } = refusal;
  const field = status === 415 ? undefined : detail.field;
  const wireState = state.safeParse(detail.state);
  const { retryAfterS: retryAfter } = detail;
  return {
    type: `/docs#error-${code}`,
    title: STATUS_CODES[status] ?? "Error",
    status,
    detail: message,
    code,
    request_id: requestId,
    ...(field !== undefined && { field }),
    ...(wireState.success && { state: wireState.data }),
    ...(detail.task !== undefined && { task_id: detail.task }),
    ...(retryAfter !== undefined && { retry_after_s: retryAfter }),
  };
}

/** The refusals that HTTP has a finer status for: an unknown media type, another payload under a used key, a version of before. */
function statusOf({ code, detail: { field } }: Refusal): number {
  if (code === "invalid" && field === CONTENT_TYPE_FIELD) return 415;
  // The IETF's Idempotency-Key draft, section 2.7.
  if (code === "conflict" && field === IDEMPOTENCY_FIELD) return 422;
  // RFC 9110, 13.1.1.
  if (code === "conflict" && field === IF_MATCH_FIELD) return 412;
  return HTTP_STATUS[code];
}
