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
/** What the other thread takes until a caller with an answer has come back with its next item. */
const RETURN_MS = 0.01;
/**
 * Times that a commit must take what its callers take to return, for them to be waited for. Where it takes no longer than they do, two
 * groups that take turns are faster.
 */
const SLOW_COMMIT = 2;
const NOTHING = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

export interface Work {
  /**
   * One outcome per call, in their order; of the first of them only, at least one, where the rest should not be held for them.
   * `isWaitedFor` says whether more calls have come, to whoever could go on for long.
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

/** Answers null once the work is closed. */
export function workThrough(port: MessagePort, work: Work): void {
  let pending: { call: Call; bytes: number }[] = [];
  let isEnding = false;
  /** Callers who have had their answers last, and when. */
  let answered = 0;
  let answeredAt = 0;
  /** Those of them who have not come back. */
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
   * Where a sync is slow, those who have just had their answers share the next one with whoever waits for it already: with commits
   * of 12 to 27 ms, 64 callers made groups of 53 and 56 for 45 and 44. Whoever has not come back in the time of a commit is gone.
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
      // Whoever has come by now has had no answer of these. To read what they say may take long: it is megabytes.
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
