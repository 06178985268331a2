/** Rows of tasks by number, in that order: null for one that cannot be read, or is gone. */
import type { Database } from "better-sqlite3";
import { lateRows } from "../late-statements.ts";
import { orNull, queries } from "../queries.ts";
import { TASK_COLUMNS, TASK_TABLES } from "./task-columns.ts";

/** One statement for all: a statement for each took ten times as long. Read lazily. */
export function taskRows(
  db: Database,
): (numbers: readonly number[]) => Generator<{ n: number; row: unknown[] | null }, void> {
  const together = lateRows(
    db,
    `SELECT ${TASK_COLUMNS} FROM json_each(?) j LEFT JOIN tasks t ON t.n = j.value LEFT JOIN submissions s ON s.task = t.n`,
  );
  const { row } = queries(db);
  const alone = row(`SELECT ${TASK_COLUMNS} FROM ${TASK_TABLES} WHERE t.n = ?`, (n: number) => [n]);
  return function* (numbers) {
    let read = 0;
    try {
      for (const row of together.iterate(JSON.stringify(numbers))) {
        const n = numbers[read] ?? 0;
        read += 1;
        yield { n, row: row[0] === null ? null : row };
      }
    } catch {
      // A damaged row ends the statement, but not the reads of the others.
      for (const n of numbers.slice(read)) yield { n, row: orNull(() => alone(n)) };
    }
  };
}
