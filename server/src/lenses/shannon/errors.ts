/** Refusals as this wire says them: a status and one sentence. */
import { ERROR_CODES, type ErrorCode, Refusal } from "../../task/errors.ts";

export type ErrorAnswer = { status: number; headers: Record<string, string>; body: Record<string, string | number> };

/** What a route is about: the noun that was not found, and what did not work out when the fault is ours. */
export type Concern = {
  noun: "Task" | "Session" | "Workflow";
  failure: string;
  /** Said of a body that cannot be read, instead of what is wrong with it. */
  unreadable?: string;
};

type Rendering = (refusal: Refusal, concern: Concern) => Partial<ErrorAnswer> & { status: number; error: string };

const said = (status: number): Rendering => {
  return (refusal) => ({ status, error: refusal.message });
};

const RENDERINGS: Record<ErrorCode, Rendering> = {
  not_found: (_, { noun }) => ({ status: 404, error: `${noun} not found` }),
  not_allowed_in_state: said(409),
  fenced: said(409),
  invalid: said(400),
  too_large: said(413),
  conflict: said(409),
  unauthenticated: (refusal) => ({
    status: 401,
    error: "Unauthorized",
    headers: { "www-authenticate": `Bearer realm="Shannon API", error_description="${quotable(refusal.message)}"` },
  }),
  forbidden: () => ({ status: 403, error: "Forbidden" }),
  rate_limited: (refusal) => {
    const seconds = refusal.detail.retryAfterS ?? 60;
    return {
      status: 429,
      error: "Rate limit exceeded",
      headers: { "retry-after": String(seconds) },
      body: { message: refusal.message, retry_after: seconds },
    };
  },
  budget_exhausted: said(429),
  unavailable: (refusal) => ({
    status: 503,
    error: refusal.message,
    headers: { "retry-after": String(refusal.detail.retryAfterS ?? 1) },
  }),
  internal: (_, { failure }) => ({ status: 500, error: `${failure}: internal error` }),
};

export function errorAnswer(refusal: Refusal, concern: Concern): ErrorAnswer {
  const { status, error, headers = {}, body = {} } = RENDERINGS[refusal.code](refusal, concern);
  return { status, headers, body: { error, ...body } };
}

/** Every code with the status that it is told with, for the document of this API. */
export function errorStatuses(): Map<ErrorCode, number> {
  const concern: Concern = { noun: "Task", failure: "" };
  return new Map(ERROR_CODES.map((code) => [code, errorAnswer(new Refusal(code, ""), concern).status]));
}

/** Fit for a quoted string of a header (RFC 9110, 5.6.4). */
function quotable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?").replace(/["\\]/g, "'");
}
