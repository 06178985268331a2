/** Counts the processor time of a piece of work that is done bit by bit, and refuses the next bit when it is used up. */
import { ExtractionError } from "./extraction.ts";

export class Effort {
  #leftMs: number;

  constructor(ms: number) {
    this.#leftMs = ms;
  }

  /** Throws `timeout` when nothing is left. What it began is ended. */
  spend<T>(work: () => T): T {
    if (this.#leftMs <= 0) throw new ExtractionError("timeout", "It took too long to read.");
    const before = process.threadCpuUsage();
    try {
      return work();
    } finally {
      const { user, system } = process.threadCpuUsage(before);
      this.#leftMs -= (user + system) / 1_000;
    }
  }
}
