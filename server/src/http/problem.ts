/** RFC 9457 problem details, for what is refused before a lens has a say. */

import { statusTitle } from "../lenses/status-title.ts";
import type { ErrorCode } from "../task/errors.ts";

export const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

export function problemJson(status: number, code: ErrorCode, detail: string, requestId: string): string {
  return JSON.stringify({
    type: "about:blank",
    title: statusTitle(status),
    status,
    detail,
    code,
    request_id: requestId,
  });
}
