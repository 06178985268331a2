/**
 * The numbers of those rows of a table that can be read. A row on a damaged page fails whichever statement meets it, and so does a step onto
 * that page from the one before it: each number is looked for alone.
 */
import type { Database } from "better-sqlite3";
import { unlessDamaged } from "./indexes.ts";

/** Behind the last row that can be read: numbers are given in turn, and a page holds some tens of them. */
const IN_TURN_MAX = 1_000n;

type Rows = { table: string; key: string; columns: string };

export class ReadableNumbers {
  readonly #next;

  /** Outside a transaction, which takes no more writes once it has met a damaged page. */
  constructor(db: Database, { table, key, columns }: Rows) {
    const sql = `SELECT ${key}, ${columns} FROM ${table} WHERE ${key} BETWEEN ? AND ? ORDER BY ${key} LIMIT 1`;
    this.#next = db.prepare<unknown[], [bigint, ...unknown[]]>(sql).raw().safeIntegers();
  }

  /**
   * At most `limit` of them, from one on up to another. Where more than a thousand numbers in a row lead to damaged pages it goes on in
   * longer steps, and may pass over what lies between two of them.
   */
  within(from: bigint, upTo: bigint, limit: number): bigint[] {
    const found: bigint[] = [];
    for (let at = from; at <= upTo && found.length < limit; ) {
      const next = this.#nextFrom(at, upTo);
      if (next === null) break;
      if (next !== undefined) found.push(next);
      at = next === undefined ? this.#behindDamage(at, upTo) : next + 1n;
    }
    return found;
  }

  /** Null where there is none, undefined where it cannot be read. */
  #nextFrom(from: bigint, upTo: bigint): bigint | null | undefined {
    return unlessDamaged(() => this.#next.get(from, upTo)?.[0] ?? null);
  }

  /** The first number from which one can go on. */
  #behindDamage(from: bigint, upTo: bigint): bigint {
    const isReadable = (n: bigint) => this.#nextFrom(n, upTo) !== undefined;
    let damaged = from;
    let behind = from + 1n;
    for (; behind <= upTo && !isReadable(behind); behind = from + stepBehind(behind - from)) damaged = behind;
    behind = behind > upTo ? upTo + 1n : behind;
    while (behind - damaged > 1n) {
      const middle = damaged + (behind - damaged) / 2n;
      if (isReadable(middle)) behind = middle;
      else damaged = middle;
    }
    return behind;
  }
}

function stepBehind(step: bigint): bigint {
  return step < IN_TURN_MAX ? step + 1n : step * 2n;
}
