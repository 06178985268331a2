/** The indexes of a database: which are damaged or lack entries, and the rebuild of a small one in one transaction. */
import { type Database, SqliteError } from "better-sqlite3";
import { maybeTextIn, textIn } from "../column.ts";
import { isCorrupt, isOfARow } from "../database.ts";
import type { IsOver } from "../slices.ts";
import { onSchema, swapIn } from "./schema-edits.ts";
import { SHADOW } from "./shadow.ts";

/** `sql` is null where the index comes with a key of its table. */
export type Index = { name: string; table: string; sql: string | null };

/** The condition of an index that has all rows. */
export const ALL = "true";

export function indexesOf(db: Database): Index[] {
  const found = db.prepare<unknown[], unknown[]>("SELECT name, tbl_name, sql FROM sqlite_schema WHERE type = 'index'");
  return found
    .raw()
    .all()
    .map(([name, table, sql]) => ({ name: textIn(name), table: textIn(table), sql: maybeTextIn(sql) }));
}

/** The condition of a partial index. */
export function conditionOf(sql: string | null): string {
  return sql?.match(/\sWHERE\s(.*)$/s)?.[1] ?? ALL;
}

/** A table for a `FROM` that is read without its indexes. SQLite ignores NOT INDEXED for a WITHOUT ROWID table; there the key has a name. */
export function itself(db: Database, table: string): string {
  const key = db.prepare<unknown[], unknown>(
    `SELECT i.name FROM pragma_table_list AS t JOIN pragma_index_list(t.name) AS i ON i.origin = 'pk'
     WHERE t.schema = 'main' AND t.name = ? AND t.wr`,
  );
  const name = maybeTextIn(key.pluck().get(table) ?? null);
  return `"${table}" ${name === null ? "NOT INDEXED" : `INDEXED BY "${name}"`}`;
}

/** Reads all entries. Throws where a page is damaged. */
export function readThrough(db: Database, index: Index): void {
  rowOf(db, entriesIn(index));
}

/** `total(1)`: to `count(*)`, SQLite would take the smallest index. */
function entriesIn({ name, table, sql }: Index): string {
  return `SELECT total(1) FROM "${table}" INDEXED BY "${name}" WHERE ${conditionOf(sql)}`;
}

/**
 * The indexes whose entries do not match their rows though every page is whole, as after a write that the disk has lost. This takes ten times
 * as long as `readThrough`. Tables that cannot be read are left out, and so are indexes that have a key twice.
 */
export function wrongIndexes(db: Database, isOver: IsOver): string[] {
  const faults = db.prepare<unknown[], unknown>("SELECT integrity_check FROM pragma_integrity_check(?)").pluck();
  const named = [...new Set(indexesOf(db).map(({ table }) => table))]
    .filter((table) => !isOver() && isReadable(db, table))
    .flatMap((table) => faults.all(table).flatMap((line) => WRONG.exec(textIn(line))?.[1] ?? []));
  return [...new Set([...named, ...(isOver() ? [] : miscountedIndexes(db))])];
}

const WRONG = /^(?:row \d+ missing from|row \d+ values differ from|wrong # of entries in) index (\S+)$/;

function isReadable(db: Database, table: string): boolean {
  return unlessDamaged(() => db.prepare(`SELECT sum(1) FROM ${itself(db, table)}`).get()) !== undefined;
}

/**
 * The partial indexes with more or fewer entries than rows: SQLite's own check counts only indexes of all rows. Empty for a table that has
 * a damaged page, or has one in a partial index.
 */
export function miscountedIndexes(db: Database): string[] {
  const partial = indexesOf(db).filter(({ sql }) => conditionOf(sql) !== ALL);
  return [...Map.groupBy(partial, ({ table }) => table)].flatMap(([table, indexes]) => {
    const rows = indexes.map(({ sql }) => `total((${conditionOf(sql)}) IS TRUE)`);
    const entries = indexes.map((index) => `(${entriesIn(index)})`);
    // In one statement, which reads one snapshot: others write meanwhile.
    const count = `SELECT ${[...rows, ...entries].join(", ")} FROM ${itself(db, table)}`;
    const counts = unlessDamaged(() => rowOf(db, count)) ?? [];
    return indexes.filter((_, at) => counts[at] !== counts[indexes.length + at]).map(({ name }) => name);
  });
}

function rowOf(db: Database, sql: string): unknown[] {
  return db.prepare<unknown[], unknown[]>(sql).raw().get() ?? [];
}

/** Undefined where `read` meets a damaged page or row. */
export function unlessDamaged<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (!isOfARow(error)) throw error;
    return undefined;
  }
}

/** False where it fails for another reason, such as a disk that does not answer: it may be whole. */
export function isUnreadable(read: () => void): boolean {
  try {
    read();
    return false;
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
    return isCorrupt(error);
  }
}

/** Outside a transaction. Throws where its rows cannot be read either, and changes nothing then. */
export function rebuildIndex(db: Database, { name, table, sql }: Index): void {
  onSchema(db, () => {
    db.exec(sql?.replace(name, SHADOW) ?? `CREATE UNIQUE INDEX ${SHADOW} ON "${table}" (${columnsOf(db, name)})`);
    swapIn(db, SHADOW, name);
  });
}

/** The columns of an index that comes with a key. */
export function columnsOf(db: Database, index: string): string {
  const columns = db.prepare<unknown[], unknown>("SELECT name FROM pragma_index_info(?) ORDER BY seqno");
  return columns
    .pluck()
    .all(index)
    .map((column) => `"${column}"`)
    .join(", ");
}
