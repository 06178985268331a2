/** Retention: what ended long enough ago goes, with everything that hangs on it. */
import type { Database } from "better-sqlite3";
import { numberIn, stateIn, textIn } from "./column.ts";
import type { EndedTrees } from "./ended-trees.ts";
import { Totals } from "./totals.ts";

/** How many idempotency records, and how many conversations, one sweep removes. */
const RECORDS_MAX = 10_000;

/**
 * What ended before `endedBefore` goes, at most `limit` tasks; and idempotency records older than `idempotencyBefore`.
 * Without `texts`, their texts stay in the search index and lead nowhere: a damaged index must not keep the tasks.
 */
export type Retention = { endedBefore: number; idempotencyBefore: number; limit: number; texts: boolean };

/** Within the caller's transaction. Returns the number of tasks. `trees` goes on where it stood. */
export function sweep(db: Database, trees: EndedTrees, retention: Retention): number {
  const totals = new Totals(db);
  const ended = trees.next(retention);
  const dropTask = db.prepare<unknown[]>("DELETE FROM tasks WHERE n = ?");
  const dropText = db.prepare<unknown[]>("DELETE FROM search WHERE rowid = ?");
  for (const row of ended) {
    const [n, tenant, user, kind, createdAt, state, deletedAt] = row;
    const counted = {
      tenant: textIn(tenant),
      user: textIn(user),
      kind: textIn(kind),
      createdAt: numberIn(createdAt),
    };
    if (deletedAt === null) totals.move(counted, stateIn(state), null);
    if (retention.texts) dropText.run(n);
    dropTask.run(n);
  }
  totals.write();
  db.prepare<unknown[]>("DELETE FROM totals WHERE count = 0").run();
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
  return ended.length;
}
