/**
 * The way to whoever works in batches, see `work-through.ts`. Knows when too much is waiting, and what becomes of those
 * who wait when the other end is gone. Not what the work is.
 */
import { Refusal } from "../../../task/errors.ts";
import { BATCH_BYTES_MAX, type Work, worked } from "../people/work-through.ts";
import { type Answer, answerOf, type Given, type Outcome } from "./call.ts";
import { Queue } from "./queue.ts";
import { beginWork, type Thread } from "./threads.ts";
import type { Role } from "./worker.ts";

/** What may be without an answer. At 10,000 a second this is a second of work; more than that is an overload. */
export const WAITING_COUNT_MAX = 10_000;
const WAITING_BYTES_MAX = 64 << 20;
const RETRY_AFTER_S = 1;

export interface Channel<Verbs> {
  /**
   * Resolves with what the verb answers. Throws `invalid` as the verb does, and `unavailable` when too much is waiting or the disk is full.
   * `aboutBytes` is what the call is about and does not carry, like a file: whoever hears the answer works on that again.
   */
  send<Name extends keyof Verbs & string>(
    name: Name,
    given: Given<Verbs, Name>,
    aboutBytes?: number,
  ): Promise<Answer<Verbs, Name>>;
  /** True when nothing is under way and nothing waits. */
  readonly isIdle: boolean;
  /** Lets what was sent finish, then ends the other end. */
  close(): Promise<void>;
}

/**
 * Calls in a message, of one turn. When many callers of a server are heard in one turn, the other thread works on the first of
 * them while this one hears the rest; otherwise each would wait for the other. With 64 callers who wait for their tasks a turn
 * brings some 20 calls. Of fewer, commits would be too small.
 */
const SENT_AT_ONCE = 16;
/** Of answers and of what they are about, in one turn of the event loop. */
const SETTLED_BYTES_MAX = 64 << 10;
/** Answers in one turn: that a change has been written says little, and sets off what follows from it, 0.1 ms each. */
const SETTLED_COUNT_MAX = 128;

type Caller = {
  bytes: number;
  aboutBytes: number;
  resolve: (answer: never) => void;
  reject: (error: unknown) => void;
};

/** To one in the caller's own thread: each call is a batch of its own, and is worked before `send` returns. */
export function ownThreadChannel<Verbs>(work: Pick<Work, "batch" | "close">): Channel<Verbs> {
  let closed = false;
  return {
    async send(name, given) {
      if (closed) throw gone();
      const [outcome]: Outcome<never>[] = JSON.parse(worked(work, JSON.stringify([[name, given]])));
      if (!outcome) throw new Error(`${name} had no outcome.`);
      return answerOf(outcome);
    },
    isIdle: true,
    async close() {
      closed = true;
      work.close();
    },
  };
}

/** To one that `start` begins with the first call. */
export function lateChannel<Verbs>(start: () => Channel<Verbs>): Channel<Verbs> {
  let begun: Channel<Verbs> | null = null;
  let closed = false;
  return {
    async send(name, given, aboutBytes) {
      if (closed) throw gone();
      begun ??= start();
      return await begun.send(name, given, aboutBytes);
    },
    get isIdle() {
      return begun?.isIdle ?? true;
    },
    async close() {
      closed = true;
      await begun?.close();
    },
  };
}

/**
 * To one in a worker thread. `onLost` hears of its death, once, unless `close` asked for it. At most `inFlightMax` calls
 * are with the worker at once, so that no more than their answers can be on the way; the others wait here.
 */
export class WorkerChannel<Verbs> implements Channel<Verbs> {
  readonly #thread: Thread;
  readonly #onLost: (error: Error) => void;
  readonly #inFlightMax: number;
  /** Those without an answer, in the order in which the answers will come. */
  readonly #callers = new Queue<Caller>();
  /** Answers that have come: as they came, and as outcomes of which so many are settled. */
  #arrived: string[] = [];
  #outcomes: Outcome<never>[] = [];
  #settled = 0;
  #settlesNext = false;
  #waitingBytes = 0;
  /**
   * What is said in this turn of the event loop goes out together, up to a good batch: one message for the sockets that were
   * read in it. After each socket, a message would wake the other thread for a single call, and its answer this one.
   */
  #outgoing: string[] = [];
  #outgoingBytes = 0;
  #lost: Error | null = null;
  #closing: PromiseWithResolvers<void> | null = null;

  constructor(role: Role, onLost: (error: Error) => void, inFlightMax = Number.POSITIVE_INFINITY) {
    this.#thread = beginWork(role, (error) => this.#lose(error));
    this.#onLost = onLost;
    this.#inFlightMax = inFlightMax;
    this.#thread.port.on("message", (answers: string | null) => {
      if (answers === null) return this.#ended();
      // A port hands on up to 1,000 messages before the loop goes round, and what one answer sets off may bring the next
      // one: sockets would not be looked at for seconds.
      this.#arrived.push(answers);
      this.#settleNext();
    });
  }

  send<Name extends keyof Verbs & string>(
    name: Name,
    given: Given<Verbs, Name>,
    aboutBytes = 0,
  ): Promise<Answer<Verbs, Name>> {
    return new Promise((resolve, reject) => {
      this.#mustHaveRoom();
      const text = JSON.stringify([name, given]);
      const bytes = text.length;
      if (this.#outgoingBytes + bytes > BATCH_BYTES_MAX) this.#flush();
      this.#outgoing.push(text);
      this.#outgoingBytes += bytes;
      this.#waitingBytes += bytes;
      this.#callers.push({ bytes, aboutBytes, resolve, reject });
      if (this.#outgoing.length === 1) setImmediate(() => this.#flush());
      else if (this.#outgoing.length === SENT_AT_ONCE) this.#flush();
    });
  }

  get isIdle(): boolean {
    return this.#callers.length === 0;
  }

  close(): Promise<void> {
    if (this.#lost) return Promise.resolve();
    if (!this.#closing) {
      this.#closing = Promise.withResolvers<void>();
      this.#end();
    }
    return this.#closing.promise;
  }

  #mustHaveRoom(): void {
    if (this.#lost || this.#closing) throw gone(this.#lost);
    if (this.#callers.length < WAITING_COUNT_MAX && this.#waitingBytes < WAITING_BYTES_MAX) return;
    throw new Refusal("unavailable", "Too many requests are waiting for the database: try again in a moment.", {
      retryAfterS: RETRY_AFTER_S,
    });
  }

  #flush(): void {
    // Of the callers, those whose call the worker has.
    const inFlight = this.#callers.length - this.#outgoing.length;
    const room = this.#inFlightMax - inFlight;
    if (this.#outgoing.length === 0 || room <= 0 || this.#lost) return;
    const all = this.#outgoing.length <= room;
    const going = all ? this.#outgoing : this.#outgoing.slice(0, room);
    this.#outgoing = all ? [] : this.#outgoing.slice(room);
    this.#thread.port.postMessage(`[${going.join(",")}]`);
    this.#outgoingBytes = 0;
  }

  #end(): void {
    this.#flush();
    if (this.#outgoing.length === 0) this.#thread.port.postMessage(null);
  }

  #settleNext(): void {
    if (this.#settlesNext) return;
    this.#settlesNext = true;
    setImmediate(() => {
      this.#settlesNext = false;
      this.#settle();
    });
  }

  /** What is large goes one by one: whoever hears of it works on it before the loop goes round. */
  #settle(bytesMax = SETTLED_BYTES_MAX, countMax = SETTLED_COUNT_MAX): void {
    let bytes = 0;
    let aboutBytes = 0;
    let count = 0;
    while (aboutBytes <= bytesMax && count < countMax) {
      const outcome = this.#outcomes[this.#settled];
      if (outcome !== undefined) {
        this.#settled += 1;
        count += 1;
        aboutBytes += this.#hear(outcome);
        continue;
      }
      const text = bytes > bytesMax ? undefined : this.#arrived.shift();
      this.#outcomes = text === undefined ? [] : JSON.parse(text);
      this.#settled = 0;
      if (text === undefined) break;
      bytes += text.length;
    }
    if (this.#arrived.length > 0 || this.#outcomes.length > 0) this.#settleNext();
    if (this.#closing) this.#end();
    else this.#flush();
  }

  /** The next caller hears its answer; the bytes that it is about. */
  #hear(outcome: Outcome<never>): number {
    const caller = this.#callers.shift();
    if (!caller) return 0;
    this.#waitingBytes -= caller.bytes;
    try {
      caller.resolve(answerOf(outcome));
    } catch (error) {
      caller.reject(error);
    }
    return caller.aboutBytes;
  }

  #ended(): void {
    if (this.#lost) return;
    this.#thread.release();
    this.#lose(new Error("It was closed."));
  }

  #lose(error: Error): void {
    if (this.#lost) return;
    this.#settle(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    this.#lost = error;
    for (let caller = this.#callers.shift(); caller; caller = this.#callers.shift()) caller.reject(gone(error));
    if (this.#closing) this.#closing.resolve();
    else this.#onLost(error);
  }
}

/** Runs a worker that has one thing to do. */
export function runWorker<Answer = null>(role: Role): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const thread = beginWork(role, reject);
  thread.port.once("message", (answer: Answer) => {
    thread.release();
    resolve(answer);
  });
  return promise;
}

function gone(error: Error | null = null): Refusal {
  const refusal = new Refusal("unavailable", "The database is closed.");
  if (error) refusal.cause = error;
  return refusal;
}
