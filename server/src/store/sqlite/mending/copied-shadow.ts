/**
 * Makes an index of many rows anew while others write. A table with nothing but the columns of the index is filled slice by slice,
 * and kept in step by triggers; an index of it, in which each entry names the same row as that of the damaged one, takes the place of that
 * one in the schema. Until then whoever meets the damage waits, and keys stay unique by what can be read. So is a table made anew, with its
 * indexes, of those rows of it that can be read: its shadow has all columns and takes its place. Of one whose keys stand in an index as well,
 * rows that cannot be read are there with their key alone.
 *
 * Rows of damaged pages are left out of an index that finds rows and keeps no key: it lacks them, as all others that read it do. One that
 * keeps a key would let what they hold be there twice.
 *
 * Triggers hear of no row that another one replaces, of another key: tables with as many rows are not written to in this way,
 * or have no other index.
 */
import type { Database } from "better-sqlite3";
import { textIn } from "../column.ts";
import { isCorrupt } from "../database.ts";
import { type IsOver, inSlices, SLICE_ROWS } from "../slices.ts";
import { ALL, columnsOf, conditionOf, type Index, indexesOf, itself, unlessDamaged } from "./indexes.ts";
import { lastNumber, ReadableNumbers } from "./readable-numbers.ts";
import { onSchema, sqlOf, swapIn } from "./schema-edits.ts";
import { dropShadow, dropTriggers, type Rebuild, SHADOW, TRIGGERS } from "./shadow.ts";

const SHADOW_INDEX = `${SHADOW}_index`;
const BEGINNING = /^(CREATE (?:UNIQUE )?INDEX) \S+ ON [^\s(]+/;

/** Where the last row of a table cannot be read, nor any index that would say its number. */
const NUMBER_MAX = BigInt(Number.MAX_SAFE_INTEGER);
/** Numbers that lead to damaged pages, some 10 s of them. Behind more, as where a damaged index names one that no row has, nobody looks. */
const IN_VAIN_MAX = 1_000_000;

/** A table of fewer rows is read in the time of a slice or two. */
const ROWS_MIN = 10_000;

export function hasManyRows(db: Database, { table }: Index): boolean {
  return db.prepare(`SELECT 1 FROM ${itself(db, table)} LIMIT 1 OFFSET ${ROWS_MIN}`).get() !== undefined;
}

/** `takes` has what takes whose place in the schema; `condition` is that of the rows it has. */
type Of = {
  table: string;
  columns: readonly Column[];
  key: readonly string[];
  condition: string;
  sql: string;
  takes: readonly [shadow: string, name: string][];
  mayLackRows: boolean;
  /** There may be none. */
  mayLackAll: boolean;
  /** An index in whose order slices are read; what an `INSERT` of a key of it says that stands for a row that cannot be read; what is there once. */
  known?: { by: string; instead: string; unique: string };
};

export class CopiedShadow implements Rebuild {
  readonly #db: Database;
  readonly #of: Of;
  readonly #table: string;
  readonly #key: string;
  readonly #columns: string;
  readonly #unique: string;
  /** The key of the last row that was looked at, */
  #at: unknown[] | null = null;
  /** and that of the last row that was there before the triggers: those behind it are put by them, however fast they come. */
  readonly #end: unknown[] | undefined;
  #isInPlace = false;
  #hasRead = false;
  #numbers: ReadableNumbers | null = null;

  /** Outside a transaction, as is the rest. Of another one nothing is left: see `dropShadow`. */
  constructor(db: Database, of: Of) {
    this.#db = db;
    this.#of = of;
    this.#table = of.known ? `"${of.table}" INDEXED BY "${of.known.by}"` : itself(db, of.table);
    const named = quoted(of.columns.map(({ name }) => name));
    const key = of.key.length === 0 ? ["rowid"] : of.key;
    this.#key = of.key.length === 0 ? "rowid" : quoted(of.key);
    this.#columns = of.key.length === 0 ? `rowid, ${named}` : named;
    this.#unique = of.known?.unique ?? this.#key;
    const begin = (end: () => unknown[] | undefined) => {
      db.exec(of.sql);
      this.#createTriggers(named, key);
      return end();
    };
    const fromLast = key.map((name) => `"${name}" DESC`).join(", ");
    try {
      this.#end = db.transaction(() => begin(() => this.#keyWhere(`true ORDER BY ${fromLast}`))).immediate();
    } catch (error) {
      if (!of.mayLackRows || !isCorrupt(error)) throw error;
      const last = lastNumber(db, of.table) ?? NUMBER_MAX;
      this.#end = db.transaction(() => begin(() => [last])).immediate();
    }
  }

  /** True once it is whole; it is to be called until then. Throws where rows cannot be read that it may not lack, or there is no room. */
  goOn(isOver: IsOver): boolean {
    if (this.#isInPlace) return this.#clearAway(isOver);
    if (this.#isFilled(isOver)) this.#swapIn();
    return false;
  }

  end(): void {}

  #isFilled(isOver: IsOver): boolean {
    const from = this.#at;
    try {
      const isFilled = this.#db.transaction(() => inSlices(isOver, SLICE_ROWS, () => this.#fill())).immediate();
      this.#hasRead = true;
      return isFilled;
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      this.#at = from;
      if (this.#of.known) return this.#fillOneByOne(this.#of.known.instead);
      if (!this.#of.mayLackRows) throw error;
      const isFilled = this.#fillReadable();
      if (!isFilled && (this.#numbers?.inVain ?? 0) <= IN_VAIN_MAX) return false;
      // Where no row can be read the table is lost, and an index of nothing would say that there was none.
      if (!(isFilled && this.#hasRead) && !this.#of.mayLackAll) throw error;
      return true;
    }
  }

  #createTriggers(columns: string, key: readonly string[]): void {
    const of = (row: string) => key.map((name) => `"${name}" = ${row}."${name}"`).join(" AND ");
    const remove = (row: string) => `DELETE FROM ${SHADOW} WHERE ${of(row)};`;
    const put = `INSERT INTO ${SHADOW} (${this.#columns}) ${this.#rows(of("NEW"))};`;
    const { table } = this.#of;
    this.#db.exec(`
      CREATE TRIGGER ${TRIGGERS.put} AFTER INSERT ON "${table}" BEGIN ${remove("NEW")} ${put} END;
      CREATE TRIGGER ${TRIGGERS.changed} AFTER UPDATE OF ${columns} ON "${table}" BEGIN ${remove("OLD")} ${put} END;
      CREATE TRIGGER ${TRIGGERS.gone} AFTER DELETE ON "${table}" BEGIN ${remove("OLD")} END`);
  }

  /** Those rows of the table, as far as it has them. */
  #rows(where: string): string {
    return `SELECT ${this.#columns} FROM ${this.#table} WHERE ${where} AND (${this.#of.condition})`;
  }

  #fill(): number {
    if (this.#end === undefined) return 0;
    const from = this.#at ?? [];
    const { behind, upTo } = this.#range(this.#end);
    const ordered = `ORDER BY ${this.#key} LIMIT 1 OFFSET ${SLICE_ROWS - 1}`;
    const last = this.#keyWhere(`${behind} AND ${upTo} ${ordered}`, ...from, ...this.#end);
    // Triggers may have put some of them there.
    this.#db
      .prepare<unknown[]>(
        `INSERT INTO ${SHADOW} (${this.#columns}) ${this.#rows(`${behind} AND ${upTo}`)} ON CONFLICT (${this.#unique}) DO NOTHING`,
      )
      .run(...from, ...(last ?? this.#end));
    this.#at = last ?? null;
    return last ? SLICE_ROWS : 0;
  }

  #range(end: readonly unknown[]): { behind: string; upTo: string } {
    const behind = this.#at === null ? "true" : `(${this.#key}) > (${places(this.#at)})`;
    return { behind, upTo: `(${this.#key}) <= (${places(end)})` };
  }

  /** The next slice. Outside a transaction. True where there is none behind it. */
  #fillOneByOne(instead: string): boolean {
    const end = this.#end ?? [];
    const { behind, upTo } = this.#range(end);
    const slice = `SELECT ${this.#key} FROM ${this.#table} WHERE ${behind} AND ${upTo} ORDER BY ${this.#key} LIMIT ${SLICE_ROWS}`;
    const keys = this.#db
      .prepare<unknown[], unknown[]>(slice)
      .raw()
      .all(...(this.#at ?? []), ...end);
    const row = this.#rows(`(${this.#key}) = (${places(end)})`);
    const one = this.#db.prepare<unknown[]>(row);
    const isReadable = keys.map((key) => unlessDamaged(() => one.get(...key) ?? null) !== undefined);
    const put = (from: string) =>
      this.#db.prepare<unknown[]>(`INSERT INTO ${SHADOW} ${from} ON CONFLICT (${this.#unique}) DO NOTHING`);
    const [putRow, putKey] = [put(`(${this.#columns}) ${row}`), put(instead)];
    this.#db.transaction(() => {
      for (const [at, key] of keys.entries()) (isReadable[at] ? putRow : putKey).run(...key);
    })();
    this.#at = keys.at(-1) ?? this.#at;
    return keys.length < SLICE_ROWS;
  }

  /** With the next rows that can be read; true where there is none behind these. Outside a transaction. */
  #fillReadable(): boolean {
    const [end] = this.#end ?? [];
    const [at = 0n] = this.#at ?? [];
    if (typeof at !== "bigint" || typeof end !== "bigint") return true;
    this.#numbers ??= new ReadableNumbers(this.#db, { table: this.#table, key: this.#key, columns: this.#columns });
    const { found, last } = this.#numbers.within(at + 1n, end, SLICE_ROWS);
    if (found.length > 0) {
      const those = `${this.#key} IN (SELECT value FROM json_each(?))`;
      const fill = `INSERT INTO ${SHADOW} (${this.#columns}) ${this.#rows(those)} ON CONFLICT (${this.#key}) DO NOTHING`;
      this.#db.prepare<unknown[]>(fill).run(`[${found.join(",")}]`);
      this.#hasRead = true;
    }
    this.#at = [last];
    return last >= end;
  }

  /** Of the first row of the table for which that holds. */
  #keyWhere(holds: string, ...values: readonly unknown[]): unknown[] | undefined {
    const found = this.#db.prepare<unknown[], unknown[]>(`SELECT ${this.#key} FROM ${this.#table} WHERE ${holds}`);
    return found
      .raw()
      .safeIntegers()
      .get(...values);
  }

  #swapIn(): void {
    onSchema(this.#db, () => {
      dropTriggers(this.#db);
      for (const [shadow, name] of this.#of.takes) swapIn(this.#db, shadow, name);
    });
    this.#isInPlace = true;
  }

  #clearAway(isOver: IsOver): boolean {
    if (this.#of.takes.some(([shadow]) => shadow === SHADOW)) return true;
    const remove = this.#db.prepare<unknown[]>(
      `DELETE FROM ${SHADOW} WHERE (${this.#key}) IN (SELECT ${this.#key} FROM ${SHADOW} ORDER BY ${this.#key} LIMIT ${SLICE_ROWS})`,
    );
    const isEmpty = this.#db.transaction(() => inSlices(isOver, SLICE_ROWS, () => remove.run().changes)).immediate();
    if (isEmpty) dropShadow(this.#db);
    return isEmpty;
  }
}

export function shadowOfIndex(db: Database, index: Index): CopiedShadow {
  const { key, columns, isNumbered } = columnsNeeded(db, index);
  const parts = columns.map(({ name, type }) => `"${name}" ${type}`);
  if (key.length > 0) parts.push(`PRIMARY KEY (${quoted(key)})`);
  const ofKey = () => `CREATE UNIQUE INDEX ${SHADOW_INDEX} ON ${SHADOW} (${columnsOf(db, index.name)})`;
  return new CopiedShadow(db, {
    ...{ table: index.table, columns, key, condition: conditionOf(index.sql) },
    sql: `CREATE TABLE ${SHADOW} (${parts.join(", ")})${isNumbered ? "" : " WITHOUT ROWID"};
      ${index.sql?.replace(BEGINNING, `$1 ${SHADOW_INDEX} ON ${SHADOW}`) ?? ofKey()}`,
    takes: [[SHADOW_INDEX, index.name]],
    mayLackRows: isNumbered && /^CREATE INDEX /.test(index.sql ?? ""),
    mayLackAll: false,
  });
}

/** Of one whose rows are numbered by a column. */
export function shadowOfNumbered(db: Database, table: string, number: string): CopiedShadow {
  return new CopiedShadow(db, { ...wholeTable(db, table), key: [number], mayLackRows: true, mayLackAll: true });
}

/** Of one whose key stands at the end of an index. */
export function shadowOfKeyed(
  db: Database,
  table: string,
  key: readonly string[],
  known: NonNullable<Of["known"]>,
): CopiedShadow {
  return new CopiedShadow(db, { ...wholeTable(db, table), key, known, mayLackRows: false, mayLackAll: false });
}

/** Whose indexes keep no key. */
function wholeTable(db: Database, table: string): Pick<Of, "table" | "columns" | "condition" | "sql" | "takes"> {
  const indexes = indexesOf(db).filter((index) => index.table === table);
  const own = indexes.map(({ sql }, at) => sql?.replace(BEGINNING, `$1 ${SHADOW_INDEX}_${at} ON ${SHADOW}`) ?? "");
  return {
    ...{ table, columns: allColumnsOf(db, table), condition: ALL },
    sql: [sqlOf(db, table).replace(table, SHADOW), ...own].join(";\n"),
    takes: [[SHADOW, table], ...indexes.map(({ name }, at): [string, string] => [`${SHADOW_INDEX}_${at}`, name])],
  };
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}

function places(values: readonly unknown[]): string {
  return values.map(() => "?").join(", ");
}

type Column = { name: string; type: string };

function allColumnsOf(db: Database, table: string): (Column & { isOfKey: boolean })[] {
  return db
    .prepare<unknown[], unknown[]>("SELECT name, type, pk FROM pragma_table_info(?) ORDER BY pk")
    .raw()
    .all(table)
    .map(([name, type, place]) => ({ name: textIn(name), type: textIn(type), isOfKey: Number(place) > 0 }));
}

/** Those of its key, none where rows have only the number that SQLite gives them, and all that the index speaks of. */
function columnsNeeded(db: Database, index: Index): { key: string[]; columns: Column[]; isNumbered: boolean } {
  const isNumbered = !db.prepare("SELECT wr FROM pragma_table_list WHERE name = ?").pluck().get(index.table);
  const all = allColumnsOf(db, index.table);
  const primary = all.filter(({ isOfKey }) => isOfKey);
  const isKey = !isNumbered || (primary.length === 1 && primary[0]?.type === "INTEGER");
  const key = isKey ? primary.map(({ name }) => name) : [];
  const says = index.sql ?? columnsOf(db, index.name);
  const isNeeded = ({ name }: Column) => key.includes(name) || new RegExp(`\\b${name}\\b`).test(says);
  return { key, columns: all.filter(isNeeded), isNumbered };
}
