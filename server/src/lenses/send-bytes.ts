/**
 * Answers with bytes that are ready, past the HTTP framework: half of what a small answer costs there is the making of its
 * head. So the headers that the framework's hooks add to every other answer are written here.
 */
import type { ServerResponse } from "node:http";
import { pipeline, Readable } from "node:stream";
import type { Incoming } from "./incoming.ts";

/** Without `bytes`, an answer that has none. */
export function sendBytes(
  { id, method }: Pick<Incoming, "id" | "method">,
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  bytes?: Buffer | string | Readable,
): void {
  const own = { "x-request-id": id, "x-content-type-options": "nosniff" };
  if (bytes === undefined) {
    response.writeHead(status, { ...own, ...headers });
    response.end();
    return;
  }
  if (!(bytes instanceof Readable)) {
    response.writeHead(status, { ...own, "content-length": Buffer.byteLength(bytes), ...headers });
    response.end(bytes);
    return;
  }
  response.writeHead(status, { ...own, ...headers });
  if (method === "HEAD") {
    bytes.destroy();
    response.end();
  } else pipeline(bytes, response, () => {});
}
