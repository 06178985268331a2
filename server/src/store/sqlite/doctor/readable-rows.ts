/**
 * The rows of a table some of whose pages may be damaged, as far as any way leads to them: forwards up to a damaged page,
 * backwards down to one, and between the two by halves where rows are numbered, else by what is known to be there. A row
 * whose own long value is damaged is stepped over.
 */
import type { Database, Statement } from "better-sqlite3";
import type { Lost } from "../../storage.ts";
import { isCorrupt } from "../database.ts";

/** In a row at which nothing is found; each takes some 70 us. */
const LOOKS_MAX = 1_000_000;
/** The same where the last page is damaged: behind the last row there is nothing, however far one looks. */
const LOOKS_MAX_TO_NO_END = 20_000;
const NUMBER_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** Rows are numbered where the first column of the key is a whole number. */
export type Table = { name: string; columns: readonly string[]; key: readonly string[]; isNumbered: boolean };
/** Values that the first column of the key may have, from one to another of them. */
export type Names = (from: Place | null, to: Place | null) => Iterable<string>;

type Way = "ASC" | "DESC";
/** What the first column of a row's key is. */
type Place = bigint | string;
/** Both belong to it. */
type Span<Of extends Place = Place> = { low: Of; high: Of };
type Scan = { isWhole: boolean; last: Place | null };

export class ReadableRows {
  readonly #db: Database;
  readonly #table: Table;
  readonly #each: (row: unknown[]) => void;
  readonly #names: Names;
  readonly #statements = new Map<string, Statement<unknown[], unknown[]>>();
  /** Since a row was found. */
  #looks = 0;
  #looksMax = LOOKS_MAX;
  #lost = 0;

  /** `each` hears of some rows twice. */
  constructor(db: Database, table: Table, each: (row: unknown[]) => void, names: Names = () => []) {
    this.#db = db;
    this.#table = table;
    this.#each = each;
    this.#names = names;
  }

  read(): Omit<Lost, "table"> {
    const up = this.#scan("ASC", null);
    if (!up.isWhole) {
      const down = this.#scan("DESC", null);
      if (down.last === null) this.#looksMax = LOOKS_MAX_TO_NO_END;
      if (this.#table.isNumbered) this.#halves(up, down, { low: 0n, high: NUMBER_MAX });
      else for (const name of this.#names(up.last, down.last)) this.#bothWays({ low: name, high: name });
    }
    return { rows: this.#lost, pages: !up.isWhole };
  }

  #halves(up: Scan, down: Scan, { low, high }: Span<bigint>): void {
    const from = typeof up.last === "bigint" ? up.last : low;
    const to = typeof down.last === "bigint" ? down.last : high;
    const middle = (from + to) / 2n;
    this.#within({ low: from, high: middle });
    this.#within({ low: middle + 1n, high: to });
  }

  #within(span: Span<bigint>): void {
    this.#looks += 1;
    if (span.low > span.high || this.#looks > this.#looksMax) return;
    const { up, down } = this.#bothWays(span);
    if (!up.isWhole && span.low < span.high) this.#halves(up, down, span);
  }

  #bothWays(span: Span): { up: Scan; down: Scan } {
    const up = this.#scan("ASC", span);
    return { up, down: up.isWhole ? up : this.#scan("DESC", span) };
  }

  /** From one end towards the other. `last` is where the last row is that was read. */
  #scan(way: Way, span: Span | null): Scan {
    let last: Place | null = null;
    for (let passed = 0; ; passed++) {
      try {
        for (const [place, ...row] of this.#rows(this.#table.columns, way, span, passed)) {
          passed += 1;
          if (typeof place === "bigint" || typeof place === "string") last = place;
          this.#looks = 0;
          this.#each(row);
        }
        return { isWhole: true, last };
      } catch (error) {
        if (!isCorrupt(error)) throw error;
        // Behind a damaged page there is no next row; what cannot be read of a row is no matter to the next.
        if (!this.#isPassable(way, span, passed)) return { isWhole: false, last };
        this.#lost += 1;
      }
    }
  }

  #isPassable(way: Way, span: Span | null, passed: number): boolean {
    try {
      for (const _ of this.#rows([], way, span, passed + 1)) break;
      return true;
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      return false;
    }
  }

  /** Each with its place first. Rows that are passed are not read. */
  #rows(columns: readonly string[], way: Way, span: Span | null, passed: number): IterableIterator<unknown[]> {
    const { name, key } = this.#table;
    const [first] = key;
    const order = key.map((column) => `${column} ${way}`).join(", ");
    const within = span === null ? "" : `WHERE ${first} >= ? AND ${first} <= ?`;
    const sql = `SELECT ${[first, ...columns].join(", ")} FROM ${name} NOT INDEXED ${within} ORDER BY ${order} LIMIT -1 OFFSET ?`;
    const statement = this.#statements.get(sql) ?? this.#db.prepare<unknown[], unknown[]>(sql).raw().safeIntegers();
    this.#statements.set(sql, statement);
    return statement.iterate(...(span === null ? [] : [span.low, span.high]), passed);
  }
}
