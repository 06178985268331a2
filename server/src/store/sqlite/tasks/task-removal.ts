/**
 * Removes tasks with everything that hangs on them, a slice at a time: what hangs on one may be a million rows, and whoever
 * submits meanwhile waits behind the slice. A task that is half removed has ended long ago, and goes with the next one.
 */
import type { Database } from "better-sqlite3";
import { Damaged } from "../../damage.ts";
import { maybeNumberIn, numberIn, sizeIn, stateIn, textIn } from "../column.ts";
import { isCorrupt, isOfARow } from "../database.ts";
import { textsRemoval } from "../documents/texts-removal.ts";
import { Pace } from "../thread/pace.ts";
import { Totals } from "./totals.ts";

/** Of the writer's time at once. */
const SLICE_MS = 15;
/** Rows of a table that are deleted between two looks at the clock. */
const ROWS_PER_LOOK = 500;
/** Tasks with few rows that go at once: a statement for each would be half of what they take. */
const TASKS_PER_LOOK = 32;

/** Tables of what hangs on a task, with what orders their rows. Nothing but this module takes their rows with the task. */
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

/** Those in which a task has few rows, */
const PARTS = ["submissions", "metadata", "assignments", "participants", "spent_below"];
/** and the one that has it by its id. */
const NAMES = "task_aliases";

/** Every table that refers to tasks, with the column of the task that its own `task` holds. */
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
  /** What tasks that are gone held, each owner once. */
  readonly #bytes = new Map<string, { tenant: string; user: string; bytes: number }>();
  #waiting: number[] = [];
  /** What goes at this moment. */
  #going: readonly number[] = [];
  /** One of some that were to go together lies on a damaged page: alone each shows whether it is the one, and the next may be one too. */
  #isLooking = false;
  /** Those that do. They stay. */
  readonly #damaged = new Set<number>();
  /** The texts of what goes stay in a damaged index, and lead nowhere: it must not keep the tasks. */
  #isIndexDamaged = false;

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

  /** Those alone, whatever was left of a call before. */
  begin(tasks: readonly number[]): void {
    this.#waiting = [...tasks];
  }

  /** By their numbers. */
  add(tasks: readonly number[]): void {
    this.#waiting.push(...tasks.filter((n) => !this.#damaged.has(n)));
  }

  /**
   * Within the caller's transaction. Returns how many tasks are gone, and with `texts` takes what the search index has of them.
   * Throws `Damaged` where a task or that index is: they are passed over then. A task breaks two transactions at most and keeps no other.
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
      // All at the end: whatever is dropped after a text has the search index written anew.
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

  /** The next ones, which together have few rows in each table, or one that has many. */
  #nextFew(): number[] {
    for (let count = this.#isLooking ? 1 : TASKS_PER_LOOK; ; count = Math.ceil(count / 2)) {
      const next = this.#waiting.slice(0, count);
      this.#going = next;
      if (next.length <= 1 || this.#haveMany.get({ tasks: JSON.stringify(next) }) === 0) return next;
    }
  }

  /** All but few of its rows. False when there was no time for that. */
  #dropMany(n: number | undefined, isOver: () => boolean): boolean {
    for (const { table, areMany, dropSome } of this.#belongings) {
      while (areMany.get(n) !== undefined) {
        this.#onRemoved(table, dropSome.run(n, n).changes);
        if (isOver()) return false;
      }
    }
    return true;
  }

  /** What another one has removed meanwhile counts no more. */
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
