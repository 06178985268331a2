/**
 * Removes what callers leave behind beside their tasks, once it is old enough: idempotency records, entries of the audit
 * log, conversations, documents that have expired. A turn takes a few milliseconds, so that nobody who writes waits behind it for long, and says
 * where the next one goes on: however much there is, it goes.
 */
import type { Database } from "better-sqlite3";
import type { RecordTimes } from "../store.ts";
import { textIn } from "./column.ts";

/** No slice is begun after this. */
const TURN_MS = 15;
/** Rows that one statement removes, or looks at. */
const SLICE_ROWS = 200;
/** Each may name files and aliases. */
const SLICE_CONVERSATIONS = 4;

export type RecordSweep = RecordTimes & {
  /** Conversations up to this id have been looked at. */
  after: string;
};

/** Within the caller's transaction. Returns where the next turn goes on; null when nothing is left. */
export function sweepRecords(
  db: Database,
  { idempotencyBefore, auditBefore, unusedSince, expiredBefore, after }: RecordSweep,
): string | null {
  const until = performance.now() + TURN_MS;
  // Row by row: SQLite looks through all records for a list of keys of two columns.
  const oldRecords = db.prepare<unknown[], unknown[]>("SELECT scope, key FROM idempotency WHERE at < ? LIMIT ?").raw();
  const removeRecord = db.prepare<unknown[]>("DELETE FROM idempotency WHERE scope = ? AND key = ?");
  // Entries are numbered in the order of their times, so that the old ones are found without an index of their own.
  const removeEntries = db.prepare<unknown[]>(
    "DELETE FROM audit WHERE at < ? AND n IN (SELECT n FROM audit ORDER BY n LIMIT ?)",
  );
  const removeExpired = db.prepare<unknown[]>(
    "DELETE FROM documents WHERE key = (SELECT key FROM documents WHERE expires_at <= ? LIMIT 1)",
  );
  const done =
    removeAll(until, () => {
      const slice = oldRecords.all(idempotencyBefore, SLICE_ROWS);
      for (const key of slice) removeRecord.run(...key);
      return slice.length;
    }) &&
    removeAll(until, () => removeEntries.run(auditBefore, SLICE_ROWS).changes) &&
    removeOneByOne(until, () => removeExpired.run(expiredBefore).changes);
  return done ? sweepConversations(db, unusedSince, after, until) : after;
}

/** Slice by slice until one is not full; false when the turn is over before. */
function removeAll(until: number, removeSlice: () => number): boolean {
  while (performance.now() < until) if (removeSlice() < SLICE_ROWS) return true;
  return false;
}

/** What may bring thousands of rows with it; false when the turn is over before the last. */
function removeOneByOne(until: number, removeOne: () => number): boolean {
  while (performance.now() < until) if (removeOne() === 0) return true;
  return false;
}

/** A conversation goes with its last task, and without tasks lives on while it is used. */
function sweepConversations(db: Database, unusedSince: number, after: string, until: number): string | null {
  const next = db
    .prepare<unknown[], unknown[]>(
      `SELECT id, coalesce(deleted_at, last_activity_at) < ? AND NOT EXISTS (SELECT 1 FROM tasks WHERE conversation = c.id)
     FROM conversations c WHERE id > ? ORDER BY id LIMIT ?`,
    )
    .raw();
  const remove = db.prepare<unknown[]>("DELETE FROM conversations WHERE id = ?");
  const removeMessages = db.prepare<unknown[]>(
    "DELETE FROM messages WHERE conversation = ? AND n IN (SELECT n FROM messages WHERE conversation = ? ORDER BY n LIMIT ?)",
  );
  let at = after;
  while (performance.now() < until) {
    const slice = next.all(unusedSince, at, SLICE_ROWS);
    let removed = 0;
    for (const [id, isOld] of slice) {
      if (isOld === 1 && removed === SLICE_CONVERSATIONS) return at;
      // Slice by slice: a conversation may have thousands of messages.
      if (isOld === 1 && !removeAll(until, () => removeMessages.run(id, id, SLICE_ROWS).changes)) return at;
      at = textIn(id);
      if (isOld !== 1) continue;
      remove.run(at);
      removed += 1;
      if (performance.now() >= until) return at;
    }
    if (slice.length < SLICE_ROWS) return null;
  }
  return at;
}
