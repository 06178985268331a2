/** Tables that say again what other rows say, so that something is found by it. What is lost of one is written anew by those. */
import type { Database } from "better-sqlite3";
import { schemaOf } from "../database.ts";
import { fillMetadata, fillParticipants } from "../mending/listed.ts";

/** Texts of rows that may name a file by a marker, with whose they are; `since` is the schema that has brought the column. */
const OF_TASKS: readonly [texts: string, since?: number][] = [
  ["SELECT task, input AS text FROM submissions"],
  ["SELECT n, output FROM tasks"],
  ["SELECT task, data FROM events"],
  ["SELECT task, result FROM journal"],
  ["SELECT task, value FROM inbox"],
  ["SELECT task, answer FROM inbox", 32],
  ["SELECT task, record FROM artifact_updates"],
];

/** No JSON begins as a marker does. */
const MARKED = "SELECT *, substr(text, 2, 64) AS sha256 FROM texts WHERE substr(text, 1, 1) = '@'";

/** Of these tables, those that are listings. What callers attached is named by no other row that could be believed. */
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
  };
  // To write while rows are read.
  db.unsafeMode(true);
  for (const table of tables) fills[table]?.();
  db.unsafeMode(false);
}
