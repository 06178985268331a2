/** RFC 9457 problem details, for requests refused before a lens is known. */

import type { ErrorCode } from "../task/errors.ts";

/** Not an import: that makes Node.js load its whole `fetch` as well, for 30 ms. */
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
