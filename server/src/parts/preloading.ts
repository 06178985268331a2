/**
 * Loads what a start leaves to its first user: one thing after the other once the server has started, each in a moment when its thread
 * is idle. On a server that is never idle, the first user loads it.
 */
import type { Logger } from "pino";
import type { Config } from "../config.ts";
import type { Clock } from "../engine/clock.ts";
import type { Host } from "../http/host.ts";
import { modelLoads } from "../models/models.ts";

/** Between two looks, and so between two loads: each load holds up the thread for 10 to 100 ms. */
const LOOK_MS = 1_000;
/** A thread that works for less than this share of the time is idle. */
const IDLE_SHARE = 0.1;

type Parts = {
  clock: Clock;
  /** The share of the time since the last call that the thread has worked. */
  worked?: () => number;
  warn: (error: unknown) => void;
};

export function preloadingOf(models: Config["models"], loads: Host["loads"], clock: Clock, log: Logger): Preloading {
  const warn = (error: unknown) => log.warn({ err: error }, NOT_AHEAD);
  return new Preloading([...modelLoads(models), ...loads], { clock, warn });
}

const NOT_AHEAD =
  "What is loaded ahead of whoever needs it could not be, and is tried again when it is needed. Where the same is said then, start the server anew.";

export class Preloading {
  readonly #parts: Required<Parts>;
  readonly #left: (() => Promise<unknown>)[];
  #cancel: () => void;
  #looking: Promise<void> = Promise.resolve();

  constructor(loads: readonly (() => Promise<unknown>)[], parts: Parts) {
    this.#parts = { worked: workedShare(), ...parts };
    this.#left = [...loads];
    this.#cancel = this.#later();
  }

  /** Resolves once nothing is being loaded, and nothing will be. */
  async close(): Promise<void> {
    this.#left.length = 0;
    this.#cancel();
    await this.#looking;
  }

  #later(): () => void {
    return this.#parts.clock.after(LOOK_MS, () => {
      this.#looking = this.#look();
    });
  }

  async #look(): Promise<void> {
    // The first user of a failed load tries again: Node.js keeps the error of a module only if it failed while running.
    if (this.#parts.worked() < IDLE_SHARE) await this.#left.shift()?.().catch(this.#parts.warn);
    if (this.#left.length > 0) this.#cancel = this.#later();
  }
}

function workedShare(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}
