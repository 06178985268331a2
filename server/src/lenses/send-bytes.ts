/**
 * Answers with bytes that are ready, past the HTTP framework: half of what a small answer costs there is the making of its
 * head. So the headers that the framework's hooks add to every other answer are written here.
 */
import type { ServerResponse } from "node:http";
import { pipeline, Readable } from "node:stream";
import { longAnswers } from "./body/long-answers.ts";
import type { Incoming } from "./incoming.ts";

/** Without `bytes`, an answer that has none. Of bytes that are sent again and again the headers may say how many they are. */
export function sendBytes(
  { id, method, counted, principal }: Pick<Incoming, "id" | "method" | "counted" | "principal">,
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  bytes?: Buffer | string | Readable,
): void {
  const head: Record<string, string | number> = {
    ...headers,
    ...counted?.headers,
    "x-request-id": id,
    "x-content-type-options": "nosniff",
  };
  if (bytes instanceof Readable) {
    response.writeHead(status, head);
    if (method === "HEAD") {
      bytes.destroy();
      response.end();
    } else {
      longAnswers.sent(bytes, principal?.tenant ?? "", () => response.destroy());
      pipeline(bytes, response, () => {});
    }
    return;
  }
  if (bytes !== undefined) head["content-length"] ??= Buffer.byteLength(bytes);
  response.writeHead(status, head);
  response.end(bytes);
}
