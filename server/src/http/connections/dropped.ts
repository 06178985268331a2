/** What comes of a caller that hangs up: the request breaks off wherever it was. That is no fault of the server's. */
import type { IncomingMessage } from "node:http";

const CODES: ReadonlySet<unknown> = new Set([
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ERR_STREAM_PREMATURE_CLOSE",
  "ERR_STREAM_DESTROYED",
  "ABORT_ERR",
]);

/** Whether `error` is nothing but that the caller has left: its connection is gone, and the error is one of that. */
export function isOfDropped(error: unknown, { destroyed, socket }: IncomingMessage): boolean {
  if (!(destroyed || socket.destroyed) || !(error instanceof Error)) return false;
  return error.name === "AbortError" || ("code" in error && CODES.has(error.code));
}
