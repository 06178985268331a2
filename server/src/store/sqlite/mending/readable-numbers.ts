/**
 * The numbers of those rows of a table that can be read. A row on a damaged page fails whichever statement meets it, and so does a step onto
 * that page from the one before it: each number is looked for alone, as there may be a page between two damaged ones that has a single row.
 * All numbers before the first row of a damaged page lead to it as well, of an old log some millions: behind many in vain steps grow.
 */
import type { Database } from "better-sqlite3";
import { ALL, conditionOf, indexesOf, unlessDamaged } from "./indexes.ts";

/** Numbers that a slice asks for in vain: 10 us each. */
const SLICE_IN_VAIN = 500;
/** Numbers that are asked for one behind the other: a page has some tens of rows. */
const IN_TURN_MAX = 20_000;

type Rows = { table: string; key: string; columns: string };

export class ReadableNumbers {
  readonly #next;
  #inVain = 0;
  /** Those of them that follow each other at once. */
  #inTurn = 0;

  /** Outside a transaction, which takes no more writes once it has met a damaged page. */
  constructor(db: Database, { table, key, columns }: Rows) {
    const sql = `SELECT ${key}, ${columns} FROM ${table} WHERE ${key} BETWEEN ? AND ? ORDER BY ${key} LIMIT 1`;
    this.#next = db.prepare<unknown[], [bigint, ...unknown[]]>(sql).raw().safeIntegers();
  }

  /** How many it has asked for in vain. */
  get inVain(): number {
    return this.#inVain;
  }

  /** At most `limit` of them, from one on up to another, and the last number that it has looked at. */
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

  /** This one itself, or, where it is one of many, a later one behind which one can go on. */
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

  /** Null where there is none, undefined where it cannot be read. */
  #nextFrom(from: bigint, upTo: bigint): bigint | null | undefined {
    return unlessDamaged(() => this.#next.get(from, upTo)?.[0] ?? null);
  }
}

/** Of the last row that a table has, where that cannot be read, by its indexes of all rows. Undefined where none of them can be read. */
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
