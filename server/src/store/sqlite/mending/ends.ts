/**
 * The ends of tables, where rows are added. A damaged page there would refuse the writes of everybody, and nothing else says what was
 * on it: the next start rebuilds the whole database from all rows that can be read.
 */
import type { Database } from "better-sqlite3";
import { maybeTextIn, textIn } from "../column.ts";
import { REBUILT_TABLES } from "./derived.ts";
import { isUnreadable } from "./indexes.ts";
import { SHADOW } from "./shadow.ts";

/** About the rows of the last three leaves, between which SQLite balances a full one: a leaf has some 30 events. */
const LAST_ROWS = 100;

/** Every table, SQLite's own too. Of a WITHOUT ROWID table also the name of its key and the key's first column. */
const TABLES = `SELECT t.name, k.name, c.name FROM pragma_table_list AS t
  LEFT JOIN pragma_index_list(t.name) AS k ON t.wr AND k.origin = 'pk'
  LEFT JOIN pragma_table_info(t.name) AS c ON t.wr AND c.pk = 1
  WHERE t.schema = 'main' AND t.type = 'table' AND t.name <> 'sqlite_schema'`;

/**
 * The first end that is damaged, or the list of free pages where no page can be taken from it; null where all are whole. Outside a
 * transaction. Writes nothing, and reads no more of a large database than of a small one.
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

/** Without the tables that a running server rebuilds, and without its shadow table. */
function endsOf(db: Database): { table: string; last: string }[] {
  const tables = db.prepare<unknown[], unknown[]>(TABLES).raw().all();
  return tables.flatMap(([name, key, column]) => {
    const table = textIn(name);
    return table === SHADOW || REBUILT_TABLES.has(table)
      ? []
      : [{ table, last: lastOf(table, maybeTextIn(key), maybeTextIn(column)) }];
  });
}

/** SQL that reads the end of a table. New rows of a rowid table go to its last leaf; those of a key may split a leaf near the end. */
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
