/**
 * Removes what callers leave behind beside their tasks, once it is old enough: idempotency records, entries of the audit
 * log, conversations, documents that have expired. A turn takes a few milliseconds, so that nobody who writes waits behind
 * it for long, and says where the next one goes on: however much there is, it goes. What may bring much with it is
 * emptied first, a few rows at a time, and half of it may be there until the next turn: nobody is shown it any more.
 */
import type { Database } from "better-sqlite3";
import type { RecordTimes } from "../store.ts";
import { auditRetention } from "./audit/audit-statements.ts";
import { textIn } from "./column.ts";
import { DocumentRemoval } from "./documents/document-removal.ts";
import { inSlices, SLICE_LARGE_ROWS, SLICE_ROWS, TURN_MS } from "./slices.ts";

export type RecordSweep = RecordTimes & {
  /** Conversations up to this id have been looked at. */
  after: string;
};

/** Within the caller's transaction. Returns where the next turn goes on; null when nothing is left. */
export function sweepRecords(
  db: Database,
  { idempotencyBefore, auditBefore, auditEntriesMax, unusedSince, expiredBefore, after }: RecordSweep,
  turnMs = TURN_MS,
): string | null {
  const until = performance.now() + turnMs;
  // Row by row: SQLite looks through all records for a list of keys of two columns.
  const oldRecords = db.prepare<unknown[], unknown[]>("SELECT scope, key FROM idempotency WHERE at < ? LIMIT ?").raw();
  const removeRecord = db.prepare<unknown[]>("DELETE FROM idempotency WHERE scope = ? AND key = ?");
  const removeEntries = auditRetention(db);
  const done =
    inSlices(until, SLICE_ROWS, () => {
      const slice = oldRecords.all(idempotencyBefore, SLICE_ROWS);
      for (const key of slice) removeRecord.run(...key);
      return slice.length;
    }) &&
    inSlices(until, SLICE_ROWS, () =>
      removeEntries({ before: auditBefore, keptMax: auditEntriesMax, limit: SLICE_ROWS }),
    ) &&
    sweepDocuments(db, expiredBefore, until);
  return done ? sweepConversations(db, unusedSince, after, until) : after;
}

/** Removes what a deleted conversation holds, as far as the time goes. Returns whether nothing of it is left. */
export function emptyConversation(db: Database, id: string): boolean {
  return conversationContents(db).empty(id, performance.now() + TURN_MS);
}

function sweepDocuments(db: Database, expiredBefore: number, until: number): boolean {
  const next = db.prepare<unknown[], unknown[]>("SELECT key FROM documents WHERE expires_at <= ? LIMIT 1").raw();
  const removal = new DocumentRemoval(db);
  for (let row = next.get(expiredBefore); row; row = next.get(expiredBefore))
    if (!removal.empty(textIn(row[0]), until)) return false;
  return true;
}

/** Removes what conversations hold; `onMessages` hears how many went. */
export function conversationContents(db: Database) {
  const removeMessages = db.prepare<unknown[]>(
    "DELETE FROM messages WHERE conversation = ? AND n IN (SELECT n FROM messages WHERE conversation = ? ORDER BY n LIMIT ?)",
  );
  const removeFiles = db.prepare<unknown[]>(
    `DELETE FROM conversation_files WHERE conversation = ? AND sha256 IN (
       SELECT sha256 FROM conversation_files WHERE conversation = ? ORDER BY sha256 LIMIT ?)`,
  );
  return {
    /** False when the turn is over before it is empty. */
    empty: (id: string, until: number, onMessages: (count: number) => void = () => {}): boolean =>
      inSlices(until, SLICE_LARGE_ROWS, () => {
        const { changes } = removeMessages.run(id, id, SLICE_LARGE_ROWS);
        onMessages(changes);
        return changes;
      }) && inSlices(until, SLICE_ROWS, () => removeFiles.run(id, id, SLICE_ROWS).changes),
  };
}

/**
 * A conversation goes with its last task, and without tasks lives on while it is used. One that was deleted is emptied,
 * should the deletion itself not have come to its end.
 */
function sweepConversations(db: Database, unusedSince: number, after: string, until: number): string | null {
  const next = db
    .prepare<unknown[], unknown[]>(
      `SELECT id, coalesce(deleted_at, last_activity_at) < ? AND NOT EXISTS (SELECT 1 FROM tasks WHERE conversation = c.id),
         deleted_at IS NOT NULL
       FROM conversations c WHERE id > ? ORDER BY id LIMIT ?`,
    )
    .raw();
  const remove = db.prepare<unknown[]>("DELETE FROM conversations WHERE id = ?");
  const contents = conversationContents(db);
  let at = after;
  while (performance.now() < until) {
    const slice = next.all(unusedSince, at, SLICE_ROWS);
    for (const [id, isOld, isDeleted] of slice) {
      if (performance.now() >= until) return at;
      if ((isOld === 1 || isDeleted === 1) && !contents.empty(textIn(id), until)) return at;
      at = textIn(id);
      if (isOld === 1) remove.run(at);
    }
    if (slice.length < SLICE_ROWS) return null;
  }
  return at;
}
