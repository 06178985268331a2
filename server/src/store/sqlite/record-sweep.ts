/**
 * Removes what callers leave behind beside their tasks, once it is old enough: idempotency records, entries of the audit
 * log, conversations, documents that have expired. A turn takes a few milliseconds, so that nobody who writes waits behind
 * it for long, and says where the next one goes on: however much there is, it goes. What may bring much with it is
 * emptied first, a few rows at a time, and half of it may be there until the next turn: nobody is shown it any more. What lies
 * on a damaged page stays, and keeps nothing else.
 */
import type { Database } from "better-sqlite3";
import type { RecordTimes } from "../store.ts";
import { auditRetention } from "./audit/audit-statements.ts";
import { textIn } from "./column.ts";
import { DocumentRemoval } from "./documents/document-removal.ts";
import type { PassedOver } from "./passed-over.ts";
import { type IsOver, inSlices, SLICE_LARGE_ROWS, SLICE_ROWS } from "./slices.ts";

export type RecordSweep = RecordTimes & {
  /** Conversations up to this id are done. */
  after: string;
};

/**
 * Within the caller's transaction. Returns where the next turn goes on; null when nothing is left. Throws `Damaged`: the next
 * turn passes over that.
 */
export function sweepRecords(
  db: Database,
  { idempotencyBefore, auditBefore, auditEntriesMax, unusedSince, expiredBefore, after }: RecordSweep,
  passed: PassedOver,
  isOver: IsOver,
): string | null {
  // Row by row: SQLite looks through all records for a list of keys of two columns.
  const oldRecords = db.prepare<unknown[], unknown[]>("SELECT scope, key FROM idempotency WHERE at < ? LIMIT ?").raw();
  const removeRecord = db.prepare<unknown[]>("DELETE FROM idempotency WHERE scope = ? AND key = ?");
  const removeEntries = auditRetention(db);
  const records = () =>
    inSlices(isOver, SLICE_ROWS, () => {
      const slice = oldRecords.all(idempotencyBefore, SLICE_ROWS);
      for (const key of slice) removeRecord.run(...key);
      return slice.length;
    });
  const entries = () =>
    inSlices(isOver, SLICE_ROWS, () =>
      removeEntries({ before: auditBefore, keptMax: auditEntriesMax, limit: SLICE_ROWS }),
    );
  const done =
    passed.attempt("idempotency keys", records, true) &&
    passed.attempt("audit log", entries, true) &&
    sweepDocuments(db, expiredBefore, passed, isOver);
  return done ? sweepConversations(db, unusedSince, after, passed, isOver) : after;
}

/**
 * Removes what a deleted conversation holds, as far as the time goes. Returns whether nothing is left that can go; throws `Damaged`
 * once.
 */
export function emptyConversation(db: Database, id: string, passed: PassedOver, isOver: IsOver): boolean {
  const empty = () => conversationContents(db).empty(id, isOver);
  return passed.attempt(messagesOf(id), empty, true);
}

function messagesOf(conversation: string): string {
  return `messages of conversation ${conversation}`;
}

function sweepDocuments(db: Database, expiredBefore: number, passed: PassedOver, isOver: IsOver): boolean {
  const some = db.prepare<unknown[], unknown[]>("SELECT key FROM documents WHERE expires_at <= ? LIMIT ?").raw();
  const removal = new DocumentRemoval(db);
  const next = () =>
    passed
      .attempt("documents", () => some.all(expiredBefore, passed.those.length + 1), [])
      .map(([key]) => textIn(key))
      .find((key) => !passed.has(`document ${key}`));
  for (let key = next(); key !== undefined; key = next()) {
    const expired = key;
    if (!passed.attempt(`document ${expired}`, () => removal.empty(expired, isOver), true) || isOver()) return false;
  }
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
    empty: (id: string, isOver: IsOver, onMessages: (count: number) => void = () => {}): boolean =>
      inSlices(isOver, SLICE_LARGE_ROWS, () => {
        const { changes } = removeMessages.run(id, id, SLICE_LARGE_ROWS);
        onMessages(changes);
        return changes;
      }) && inSlices(isOver, SLICE_ROWS, () => removeFiles.run(id, id, SLICE_ROWS).changes),
  };
}

/**
 * A conversation goes with its last task, and without tasks lives on while it is used. One that was deleted is emptied,
 * should the deletion itself not have come to its end.
 */
function sweepConversations(
  db: Database,
  unusedSince: number,
  after: string,
  passed: PassedOver,
  isOver: IsOver,
): string | null {
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
  for (;;) {
    const slice = passed.attempt("conversations", () => next.all(unusedSince, at, SLICE_ROWS), []);
    for (const [id, isOld, isDeleted] of slice) {
      const empty = () => contents.empty(textIn(id), isOver);
      if ((isOld === 1 || isDeleted === 1) && !passed.attempt(messagesOf(textIn(id)), empty, true)) return at;
      at = textIn(id);
      if (isOld === 1 && !passed.has(messagesOf(at))) passed.attempt(`conversation ${at}`, () => remove.run(at), null);
      if (isOver()) return at;
    }
    if (slice.length < SLICE_ROWS) return null;
  }
}
