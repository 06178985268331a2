/** Retention: what ended long enough ago goes, with everything that hangs on it. */
import type { Database } from "better-sqlite3";
import type { EndedTrees } from "./ended-trees.ts";

/** How many idempotency records, and how many conversations, one sweep removes. */
const RECORDS_MAX = 10_000;

/**
 * What ended before `endedBefore` goes, at most `limit` tasks; and idempotency records older than `idempotencyBefore`.
 * Without `texts`, their texts stay in the search index and lead nowhere: a damaged index must not keep the tasks.
 */
export type Retention = { endedBefore: number; idempotencyBefore: number; limit: number; texts: boolean };

/**
 * Within the caller's transaction. Names the tasks that may go, for `TaskRemoval` to take: `trees` goes on where it stood.
 * Idempotency records and conversations are gone when it returns.
 */
export function sweep(db: Database, trees: EndedTrees, retention: Retention): unknown[][] {
  const ended = trees.next(retention);
  db.prepare<unknown[]>(
    "DELETE FROM idempotency WHERE (scope, key) IN (SELECT scope, key FROM idempotency WHERE at < ? LIMIT ?)",
  ).run(retention.idempotencyBefore, RECORDS_MAX);
  // A conversation without tasks lives on while it is used.
  db.prepare<unknown[]>(
    `UPDATE conversations SET deleted_at = last_activity_at WHERE id IN (
       SELECT id FROM conversations c WHERE deleted_at IS NULL AND last_activity_at < ?
         AND NOT EXISTS (SELECT 1 FROM tasks WHERE conversation = c.id) LIMIT ?)`,
  ).run(retention.endedBefore, RECORDS_MAX);
  db.prepare<unknown[]>(
    `DELETE FROM conversations WHERE id IN (
       SELECT id FROM conversations c WHERE deleted_at < ?
         AND NOT EXISTS (SELECT 1 FROM tasks WHERE conversation = c.id) LIMIT ?)`,
  ).run(retention.endedBefore, RECORDS_MAX);
  return ended;
}
