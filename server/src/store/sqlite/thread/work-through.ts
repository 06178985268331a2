/**
 * The worker's end of a channel: everything that has arrived is the next batch, up to a bound, and one batch is under way
 * at a time. Answers go back in the order of the calls.
 */
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { Call, Outcome } from "./call.ts";

/** A batch is one transaction and one sync; a larger one only makes its callers wait for each other. */
const BATCH_COUNT_MAX = 256;
export const BATCH_BYTES_MAX = 4 << 20;
/** Smaller batches are not halved. */
const HALVED_COUNT_MIN = 16;
/** Time until a caller who has had an answer is back with its next call. */
const RETURN_MS = 0.01;
/**
 * The batch waits for callers to return if a commit takes this many times as long as they do. With faster commits, two groups of callers
 * that take turns are faster.
 */
const SLOW_COMMIT = 2;
const NOTHING = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

export interface Work {
  /**
   * Returns one outcome per call, in their order. It may do only the first calls, at least one, so that the others need not wait for a
   * long one. `isWaitedFor` says whether more calls have come, for calls that could go on for long.
   */
  batch(calls: Call[], isWaitedFor?: () => boolean): Outcome[];
  /** What a commit costs beside its writes: the sync. */
  readonly commitMs: number;
  close(): void;
}

/** Calls and their outcomes, both as JSON. */
export function worked(work: Pick<Work, "batch">, calls: string): string {
  return JSON.stringify(work.batch(JSON.parse(calls)));
}

/** JSON of several calls, or null for the end. */
type Sent = string | null;

/** Serves the calls that come over a port until null comes, then closes the work and sends null. */
export function workThrough(port: MessagePort, work: Work): void {
  let pending: { call: Call; bytes: number }[] = [];
  let isEnding = false;
  /** Callers of the last batch, and when they had their answers. */
  let answered = 0;
  let answeredAt = 0;
  /** Callers of the last batch who are not back yet. */
  let away = 0;

  const take = (text: Sent): void => {
    if (text === null) {
      isEnding = true;
      return;
    }
    const calls: Call[] = JSON.parse(text);
    away = Math.max(0, away - calls.length);
    for (const call of calls) pending.push({ call, bytes: text.length / calls.length });
  };

  const takeAll = (): void => {
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) take(next.message);
  };

  /**
   * Where a sync is slow, callers who have just had their answers share the next commit with those who already wait: with commits of 12
   * to 27 ms, 64 callers made batches of 53 and 56 in place of 45 and 44. A caller who is not back within a commit's time is not waited
   * for.
   */
  const awaitReturn = (): void => {
    const fewer = answered - pending.length;
    if (isEnding || pending.length === 0 || fewer <= 0 || work.commitMs < SLOW_COMMIT * answered * RETURN_MS) return;
    if (performance.now() - answeredAt > work.commitMs) return;
    Atomics.wait(NOTHING, 0, 0, fewer * RETURN_MS);
    takeAll();
  };

  port.on("message", (first: Sent) => {
    take(first);
    for (;;) {
      takeAll();
      awaitReturn();
      if (pending.length === 0) break;
      const count = batchSize(pending, work.commitMs, away);
      const isWaitedFor = () => {
        takeAll();
        return pending.length > count;
      };
      const calls = pending.slice(0, count).map(({ call }) => call);
      const outcomes = work.batch(calls, isWaitedFor);
      pending = pending.slice(outcomes.length);
      port.postMessage(JSON.stringify(outcomes));
      answered = outcomes.length;
      answeredAt = performance.now();
      // Calls that are here by now come of no answer of this batch. Their messages may be megabytes, so `away` is set after they are parsed.
      takeAll();
      away = outcomes.length;
    }
    if (isEnding) {
      work.close();
      port.postMessage(null);
      port.close();
    }
  });
}

/**
 * What has arrived, within the bounds; half of all callers, with those who are away, when a sync costs less than the time in which
 * this thread would otherwise wait for the callers of a whole batch to come back. The callers then make two groups that take turns,
 * and neither thread waits for the other. Measured on two busy cores with a sync of 0.2 ms: 1.24 times the submits of 256
 * callers, no difference for 64 or 8. Half of what has arrived would make commits of 32, 16, 8 and 8 calls of 64 callers:
 * with two groups they submit 1.03 to 1.15 times as much.
 */
function batchSize(pending: { bytes: number }[], commitMs: number, away: number): number {
  let count = 0;
  let bytes = 0;
  for (const item of pending) {
    bytes += item.bytes;
    if (count > 0 && (count === BATCH_COUNT_MAX || bytes > BATCH_BYTES_MAX)) break;
    count++;
  }
  const halved = count >= HALVED_COUNT_MIN && commitMs < count * RETURN_MS;
  return halved ? Math.min(count, Math.ceil((count + away) / 2)) : count;
}
