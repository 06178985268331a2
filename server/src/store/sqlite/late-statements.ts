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

/** After its first use `run` is the statement's own: a wrapper would make an array of the values each time. */
export function lateRun(db: Database, sql: string): Run {
  const late: Run = {
    run: (...values) => {
      const made = db.prepare<unknown[]>(sql);
      late.run = made.run.bind(made);
      return late.run(...values);
    },
  };
  return late;
}

export function lateRows(db: Database, sql: string): Rows {
  const made = () => {
    const statement = db.prepare<unknown[], unknown[]>(sql).raw();
    late.get = statement.get.bind(statement);
    late.all = statement.all.bind(statement);
    late.iterate = statement.iterate.bind(statement);
    return late;
  };
  const late: Rows = {
    get: (...values) => made().get(...values),
    all: (...values) => made().all(...values),
    iterate: (...values) => made().iterate(...values),
  };
  return late;
}

/** Rows of one INSERT: a statement for each row takes half as long again. */
const ROWS_AT_ONCE = 8;

/** Inserts rows several at a time. `insert` names the table and its columns; the values of all rows are one list. */
export function lateInserts(db: Database, insert: string, columns: number): (values: readonly unknown[]) => void {
  return lateByRows(db, (rows) => `${insert} VALUES ${rows}`, columns);
}

/** The same for any statement with a list of rows in brackets. Returns how many rows it has changed. */
export function lateByRows(
  db: Database,
  sql: (rows: string) => string,
  columns: number,
): (values: readonly unknown[]) => number {
  const row = `(${Array(columns).fill("?").join(", ")})`;
  const statements = Array.from({ length: ROWS_AT_ONCE }, (_, more) =>
    lateRun(
      db,
      sql(
        Array(more + 1)
          .fill(row)
          .join(", "),
      ),
    ),
  );
  const most = columns * ROWS_AT_ONCE;
  return (values) => {
    let changes = 0;
    for (let from = 0; from < values.length; from += most) {
      const some = values.length <= most ? values : values.slice(from, from + most);
      changes += statements[some.length / columns - 1]?.run(some).changes ?? 0;
    }
    return changes;
  };
}
