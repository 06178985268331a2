/**
 * The Idempotency-Key of a request. Another path or another body under the same key is simply another request, so both
 * are part of what the engine remembers.
 */
import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Idempotency } from "../../task/submission.ts";

/** Undefined when the request has no key. `path` is below the mount, so that a client may change its base URL. */
export function idempotencyOf(request: FastifyRequest, path: string): Idempotency | undefined {
  const key = request.headers["idempotency-key"];
  if (typeof key !== "string" || key === "") return undefined;
  const hash = createHash("sha256")
    .update(JSON.stringify([key, request.method, path, request.body ?? null]))
    .digest("hex");
  return { key: hash, hash };
}

export function tellReplayed(request: FastifyRequest, reply: FastifyReply, replayed: boolean): void {
  if (!replayed) return;
  reply.header("x-idempotency-cached", "true");
  reply.header("x-idempotency-key", String(request.headers["idempotency-key"]));
}
