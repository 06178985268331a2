/**
 * The row numbers of a table whose rows can be read. A statement fails at a row on a damaged page, and at the step onto that page: so each
 * number is asked for alone, since a page between two damaged ones may have a single row. Numbers below the first row of a damaged page fail
 * too, and an old log may have millions of them: after many failures one behind the other the steps grow.
 */
import type { Database } from "better-sqlite3";
import { ALL, conditionOf, indexesOf, unlessDamaged } from "./indexes.ts";

/** Numbers without a readable row that one slice asks for: 10 us each. */
const SLICE_IN_VAIN = 500;
/** After so many one behind the other, steps grow. A page has some tens of rows. */
const IN_TURN_MAX = 20_000;

type Rows = { table: string; key: string; columns: string };

export class ReadableNumbers {
  readonly #next;
  #inVain = 0;
  /** Those since the last readable row. */
  #inTurn = 0;

  /** Outside a transaction: one that has met a damaged page takes no more writes. */
  constructor(db: Database, { table, key, columns }: Rows) {
    const sql = `SELECT ${key}, ${columns} FROM ${table} WHERE ${key} BETWEEN ? AND ? ORDER BY ${key} LIMIT 1`;
    this.#next = db.prepare<unknown[], [bigint, ...unknown[]]>(sql).raw().safeIntegers();
  }

  /** How many numbers without a readable row it has asked for. */
  get inVain(): number {
    return this.#inVain;
  }

  /** At most `limit` readable rows from `from` to `upTo`, and the last number that was asked for. */
  within(from: bigint, upTo: bigint, limit: number): { found: bigint[]; last: bigint } {
    const found: bigint[] = [];
    const inVainMax = this.#inVain + SLICE_IN_VAIN;
    let last = from - 1n;
    while (last < upTo && found.length < limit && this.#inVain < inVainMax) {
      const next = this.#nextFrom(last + 1n, upTo);
      if (next === undefined) last = this.#lastInVain(last + 1n, upTo);
      else {
        this.#inTurn = 0;
        if (next !== null) found.push(next);
        last = next ?? upTo;
      }
    }
    return { found, last };
  }

  /** The unreadable number to go on behind: `from`, or after many failures a later one, found by doubling steps and then by halves. */
  #lastInVain(from: bigint, upTo: bigint): bigint {
    this.#inVain += 1;
    this.#inTurn += 1;
    if (this.#inTurn <= IN_TURN_MAX) return from;
    const isReadable = (n: bigint) => this.#nextFrom(n, upTo) !== undefined;
    let damaged = from;
    let step = 1n;
    for (; damaged + step <= upTo && !isReadable(damaged + step); step *= 2n) damaged += step;
    let behind = damaged + step <= upTo ? damaged + step : upTo + 1n;
    while (behind - damaged > 1n) {
      const middle = damaged + (behind - damaged) / 2n;
      if (isReadable(middle)) behind = middle;
      else damaged = middle;
    }
    return damaged;
  }

  /** Null where there is no row, undefined where it cannot be read. */
  #nextFrom(from: bigint, upTo: bigint): bigint | null | undefined {
    return unlessDamaged(() => this.#next.get(from, upTo)?.[0] ?? null);
  }
}

/** The number of a table's last row by its indexes of all rows, for a table that cannot be read. Undefined where no index can be read either. */
export function lastNumber(db: Database, table: string): bigint | undefined {
  let last: bigint | undefined;
  for (const { name, sql, ...other } of indexesOf(db)) {
    if (other.table !== table || conditionOf(sql) !== ALL) continue;
    const max = `SELECT max(+rowid) FROM "${table}" INDEXED BY "${name}"`;
    const found = unlessDamaged(() => db.prepare<unknown[], bigint | null>(max).pluck().safeIntegers().get());
    if (found && (last === undefined || found > last)) last = found;
  }
  return last;
}
