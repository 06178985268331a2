/** RFC 9457 problem details, for what is refused before a lens has a say. */

import type { ErrorCode } from "../task/errors.ts";

/** Taken as it is: an import makes Node.js load its whole `fetch` beside it, for 30 ms. */
const { STATUS_CODES } = process.getBuiltinModule("node:http");

export const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

export function problemJson(status: number, code: ErrorCode, detail: string, requestId: string): string {
  return JSON.stringify({
    type: "about:blank",
    title: STATUS_CODES[status] ?? "Error",
    status,
    detail,
    code,
    request_id: requestId,
  });
}
