/**
 * How tasks stand before a write. Whoever writes remembers those that run, since most are written again within
 * milliseconds and to ask for one costs as much as to write an event; and forgets all when another process has written, and
 * when something else than a change of tasks was.
 */
import type { Database } from "better-sqlite3";
import type { State } from "../../task/states.ts";
import { maybeNumberIn, maybeTextIn, numberIn, stateIn, textIn } from "./column.ts";
import { lateRows } from "./late-statements.ts";

/** What is known of a task before a write: its row, or nothing yet. */
export type Standing = {
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

/** Tasks that are remembered: with more, all are read again. */
const REMEMBERED_MAX = 4_096;

export class Standings {
  readonly #read;
  readonly #remembered = new Map<string, Standing>();

  constructor(db: Database) {
    this.#read = lateRows(
      db,
      `SELECT n, revision, state, attempt, tenant, user, kind, created_at, conversation, deleted_at FROM tasks
       WHERE id = ?`,
    );
  }

  of(id: string): Standing | null {
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

  /** A task stands like this now; `isNew` says that there was none before. */
  remember(id: string, standing: Standing, isNew: boolean): void {
    if (standing.state !== "running") {
      if (!isNew) this.#remembered.delete(id);
      return;
    }
    if (this.#remembered.size >= REMEMBERED_MAX) this.#remembered.clear();
    this.#remembered.set(id, standing);
  }

  /** What was remembered may not be so any more. */
  forget(): void {
    this.#remembered.clear();
  }
}
