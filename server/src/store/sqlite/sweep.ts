/** Retention: what ended long enough ago goes, with everything that hangs on it. */
import type { Database } from "better-sqlite3";
import { numberIn, stateIn, textIn } from "./column.ts";
import { notAside } from "./set-aside.ts";
import { Totals } from "./totals.ts";

/** How many idempotency records, and how many conversations, one sweep removes. */
const RECORDS_MAX = 10_000;

/**
 * What ended before `endedBefore` goes, at most `limit` tasks; and idempotency records older than `idempotencyBefore`.
 * Without `texts`, their texts stay in the search index and lead nowhere: a damaged index must not keep the tasks.
 */
export type Retention = { endedBefore: number; idempotencyBefore: number; limit: number; texts: boolean };

/** Whether a task of the tree of `t`, above it or below it, is open. */
const HAS_OPEN_RELATIVE = `
  EXISTS (WITH RECURSIVE above (id) AS (
      SELECT t.parent UNION SELECT a.parent FROM above JOIN tasks a ON a.id = above.id WHERE a.parent IS NOT NULL
    ) SELECT 1 FROM above JOIN tasks a ON a.id = above.id WHERE t.parent IS NOT NULL AND a.ended_at IS NULL)
  OR EXISTS (WITH RECURSIVE below (id, ended_at) AS (
      SELECT id, ended_at FROM tasks WHERE parent = t.id
      UNION ALL SELECT c.id, c.ended_at FROM below JOIN tasks c ON c.parent = below.id
    ) SELECT 1 FROM below WHERE ended_at IS NULL)`;

/** Within the caller's transaction. Returns the number of tasks. */
export function sweep(db: Database, retention: Retention): number {
  const totals = new Totals(db);
  // The newest task stays, so that no number is given twice.
  const ended = db
    .prepare<unknown[], unknown[]>(
      `SELECT n, tenant, user, kind, created_at, state, deleted_at FROM tasks t
       WHERE ended_at < ? AND n < (SELECT max(n) FROM tasks) AND ${notAside("t")} AND NOT (${HAS_OPEN_RELATIVE})
       ORDER BY ended_at LIMIT ?`,
    )
    .raw()
    .all(retention.endedBefore, retention.limit);
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
