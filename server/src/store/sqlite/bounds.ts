/**
 * How much one question to the reader may take: bytes of its answer, and time. A page ends when it has its bytes, and
 * whoever wants more asks on; a query that takes too long is broken off.
 */
import type { Database } from "better-sqlite3";
import { Refusal } from "../../task/errors.ts";
import { readMarker } from "../codec/marker.ts";

/** Of one answer. A page has at least one row, whatever its size: values over 64 KB are not in rows. */
export const ANSWER_BYTES_MAX = 1 << 20;
/** Of a page of what hangs on a task (events, journal, inbox), values that lie in files counted as what they are. */
export const TASK_PAGE_BYTES_MAX = 256 << 10;
/** Of one question. */
export const QUERY_MS_MAX = 5_000;
/** A row costs this beside its texts, there and on its way. */
const ROW_BYTES = 100;
/** Rows that a query goes over between two looks at the clock. */
const ROWS_PER_LOOK = 256;

/** About what a row takes; a value that was put into the files counts with the bytes that it has there. */
export function bytesOf(row: readonly unknown[] | null): number {
  let bytes = ROW_BYTES;
  for (const column of row ?? []) {
    if (typeof column !== "string") continue;
    bytes += column.startsWith("@") ? (readMarker(column)?.bytes ?? column.length) : column.length;
  }
  return bytes;
}

/** The same of what is given as it stands in its row, such as the beginning of a value. */
export function bytesOfText(row: readonly unknown[] | null): number {
  return (row ?? []).reduce<number>((sum, column) => sum + (typeof column === "string" ? column.length : 0), ROW_BYTES);
}

/** Those of `rows` that fit, the first one always; `more` says that some did not. Reads none beyond them. */
export function fitting<Row extends readonly unknown[] | null>(
  rows: Iterable<Row>,
  bytesMax: number,
): { rows: Row[]; more: boolean } {
  const found: Row[] = [];
  let bytes = 0;
  for (const row of rows) {
    bytes += bytesOf(row);
    if (found.length > 0 && bytes > bytesMax) return { rows: found, more: true };
    found.push(row);
  }
  return { rows: found, more: false };
}

/**
 * Breaks off queries. SQLite runs one to its end before it gives back control, so a query that goes over many rows asks
 * `in_time(column)` of each.
 */
export class QueryTimer {
  #until = Number.POSITIVE_INFINITY;
  #rows = 0;

  constructor(db: Database) {
    db.function("in_time", (_column: unknown) => {
      this.#rows += 1;
      if (this.#rows % ROWS_PER_LOOK === 0 && performance.now() > this.#until) throw tookTooLong();
      return 1;
    });
  }

  start(msMax: number): void {
    this.#until = performance.now() + msMax;
  }

  stop(): void {
    this.#until = Number.POSITIVE_INFINITY;
  }
}

/** A search whose index is behind is worth sending again after this. */
const SEARCH_AGAIN_AFTER_S = 5;

export function searchIsBehind(): Refusal {
  return new Refusal("unavailable", "The search index is not up to date yet.", { retryAfterS: SEARCH_AGAIN_AFTER_S });
}

function tookTooLong(): Refusal {
  return new Refusal(
    "unavailable",
    `This question takes the database longer than ${QUERY_MS_MAX / 1_000} s: ask for less, as by a shorter span of time.`,
    { retryAfterS: 60 },
  );
}
