/** Tables that say again what other rows say, so that something is found by it. What is lost of one is written anew by those. */
import type { Database } from "better-sqlite3";
import { METADATA_KEYS_MAX, METADATA_VALUE_MAX } from "../../codec/prepare.ts";
import { FILL_PARTICIPANTS } from "../mending/derived.ts";

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

/** As `codec/prepare.ts` chooses them; a number is written as it stands in its JSON. */
const METADATA = `WITH found AS (
    SELECT t.tenant, m.key, CASE m.type WHEN 'text' THEN m.value ELSE s.fixed -> m.fullkey END AS value, t.n, m.id
    FROM submissions s JOIN tasks t ON t.n = s.task, json_each(CASE WHEN json_valid(s.fixed) THEN s.fixed END, '$.metadata') m
    WHERE m.type IN ('text', 'integer', 'real', 'true', 'false'))
  INSERT OR IGNORE INTO metadata (tenant, key, value, task) SELECT tenant, key, value, n FROM (
    SELECT *, row_number() OVER (PARTITION BY n ORDER BY id) AS place FROM found
    WHERE length(key) <= ${METADATA_VALUE_MAX} AND length(value) <= ${METADATA_VALUE_MAX})
  WHERE place <= ${METADATA_KEYS_MAX}`;

/** Of these tables, those that are listings. What callers attached is named by no other row that could be believed. */
export function fillListings(db: Database, tables: readonly string[]): void {
  const schema = Number(db.pragma("user_version", { simple: true }));
  const ofTasks = OF_TASKS.filter(([, since = 0]) => since <= schema).map(([texts]) => texts);
  const fills: Readonly<Record<string, string>> = {
    participants: FILL_PARTICIPANTS,
    metadata: METADATA,
    task_files: `WITH texts AS (${ofTasks.join(" UNION ALL ")})
      INSERT OR IGNORE INTO task_files (task, sha256) SELECT task, sha256 FROM (${MARKED})`,
    conversation_files: `WITH texts AS (SELECT conversation, parts AS text FROM messages)
      INSERT OR IGNORE INTO conversation_files (conversation, sha256) SELECT conversation, sha256 FROM (${MARKED})`,
  };
  for (const table of tables) db.exec(fills[table] ?? "");
}
