/**
 * Writes of attempts that the store has refused as a full disk or an overload does. They are kept in memory and made
 * again until the store takes them: what a step has returned was paid for, and its body does not run again as long as
 * this process lives. What is kept has a bound; over it a write is refused to its attempt, which then goes on from its
 * journal and does the step again.
 */
import { Refusal } from "../../task/errors.ts";
import type { TaskId } from "../../task/id.ts";
import type { Clock } from "../clock.ts";
import { AGAIN_MS, type EngineLog } from "./settings.ts";

type Parts = { clock: Clock; bytesMax: number; log: EngineLog };

export class RefusedWrites {
  readonly #parts: Parts;
  readonly #waiting = new Set<() => void>();
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
      const bytes = sizeOf();
      if (this.#bytes + bytes > this.#parts.bytesMax) throw error;
      this.#parts.log.warn("The store did not take what a task has done: it is kept, and written again.", {
        task,
        error,
      });
      return await this.#keep(bytes, write);
    }
  }

  /** Nothing is tried again from here on: whoever waits is refused. */
  stop(): void {
    this.#stopped = true;
    for (const wake of this.#waiting) wake();
  }

  async #keep<Result>(bytes: number, write: () => Promise<Result>): Promise<Result> {
    this.#bytes += bytes;
    try {
      for (;;) {
        await this.#wait();
        try {
          return await write();
        } catch (error) {
          if (!isUnavailable(error) || this.#stopped) throw error;
        }
      }
    } finally {
      this.#bytes -= bytes;
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

/** The store may take it another time: the disk is full, or too much is waiting. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof Refusal && error.code === "unavailable";
}
