/**
 * The ends of tables, where rows are added. A damaged page there would refuse what everybody wants to have kept, and nothing else says
 * what was on it: the database is made anew then, of all that can be read.
 */
import type { Database } from "better-sqlite3";
import { maybeTextIn, textIn } from "../column.ts";
import { REBUILT_TABLES } from "./derived.ts";
import { isUnreadable } from "./indexes.ts";
import { SHADOW } from "./shadow.ts";

/** Rows on three leaves, which SQLite shares out at once: 30 of an event each. */
const LAST_ROWS = 100;

/** Every table, also one that SQLite has for itself. Of one whose rows lie by a key, what that is called and its first column. */
const TABLES = `SELECT t.name, k.name, c.name FROM pragma_table_list AS t
  LEFT JOIN pragma_index_list(t.name) AS k ON t.wr AND k.origin = 'pk'
  LEFT JOIN pragma_table_info(t.name) AS c ON t.wr AND c.pk = 1
  WHERE t.schema = 'main' AND t.type = 'table' AND t.name <> 'sqlite_schema'`;

/**
 * The first at which nothing can be added, or the list of unused pages where none can be taken of that; null where all are whole. Outside a
 * transaction. Nothing is written, and of a large database no more is read than of a small one.
 */
export function damagedEnd(db: Database): string | null {
  const ends = endsOf(db);
  const isDamaged = (sql: string) => isUnreadable(() => db.prepare(`SELECT ${sql}`).get());
  // All at once: to prepare a statement takes longer than to read.
  if (isDamaged(ends.map(({ last }) => last).join(", "))) {
    const end = ends.find(({ last }) => isDamaged(last));
    if (end) return `end of the table ${end.table}`;
  }
  return isUnreadable(() => takePage(db)) ? "list of unused pages" : null;
}

/** Not those that a running server makes anew, nor one that it had half made. */
function endsOf(db: Database): { table: string; last: string }[] {
  const tables = db.prepare<unknown[], unknown[]>(TABLES).raw().all();
  return tables.flatMap(([name, key, column]) => {
    const table = textIn(name);
    return table === SHADOW || REBUILT_TABLES.has(table)
      ? []
      : [{ table, last: lastOf(table, maybeTextIn(key), maybeTextIn(column)) }];
  });
}

/** By number the last leaf is written to, and then a new one behind it. By a key a full leaf is shared out with those beside it. */
function lastOf(table: string, key: string | null, column: string | null): string {
  if (key === null) return `(SELECT max(rowid) FROM "${table}" NOT INDEXED)`;
  return `(SELECT sum(1) FROM (SELECT 1 FROM "${table}" INDEXED BY "${key}" ORDER BY "${column}" DESC LIMIT ${LAST_ROWS}))`;
}

function takePage(db: Database): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    db.exec("CREATE TABLE unused_page (one)");
  } finally {
    if (db.inTransaction) db.exec("ROLLBACK");
  }
}
