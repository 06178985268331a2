/**
 * Listings: tables that repeat what other rows say, so that something is found by it. What a listing has lost is written again from
 * those rows.
 */
import type { Database } from "better-sqlite3";
import { encodePostings, SLICE_CHUNKS } from "../../../retrieval/postings.ts";
import { numberIn, textIn } from "../column.ts";
import { schemaOf } from "../database.ts";
import { fillMetadata, fillParticipants } from "../mending/listed.ts";

/** Columns that may name a file by a marker, with their tasks; `since` is the schema version that has added the column. */
const OF_TASKS: readonly [texts: string, since?: number][] = [
  ["SELECT task, input AS text FROM submissions"],
  ["SELECT n, output FROM tasks"],
  ["SELECT task, data FROM events"],
  ["SELECT task, result FROM journal"],
  ["SELECT task, value FROM inbox"],
  ["SELECT task, answer FROM inbox", 32],
  ["SELECT task, record FROM artifact_updates"],
];

/** A marker begins with `@`, as no JSON does. */
const MARKED = "SELECT *, substr(text, 2, 64) AS sha256 FROM texts WHERE substr(text, 1, 1) = '@'";

/**
 * Fills those of the tables that are listings. `attachments` is none: no other row that can be trusted names what callers have
 * attached.
 */
export function fillListings(db: Database, tables: readonly string[]): void {
  const schema = schemaOf(db);
  const ofTasks = OF_TASKS.filter(([, since = 0]) => since <= schema).map(([texts]) => texts);
  const fills: Readonly<Record<string, () => void>> = {
    participants: () => fillParticipants(db),
    metadata: () => fillMetadata(db),
    task_files: () =>
      db.exec(`WITH texts AS (${ofTasks.join(" UNION ALL ")})
      INSERT OR IGNORE INTO task_files (task, sha256) SELECT task, sha256 FROM (${MARKED})`),
    conversation_files: () =>
      db.exec(`WITH texts AS (SELECT conversation, parts AS text FROM messages)
      INSERT OR IGNORE INTO conversation_files (conversation, sha256) SELECT conversation, sha256 FROM (${MARKED})`),
    postings: () => fillPostings(db),
  };
  // In unsafe mode a connection may write while a statement reads.
  db.unsafeMode(true);
  for (const table of tables) fills[table]?.();
  db.unsafeMode(false);
}

/** The words of chunks, in slices as `encodePostings` makes them. */
function fillPostings(db: Database): void {
  const lacking = db
    .prepare<unknown[], unknown[]>(
      `SELECT DISTINCT cut, chunk / ${SLICE_CHUNKS} FROM chunks c WHERE NOT EXISTS (
         SELECT 1 FROM postings p WHERE p.cut = c.cut AND p.slice = c.chunk / ${SLICE_CHUNKS})`,
    )
    .raw();
  const chunks = db
    .prepare<unknown[], unknown[]>(
      `SELECT chunk % ${SLICE_CHUNKS}, text FROM chunks WHERE cut = ? AND chunk / ${SLICE_CHUNKS} = ?`,
    )
    .raw();
  const put = db.prepare<unknown[]>("INSERT INTO postings (cut, slice, words) VALUES (?, ?, ?)");
  for (const [cut, slice] of lacking.all()) {
    const texts = chunks.all(cut, slice).map(([place, text]): [number, string] => [numberIn(place), textIn(text)]);
    put.run(cut, slice, encodePostings(new Map(texts)));
  }
}
