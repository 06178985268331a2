/** Removes the tasks of an erasure with all their rows, a slice at a time, and keeps the names of their files for it. */
import type { Database } from "better-sqlite3";
import { Refusal } from "../../../task/errors.ts";
import { numberIn } from "../column.ts";
import { isCorrupt } from "../database.ts";
import { textsRemoval } from "../documents/texts-removal.ts";
import { lateRows, lateRun } from "../late-statements.ts";
import { TaskNumbers } from "../tasks/task-numbers.ts";
import { TaskRemoval } from "../tasks/task-removal.ts";
import type { Pace } from "../thread/pace.ts";
import { ErasureTally } from "./erasure-tally.ts";

/** Tables of rows that belong to a task, with their names in a report. */
const CALLED: Readonly<Record<string, string>> = {
  tasks: "tasks",
  events: "events",
  journal: "steps",
  inbox: "inputs",
  artifact_updates: "artifacts",
  usage: "paid calls",
  attachments: "attachments",
  subscriptions: "webhooks of tasks",
};

export class ErasedTasks {
  readonly #find;
  readonly #noteFiles;
  readonly #dropTexts;
  readonly #tally;
  readonly #numbers: TaskNumbers;
  readonly #removal;
  #counts = new Map<string, number>();

  constructor(db: Database) {
    this.#find = lateRows(db, "SELECT n, created_at FROM tasks WHERE id = ?");
    this.#noteFiles = lateRun(
      db,
      `INSERT OR IGNORE INTO erased_files (erasure, sha256)
         SELECT ?, sha256 FROM task_files WHERE task = ? UNION SELECT ?, sha256 FROM attachments WHERE task = ?`,
    );
    this.#dropTexts = textsRemoval(db);
    this.#tally = new ErasureTally(db);
    this.#numbers = new TaskNumbers(db);
    this.#removal = new TaskRemoval(db, (table, rows) => {
      const kind = CALLED[table];
      if (kind !== undefined) this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + rows);
    });
  }

  /** Within the caller's transaction. False when none of the tasks is left. */
  turn(erasure: string, ids: readonly string[], pace: Pace): boolean {
    const of = this.#tally.find(erasure);
    if (!of) return false;
    const found = ids.flatMap((id) => this.#find.all(id));
    let since: number | null = null;
    for (const [n, createdAt] of found) {
      this.#noteFiles.run(erasure, n, erasure, n);
      since = Math.min(since ?? numberIn(createdAt), numberIn(createdAt));
    }
    const numbers = found.map(([n]) => numberIn(n));
    // The newest may be among them, at any place: of a tree, those below go first.
    if (numbers.length > 0) this.#numbers.keep(Math.max(...numbers));
    this.#counts = new Map();
    this.#removal.begin(numbers);
    const removed = this.#removal.slice(false, pace);
    this.#counts.set("tasks", removed);
    this.#tally.add(of, this.#counts, since);
    this.#removeTexts(numbers.slice(0, removed));
    return removed < numbers.length;
  }

  /** Texts must not stay unfindable in the index: no task is removed while the index is damaged, which is no damage of the task. */
  #removeTexts(tasks: readonly number[]): void {
    try {
      this.#dropTexts(tasks);
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      const refusal = new Refusal(
        "unavailable",
        "The search index is damaged: the words of what is erased cannot be removed from it.",
      );
      refusal.cause = error;
      throw refusal;
    }
  }
}
