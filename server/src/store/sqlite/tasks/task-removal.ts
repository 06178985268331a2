/**
 * Removes tasks with everything that hangs on them, a slice at a time: what hangs on one may be a million rows, and whoever
 * submits meanwhile waits behind the slice. A task that is half removed has ended long ago, and goes with the next one.
 */
import type { Database } from "better-sqlite3";
import { numberIn, stateIn, textIn } from "../column.ts";
import { Totals } from "./totals.ts";

/** Of the writer's time at once. */
const SLICE_MS = 8;
/** Rows of one task that are deleted between two looks at the clock. */
const ROWS_PER_LOOK = 500;
/** Tasks with fewer rows in each table that go at once: a statement for each would be a quarter of what they take. */
const TASKS_PER_LOOK = 16;

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

export class TaskRemoval {
  readonly #totals: Totals;
  readonly #onRemoved: (table: string, rows: number) => void;
  readonly #belongings;
  readonly #hasMany;
  readonly #dropTask;
  readonly #dropText;
  #waiting: unknown[][] = [];

  /** `onRemoved` hears of the rows that went, by table; of a transaction that fails too. */
  constructor(db: Database, onRemoved: (table: string, rows: number) => void = () => {}) {
    this.#onRemoved = onRemoved;
    this.#totals = new Totals(db);
    this.#belongings = BELONGINGS.map(([table, key]) => ({
      table,
      // Most tasks have few rows: to drop some takes six times as long as to drop all.
      areMany: db.prepare<unknown[]>(`SELECT 1 FROM ${table} WHERE task = ? LIMIT 1 OFFSET ${ROWS_PER_LOOK - 1}`),
      dropAll: db.prepare<unknown[]>(`DELETE FROM ${table} WHERE task IN (SELECT value FROM json_each(?))`),
      dropSome: db.prepare<unknown[]>(
        `DELETE FROM ${table} WHERE task = ? AND (${key}) IN (
           SELECT ${key} FROM ${table} WHERE task = ? ORDER BY ${key} LIMIT ${ROWS_PER_LOOK})`,
      ),
    }));
    const many = BELONGINGS.map(
      ([table]) => `EXISTS (SELECT 1 FROM ${table} WHERE task = @task LIMIT 1 OFFSET ${ROWS_PER_LOOK - 1})`,
    );
    this.#hasMany = db.prepare<unknown[], number>(`SELECT ${many.join(" OR ")}`).pluck();
    this.#dropTask = db.prepare<unknown[]>("DELETE FROM tasks WHERE n = ?");
    this.#dropText = db.prepare<unknown[]>("DELETE FROM search WHERE rowid = ?");
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
  slice(texts: boolean): number {
    const until = performance.now() + SLICE_MS;
    const before = [...this.#waiting];
    const gone: unknown[] = [];
    try {
      while (this.#waiting.length > 0 && performance.now() < until) {
        const tasks = this.#nextFew();
        const few = tasks.length > 0 ? tasks : this.#waiting.slice(0, 1);
        if (tasks.length === 0 && !this.#dropMany(few[0]?.[0], until)) break;
        this.#dropFew(few.map(([n]) => n));
        for (const row of few) {
          this.#drop(row);
          gone.push(row[0]);
        }
        this.#waiting.splice(0, few.length);
      }
      // All at the end: whatever is dropped after a text has the search index written anew.
      if (texts) for (const n of gone) this.#dropText.run(n);
      this.#totals.write();
      return gone.length;
    } catch (error) {
      // Nothing of this transaction is kept.
      this.#totals.clear();
      this.#waiting = before;
      throw error;
    }
  }

  /** The next ones, none of which has many rows; none when the first one has. */
  #nextFew(): unknown[][] {
    const next = this.#waiting.slice(0, TASKS_PER_LOOK);
    const many = next.findIndex(([n]) => this.#hasMany.get({ task: n }) === 1);
    return many === -1 ? next : next.slice(0, many);
  }

  /** All but few of its rows. False when there was no time for that. */
  #dropMany(n: unknown, until: number): boolean {
    for (const { table, areMany, dropSome } of this.#belongings) {
      while (areMany.get(n) !== undefined) {
        this.#onRemoved(table, dropSome.run(n, n).changes);
        if (performance.now() > until) return false;
      }
    }
    return true;
  }

  #dropFew(tasks: readonly unknown[]): void {
    const numbers = JSON.stringify(tasks);
    for (const { table, dropAll } of this.#belongings) this.#onRemoved(table, dropAll.run(numbers).changes);
  }

  #drop([n, tenant, user, kind, createdAt, state, deletedAt]: unknown[]): void {
    const counted = {
      tenant: textIn(tenant),
      user: textIn(user),
      kind: textIn(kind),
      createdAt: numberIn(createdAt),
    };
    if (deletedAt === null) this.#totals.move(counted, stateIn(state), null);
    this.#totals.left(counted);
    this.#dropTask.run(n);
  }
}
