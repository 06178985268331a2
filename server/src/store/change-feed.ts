/**
 * What a store tells after each commit: which tasks have changed, and how far. In one process it says what that process
 * itself has just been answered; over a database that several servers write, it also carries the commits of the others,
 * so that a write of theirs can move, wake, stream and invalidate here.
 */
import type { TaskId } from "../task/id.ts";
import type { State } from "../task/states.ts";
import type { Task } from "../task/task.ts";

/** One committed change of a task. `lastSeq` is the number of its last event. */
export type TaskChange = { task: TaskId; revision: number; lastSeq: number; state: State };

export interface ChangeFeed {
  /**
   * Calls `listener` after every commit from now on, once for each task in it, the changes of a task in the order of
   * their commits; returns how to stop. Of this process's own writes it hears before `apply` resolves.
   *
   * With several writers it is a hint: changes may come late, more than once, or as the last of several. Whoever caches
   * a task keeps nothing older than the revision that it has heard of, and reads again from the store. A listener must
   * not throw, and does no work beyond noting what it heard.
   */
  changes(listener: (change: TaskChange) => void): () => void;
}

/** The feed of a store that hears of its own commits alone. */
export class LocalChangeFeed implements ChangeFeed {
  readonly #listeners = new Set<(change: TaskChange) => void>();

  changes(listener: (change: TaskChange) => void): () => void {
    // A function of its own, so that one listener given twice is heard twice and stopped once.
    const own = (change: TaskChange) => listener(change);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Tells what one transaction has committed. */
  publish(committed: readonly { task: Pick<Task, "id" | "revision" | "lastSeq" | "state"> }[]): void {
    if (this.#listeners.size === 0) return;
    for (const { task } of committed) {
      const { id, revision, lastSeq, state } = task;
      for (const listener of this.#listeners) listener({ task: id, revision, lastSeq, state });
    }
  }
}
