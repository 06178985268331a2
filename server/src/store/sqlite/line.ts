/**
 * The way to whoever works in batches: one batch is under way, and what arrives meanwhile is the next one. Knows when
 * there is too much, and what becomes of those who wait when the other end is gone. Not what the work is.
 */
import { Worker } from "node:worker_threads";
import { Refusal } from "../../task/errors.ts";
import type { Role } from "./worker.ts";

/** A batch is one transaction and one sync; a larger one would only make its callers wait for each other. */
export const BATCH_COUNT_MAX = 256;
export const BATCH_BYTES_MAX = 4 << 20;
/** What may wait. At 10,000 a second this is a second of work; more than that is an overload. */
export const WAITING_COUNT_MAX = 10_000;
export const WAITING_BYTES_MAX = 64 << 20;
const RETRY_AFTER_S = 1;

export interface Line<Item> {
  /** Resolves with what the batch answers to this item. Throws `unavailable` when too much is waiting. */
  send(item: Item): Promise<unknown>;
  /** True when nothing is under way and nothing waits. */
  readonly isIdle: boolean;
  /** Lets what was sent finish, then ends the other end. */
  close(): Promise<void>;
}

type Caller = { resolve: (answer: unknown) => void; reject: (error: unknown) => void };

/** To one in the caller's own thread: each item is a batch of its own, and is worked before `send` returns. */
export function ownThreadLine<Item>(work: { batch(items: Item[]): unknown[]; close(): void }): Line<Item> {
  let closed = false;
  return {
    async send(item) {
      if (closed) throw gone();
      return work.batch([item])[0];
    },
    isIdle: true,
    async close() {
      closed = true;
      work.close();
    },
  };
}

/** To one in a worker thread. `onLost` hears of its death, once, unless `close` asked for it. */
export function workerLine<Item>(role: Role, onLost: (error: Error) => void): Line<Item> {
  const worker = startWorker(role);
  let waiting: { text: string; caller: Caller }[] = [];
  let waitingBytes = 0;
  let underWay: Caller[] | null = null;
  let lost: Error | null = null;
  let closing: { promise: Promise<void>; resolve: () => void } | null = null;

  const sendNext = () => {
    if (waiting.length === 0) {
      if (closing) worker.postMessage(null);
      return;
    }
    let bytes = 0;
    let count = 0;
    for (const { text } of waiting) {
      if (count > 0 && (count === BATCH_COUNT_MAX || bytes + text.length > BATCH_BYTES_MAX)) break;
      bytes += text.length;
      count++;
    }
    const batch = waiting.slice(0, count);
    waiting = waiting.slice(count);
    waitingBytes -= bytes;
    underWay = batch.map(({ caller }) => caller);
    worker.postMessage(`[${batch.map(({ text }) => text).join(",")}]`);
  };

  worker.on("message", (answers: string) => {
    const callers = underWay ?? [];
    underWay = null;
    // The next batch goes first: the other end works on it while these callers go on.
    sendNext();
    const parsed: unknown[] = JSON.parse(answers);
    for (const [index, caller] of callers.entries()) caller.resolve(parsed[index]);
  });

  const lose = (error: Error) => {
    if (lost) return;
    lost = error;
    const callers = [...(underWay ?? []), ...waiting.map(({ caller }) => caller)];
    underWay = null;
    waiting = [];
    for (const caller of callers) caller.reject(gone(error));
    if (closing) closing.resolve();
    else onLost(error);
  };
  worker.on("error", (error) => lose(error instanceof Error ? error : new Error(String(error))));
  worker.on("exit", (code) => lose(new Error(`The ${role.role} thread ended with code ${code}.`)));

  return {
    async send(item) {
      if (lost || closing) throw gone(lost);
      if (waiting.length >= WAITING_COUNT_MAX || waitingBytes >= WAITING_BYTES_MAX) {
        throw new Refusal("unavailable", "Too many requests are waiting for the database: try again in a moment.", {
          retryAfterS: RETRY_AFTER_S,
        });
      }
      const text = JSON.stringify(item);
      return await new Promise((resolve, reject) => {
        waiting.push({ text, caller: { resolve, reject } });
        waitingBytes += text.length;
        if (underWay === null) sendNext();
      });
    },
    get isIdle() {
      return underWay === null && waiting.length === 0;
    },
    close() {
      if (lost) return Promise.resolve();
      if (!closing) {
        closing = Promise.withResolvers<void>();
        if (underWay === null) sendNext();
      }
      return closing.promise;
    },
  };
}

/** Runs a worker that has one thing to do. */
export function runWorker(role: Role): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const worker = startWorker(role);
  worker.on("error", reject);
  worker.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`A worker ended with code ${code}.`))));
  return promise;
}

function startWorker(role: Role): Worker {
  const file = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
  return new Worker(new URL(file, import.meta.url), { workerData: role });
}

function gone(error: Error | null = null): Refusal {
  const refusal = new Refusal("unavailable", "The database is closed.");
  if (error) refusal.cause = error;
  return refusal;
}
