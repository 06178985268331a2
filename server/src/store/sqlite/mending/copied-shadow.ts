/**
 * Rebuilds an index of many rows, or a table, from the rows of that table, while others write.
 *
 * - Of an index: the shadow table has the columns of the index alone. An index of the shadow, whose entries name the same rows, takes the place
 *   of the damaged index.
 * - Of a table: the shadow has all columns and indexes, holds those rows that can be read, and takes the place of the table. Where an index
 *   has the keys, a row that cannot be read is there with its key alone.
 *
 * Until then calls that met the damage wait. Rows on damaged pages are left out of an index that is not unique; a unique one would then let
 * a key be there twice, so its rebuild fails.
 *
 * Triggers do not fire for a row that INSERT OR REPLACE removes for a conflict in another key: no table with so many rows is written to in
 * this way and has another key.
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
/** Up to the columns of an index. */
const BEGINNING = /^(CREATE (?:UNIQUE )?INDEX) \S+ ON [^\s(]+/;

/** Taken for the number of the last row where neither that row nor any index can be read. */
const NUMBER_MAX = BigInt(Number.MAX_SAFE_INTEGER);
/** Numbers without a readable row that are asked for: 10 s. A damaged index may name a last number that no row has. */
const IN_VAIN_MAX = 1_000_000;

/** A table of fewer rows is read in the time of a slice or two, and rebuilt in one transaction. */
const ROWS_MIN = 10_000;

export function hasManyRows(db: Database, { table }: Index): boolean {
  return db.prepare(`SELECT 1 FROM ${itself(db, table)} LIMIT 1 OFFSET ${ROWS_MIN}`).get() !== undefined;
}

type Plan = {
  /** The table whose rows are copied, */
  table: string;
  columns: readonly Column[];
  /** by the columns of its key, none where that is the rowid, */
  key: readonly string[];
  /** as far as they meet the condition of a partial index. */
  condition: string;
  /** Creates the shadow and its indexes. */
  sql: string;
  /** Which table or index of the shadow takes the place of which one. */
  replaces: readonly [shadow: string, name: string][];
  /** Rows that cannot be read may be left out, */
  mayLackRows: boolean;
  /** even if these are all. */
  mayBeEmpty: boolean;
  /** The index that has all keys, the columns that are unique, and how a key alone is inserted for a row that cannot be read. */
  keys?: { index: string; unique: string; insert: string };
};

export class CopiedShadow implements Rebuild {
  readonly #db: Database;
  readonly #plan: Plan;
  readonly #table: string;
  readonly #key: string;
  readonly #columns: string;
  readonly #unique: string;
  /** The key of the last row that was copied. */
  #at: unknown[] | null = null;
  /** The key of the last row when the triggers were created: they copy later rows, so that the copy ends however fast rows come. */
  readonly #end: unknown[] | undefined;
  #isInPlace = false;
  #hasRead = false;
  #numbers: ReadableNumbers | null = null;

  /** Outside a transaction, after `dropShadow`. */
  constructor(db: Database, plan: Plan) {
    this.#db = db;
    this.#plan = plan;
    this.#table = plan.keys ? `"${plan.table}" INDEXED BY "${plan.keys.index}"` : itself(db, plan.table);
    const named = quoted(plan.columns.map(({ name }) => name));
    const key = plan.key.length === 0 ? ["rowid"] : plan.key;
    this.#key = plan.key.length === 0 ? "rowid" : quoted(plan.key);
    this.#columns = plan.key.length === 0 ? `rowid, ${named}` : named;
    this.#unique = plan.keys?.unique ?? this.#key;
    const begin = (end: () => unknown[] | undefined) => {
      db.exec(plan.sql);
      this.#createTriggers(named, key);
      return end();
    };
    const fromLast = key.map((name) => `"${name}" DESC`).join(", ");
    try {
      this.#end = db.transaction(() => begin(() => this.#keyWhere(`true ORDER BY ${fromLast}`))).immediate();
    } catch (error) {
      if (!plan.mayLackRows || !isCorrupt(error)) throw error;
      const last = lastNumber(db, plan.table) ?? NUMBER_MAX;
      this.#end = db.transaction(() => begin(() => [last])).immediate();
    }
  }

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
      if (this.#plan.keys) return this.#fillOneByOne(this.#plan.keys.insert);
      if (!this.#plan.mayLackRows) throw error;
      const isFilled = this.#fillReadable();
      if (!isFilled && (this.#numbers?.inVain ?? 0) <= IN_VAIN_MAX) return false;
      // Where no row at all can be read the table is lost. An empty index would say that it had no rows.
      if (!(isFilled && this.#hasRead) && !this.#plan.mayBeEmpty) throw error;
      return true;
    }
  }

  #createTriggers(columns: string, key: readonly string[]): void {
    const same = (row: string) => key.map((name) => `"${name}" = ${row}."${name}"`).join(" AND ");
    const remove = (row: string) => `DELETE FROM ${SHADOW} WHERE ${same(row)};`;
    const put = `INSERT INTO ${SHADOW} (${this.#columns}) ${this.#rows(same("NEW"))};`;
    const { table } = this.#plan;
    this.#db.exec(`
      CREATE TRIGGER ${TRIGGERS.put} AFTER INSERT ON "${table}" BEGIN ${remove("NEW")} ${put} END;
      CREATE TRIGGER ${TRIGGERS.changed} AFTER UPDATE OF ${columns} ON "${table}" BEGIN ${remove("OLD")} ${put} END;
      CREATE TRIGGER ${TRIGGERS.gone} AFTER DELETE ON "${table}" BEGIN ${remove("OLD")} END`);
  }

  /** Selects the rows that belong into the shadow. */
  #rows(where: string): string {
    return `SELECT ${this.#columns} FROM ${this.#table} WHERE ${where} AND (${this.#plan.condition})`;
  }

  #fill(): number {
    if (this.#end === undefined) return 0;
    const from = this.#at ?? [];
    const { behind, upTo } = this.#range(this.#end);
    const ordered = `ORDER BY ${this.#key} LIMIT 1 OFFSET ${SLICE_ROWS - 1}`;
    const last = this.#keyWhere(`${behind} AND ${upTo} ${ordered}`, ...from, ...this.#end);
    // DO NOTHING: triggers may have copied some of them.
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

  /** Copies the next slice row by row, outside a transaction. True where it was the last one. */
  #fillOneByOne(insertKey: string): boolean {
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
    const [putRow, putKey] = [put(`(${this.#columns}) ${row}`), put(insertKey)];
    this.#db.transaction(() => {
      for (const [at, key] of keys.entries()) (isReadable[at] ? putRow : putKey).run(...key);
    })();
    this.#at = keys.at(-1) ?? this.#at;
    return keys.length < SLICE_ROWS;
  }

  /** Copies the next rows that can be read, outside a transaction. True where there are no more. */
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

  /** The key of the first row of the table that meets `holds`. */
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
      for (const [shadow, name] of this.#plan.replaces) swapIn(this.#db, shadow, name);
    });
    this.#isInPlace = true;
  }

  #clearAway(isOver: IsOver): boolean {
    if (this.#plan.replaces.some(([shadow]) => shadow === SHADOW)) return true;
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
    replaces: [[SHADOW_INDEX, index.name]],
    mayLackRows: isNumbered && /^CREATE INDEX /.test(index.sql ?? ""),
    mayBeEmpty: false,
  });
}

/** The shadow of a table whose rows are numbered by a column. */
export function shadowOfNumbered(db: Database, table: string, number: string): CopiedShadow {
  return new CopiedShadow(db, { ...wholeTable(db, table), key: [number], mayLackRows: true, mayBeEmpty: true });
}

/** The shadow of a table all of whose keys an index has. */
export function shadowOfKeyed(
  db: Database,
  table: string,
  key: readonly string[],
  keys: NonNullable<Plan["keys"]>,
): CopiedShadow {
  return new CopiedShadow(db, { ...wholeTable(db, table), key, keys, mayLackRows: false, mayBeEmpty: false });
}

/** A plan of all columns and indexes of a table without a unique index beside its key. */
function wholeTable(db: Database, table: string): Pick<Plan, "table" | "columns" | "condition" | "sql" | "replaces"> {
  const indexes = indexesOf(db).filter((index) => index.table === table);
  const own = indexes.map(({ sql }, at) => sql?.replace(BEGINNING, `$1 ${SHADOW_INDEX}_${at} ON ${SHADOW}`) ?? "");
  return {
    ...{ table, columns: allColumnsOf(db, table), condition: ALL },
    sql: [sqlOf(db, table).replace(table, SHADOW), ...own].join(";\n"),
    replaces: [[SHADOW, table], ...indexes.map(({ name }, at): [string, string] => [`${SHADOW_INDEX}_${at}`, name])],
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

/** The columns of the table's key, none where that is the rowid, and all columns that the index names. */
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
