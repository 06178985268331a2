/** Callers that hang up: the request breaks off anywhere. That is no fault of the server. */
import type { IncomingMessage } from "node:http";

const CODES: ReadonlySet<unknown> = new Set([
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ERR_STREAM_PREMATURE_CLOSE",
  "ERR_STREAM_DESTROYED",
  "ABORT_ERR",
]);

/** Whether `error` only says that the caller has left: its connection is closed, and the error comes of that. */
export function isOfDropped(error: unknown, { destroyed, socket }: IncomingMessage): boolean {
  if (!(destroyed || socket.destroyed) || !(error instanceof Error)) return false;
  return error.name === "AbortError" || ("code" in error && CODES.has(error.code));
}
