/** What a refusal becomes on the wire, and how the HTTP framework's own errors become refusals. */
import { type ErrorCode, Refusal } from "../task/errors.ts";

export type ErrorAnswer = {
  status: number;
  /** In lower case; `content-type` is among them. */
  headers: Record<string, string> & { "content-type": string };
  body: string;
};

/** The request that a refusal answers. */
export type RefusedRequest = {
  id: string;
  /** It was refused before its route began: while its head or its body was read. */
  unread: boolean;
  /** Its body as it was read; undefined where that is no JSON, or was not read. */
  sent?: unknown;
};

/** What each code is in HTTP. A protocol that says otherwise has a map of its own, and as total. */
export const HTTP_STATUS: Readonly<Record<ErrorCode, number>> = {
  not_found: 404,
  not_allowed_in_state: 409,
  fenced: 409,
  invalid: 400,
  too_large: 413,
  conflict: 409,
  unauthenticated: 401,
  forbidden: 403,
  rate_limited: 429,
  unavailable: 503,
  internal: 500,
};

/** Says a refusal in the words of one wire. Total: it never throws, and answers every code. */
export type RenderError = (refusal: Refusal, request: RefusedRequest) => ErrorAnswer;

/** The `field` of an `invalid` that is about the type of the body, which HTTP has a status of its own for: 415. */
export const CONTENT_TYPE_FIELD = "Content-Type";
/** The `field` of whatever is about an idempotency key. */
export const IDEMPOTENCY_FIELD = "Idempotency-Key";
/** The `field` of a `conflict` with the version that the caller has seen, which HTTP has a status of its own for: 412. */
export const IF_MATCH_FIELD = "If-Match";

/**
 * Whatever was thrown, as a refusal. What the framework finds wrong with a request is `too_large` or `invalid`; all
 * else is a bug, `internal`, and says nothing about itself.
 */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof Error && "statusCode" in error && typeof error.statusCode === "number") {
    const { statusCode, message } = error;
    if (statusCode === 413) return new Refusal("too_large", "The body is too large.");
    if (statusCode === 415) {
      return new Refusal("invalid", "Bodies are JSON: send Content-Type: application/json.", {
        field: CONTENT_TYPE_FIELD,
      });
    }
    if (statusCode >= 400 && statusCode < 500) return new Refusal("invalid", message);
  }
  return new Refusal("internal", "Something went wrong on our side. The server's log has it under this request id.");
}
