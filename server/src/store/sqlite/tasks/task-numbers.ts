/**
 * Numbers of tasks, by which people's work is called. None is given twice: where the row that had the last one is gone, a fact says which
 * that was.
 */
import type { Database } from "better-sqlite3";
import { numberIn } from "../column.ts";
import { lateRows, lateRun } from "../late-statements.ts";

/** What is called so is a number: of what cannot be read there, nothing is wrong but that it says less. */
export const LAST_TASK_FACT = "tasks:last";

export class TaskNumbers {
  readonly #last;
  readonly #keep;

  constructor(db: Database) {
    this.#last = lateRows(
      db,
      `SELECT max(ifnull((SELECT max(n) FROM tasks), 0),
         ifnull((SELECT CAST(value AS INTEGER) FROM facts WHERE name = '${LAST_TASK_FACT}'), 0))`,
    );
    this.#keep = lateRun(
      db,
      `INSERT INTO facts (name, value) VALUES ('${LAST_TASK_FACT}', CAST(CAST(? AS INTEGER) AS TEXT)) ON CONFLICT DO UPDATE
         SET value = excluded.value WHERE CAST(facts.value AS INTEGER) < CAST(excluded.value AS INTEGER)`,
    );
  }

  /** The last one that was given. */
  get last(): number {
    return numberIn(this.#last.get()?.[0]);
  }

  /** The row that has it goes, or is lost. */
  keep(n: number): void {
    this.#keep.run(n);
  }
}
