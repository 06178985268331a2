/**
 * A channel to a thread that works in batches, see `work-through.ts`. It bounds what waits, and rejects it when the thread dies. It
 * does not know what the work is.
 */
import { Refusal } from "../../../task/errors.ts";
import type { Mending } from "../mending/mending.ts";
import { AnswerQueue, type QueuedAnswer } from "./answer-queue.ts";
import { type Answer, answerOf, type Given, isOfDamagedPage, type Outcome, type SlowCall } from "./call.ts";
import { ParkedCalls } from "./parked-calls.ts";
import { Queue } from "./queue.ts";
import { beginWork, type Thread } from "./threads.ts";
import { BATCH_BYTES_MAX, type Work, worked } from "./work-through.ts";
import type { Role } from "./worker.ts";

/** Calls without an answer. At 10,000 a second this is a second of work; more than that is an overload. */
export const WAITING_COUNT_MAX = 10_000;
const WAITING_BYTES_MAX = 64 << 20;
const RETRY_AFTER_S = 1;

/**
 * What a channel knows of a call: `bytes`, such as a file's, that the call does not carry and that its answer will be worked on with;
 * the tenant whose turn it takes, where the answer sets off much work; whether it is of live text alone, whose answer sets off little.
 * A call that others wait for is `waitedFor`: it always has room, and is not parked.
 */
export type About = { bytes?: number; tenant?: string; isText?: boolean; waitedFor?: true };

export interface Channel<Verbs> {
  /** Resolves with the verb's answer. Throws what the verb throws, and `unavailable` when too much is waiting or the disk is full. */
  send<Name extends keyof Verbs & string>(
    name: Name,
    given: Given<Verbs, Name>,
    about?: About,
  ): Promise<Answer<Verbs, Name>>;
  /** True when nothing is under way and nothing waits. */
  readonly isIdle: boolean;
  /** Lets what was sent finish, then ends the other end. */
  close(): Promise<void>;
}

/**
 * Calls of one turn of the event loop that go into a message at once. So the other thread works on the first of many requests while
 * this one reads the rest; otherwise each would wait for the other. With 64 callers who await their tasks a turn brings some 20 calls.
 * With smaller messages commits would be too small.
 */
const SENT_AT_ONCE = 16;

type Caller = About & {
  text: string;
  /** `Mending.rebuilds` when the call was sent. */
  rebuilds: number;
  resolve: (answer: never) => void;
  reject: (error: unknown) => void;
};
type Answered = { caller: Caller; outcome: Outcome<never> };
/** A parked call, with the outcome that it gets if nothing is rebuilt. */
type Waiting = Caller & { outcome: Outcome<never> };

type Observers = {
  onSlow?: (call: SlowCall) => void;
  /** The WAL is to be checkpointed. */
  onLongLog?: () => void;
  /** Called for each call that a damaged page has refused and no rebuild has helped. */
  onDamagedEnd?: (end: string | null) => void;
  /** A call that has met a damaged page has changed nothing: it is parked, and sent again after a rebuild. */
  mending?: Pick<Mending, "rebuilds" | "scan">;
};

/** A channel within the caller's thread: each call is a batch of its own, and is done before `send` returns. */
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

/** A channel that `start` begins with the first call. */
export function lateChannel<Verbs>(start: () => Channel<Verbs>): Channel<Verbs> {
  let begun: Channel<Verbs> | null = null;
  let closed = false;
  return {
    async send(name, given, about) {
      if (closed) throw gone();
      begun ??= start();
      return await begun.send(name, given, about);
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
 * A channel to a worker thread. `onLost` is called once when the thread dies, unless `close` has asked for it. At most `inFlightMax`
 * calls are with the worker at once, which bounds the answers in memory; the others wait here.
 */
export class WorkerChannel<Verbs> implements Channel<Verbs> {
  readonly #thread: Thread;
  readonly #onLost: (error: Error) => void;
  readonly #observers: Observers;
  readonly #inFlightMax: number;
  /** Calls without an answer, in the order in which the answers will come. */
  readonly #callers = new Queue<Caller>();
  readonly #answers = new AnswerQueue<Answered>({
    read: (answers) => this.#read(answers),
    hear: (answered) => this.#hear(answered),
    rests: () => (this.#closing ? this.#end() : this.#flush()),
  });
  #waitingBytes = 0;
  /**
   * Calls that have met a damaged page, until it is rebuilt. They do not count as waiting, so that there is room for the rebuild's
   * call.
   */
  readonly #parked = new ParkedCalls<Waiting>();
  /**
   * The calls of this turn of the event loop, which go out together up to a good batch. A message after each socket would wake the
   * other thread for a single call, and its answer this one.
   */
  #outgoing: string[] = [];
  #outgoingBytes = 0;
  #lost: Error | null = null;
  #closing: PromiseWithResolvers<void> | null = null;

  constructor(
    role: Role,
    onLost: (error: Error) => void,
    { inFlightMax = Number.POSITIVE_INFINITY, ...observers }: Observers & { inFlightMax?: number } = {},
  ) {
    this.#thread = beginWork(role, (error) => this.#lose(error));
    this.#onLost = onLost;
    this.#observers = observers;
    this.#inFlightMax = inFlightMax;
    this.#thread.port.on("message", (answers: string | null) => {
      if (answers === null) return this.#ended();
      this.#answers.arrived(answers);
    });
  }

  send<Name extends keyof Verbs & string>(
    name: Name,
    given: Given<Verbs, Name>,
    about: About = {},
  ): Promise<Answer<Verbs, Name>> {
    return new Promise((resolve, reject) => {
      this.#mustHaveRoom(about);
      this.#push({ ...about, text: JSON.stringify([name, given]), rebuilds: this.#rebuilds, resolve, reject });
    });
  }

  get #rebuilds(): number {
    return this.#observers.mending?.rebuilds ?? 0;
  }

  #push(caller: Caller): void {
    const { text } = caller;
    if (this.#outgoingBytes + text.length > BATCH_BYTES_MAX) this.#flush();
    this.#outgoing.push(text);
    this.#outgoingBytes += text.length;
    this.#waitingBytes += text.length;
    this.#callers.push(caller);
    if (this.#outgoing.length === 1) setImmediate(() => this.#flush());
    else if (this.#outgoing.length === SENT_AT_ONCE) this.#flush();
  }

  get isIdle(): boolean {
    return this.#waiting === 0;
  }

  /** Calls without an answer, or whose answer is still queued. */
  get #waiting(): number {
    return this.#callers.length + this.#answers.length;
  }

  close(): Promise<void> {
    if (this.#lost) return Promise.resolve();
    if (!this.#closing) {
      this.#closing = Promise.withResolvers<void>();
      this.#end();
    }
    return this.#closing.promise;
  }

  #mustHaveRoom({ waitedFor }: About): void {
    if (this.#lost || this.#closing) throw gone(this.#lost);
    if (waitedFor) return;
    if (this.#waiting < WAITING_COUNT_MAX && this.#waitingBytes < WAITING_BYTES_MAX) return;
    throw new Refusal("unavailable", "Too many requests are waiting for the database: try again in a moment.", {
      retryAfterS: RETRY_AFTER_S,
    });
  }

  #flush(): void {
    // Calls that the worker has, and those whose answers are queued.
    const inFlight = this.#waiting - this.#outgoing.length;
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

  #read(answers: string): QueuedAnswer<Answered>[] {
    const outcomes: Outcome<never>[] = JSON.parse(answers);
    return outcomes.flatMap((outcome) => {
      if (outcome.slow) this.#observers.onSlow?.(outcome.slow);
      if (outcome.isLogLong) this.#observers.onLongLog?.();
      const caller = this.#callers.shift();
      if (caller === undefined) return [];
      const { tenant, bytes, isText } = caller;
      return [{ tenant, bytes, isText, answer: { caller, outcome } }];
    });
  }

  #hear({ caller, outcome }: Answered): void {
    this.#waitingBytes -= caller.text.length;
    const { mending } = this.#observers;
    const mayWait = !this.#closing && !caller.waitedFor;
    if (mending && mayWait && isOfDamagedPage(outcome)) void this.#orAgain({ ...caller, outcome }, mending);
    else settle(caller, outcome);
  }

  /** Parks a call, and sends it again if something was rebuilt since it was sent, after its own scan or another's. */
  async #orAgain(caller: Waiting, mending: Pick<Mending, "scan">): Promise<void> {
    for (const told of this.#parked.take(caller)) settle(told, told.outcome);
    if (caller.rebuilds === this.#rebuilds) await mending.scan();
    if (!this.#parked.leave(caller)) return;
    const { outcome, ...again } = caller;
    if (this.#lost || this.#closing) return settle(caller, outcome);
    if (caller.rebuilds === this.#rebuilds) {
      if ("damagedEnd" in outcome) this.#observers.onDamagedEnd?.(outcome.damagedEnd);
      return settle(caller, outcome);
    }
    this.#push({ ...again, rebuilds: this.#rebuilds });
  }

  #ended(): void {
    if (this.#lost) return;
    this.#thread.release();
    this.#lose(new Error("It was closed."));
  }

  #lose(error: Error): void {
    if (this.#lost) return;
    this.#answers.all();
    this.#lost = error;
    for (let caller = this.#callers.shift(); caller; caller = this.#callers.shift()) caller.reject(gone(error));
    if (this.#closing) this.#closing.resolve();
    else this.#onLost(error);
  }
}

function settle({ resolve, reject }: Caller, outcome: Outcome<never>): void {
  try {
    resolve(answerOf(outcome));
  } catch (error) {
    reject(error);
  }
}

/** Runs a thread that does one thing and answers once. */
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
  const refusal = new Refusal("unavailable", "The database is closed.", { retryAfterS: RETRY_AFTER_S });
  if (error) refusal.cause = error;
  return refusal;
}
