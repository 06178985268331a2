/** Verbs that are one statement each. `values` says what of the given is bound, in the statement's order. */
import type { Database } from "better-sqlite3";
import { fitting } from "./bounds.ts";
import { maybeTextIn, numberIn } from "./column.ts";
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

/** What cannot be read is null. */
export function orNull<Answer>(read: () => Answer | null): Answer | null {
  try {
    return read();
  } catch {
    return null;
  }
}
