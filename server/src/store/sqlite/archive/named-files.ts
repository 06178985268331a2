/**
 * Which files the rows of a database name. A table names them in its column `sha256`, which has an index; `NAMINGS` lists
 * every such table, and what is lost when a file of it is missing.
 *
 * Some files hold a value that is too large for its row. The row names such a one by a marker, which no value of a caller
 * can be; the lists beside the rows say only where to look. Lists of older versions also name what callers wrote as a
 * hash, which was never a file.
 */
import type { Database } from "better-sqlite3";
import type { MissingFile } from "../../storage.ts";
import { textIn } from "../column.ts";
import { schemaOf } from "../database.ts";

export type Naming = {
  /** Has a column `sha256`, in an index of its own. */
  table: string;
  /**
   * What is in the file, in words, and a query for its owners: of the file `@sha256`, or of that marked by `@marker` in
   * the first characters of a value; `since` is the schema that has brought its column to a table that was there. A file
   * without any owner is not missed.
   */
  holds: readonly (readonly [what: string, owners: string, since?: number])[];
};

export const NAMINGS: readonly Naming[] = [
  {
    table: "task_files",
    holds: [
      ["the input of task", ofTask("submissions s ON s.task = t.n", "s.input")],
      ["the output of task", ofTask(null, "t.output")],
      ["an event of task", ofTask("events e ON e.task = t.n", "e.data")],
      ["a result in the journal of task", ofTask("journal j ON j.task = t.n", "j.result")],
      ["an answer or a message to task", ofTask("inbox i ON i.task = t.n", "i.value")],
      ["what an answer was read as of task", ofTask("inbox i ON i.task = t.n", "i.answer"), 32],
      [
        "an attachment of task",
        `SELECT DISTINCT t.id FROM task_files f JOIN tasks t ON t.n = f.task JOIN submissions s ON s.task = t.n
         WHERE f.sha256 = @sha256 AND instr(s.input, '"kept":"' || @sha256 || '"') > 0`,
      ],
      ["an artifact of task", ofTask("artifact_updates a ON a.task = t.n", "a.record")],
    ],
  },
  {
    table: "conversation_files",
    holds: [
      [
        "a message of conversation",
        `SELECT DISTINCT m.conversation FROM conversation_files f JOIN messages m ON m.conversation = f.conversation
         WHERE f.sha256 = @sha256 AND substr(m.parts, 1, 66) = @marker`,
      ],
    ],
  },
  {
    table: "attachments",
    holds: [
      ["an attachment of task", "SELECT t.id FROM attachments a JOIN tasks t ON t.n = a.task WHERE a.sha256 = @sha256"],
    ],
  },
  { table: "documents", holds: [["document", "SELECT key FROM documents WHERE sha256 = @sha256"]] },
];

/** Of those that name one file, this many are told. */
const HOLDERS_TOLD = 10;

function ofTask(joined: string | null, column: string): string {
  return `SELECT DISTINCT t.id FROM task_files f JOIN tasks t ON t.n = f.task ${joined === null ? "" : `JOIN ${joined}`}
    WHERE f.sha256 = @sha256 AND substr(${column}, 1, 66) = @marker`;
}

/** Picks those of a JSON list of hashes that no row names. */
export function unnamedSql(namings: readonly Naming[]): string {
  const named = namings.map(({ table }) => `EXISTS (SELECT 1 FROM ${table} WHERE sha256 = wanted.value)`);
  return `SELECT value FROM json_each(?) AS wanted WHERE NOT (${named.join(" OR ")})`;
}

/** The files that rows name and `isThere` does not know, with what is lost by it. An older database has fewer tables and columns. */
export function missingFiles(
  db: Database,
  isThere: (sha256: string) => boolean,
  known: readonly Naming[] = NAMINGS,
): MissingFile[] {
  const isTable = db.prepare<unknown[], unknown>("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?");
  const namings = known.filter(({ table }) => isTable.get(table) !== undefined);
  const listed = namings.map(({ table }) => `SELECT sha256 FROM ${table} WHERE sha256 IS NOT NULL`).join(" UNION ");
  const schema = schemaOf(db);
  const places = namings
    .flatMap(({ holds }) => holds)
    .filter(([, , since = 0]) => since <= schema)
    .map(
      ([what, owners]) => [what, db.prepare<unknown[], unknown>(`${owners} LIMIT ${HOLDERS_TOLD}`).pluck()] as const,
    );
  const missing: MissingFile[] = [];
  for (const sha256 of db.prepare<unknown[], unknown>(listed).pluck().all().map(textIn)) {
    if (isThere(sha256)) continue;
    const holds = places.flatMap(([what, owners]) =>
      owners.all({ sha256, marker: `@${sha256}:` }).map((owner) => `${what} ${textIn(owner)}`),
    );
    if (holds.length > 0) missing.push({ sha256, holds });
  }
  return missing;
}

export function sentenceOf({ sha256, holds }: MissingFile): string {
  return `File ${sha256} is missing, which holds ${holds.join(", ")}`;
}
