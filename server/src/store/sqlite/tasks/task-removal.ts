/**
 * Removes tasks with everything that hangs on them, a slice at a time: what hangs on one may be a million rows, and whoever
 * submits meanwhile waits behind the slice. A task that is half removed has ended long ago, and goes with the next one.
 */
import type { Database } from "better-sqlite3";
import { numberIn, stateIn, textIn } from "../column.ts";
import { Pace } from "../thread/pace.ts";
import { Totals } from "./totals.ts";

/** Of the writer's time at once. */
const SLICE_MS = 15;
/** Rows of a table that are deleted between two looks at the clock. */
const ROWS_PER_LOOK = 500;
/** Tasks with few rows that go at once: a statement for each would be half of what they take. */
const TASKS_PER_LOOK = 32;

/** Tables of what hangs on a task, with what orders their rows. */
const BELONGINGS: readonly [table: string, key: string][] = [
  ["events", "seq"],
  ["journal", "branch, position"],
  ["inbox", "n"],
  ["artifact_updates", "n"],
  ["usage", "n"],
  ["task_files", "sha256"],
  ["attachments", "name"],
  ["subscriptions", "key"],
];

const OF_THESE = "IN (SELECT value FROM json_each(@tasks))";

export class TaskRemoval {
  readonly #totals: Totals;
  readonly #onRemoved: (table: string, rows: number) => void;
  readonly #belongings;
  readonly #haveMany;
  readonly #dropTasks;
  readonly #dropTexts;
  #waiting: unknown[][] = [];

  /** `onRemoved` hears of the rows that went, by table; of a transaction that fails too. */
  constructor(db: Database, onRemoved: (table: string, rows: number) => void = () => {}) {
    this.#onRemoved = onRemoved;
    this.#totals = new Totals(db);
    this.#belongings = BELONGINGS.map(([table, key]) => ({
      table,
      // Most tasks have few rows: to drop some takes six times as long as to drop all.
      areMany: db.prepare<unknown[]>(`SELECT 1 FROM ${table} WHERE task = ? LIMIT 1 OFFSET ${ROWS_PER_LOOK - 1}`),
      dropAll: db.prepare<unknown[]>(`DELETE FROM ${table} WHERE task ${OF_THESE}`),
      dropSome: db.prepare<unknown[]>(
        `DELETE FROM ${table} WHERE task = ? AND (${key}) IN (
           SELECT ${key} FROM ${table} WHERE task = ? ORDER BY ${key} LIMIT ${ROWS_PER_LOOK})`,
      ),
    }));
    const many = BELONGINGS.map(
      ([table]) => `EXISTS (SELECT 1 FROM ${table} WHERE task ${OF_THESE} LIMIT 1 OFFSET ${ROWS_PER_LOOK - 1})`,
    );
    this.#haveMany = db.prepare<unknown[], number>(`SELECT ${many.join(" OR ")}`).pluck();
    this.#dropTasks = db.prepare<unknown[]>(`DELETE FROM tasks WHERE n ${OF_THESE}`);
    this.#dropTexts = db.prepare<unknown[]>(`DELETE FROM search WHERE rowid ${OF_THESE}`);
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0;
  }

  /** Those alone, whatever was left of a call before. */
  begin(tasks: unknown[][]): void {
    this.#waiting = [...tasks];
  }

  /** Rows `n, tenant, user, kind, created_at, state, deleted_at` of tasks. */
  add(tasks: unknown[][]): void {
    this.#waiting.push(...tasks);
  }

  /**
   * Within the caller's transaction. Returns how many tasks are gone. Without `texts`, their texts stay in the search index
   * and lead nowhere: a damaged index must not keep the tasks.
   */
  slice(texts: boolean, pace = new Pace()): number {
    const isOver = pace.turn(SLICE_MS);
    const before = [...this.#waiting];
    const gone: unknown[] = [];
    try {
      do {
        const few = this.#nextFew();
        if (few.length === 1 && !this.#dropMany(few[0]?.[0], isOver)) break;
        this.#drop(few);
        for (const [n] of few) gone.push(n);
        this.#waiting.splice(0, few.length);
      } while (this.#waiting.length > 0 && !isOver());
      // All at the end: whatever is dropped after a text has the search index written anew.
      if (texts) this.#dropTexts.run({ tasks: JSON.stringify(gone) });
      this.#totals.write();
      return gone.length;
    } catch (error) {
      // Nothing of this transaction is kept.
      this.#totals.clear();
      this.#waiting = before;
      throw error;
    }
  }

  /** The next ones, which together have few rows in each table, or one that has many. */
  #nextFew(): unknown[][] {
    for (let count = TASKS_PER_LOOK; ; count = Math.ceil(count / 2)) {
      const next = this.#waiting.slice(0, count);
      if (next.length <= 1 || this.#haveMany.get({ tasks: numbersOf(next) }) === 0) return next;
    }
  }

  /** All but few of its rows. False when there was no time for that. */
  #dropMany(n: unknown, isOver: () => boolean): boolean {
    for (const { table, areMany, dropSome } of this.#belongings) {
      while (areMany.get(n) !== undefined) {
        this.#onRemoved(table, dropSome.run(n, n).changes);
        if (isOver()) return false;
      }
    }
    return true;
  }

  #drop(few: unknown[][]): void {
    const tasks = numbersOf(few);
    for (const { table, dropAll } of this.#belongings) this.#onRemoved(table, dropAll.run({ tasks }).changes);
    for (const [, tenant, user, kind, createdAt, state, deletedAt] of few) {
      const counted = {
        tenant: textIn(tenant),
        user: textIn(user),
        kind: textIn(kind),
        createdAt: numberIn(createdAt),
      };
      if (deletedAt === null) this.#totals.move(counted, stateIn(state), null);
      this.#totals.left(counted);
    }
    this.#dropTasks.run({ tasks });
  }
}

function numbersOf(tasks: readonly unknown[][]): string {
  return JSON.stringify(tasks.map(([n]) => n));
}
