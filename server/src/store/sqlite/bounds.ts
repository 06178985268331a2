/**
 * How much one question to the reader may take: bytes of its answer, and time. A page ends when it has its bytes, and
 * whoever wants more asks on; a query that takes too long is broken off.
 */
import type { Database } from "better-sqlite3";
import { Refusal } from "../../task/errors.ts";
import { readMarker } from "../codec/marker.ts";

/** Bytes of one answer. A page has at least one row, whatever its size: values over 64 KB are not in rows. */
export const ANSWER_BYTES_MAX = 1 << 20;
/** Bytes of a page of a task's events, journal or inbox; values in files count with their bytes there. */
export const TASK_PAGE_BYTES_MAX = 256 << 10;
/** Time of one query. */
export const QUERY_MS_MAX = 5_000;
/** What a row costs beside its texts. */
const ROW_BYTES = 100;
/** Rows between two looks at the clock. */
const ROWS_PER_LOOK = 256;

/** About the bytes of a row; a value that is in a file counts with its bytes there. */
export function bytesOf(row: readonly unknown[] | null): number {
  let bytes = ROW_BYTES;
  for (const column of row ?? []) {
    if (typeof column !== "string") continue;
    bytes += column.startsWith("@") ? (readMarker(column)?.bytes ?? column.length) : column.length;
  }
  return bytes;
}

/** The same for rows whose values are returned as they are in the row, such as the beginning of a value. */
export function bytesOfText(row: readonly unknown[] | null): number {
  return (row ?? []).reduce<number>((sum, column) => sum + (typeof column === "string" ? column.length : 0), ROW_BYTES);
}

/** The first of `rows` that fit, at least one; `more` says that there are others. Reads only one row further. */
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

/** After this time a search whose index was behind is worth another try. */
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
