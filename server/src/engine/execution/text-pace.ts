/**
 * How far apart the commits of one task's live text are: close where somebody follows it and this thread has time to spare,
 * further apart where it has none and many tasks speak at once, so that text is not what makes others wait.
 */
import { performance } from "node:perf_hooks";
import type { Clock } from "../clock.ts";

/** Of text that nobody follows, or in a busy thread. */
export const TEXT_MS = 100;
/** A model seldom says more than 50 tokens a second. */
const FOLLOWED_MS = 20;
/** Shares of its time in which a thread does something: up to the first it has time to spare, from the second on it is busy. */
const SPARE = 0.5;
const BUSY = 0.9;
/** Each takes 50 us of this thread: in one that is busy a quarter of its time, at most. */
const COMMITS_PER_S = 5_000;
/** The share is one of so long, at least. */
const SAMPLE_MS = 200;

/**
 * `busy` is the share of its time in which this thread does something, from 0 to 1, and `speaking` how many tasks say something:
 * in a busy thread all of them together make no more than so many commits a second.
 */
export function textMs(isFollowed: boolean, busy: number, speaking: number): number {
  if (!isFollowed) return TEXT_MS;
  const share = Math.min(1, Math.max(0, (busy - SPARE) / (BUSY - SPARE)));
  const busyMs = Math.min(TEXT_MS, Math.max(FOLLOWED_MS, (speaking / COMMITS_PER_S) * 1_000));
  return Math.round(FOLLOWED_MS + share * (busyMs - FOLLOWED_MS));
}

/** A task, as it says something: in which sample it did so last. */
export type Speaker = { spokeIn: number };

/** How many tasks say something, lately. */
export class Speakers {
  readonly #clock: Pick<Clock, "elapsed">;
  #sample = 1;
  #from = Number.NEGATIVE_INFINITY;
  #count = 0;
  #countBefore = 0;

  constructor(clock: Pick<Clock, "elapsed">) {
    this.#clock = clock;
  }

  /** As many as there are with this one. */
  with(speaker: Speaker): number {
    const now = this.#clock.elapsed();
    if (now - this.#from >= SAMPLE_MS) {
      this.#from = now;
      this.#sample += 1;
      this.#countBefore = this.#count;
      this.#count = 0;
    }
    if (speaker.spokeIn !== this.#sample) this.#count += 1;
    speaker.spokeIn = this.#sample;
    return Math.max(this.#count, this.#countBefore);
  }
}

/** How busy the thread that asks is, by its event loop's own count, lately. */
export function threadBusy(): () => number {
  let seen = performance.eventLoopUtilization();
  let at = performance.now();
  let busy = 0;
  return () => {
    const now = performance.now();
    if (now - at < SAMPLE_MS) return busy;
    busy = performance.eventLoopUtilization(seen).utilization;
    seen = performance.eventLoopUtilization();
    at = now;
    return busy;
  };
}
