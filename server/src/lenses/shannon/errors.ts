/** Refusals as this wire says them: a status and one sentence. */
import { type ErrorCode, Refusal } from "../../task/errors.ts";
import { HEAD_FIELD } from "../body/well-formed.ts";
import { type ErrorAnswer, HTTP_STATUS, type RefusedRequest, type RenderError } from "../error-answer.ts";
import type { Unrouted } from "../lens.ts";
import { type Fault, JSON_TYPE } from "../route.ts";
import { isOpenai, notServed } from "./not-served.ts";

/** What a route is about: the noun that was not found, and what did not work out when the fault is ours. */
export type Concern = {
  noun: "Task" | "Session" | "Workflow";
  failure: string;
  /** Said of a body that cannot be read, instead of what is wrong with it. */
  unreadable?: string;
};

const OTHERWISE: Concern = { noun: "Task", failure: "Failed to handle request" };

type Worded = { error?: string; more?: Record<string, unknown>; headers?: Record<string, string> };

/** The codes of which more is said, or less, than their sentence. */
const WORDS: Partial<Record<ErrorCode, (refusal: Refusal, concern: Concern) => Worded>> = {
  not_found: (_, { noun }) => ({ error: `${noun} not found` }),
  unauthenticated: ({ message }) => ({
    error: "Unauthorized",
    headers: { "www-authenticate": `Bearer realm="Shannon API", error_description="${quotable(message)}"` },
  }),
  forbidden: () => ({ error: "Forbidden" }),
  rate_limited: ({ message, detail: { retryAfterS, window = "minute" } }) => ({
    error: "Rate limit exceeded",
    more: { message, ...(retryAfterS !== undefined && { window, retry_after: Math.ceil(retryAfterS) }) },
    headers: retryAfter(retryAfterS),
  }),
  conflict: ({ detail: { retryAfterS } }) => ({ headers: retryAfter(retryAfterS) }),
  unavailable: ({ detail: { retryAfterS } }) => ({ headers: retryAfter(retryAfterS) }),
  internal: (_, { failure }) => ({ error: `${failure}: internal error` }),
};

function retryAfter(seconds: number | undefined): Record<string, string> {
  return seconds === undefined ? {} : { "retry-after": String(Math.ceil(seconds)) };
}

/** How the refusals of a route are said that is about `concern`. */
export function renderErrorOf(concern: Concern): RenderError {
  return (refusal, request) => {
    const said = inWireWords(refusal, request, concern);
    const { error = said.message, more = {}, headers = {} } = WORDS[said.code]?.(said, concern) ?? {};
    return errorAnswer(HTTP_STATUS[said.code], { error, ...more }, headers);
  };
}

export const renderError = renderErrorOf(OTHERWISE);

/** What leads to no route: one of the wire's own that this server does not serve says so, at 501. */
export function renderUnrouted({ path, allowed }: Unrouted): ErrorAnswer {
  if (allowed.length > 0) return errorAnswer(405, { error: "Method not allowed" }, { allow: allowed.join(", ") });
  const missing = notServed(path);
  if (missing === null) return errorAnswer(404, { error: "Not found" });
  const error = { message: missing, type: "invalid_request_error", code: "not_implemented" };
  return errorAnswer(501, { error: isOpenai(path) ? error : missing });
}

/** The reader of bodies speaks no wire's words. */
function inWireWords(refusal: Refusal, { unread }: RefusedRequest, { unreadable }: Concern): Refusal {
  if (!unread || refusal.code !== "invalid" || refusal.detail.field === HEAD_FIELD) return refusal;
  return new Refusal("invalid", unreadable ?? `Invalid request body: ${refusal.message}`);
}

function errorAnswer(status: number, body: object, headers: Record<string, string> = {}): ErrorAnswer {
  return { status, headers: { ...headers, "content-type": JSON_TYPE }, body: JSON.stringify(body) };
}

/** What is said of a parameter that does not fit, where that is not `Invalid <name> parameter`. */
const PARAMETERS: Readonly<Record<string, string>> = {
  status: "Invalid status value",
  session_id: "Invalid session_id format",
  workflow_id: "Invalid or missing workflow_id",
  last_event_id: "Invalid last_event_id",
};

/** The first fault alone, as this wire does. */
export function invalidRequest({ where, issues }: Fault): Refusal {
  const [issue] = issues;
  const field = (issue?.path ?? []).map(String).join(".");
  if (where === "query") return new Refusal("invalid", PARAMETERS[field] ?? `Invalid ${field} parameter`);
  return invalidBody({ issues });
}

/** The same of a body, or of what lies under one of its fields. */
export function invalidBody({ issues }: Pick<Fault, "issues">, under?: string): Refusal {
  const [issue] = issues;
  const path = (issue?.path ?? []).map(String);
  const field = [...(under === undefined ? [] : [under]), ...path].join(".");
  const shapeless = issue?.code === "invalid_type" && path.length === 0;
  const said = shapeless ? "must be a JSON object" : (issue?.message ?? "is not valid");
  return new Refusal("invalid", `Invalid request body: ${field === "" ? "it" : field} ${said}`, { field });
}

/** Fit for a quoted string of a header (RFC 9110, 5.6.4). */
function quotable(text: string): string {
  return text
    .replaceAll("…", "...")
    .replace(/[^\x20-\x7e]/g, "?")
    .replace(/["\\]/g, "'");
}
