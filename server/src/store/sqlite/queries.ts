/** Verbs that are one statement each. `values` says what of the given is bound, in the statement's order. */
import type { Database } from "better-sqlite3";
import { fitting } from "./bounds.ts";
import { maybeTextIn, numberIn } from "./column.ts";
import { isCorrupt } from "./database.ts";
import { lateRows } from "./late-statements.ts";

type Values<Given> = (given: Given) => unknown[];

export function queries(db: Database) {
  const prepared = (sql: string) => lateRows(db, sql);
  return {
    /** The first row, as an array of its columns; null when there is none. */
    row<Given>(sql: string, values: Values<Given>): (given: Given) => unknown[] | null {
      const statement = prepared(sql);
      return (given) => statement.get(...values(given)) ?? null;
    },
    rows<Given>(sql: string, values: Values<Given>): (given: Given) => unknown[][] {
      const statement = prepared(sql);
      return (given) => statement.all(...values(given));
    },
    /** The first rows, as many as fit into `bytesMax`. */
    page<Given>(
      sql: string,
      bytesMax: number,
      values: Values<Given>,
    ): (given: Given) => { rows: unknown[][]; more: boolean } {
      const statement = prepared(sql);
      return (given) => fitting(statement.iterate(...values(given)), bytesMax);
    },
    /** The one number that the statement returns. */
    number<Given>(sql: string, values: Values<Given>): (given: Given) => number {
      const statement = prepared(sql);
      return (given) => numberIn(statement.get(...values(given))?.[0]);
    },
    /** The one text that the statement returns; null when there is no row. */
    text<Given>(sql: string, values: Values<Given>): (given: Given) => string | null {
      const statement = prepared(sql);
      return (given) => maybeTextIn(statement.get(...values(given))?.[0] ?? null);
    },
    /** Whether there is such a row. */
    exists<Given>(sql: string, values: Values<Given>): (given: Given) => boolean {
      const statement = prepared(sql);
      return (given) => statement.get(...values(given)) !== undefined;
    },
  };
}

type Page = { rows: unknown[][]; more: boolean };

/**
 * A page; where its statement breaks at a damaged page of the disk, each row by itself. `places` are what an index alone says, in the
 * columns of a row: one that cannot be read is its place, which whoever reads rows leaves out and goes on behind. `limit` of them
 * say that there may be more.
 */
export function pageByRows(
  limit: number,
  page: () => Page,
  places: () => unknown[][],
  one: (place: unknown[]) => unknown[] | undefined,
): Page {
  try {
    return page();
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    const found = places();
    const rows = found.map((place) => {
      try {
        return one(place);
      } catch {
        return place;
      }
    });
    return { rows: rows.filter((row) => row !== undefined), more: found.length >= limit };
  }
}

/** What cannot be read is null. */
export function orNull<Answer>(read: () => Answer | null): Answer | null {
  try {
    return read();
  } catch {
    return null;
  }
}
