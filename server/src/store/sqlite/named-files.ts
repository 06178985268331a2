/**
 * Which files the rows of a database name: those that hold a value too large for its row. A row names one by a marker,
 * which no value of a caller can be; the lists beside the rows say only where to look. Lists of older versions also name
 * what callers wrote as a hash, which was never a file.
 */
import type { Database } from "better-sqlite3";
import type { MissingFile } from "../storage.ts";
import { textIn } from "./column.ts";

/** What a value in each place is, and the owners in whose value there the file is marked. */
const PLACES: readonly [what: string, sql: string][] = [
  ["the input of task", ofTask("submissions s ON s.task = t.n", "s.input")],
  ["the output of task", ofTask(null, "t.output")],
  ["an event of task", ofTask("events e ON e.task = t.n", "e.data")],
  ["a result in the journal of task", ofTask("journal j ON j.task = t.n", "j.result")],
  ["an answer or a message to task", ofTask("inbox i ON i.task = t.n", "i.value")],
  ["an artifact of task", ofTask("artifact_updates a ON a.task = t.n", "a.record")],
  [
    "a message of conversation",
    `SELECT DISTINCT m.conversation FROM conversation_files f JOIN messages m ON m.conversation = f.conversation
     WHERE f.sha256 = ? AND substr(m.parts, 1, 66) = ?`,
  ],
];

/** Of those that name one file, this many are told. */
const HOLDERS_TOLD = 10;

function ofTask(joined: string | null, column: string): string {
  return `SELECT DISTINCT t.id FROM task_files f JOIN tasks t ON t.n = f.task ${joined === null ? "" : `JOIN ${joined}`}
    WHERE f.sha256 = ? AND substr(${column}, 1, 66) = ?`;
}

/** The files that rows name and `isThere` does not know, with what is lost by it. */
export function missingFiles(db: Database, isThere: (sha256: string) => boolean): MissingFile[] {
  const listed = db
    .prepare<unknown[], unknown>("SELECT sha256 FROM task_files UNION SELECT sha256 FROM conversation_files")
    .pluck();
  const places = PLACES.map(
    ([what, sql]) => [what, db.prepare<unknown[], unknown>(`${sql} LIMIT ${HOLDERS_TOLD}`).pluck()] as const,
  );
  const missing: MissingFile[] = [];
  for (const sha256 of listed.all().map(textIn)) {
    if (isThere(sha256)) continue;
    const holds = places.flatMap(([what, owners]) =>
      owners.all(sha256, `@${sha256}:`).map((owner) => `${what} ${textIn(owner)}`),
    );
    if (holds.length > 0) missing.push({ sha256, holds });
  }
  return missing;
}

export function sentenceOf({ sha256, holds }: MissingFile): string {
  return `File ${sha256} is missing, which holds ${holds.join(", ")}`;
}
