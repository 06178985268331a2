/**
 * How far apart the commits of one task's live text are: close where somebody follows it and this thread has time to spare,
 * further apart the busier it is, so that text is not what makes others wait.
 */
import { performance } from "node:perf_hooks";

/** Of text that nobody follows, or in a busy thread. */
export const TEXT_MS = 100;
/** A model seldom says more than 50 tokens a second. */
const FOLLOWED_MS = 20;
/** Shares of its time in which a thread does something: up to the first it has time to spare, from the second on it is busy. */
const SPARE = 0.5;
const BUSY = 0.9;
/** The share is one of so long, at least. */
const SAMPLE_MS = 200;

/** `busy` is the share of its time in which this thread does something, from 0 to 1. */
export function textMs(isFollowed: boolean, busy: number): number {
  if (!isFollowed) return TEXT_MS;
  const share = Math.min(1, Math.max(0, (busy - SPARE) / (BUSY - SPARE)));
  return Math.round(FOLLOWED_MS + share * (TEXT_MS - FOLLOWED_MS));
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
