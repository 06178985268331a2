/**
 * Writes of attempts that the store has refused as a full disk or an overload does. They are kept in memory and made
 * again until the store takes them: what a step has returned was paid for, and its body does not run again as long as
 * this process lives. What is kept has a bound; over it a write is refused to its attempt, which then goes on from its
 * journal and does the step again.
 */
import { isUnavailable, Refusal } from "../../task/errors.ts";
import type { TaskId } from "../../task/id.ts";
import type { Clock } from "../clock.ts";
import { AGAIN_MS, type EngineLog } from "./settings.ts";

type Parts = { clock: Clock; bytesMax: number; log: EngineLog };

export class RefusedWrites {
  readonly #parts: Parts;
  readonly #waiting = new Set<() => void>();
  /** Tasks of which something is kept, and how many things. */
  readonly #tasks = new Map<TaskId, number>();
  #bytes = 0;
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Calls `write` until the store takes it. Rejects as `write` does when that is not `unavailable`, when there is no room
   * to keep it, and after `stop`. `sizeOf` says about how many bytes are kept meanwhile.
   */
  async insist<Result>(task: TaskId, write: () => Promise<Result>, sizeOf: () => number = () => 0): Promise<Result> {
    try {
      return await write();
    } catch (error) {
      if (!isUnavailable(error) || this.#stopped) throw error;
      const release = this.#reserve(sizeOf());
      if (!release) throw error;
      this.#parts.log.warn("The store did not take what a task has done: it is kept, and written again.", {
        task,
        error,
      });
      this.#tasks.set(task, (this.#tasks.get(task) ?? 0) + 1);
      try {
        return await this.#keep(write);
      } finally {
        release();
        this.#forget(task);
      }
    }
  }

  /** The same once `last` is written. Rejects as `last` does, and when there is no room to wait behind a kept write of its task. */
  insistAfter<Result>(
    last: Promise<unknown>,
    task: TaskId,
    write: () => Promise<Result>,
    sizeOf: () => number,
  ): Promise<Result> {
    const insist = () => this.insist(task, write, sizeOf);
    if (!this.#tasks.has(task)) return last.then(insist);
    const release = this.#reserve(sizeOf());
    if (release) return last.finally(release).then(insist);
    return Promise.reject(new Refusal("unavailable", "No more is kept of what the store does not take."));
  }

  /** Nothing is tried again from here on: whoever waits is refused. */
  stop(): void {
    this.#stopped = true;
    for (const wake of this.#waiting) wake();
  }

  #reserve(bytes: number): (() => void) | null {
    if (this.#bytes + bytes > this.#parts.bytesMax) return null;
    this.#bytes += bytes;
    return () => {
      this.#bytes -= bytes;
    };
  }

  #forget(task: TaskId): void {
    const left = (this.#tasks.get(task) ?? 1) - 1;
    if (left > 0) this.#tasks.set(task, left);
    else this.#tasks.delete(task);
  }

  async #keep<Result>(write: () => Promise<Result>): Promise<Result> {
    for (;;) {
      await this.#wait();
      try {
        return await write();
      } catch (error) {
        if (!isUnavailable(error) || this.#stopped) throw error;
      }
    }
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        forget();
        this.#waiting.delete(wake);
        resolve();
      };
      const forget = this.#parts.clock.after(AGAIN_MS, wake);
      this.#waiting.add(wake);
    });
  }
}
