/** Refusals on this wire: a problem whose title is the published description of its status, with a code of its own. */
import { type ErrorCode, Refusal } from "../../task/errors.ts";
import {
  CONTENT_TYPE_FIELD,
  type ErrorAnswer,
  HTTP_STATUS,
  IF_MATCH_FIELD,
  type RenderError,
} from "../error-answer.ts";
import type { Unrouted } from "../lens.ts";
import { type Fault, JSON_TYPE } from "../route.ts";

/** The object of a route: the noun of its `not_found`. */
type Noun = "TASK" | "ATTACHMENT" | "VIEW";

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Task not found for given ID.",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Payload Too Large",
  415: "Unsupported Media Type",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

const CODES: Readonly<Record<ErrorCode, string>> = {
  not_found: "BPM-TASK-NOT-FOUND",
  not_allowed_in_state: "BPM-ACTION-NOT-ALLOWED",
  fenced: "BPM-STALE-TASK",
  invalid: "BPM-BAD-REQUEST",
  too_large: "BPM-TOO-LARGE",
  conflict: "BPM-STALE-TASK",
  unauthenticated: "BPM-UNAUTHORIZED",
  forbidden: "BPM-FORBIDDEN",
  rate_limited: "BPM-INTERNAL",
  unavailable: "BPM-INTERNAL",
  internal: "BPM-INTERNAL",
};

/** The `field` of an `invalid` about an unknown action. */
export const ACTION_FIELD = "action";

/** The refusal of a wrong `If-Match`: 409, as on this wire for stale updates. */
export function stale(): Refusal {
  return new Refusal("conflict", "The task has changed since it was read.", { field: IF_MATCH_FIELD });
}

const CHALLENGE = 'Basic realm="bpm", Bearer';

/** Renders the refusals of a route whose `noun` may be missing. */
export function renderErrorOf(noun: Noun): RenderError {
  return ({ code, message, detail }, { id }) => {
    const isOfType = code === "invalid" && detail.field === CONTENT_TYPE_FIELD;
    const status = isOfType ? 415 : HTTP_STATUS[code];
    const own = code === "not_found" ? `BPM-${noun}-NOT-FOUND` : CODES[code];
    const { retryAfterS } = detail;
    return said(status, code === "invalid" && detail.field === ACTION_FIELD ? "BPM-ACTION-UNKNOWN" : own, message, id, {
      ...(code === "unauthenticated" && { "www-authenticate": CHALLENGE }),
      ...(retryAfterS !== undefined && { "retry-after": String(Math.ceil(retryAfterS)) }),
    });
  };
}

export const renderError = renderErrorOf("TASK");

export function renderUnrouted({ method, path, allowed }: Unrouted, { id }: { id: string }): ErrorAnswer {
  if (allowed.length === 0) return said(404, "BPM-TASK-NOT-FOUND", `There is nothing at ${path}.`, id);
  const detail = `${path} has no ${method}, but ${allowed.join(", ")}.`;
  return said(405, "BPM-BAD-REQUEST", detail, id, { allow: allowed.join(", ") });
}

/** The body of an error, also as an item of a list. */
function problemOf(status: number, code: string, detail: string) {
  return { type: "about:blank", title: TITLES[status] ?? "Error", status, detail, "o:errorCode": code };
}

/** A refusal as one item of several. */
export function itemProblem({ code, message }: Refusal) {
  return problemOf(HTTP_STATUS[code], CODES[code], message);
}

function said(
  status: number,
  code: string,
  detail: string,
  requestId: string,
  headers: Record<string, string> = {},
): ErrorAnswer {
  const body = JSON.stringify({ ...problemOf(status, code, detail), requestId });
  return { status, headers: { ...headers, "content-type": JSON_TYPE }, body };
}

/** Only the first fault, with its place. */
export function invalidRequest({ where, issues, absent }: Pick<Fault, "where" | "issues" | "absent">): Refusal {
  if (absent) return new Refusal("invalid", "A body is missing: send JSON.");
  const [issue] = issues;
  const field = (issue?.path ?? []).map(String).join(".");
  const says = issue?.message ?? "does not fit";
  return new Refusal("invalid", `${field === "" ? `The ${where}` : field}: ${says}`, { field });
}
