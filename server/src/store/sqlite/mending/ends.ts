/**
 * The ends of tables, where what callers submit and steps record is added. A damaged page there would refuse the work of everybody, and
 * nothing else says what was on it: the database is made anew then, of all that can be read.
 */
import type { Database } from "better-sqlite3";
import { isUnreadable } from "./indexes.ts";

/** By number: their last leaf is written to, and then a new one behind it. */
const NUMBERED = ["tasks", "submissions", "usage", "conversations", "spent_below", "assignments"];
/** By a key, here its first column: a full leaf is shared out with those beside it. */
const KEYED = {
  events: "task",
  journal: "task",
  inbox: "task",
  artifact_updates: "task",
  task_files: "task",
  attachments: "task",
  messages: "conversation",
  conversation_files: "conversation",
  aliases: "tenant",
  task_aliases: "tenant",
  daily_usage: "tenant",
};
/** Rows on three leaves, which SQLite shares out at once: 30 of an event each. */
const LAST_ROWS = 100;

const READS: readonly [what: string, sql: string][] = [
  ...NUMBERED.map((table) => read(table, `SELECT max(rowid) FROM ${table} NOT INDEXED`)),
  ...Object.entries(KEYED).map(([table, first]) => {
    const last = `FROM ${table} INDEXED BY sqlite_autoindex_${table}_1 ORDER BY ${first} DESC LIMIT ${LAST_ROWS}`;
    return read(table, `SELECT sum(1) FROM (SELECT 1 ${last})`);
  }),
];

function read(table: string, sql: string): [string, string] {
  return [`end of the table ${table}`, sql];
}

/**
 * The first at which nothing can be added, or the list of unused pages where none can be taken of that; null where all are whole. Outside a
 * transaction. Nothing is written, and of a large database no more is read than of a small one.
 */
export function damagedEnd(db: Database): string | null {
  const end = READS.find(([, sql]) => isUnreadable(() => db.prepare(sql).get()));
  if (end) return end[0];
  return isUnreadable(() => takePage(db)) ? "list of unused pages" : null;
}

function takePage(db: Database): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    db.exec("CREATE TABLE unused_page (one)");
  } finally {
    if (db.inTransaction) db.exec("ROLLBACK");
  }
}
