/**
 * What the guards of a write need of a task's row, cached by the writer for running tasks: most are written again within milliseconds, and to
 * read the row costs as much as to insert an event. The cache is cleared when another process has written, and when a call has written
 * something else than a change of tasks.
 */
import type { Database } from "better-sqlite3";
import type { State } from "../../task/states.ts";
import { maybeNumberIn, maybeTextIn, numberIn, stateIn, textIn } from "./column.ts";
import { lateRows } from "./late-statements.ts";

/** The columns of a task's row before a write; `n` is null until a new task is inserted. */
export type TaskHead = {
  n: number | null;
  revision: number;
  state: State;
  attempt: number;
  tenant: string;
  user: string;
  kind: string;
  createdAt: number;
  conversation: string | null;
  deletedAt: number | null;
};

/** With more cached tasks the cache is cleared. */
const REMEMBERED_MAX = 4_096;

export class TaskHeadCache {
  readonly #read;
  readonly #remembered = new Map<string, TaskHead>();

  constructor(db: Database) {
    this.#read = lateRows(
      db,
      `SELECT n, revision, state, attempt, tenant, user, kind, created_at, conversation, deleted_at FROM tasks
       WHERE id = ?`,
    );
  }

  of(id: string): TaskHead | null {
    const known = this.#remembered.get(id);
    if (known) return known;
    const row = this.#read.get(id);
    if (!row) return null;
    const [n, revision, state, attempt, tenant, user, kind, createdAt, conversation, deletedAt] = row;
    return {
      n: numberIn(n),
      revision: numberIn(revision),
      state: stateIn(state),
      attempt: numberIn(attempt),
      tenant: textIn(tenant),
      user: textIn(user),
      kind: textIn(kind),
      createdAt: numberIn(createdAt),
      conversation: maybeTextIn(conversation),
      deletedAt: maybeNumberIn(deletedAt),
    };
  }

  /** After a write. `isNew` says that the task was not there before. */
  remember(id: string, head: TaskHead, isNew: boolean): void {
    if (head.state !== "running") {
      if (!isNew) this.#remembered.delete(id);
      return;
    }
    if (this.#remembered.size >= REMEMBERED_MAX) this.#remembered.clear();
    this.#remembered.set(id, head);
  }

  forget(): void {
    this.#remembered.clear();
  }
}
