/**
 * Answers that have come over a channel, until their callers are given them: some milliseconds' worth in each turn of the event loop, tenants in
 * turn. The work that an answer sets off may take a hundred times as long as the answer, and may cause the next one. So sockets, timers and
 * other tenants wait for a few answers only.
 */
import { Queue } from "./queue.ts";

/**
 * Processor time for answers in a turn. Not elapsed time: what a turn's answers send to the writer is one batch, which is to be as large on
 * a busy machine. An answer sets off 0.1 to 1 ms of work, for instance where a child has ended.
 */
const TURN_MS = 4;
/**
 * Answers to live text come after the others: for as long again, or for this share of the thread's work since the last turn where that is more.
 * They set off little. With hundreds of provider streams a turn takes 25 ms, and text would wait on disk for several turns before its readers
 * have it.
 */
const TEXT_SHARE = 0.5;
const TEXT_MS_MAX = 25;
/** Bytes of answers, and of the files that they are about, in a turn. */
const TURN_BYTES_MAX = 64 << 10;
/** Answers between two looks at the clock: a look, and the microtasks that run before it, cost as much as an answer that sets off nothing. */
const TOGETHER = 16;

/** An answer, the tenant whose turn it takes, the bytes of files that it is about, and whether it is of live text alone. */
export type QueuedAnswer<Answer> = {
  tenant: string | undefined;
  bytes: number | undefined;
  isText?: boolean | undefined;
  answer: Answer;
};

type Observer<Answer> = {
  read: (answers: string) => QueuedAnswer<Answer>[];
  hear: (answer: Answer) => void;
  /** Called at the end of a turn. */
  rests: () => void;
};

export class AnswerQueue<Answer> {
  readonly #observer: Observer<Answer>;
  readonly #workedMs: () => number;
  /** Messages that are not parsed yet: a port hands over up to 1,000 in one turn of the event loop. */
  #arrived: string[] = [];
  readonly #read = new Tenants<Answer>();
  readonly #texts = new Tenants<Answer>();
  #hasTurn = false;
  #until = 0;
  #textUntil = 0;
  /** Bytes that may still be parsed in this turn. */
  #bytes = 0;

  /** `worked` is the processor time of this thread so far. */
  constructor(observer: Observer<Answer>, worked = workedMs) {
    this.#observer = observer;
    this.#workedMs = worked;
  }

  /** Answers that were parsed and not handed over. */
  get length(): number {
    return this.#read.length + this.#texts.length;
  }

  arrived(answers: string): void {
    this.#arrived.push(answers);
    this.#nextTurn();
  }

  /** Hands over all at once. */
  all(): void {
    this.#begin(Number.POSITIVE_INFINITY);
    while (this.#one());
  }

  #nextTurn(): void {
    if (this.#hasTurn) return;
    this.#hasTurn = true;
    const from = this.#workedMs();
    setImmediate(() => {
      const now = this.#workedMs();
      this.#begin(TURN_BYTES_MAX);
      const textMs = Math.min(TEXT_MS_MAX, (now - from) * TEXT_SHARE);
      this.#until = now + TURN_MS;
      this.#textUntil = this.#until + Math.max(TURN_MS, textMs);
      this.#some();
    });
  }

  #begin(bytes: number): void {
    this.#bytes = bytes;
    this.#read.begin(bytes);
    this.#texts.begin(bytes);
  }

  readonly #some = (): void => {
    const isTextAlone = this.#workedMs() >= this.#until;
    let heard = 0;
    while (heard < TOGETHER && this.#one(isTextAlone)) heard += 1;
    if (heard === TOGETHER && this.#workedMs() < this.#textUntil) {
      // Behind all that the answers have set off.
      queueMicrotask(() => process.nextTick(this.#some));
      return;
    }
    this.#hasTurn = false;
    if (this.#arrived.length > 0 || this.length > 0) this.#nextTurn();
    this.#observer.rests();
  };

  /** False when there is none, or the bytes of the turn are over. What is large is heard one a turn, and text beside it. */
  #one(isTextAlone = false): boolean {
    while (this.#bytes >= 0 && this.#arrived.length > 0) this.#readNext();
    const heard = (isTextAlone ? undefined : this.#read.next()) ?? this.#texts.next();
    if (heard === undefined) return false;
    this.#observer.hear(heard.answer);
    return true;
  }

  #readNext(): void {
    const text = this.#arrived.shift() ?? "[]";
    this.#bytes -= text.length;
    for (const heard of this.#observer.read(text)) (heard.isText ? this.#texts : this.#read).push(heard);
  }
}

/** Parsed answers by tenant, in the order of their turns. */
class Tenants<Answer> {
  readonly #queues = new Map<string, Queue<QueuedAnswer<Answer>>>();
  length = 0;
  /** Bytes that the answers of this turn may still be about. */
  #aboutBytes = 0;

  begin(bytes: number): void {
    this.#aboutBytes = bytes;
  }

  push(heard: QueuedAnswer<Answer>): void {
    const { tenant = "" } = heard;
    const queue = this.#queues.get(tenant) ?? new Queue<QueuedAnswer<Answer>>();
    queue.push(heard);
    this.#queues.set(tenant, queue);
    this.length += 1;
  }

  /** The next answer; its tenant goes to the end of the line. */
  next(): QueuedAnswer<Answer> | undefined {
    if (this.#aboutBytes < 0) return undefined;
    for (const [tenant, queue] of this.#queues) {
      const heard = queue.shift();
      this.length -= 1;
      this.#aboutBytes -= heard?.bytes ?? 0;
      if (queue.length > 0 && this.#queues.size === 1) return heard;
      this.#queues.delete(tenant);
      if (queue.length > 0) this.#queues.set(tenant, queue);
      return heard;
    }
    return undefined;
  }
}

function workedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
