/**
 * Removes tasks with everything that hangs on them, a slice at a time: what hangs on one may be a million rows, and whoever
 * submits meanwhile waits behind the slice. A task that is half removed has ended long ago, and goes with the next one.
 */
import type { Database } from "better-sqlite3";
import { numberIn, stateIn, textIn } from "./column.ts";
import { Totals } from "./totals.ts";

/** Of the writer's time at once. */
const SLICE_MS = 20;
/** Rows that are deleted between two looks at the clock. */
const ROWS_PER_LOOK = 500;

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
  readonly #dropSome;
  readonly #dropTask;
  readonly #dropText;
  #waiting: unknown[][] = [];

  /** `onRemoved` hears of the rows that went, by table; of a transaction that fails too. */
  constructor(db: Database, onRemoved: (table: string, rows: number) => void = () => {}) {
    this.#onRemoved = onRemoved;
    this.#totals = new Totals(db);
    this.#dropSome = BELONGINGS.map(([table, key]) => ({
      table,
      statement: db.prepare<unknown[]>(
        `DELETE FROM ${table} WHERE task = ? AND (${key}) IN (
           SELECT ${key} FROM ${table} WHERE task = ? ORDER BY ${key} LIMIT ${ROWS_PER_LOOK})`,
      ),
    }));
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
    let removed = 0;
    try {
      for (let row = this.#waiting[0]; row && performance.now() < until; row = this.#waiting[0]) {
        if (!this.#dropBelongings(row[0], until)) break;
        this.#drop(row, texts);
        this.#waiting.shift();
        removed += 1;
      }
      this.#totals.write();
      return removed;
    } catch (error) {
      // Nothing of this transaction is kept.
      this.#totals.clear();
      this.#waiting = before;
      throw error;
    }
  }

  /** False when there was no time for all. */
  #dropBelongings(n: unknown, until: number): boolean {
    for (const { table, statement } of this.#dropSome) {
      for (let removed = ROWS_PER_LOOK; removed === ROWS_PER_LOOK; ) {
        removed = statement.run(n, n).changes;
        this.#onRemoved(table, removed);
        if (removed === ROWS_PER_LOOK && performance.now() > until) return false;
      }
    }
    return true;
  }

  #drop([n, tenant, user, kind, createdAt, state, deletedAt]: unknown[], texts: boolean): void {
    const counted = {
      tenant: textIn(tenant),
      user: textIn(user),
      kind: textIn(kind),
      createdAt: numberIn(createdAt),
    };
    if (deletedAt === null) this.#totals.move(counted, stateIn(state), null);
    this.#totals.left(counted);
    if (texts) this.#dropText.run(n);
    this.#dropTask.run(n);
  }
}
