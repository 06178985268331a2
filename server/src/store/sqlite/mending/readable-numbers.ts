/**
 * The numbers of those rows of a table that can be read. A row on a damaged page fails whichever statement meets it, and so does a step onto
 * that page from the one before it: each number is looked for alone, as there may be a page between two damaged ones that has a single row.
 */
import type { Database } from "better-sqlite3";
import { conditionOf, indexesOf, unlessDamaged } from "./indexes.ts";

/** Numbers that a slice asks for in vain: 10 us each. */
const IN_VAIN_MAX = 500;
/** Numbers spread over a table. */
const SAMPLES = 1_000n;

type Rows = { table: string; key: string; columns: string };

export class ReadableNumbers {
  readonly #next;

  /** Outside a transaction, which takes no more writes once it has met a damaged page. */
  constructor(db: Database, { table, key, columns }: Rows) {
    const sql = `SELECT ${key}, ${columns} FROM ${table} WHERE ${key} BETWEEN ? AND ? ORDER BY ${key} LIMIT 1`;
    this.#next = db.prepare<unknown[], [bigint, ...unknown[]]>(sql).raw().safeIntegers();
  }

  /** At most `limit` of them, from one on up to another, the last number that it has looked at, and how many it asked for in vain. */
  within(from: bigint, upTo: bigint, limit: number): { found: bigint[]; last: bigint; inVain: number } {
    const found: bigint[] = [];
    let last = from - 1n;
    let inVain = 0;
    while (last < upTo && found.length < limit && inVain < IN_VAIN_MAX) {
      const next = this.#nextFrom(last + 1n, upTo);
      if (next === undefined) inVain += 1;
      else if (next !== null) found.push(next);
      last = next === null ? upTo : (next ?? last + 1n);
    }
    return { found, last, inVain };
  }

  /** Whether some numbers lead to any: behind a damaged root each of a table's numbers would be asked for in vain. */
  hasAny(upTo: bigint): boolean {
    const step = upTo / SAMPLES + 1n;
    for (let at = 1n; at <= upTo; at += step) if (this.#nextFrom(at, upTo)) return true;
    return false;
  }

  /** Null where there is none, undefined where it cannot be read. */
  #nextFrom(from: bigint, upTo: bigint): bigint | null | undefined {
    return unlessDamaged(() => this.#next.get(from, upTo)?.[0] ?? null);
  }
}

/** Of the last row that a table has, where that cannot be read, by its indexes. Undefined where none of them can be read. */
export function lastNumber(db: Database, table: string): bigint | undefined {
  let last: bigint | undefined;
  for (const other of indexesOf(db)) {
    if (other.table !== table) continue;
    const sql = `SELECT max(+rowid) FROM "${table}" INDEXED BY "${other.name}" WHERE ${conditionOf(other.sql)}`;
    const found = unlessDamaged(() => db.prepare<unknown[], bigint | null>(sql).pluck().safeIntegers().get());
    if (found && (last === undefined || found > last)) last = found;
  }
  return last;
}
