/** Refusals as RFC 9457 problem details. The map is total over our codes. */
import { STATUS_CODES } from "node:http";
import { type ErrorCode, Refusal } from "../../task/errors.ts";
import type { Problem } from "./schema.ts";
import { state } from "./schema.ts";

export const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

export const STATUS: Readonly<Record<ErrorCode, number>> = {
  not_found: 404,
  not_allowed_in_state: 409,
  fenced: 409,
  invalid: 400,
  too_large: 413,
  conflict: 409,
  unauthenticated: 401,
  forbidden: 403,
  rate_limited: 429,
  budget_exhausted: 402,
  unavailable: 503,
  internal: 500,
};

/** What each code means, for the documentation. */
export const MEANING: Readonly<Record<ErrorCode, string>> = {
  not_found: "There is no such thing, or it is not yours: the two are never told apart.",
  not_allowed_in_state: "The task's state does not permit this; `state` names it.",
  fenced: "This attempt no longer holds the task: stop working on it.",
  invalid: "The request does not fit; `field` says where.",
  too_large: "The body or the URL is too long.",
  conflict: "The same identity with another content, or a race that was lost. 422 for an Idempotency-Key.",
  unauthenticated: "No key, or one that is unknown, revoked or expired.",
  forbidden: "The key has not got the scope that this needs.",
  rate_limited: "Too many requests; `Retry-After` says when to come back.",
  budget_exhausted: "The budget is spent.",
  unavailable: "Overload, shutdown or a full disk; `Retry-After` says when to come back.",
  internal: "A bug of ours. The log has it under `request_id`.",
};

/** The header that a conflict of idempotency is about, as `field` of the problem. */
export const IDEMPOTENCY_FIELD = "Idempotency-Key";

export type ProblemAnswer = { status: number; headers: Record<string, string>; body: Problem };

/** Whatever was thrown, as an answer. What is not a refusal is a bug, and says nothing about itself. */
export function problemOf(error: unknown, requestId: string): ProblemAnswer {
  const { refusal, status } = refusalOf(error);
  const { field, state: named, retryAfterS } = refusal.detail;
  const wireState = state.safeParse(named);
  const retryAfter = retryAfterS ?? (refusal.code === "unavailable" || refusal.code === "rate_limited" ? 1 : undefined);
  return {
    status,
    headers: {
      "content-type": PROBLEM_TYPE,
      "cache-control": "no-store",
      ...(retryAfter !== undefined && { "retry-after": String(Math.max(1, Math.ceil(retryAfter))) }),
      ...(status === 401 && { "www-authenticate": 'Bearer realm="waybill"' }),
    },
    body: {
      type: `/docs#error-${refusal.code}`,
      title: STATUS_CODES[status] ?? "Error",
      status,
      detail: refusal.message,
      code: refusal.code,
      request_id: requestId,
      ...(field !== undefined && { field }),
      ...(wireState.success && { state: wireState.data }),
      ...(retryAfter !== undefined && { retry_after_s: retryAfter }),
    },
  };
}

function refusalOf(error: unknown): { refusal: Refusal; status: number } {
  if (error instanceof Refusal) {
    // The IETF's Idempotency-Key draft, section 2.7: another payload under a used key is 422.
    const reused = error.code === "conflict" && error.detail.field === IDEMPOTENCY_FIELD;
    return { refusal: error, status: reused ? 422 : STATUS[error.code] };
  }
  const status = statusOf(error);
  if (status === 415) {
    return { refusal: new Refusal("invalid", "Bodies are JSON: send Content-Type: application/json."), status };
  }
  if (status !== null && status >= 400 && status < 500 && error instanceof Error) {
    return { refusal: new Refusal(status === 413 ? "too_large" : "invalid", error.message), status };
  }
  return {
    refusal: new Refusal(
      "internal",
      "Something went wrong on our side. The server's log has it under this request id.",
    ),
    status: 500,
  };
}

/** The HTTP framework's own errors carry a status. */
function statusOf(error: unknown): number | null {
  if (!(error instanceof Error) || !("statusCode" in error)) return null;
  return typeof error.statusCode === "number" ? error.statusCode : null;
}
