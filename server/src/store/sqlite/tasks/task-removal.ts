/**
 * Removes tasks with all their rows, in slices: a task may have a million rows, and a submit waits behind one slice only. A task that
 * is half removed has ended long ago; the next slice goes on with it.
 */
import type { Database } from "better-sqlite3";
import { Damaged } from "../../damage.ts";
import { maybeNumberIn, numberIn, sizeIn, stateIn, textIn } from "../column.ts";
import { isCorrupt, isOfARow } from "../database.ts";
import { textsRemoval } from "../documents/texts-removal.ts";
import { Pace } from "../thread/pace.ts";
import { Totals } from "./totals.ts";

/** Time of a slice. */
const SLICE_MS = 15;
/** Rows of a table that are deleted between two looks at the clock. */
const ROWS_PER_LOOK = 500;
/** Tasks with few rows that are removed by one statement a table: one a task would take twice as long. */
const TASKS_PER_LOOK = 32;

/** Tables in which a task may have many rows, with the rest of their key. No foreign key removes these rows: this module does. */
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

/** Tables in which a task has few rows, */
const PARTS = ["submissions", "metadata", "assignments", "participants", "spent_below"];
/** and the one that has the task's id and not its number. */
const NAMES = "task_aliases";

/** Every table that refers to tasks, with the column of `tasks` that its own column `task` refers to. */
export const REFERRING: readonly [table: string, column: "n" | "id"][] = [
  ...[...BELONGINGS.map(([table]) => table), ...PARTS].map((table): [string, "n"] => [table, "n"]),
  [NAMES, "id"],
];

const OF_THESE = "IN (SELECT value FROM json_each(@tasks))";

export class TaskRemoval {
  readonly #totals: Totals;
  readonly #onRemoved: (table: string, rows: number) => void;
  readonly #belongings;
  readonly #haveMany;
  readonly #dropParts;
  readonly #dropTasks;
  readonly #removeTexts;
  readonly #addBytes;
  /** Stored bytes of the removed tasks by owner. */
  readonly #bytes = new Map<string, { tenant: string; user: string; bytes: number }>();
  #waiting: number[] = [];
  /** The tasks that are being removed at this moment. */
  #going: readonly number[] = [];
  /** A group of tasks has met a damaged page: tasks are removed one by one until a slice succeeds, to find which one it is. */
  #isLooking = false;
  /** Tasks on damaged pages, which stay. */
  readonly #damaged = new Set<number>();
  /** A damaged search index does not keep tasks from removal: their texts stay in it and lead nowhere. */
  #isIndexDamaged = false;

  /** `onRemoved` is called with the number of rows removed from a table, also in a transaction that fails later. */
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
    this.#dropParts = [
      ...PARTS.map((table) => `DELETE FROM ${table} WHERE task ${OF_THESE}`),
      `DELETE FROM ${NAMES} WHERE task IN (SELECT id FROM tasks WHERE n ${OF_THESE})`,
    ].map((sql) => db.prepare<unknown[]>(sql));
    this.#dropTasks = db
      .prepare<unknown[], unknown[]>(
        `DELETE FROM tasks WHERE n ${OF_THESE} RETURNING tenant, user, kind, created_at, state, deleted_at, bytes`,
      )
      .raw();
    this.#addBytes = db.prepare<unknown[]>("INSERT INTO stored_changes VALUES (?, ?, ?)");
    this.#removeTexts = textsRemoval(db);
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0;
  }

  /** Removes these from now on, and no others that are still waiting. */
  begin(tasks: readonly number[]): void {
    this.#waiting = [...tasks];
  }

  /** Adds tasks, by their numbers. */
  add(tasks: readonly number[]): void {
    this.#waiting.push(...tasks.filter((n) => !this.#damaged.has(n)));
  }

  /**
   * A slice, within the caller's transaction. Returns how many tasks are gone; `texts` removes them from the search index too. Throws
   * `Damaged` at a damaged task or index, which the next call passes over. A damaged task makes at most two transactions fail, and does
   * not keep other tasks.
   */
  slice(texts: boolean, pace = new Pace()): number {
    const isOver = pace.turn(SLICE_MS);
    const before = [...this.#waiting];
    const gone: number[] = [];
    try {
      do {
        const few = this.#nextFew();
        if (few.length === 1 && !this.#dropMany(few[0], isOver)) break;
        this.#drop(few);
        gone.push(...few);
        this.#waiting.splice(0, few.length);
      } while (this.#waiting.length > 0 && !isOver());
      this.#going = [];
      // Texts last and together: each change between two of them makes FTS5 write its index again.
      if (texts && !this.#isIndexDamaged) this.#dropTextsOf(gone);
      this.#totals.write();
      for (const { tenant, user, bytes } of this.#bytes.values()) this.#addBytes.run(tenant, user, -bytes);
      this.#bytes.clear();
      this.#isLooking = false;
      return gone.length;
    } catch (error) {
      // Nothing of this transaction is kept.
      this.#totals.clear();
      this.#bytes.clear();
      this.#waiting = before;
      throw isOfARow(error) ? this.#foundDamaged(error) : error;
    }
  }

  #foundDamaged(error: unknown): unknown {
    const [first, ...others] = this.#going;
    this.#going = [];
    if (first === undefined) return error;
    this.#isLooking = true;
    if (others.length === 0) {
      this.#damaged.add(first);
      this.#waiting = this.#waiting.filter((n) => n !== first);
    }
    return new Damaged("task that ended long ago", error);
  }

  #dropTextsOf(tasks: readonly number[]): void {
    try {
      this.#removeTexts(tasks);
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      this.#isIndexDamaged = true;
      throw new Damaged("search index", error);
    }
  }

  /** The next tasks: several that together have few rows in each table, or one. */
  #nextFew(): number[] {
    for (let count = this.#isLooking ? 1 : TASKS_PER_LOOK; ; count = Math.ceil(count / 2)) {
      const next = this.#waiting.slice(0, count);
      this.#going = next;
      if (next.length <= 1 || this.#haveMany.get({ tasks: JSON.stringify(next) }) === 0) return next;
    }
  }

  /** Removes all but few rows of a task. False when the time is over before that. */
  #dropMany(n: number | undefined, isOver: () => boolean): boolean {
    for (const { table, areMany, dropSome } of this.#belongings) {
      while (areMany.get(n) !== undefined) {
        this.#onRemoved(table, dropSome.run(n, n).changes);
        if (isOver()) return false;
      }
    }
    return true;
  }

  /** Tasks that another process has removed meanwhile are not counted: the DELETE does not return them. */
  #drop(few: readonly number[]): void {
    const tasks = JSON.stringify(few);
    for (const { table, dropAll } of this.#belongings) this.#onRemoved(table, dropAll.run({ tasks }).changes);
    for (const dropPart of this.#dropParts) dropPart.run({ tasks });
    for (const row of this.#dropTasks.all({ tasks })) this.#left(row);
  }

  #left([tenantIn, userIn, kind, createdAt, state, deletedAt, bytes]: unknown[]): void {
    const [tenant, user] = [textIn(tenantIn), textIn(userIn)];
    const counted = { tenant, user, kind: textIn(kind), createdAt: numberIn(createdAt) };
    if (maybeNumberIn(deletedAt) === null) this.#totals.move(counted, stateIn(state), null);
    this.#totals.left(counted);
    const owner = `${tenant}\n${user}`;
    const held = this.#bytes.get(owner)?.bytes ?? 0;
    this.#bytes.set(owner, { tenant, user, bytes: held + sizeIn(bytes) });
  }
}
