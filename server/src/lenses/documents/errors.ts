/**
 * Refusals as this wire says them: one body that clients of the product read by `code`, `message` and `detail`, and those
 * of OpenAI by `error`.
 */
import { type ErrorCode, Refusal } from "../../task/errors.ts";
import { HEAD_FIELD } from "../body/well-formed.ts";
import { CONTENT_TYPE_FIELD, type ErrorAnswer, HTTP_STATUS } from "../error-answer.ts";
import type { Unrouted } from "../lens.ts";
import { type Fault, JSON_TYPE } from "../route.ts";

type Word =
  | "validation_error"
  | "not_found"
  | "conflict"
  | "too_large"
  | "unsupported_type"
  | "rate_limit_error"
  | "authentication_error"
  | "permission_error"
  | "not_implemented"
  | "internal_error"
  | "method_not_allowed";

/** The product's number for each word. */
const NUMBER: Readonly<Record<Word, number>> = {
  validation_error: 1,
  not_found: 2,
  conflict: 3,
  too_large: 4,
  unsupported_type: 5,
  rate_limit_error: 6,
  authentication_error: 7,
  permission_error: 8,
  not_implemented: 9,
  internal_error: 10,
  method_not_allowed: 1,
};

const WORD: Readonly<Record<ErrorCode, Word>> = {
  not_found: "not_found",
  not_allowed_in_state: "conflict",
  fenced: "conflict",
  invalid: "validation_error",
  too_large: "too_large",
  conflict: "conflict",
  unauthenticated: "authentication_error",
  forbidden: "permission_error",
  rate_limited: "rate_limit_error",
  unavailable: "internal_error",
  internal: "internal_error",
};

export function renderError({ code, message, detail }: Refusal): ErrorAnswer {
  if (code === "invalid" && detail.field === CONTENT_TYPE_FIELD) return said(415, "unsupported_type", message);
  const { retryAfterS } = detail;
  const field = detail.field === HEAD_FIELD ? undefined : detail.field;
  return said(HTTP_STATUS[code], WORD[code], message, field ?? null, {
    ...(code === "unauthenticated" && { "www-authenticate": "Bearer" }),
    ...(retryAfterS !== undefined && { "retry-after": String(Math.ceil(retryAfterS)) }),
  });
}

export function renderUnrouted({ method, path, allowed }: Unrouted): ErrorAnswer {
  if (allowed.length === 0) return said(404, "not_found", `There is nothing at ${path}.`);
  const message = `${path} has no ${method}, but ${allowed.join(", ")}.`;
  return said(405, "method_not_allowed", message, null, { allow: allowed.join(", ") });
}

/** What this dialect has no answer to. */
export function notImplemented(message: string): { status: number; body: object } {
  return { status: 501, body: bodyOf(501, "not_implemented", message, null) };
}

/** The first fault alone, with its field. */
export function invalidRequest({ issues, absent }: Pick<Fault, "issues" | "absent">): Refusal {
  if (absent) return new Refusal("invalid", "A body is missing: send JSON.");
  const [issue] = issues;
  const field = (issue?.path ?? []).map(String).join(".");
  const says = issue?.message ?? "does not fit";
  return new Refusal(
    "invalid",
    field === "" ? `The request ${says}` : `${field}: ${says}`,
    field === "" ? {} : { field },
  );
}

function said(
  status: number,
  word: Word,
  message: string,
  field: string | null = null,
  headers: Record<string, string> = {},
): ErrorAnswer {
  const body = JSON.stringify(bodyOf(status, word, message, field));
  return { status, headers: { ...headers, "content-type": JSON_TYPE }, body };
}

function bodyOf(status: number, word: Word, message: string, field: string | null): object {
  return {
    code: NUMBER[word],
    message,
    detail: { type: word, field },
    error: { message, type: openaiType(status, word), param: field, code: word },
  };
}

function openaiType(status: number, word: Word): string {
  if (word === "authentication_error" || word === "permission_error" || word === "rate_limit_error") return word;
  return status >= 500 ? "server_error" : "invalid_request_error";
}
