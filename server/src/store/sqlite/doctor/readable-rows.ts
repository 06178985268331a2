/**
 * The rows of a table some of whose pages may be damaged, as far as any way leads to them: forwards up to a damaged page,
 * backwards down to one, and between the two, where rows are numbered, by halves. A row whose own long value is damaged is
 * stepped over.
 */
import type { Database } from "better-sqlite3";
import type { Lost } from "../../storage.ts";
import { isCorrupt } from "../database.ts";

/** At what lies between two damaged pages; each takes some 20 us. */
const LOOKS_MAX = 1_000_000;

/** Rows are numbered where the first column of the key is a whole number. */
export type Table = { name: string; columns: readonly string[]; key: readonly string[]; isNumbered: boolean };

type Way = "ASC" | "DESC";
type Span = { low: bigint; high: bigint } | null;
type Scan = { isWhole: boolean; last: bigint | null };

export class ReadableRows {
  readonly #db: Database;
  readonly #table: Table;
  readonly #each: (row: unknown[]) => void;
  #looks = 0;
  #lost = 0;

  /** `each` hears of some rows twice. */
  constructor(db: Database, table: Table, each: (row: unknown[]) => void) {
    this.#db = db;
    this.#table = table;
    this.#each = each;
  }

  read(): Omit<Lost, "table"> {
    const up = this.#scan("ASC", null);
    const down = up.isWhole ? up : this.#scan("DESC", null);
    if (!up.isWhole && this.#table.isNumbered && down.last !== null) this.#between(up.last ?? 0n, down.last);
    return { rows: this.#lost, pages: !up.isWhole };
  }

  #between(from: bigint, to: bigint): void {
    this.#looks += 1;
    if (to - from <= 1n || this.#looks > LOOKS_MAX) return;
    const middle = (from + to) / 2n;
    for (const span of [
      { low: from, high: middle },
      { low: middle, high: to },
    ]) {
      const up = this.#scan("ASC", span);
      const down = up.isWhole ? up : this.#scan("DESC", span);
      if (!up.isWhole && !down.isWhole) this.#between(up.last ?? span.low, down.last ?? span.high);
    }
  }

  /** From one end towards the other. `last` is the number of the last row that was read. */
  #scan(way: Way, span: Span): Scan {
    let last: bigint | null = null;
    for (let passed = 0; ; passed++) {
      try {
        for (const [number, ...row] of this.#rows(this.#table.columns, way, span, passed)) {
          passed += 1;
          if (typeof number === "bigint") last = number;
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

  #isPassable(way: Way, span: Span, passed: number): boolean {
    try {
      for (const _ of this.#rows([], way, span, passed + 1)) break;
      return true;
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      return false;
    }
  }

  /** Each with its number first. Rows that are passed are not read. */
  #rows(columns: readonly string[], way: Way, span: Span, passed: number): IterableIterator<unknown[]> {
    const { name, key, isNumbered } = this.#table;
    const number = isNumbered ? (key[0] ?? "NULL") : "NULL";
    const order = key.map((column) => `${column} ${way}`).join(", ");
    const within = span === null ? "" : `WHERE ${number} >= ${span.low} AND ${number} <= ${span.high}`;
    return this.#db
      .prepare<unknown[], unknown[]>(
        `SELECT ${[number, ...columns].join(", ")} FROM ${name} NOT INDEXED ${within} ORDER BY ${order} LIMIT -1 OFFSET ${passed}`,
      )
      .raw()
      .safeIntegers()
      .iterate();
  }
}
