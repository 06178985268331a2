/**
 * Statements that are prepared with their first use: there are 200, 0.05 ms each, of which a store that has just been
 * opened needs ten. Rows come back as arrays.
 */
import type { Database } from "better-sqlite3";

export type Run = { run(...values: unknown[]): { changes: number; lastInsertRowid: number | bigint } };
export type Rows = {
  get(...values: unknown[]): unknown[] | undefined;
  all(...values: unknown[]): unknown[][];
  iterate(...values: unknown[]): IterableIterator<unknown[]>;
};

export function lateRun(db: Database, sql: string): Run {
  const statement = once(() => db.prepare<unknown[]>(sql));
  return { run: (...values) => statement().run(...values) };
}

export function lateRows(db: Database, sql: string): Rows {
  const statement = once(() => db.prepare<unknown[], unknown[]>(sql).raw());
  return {
    get: (...values) => statement().get(...values),
    all: (...values) => statement().all(...values),
    iterate: (...values) => statement().iterate(...values),
  };
}

/** Rows in one statement: a statement of its own costs a row half as much again. */
const ROWS_AT_ONCE = 8;

/** Inserts rows of so many columns, several at a time. */
export function lateInserts(db: Database, into: string, columns: number): (rows: readonly unknown[][]) => void {
  const row = `(${Array(columns).fill("?").join(", ")})`;
  const statements = Array.from({ length: ROWS_AT_ONCE }, (_, more) =>
    lateRun(
      db,
      `INSERT INTO ${into} VALUES ${Array(more + 1)
        .fill(row)
        .join(", ")}`,
    ),
  );
  return (rows) => {
    for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
      const some = rows.slice(from, from + ROWS_AT_ONCE);
      statements[some.length - 1]?.run(some.flat());
    }
  };
}

function once<Value extends object>(make: () => Value): () => Value {
  let made: Value | null = null;
  return () => {
    made ??= make();
    return made;
  };
}
