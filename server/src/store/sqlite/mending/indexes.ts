/**
 * Every index can be read through, and be made anew from its rows. SQLite cannot drop what it cannot read, so a shadow takes the
 * place of a damaged one. The pages of that one are nobody's until the database is written anew: what a damaged page points to
 * may be another's.
 */
import { type Database, SqliteError } from "better-sqlite3";
import { maybeTextIn, textIn } from "../column.ts";
import { isCorrupt, isOfARow } from "../database.ts";
import type { IsOver } from "../slices.ts";
import { onSchema, swapIn } from "./schema-edits.ts";
import { SHADOW } from "./shadow.ts";

/** `sql` is null of those that come with a key of their table. */
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

/** What rows an index has. */
export function conditionOf(sql: string | null): string {
  return sql?.match(/\sWHERE\s(.*)$/s)?.[1] ?? ALL;
}

/**
 * A table in a `FROM`, which is then read without any index. For one whose rows lie by a key SQLite hears of no NOT INDEXED, but it has a name
 * for the key.
 */
export function itself(db: Database, table: string): string {
  const key = db.prepare<unknown[], unknown>(
    `SELECT i.name FROM pragma_table_list AS t JOIN pragma_index_list(t.name) AS i ON i.origin = 'pk'
     WHERE t.schema = 'main' AND t.name = ? AND t.wr`,
  );
  const name = maybeTextIn(key.pluck().get(table) ?? null);
  return `"${table}" ${name === null ? "NOT INDEXED" : `INDEXED BY "${name}"`}`;
}

/** Throws where a page of it is damaged. */
export function readThrough(db: Database, index: Index): void {
  rowOf(db, entriesIn(index));
}

/** To count alone, SQLite takes whichever index is the smallest. */
function entriesIn({ name, table, sql }: Index): string {
  return `SELECT total(1) FROM "${table}" INDEXED BY "${name}" WHERE ${conditionOf(sql)}`;
}

/**
 * Those whose entries are not those of their rows, as where the disk has lost a write, though every page is whole: to look for each row
 * in each index takes ten times as long as to read them. None of a table that cannot be read, and none whose keys are twice there.
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
 * Those of some rows that have more entries than there are such rows: SQLite's own check counts only those of all rows. None of a table of
 * which a page is damaged, or one of such an index.
 */
export function miscountedIndexes(db: Database): string[] {
  const partial = indexesOf(db).filter(({ sql }) => conditionOf(sql) !== ALL);
  return [...Map.groupBy(partial, ({ table }) => table)].flatMap(([table, indexes]) => {
    const rows = indexes.map(({ sql }) => `total((${conditionOf(sql)}) IS TRUE)`);
    const entries = indexes.map((index) => `(${entriesIn(index)})`);
    // In one statement, which sees one moment: rows come and go meanwhile.
    const count = `SELECT ${[...rows, ...entries].join(", ")} FROM ${itself(db, table)}`;
    const counts = unlessDamaged(() => rowOf(db, count)) ?? [];
    return indexes.filter((_, at) => counts[at] !== counts[indexes.length + at]).map(({ name }) => name);
  });
}

function rowOf(db: Database, sql: string): unknown[] {
  return db.prepare<unknown[], unknown[]>(sql).raw().get() ?? [];
}

/** Undefined where that meets a damaged page or row. */
export function unlessDamaged<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (!isOfARow(error)) throw error;
    return undefined;
  }
}

/** What cannot be read for another reason, as where the disk does not answer, may be whole. */
export function isUnreadable(read: () => void): boolean {
  try {
    read();
    return false;
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
    return isCorrupt(error);
  }
}

/** Outside a transaction. Throws where its rows cannot be read either: it is as it was then. */
export function rebuildIndex(db: Database, { name, table, sql }: Index): void {
  onSchema(db, () => {
    db.exec(sql?.replace(name, SHADOW) ?? `CREATE UNIQUE INDEX ${SHADOW} ON "${table}" (${columnsOf(db, name)})`);
    swapIn(db, SHADOW, name);
  });
}

/** Of an index that comes with a key. */
export function columnsOf(db: Database, index: string): string {
  const columns = db.prepare<unknown[], unknown>("SELECT name FROM pragma_index_info(?) ORDER BY seqno");
  return columns
    .pluck()
    .all(index)
    .map((column) => `"${column}"`)
    .join(", ");
}
