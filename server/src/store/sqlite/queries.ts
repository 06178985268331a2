/** Verbs that are one statement each. `values` picks what is bound from the verb's argument, in the statement's order. */
import type { Database } from "better-sqlite3";
import { fitting } from "./bounds.ts";
import { maybeTextIn, numberIn } from "./column.ts";
import { isCorrupt } from "./database.ts";
import { lateRows } from "./late-statements.ts";

/** No limit, for lists that are short by themselves. */
export const ALL = Number.MAX_SAFE_INTEGER;

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
    /**
     * A page past what cannot be read, see `pageByRows`. Values are named, `limit` is one of them; the last column of `places` is
     * the `@place` of `one`.
     */
    list<Given>(
      sql: { page: string; places: string; one: string },
      bytesMax: number,
      valuesOf: (given: Given) => { limit: number },
    ): (given: Given) => Page {
      const [page, places, one] = [prepared(sql.page), prepared(sql.places), prepared(sql.one)];
      return (given) => {
        const values = valuesOf(given);
        return pageByRows(
          values.limit,
          () => {
            const { rows, more } = fitting(page.iterate(values), bytesMax);
            return { rows, more: more || rows.length >= values.limit };
          },
          () => places.iterate(values),
          (place) => one.get({ ...values, place: place.at(-1) }),
        );
      };
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
 * columns of a row: one that cannot be read is its place, which whoever reads rows leaves out and goes on behind. They are read as far
 * as a page of `limit` takes them, as `one` finds nothing where a row does not fit the question.
 */
export function pageByRows(
  limit: number,
  page: () => Page,
  places: () => Iterable<unknown[]>,
  one: (place: unknown[]) => unknown[] | undefined,
): Page {
  try {
    return page();
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    const rows: unknown[][] = [];
    for (const place of places()) {
      const row = orItsPlace(one, place);
      if (row !== undefined) rows.push(row);
      if (rows.length >= limit) return { rows, more: true };
    }
    return { rows, more: false };
  }
}

/** The row of `one` at a place; the place itself where the row cannot be read. */
export function orItsPlace(one: (place: unknown[]) => unknown[] | undefined, place: unknown[]): unknown[] | undefined {
  try {
    return one(place);
  } catch (error) {
    if (isCorrupt(error)) return place;
    throw error;
  }
}

/** The rows up to the first damaged page; `isCut` where there is one. */
export function untilDamaged(found: Iterable<unknown[]>): { rows: unknown[][]; isCut: boolean } {
  const rows: unknown[][] = [];
  try {
    for (const row of found) rows.push(row);
    return { rows, isCut: false };
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    return { rows, isCut: true };
  }
}

/** The answer of `read`; null where it meets damage. */
export function orNull<Answer>(read: () => Answer | null): Answer | null {
  try {
    return read();
  } catch {
    return null;
  }
}
