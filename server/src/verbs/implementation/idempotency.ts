/** An idempotency key stands for one request of one principal, remembered with its effect. */
import type { IdempotencyRecord } from "../../store/write.ts";
import { Refusal } from "../../task/errors.ts";
import type { Principal } from "../../task/principal.ts";
import type { Idempotency } from "../../task/submission.ts";

/** `scope` separates keys of different lenses, and of acts on a task. `at` is the time of the request. */
export function idempotencyRecord(
  { tenant, user }: Principal,
  scope: string,
  { key, hash }: Idempotency,
  at: number,
): IdempotencyRecord {
  return { scope: `${tenant}\n${user}\n${scope}`, key, hash, at };
}

/** Replaces the hash if only the key can be read. */
const UNREADABLE = "";
const OF_ANOTHER = "This idempotency key was used within the last 24 hours for another request. Use a new key.";
const NOT_KNOWN =
  "This idempotency key was used within the last 24 hours, and what for cannot be read any more. Look whether that was done; if it was not, use a new key.";

/** A repeated key must come with the same request. Throws `conflict`. */
export function mustBeSameRequest(idempotency: { hash: string } | undefined, hash: string): void {
  if (!idempotency || idempotency.hash === hash) return;
  throw new Refusal("conflict", hash === UNREADABLE ? NOT_KNOWN : OF_ANOTHER, { field: "Idempotency-Key" });
}
