/** RFC 9457 problem details, for what is refused before a lens has a say. */
import { STATUS_CODES } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ErrorCode } from "../task/errors.ts";

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

export function problem(
  reply: FastifyReply,
  request: Pick<FastifyRequest, "id">,
  status: number,
  code: ErrorCode,
  detail: string,
): void {
  reply
    .code(status)
    .header("content-type", PROBLEM_TYPE)
    .header("x-request-id", request.id)
    .send(problemJson(status, code, detail, request.id));
}
