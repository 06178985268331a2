/**
 * Answers that have come over a channel and are heard for some milliseconds of each turn of the event loop, of tenants in turn.
 * What an answer sets off may take a hundred times as long as the answer, and may bring the next one: whoever comes by another
 * way, or from another tenant, waits for a few of them alone.
 */
import { Queue } from "./queue.ts";

/**
 * Of a turn, in processor time: on a busy machine as many are heard as on an idle one, since what those of a turn send to the
 * writer is one batch of it. That a change has been written sets off 0.1 to 1 ms of work, as where a child has ended.
 */
const TURN_MS = 4;
/** Of answers, and of what they are about, in a turn. */
const TURN_BYTES_MAX = 64 << 10;
/** To look at the time, and to let what the answers have set off go through, costs as much as to hear one that sets off nothing. */
const TOGETHER = 16;

/** An answer, the tenant whose turn it takes, and the bytes that it is about. */
export type Heard<Answer> = { tenant: string | undefined; bytes: number | undefined; answer: Answer };

type Observer<Answer> = {
  read: (answers: string) => Heard<Answer>[];
  hear: (answer: Answer) => void;
  /** At the end of a turn. */
  rests: () => void;
};

export class Hearing<Answer> {
  readonly #observer: Observer<Answer>;
  /** As they came: a port hands on up to 1,000 of them before the loop goes round. */
  #arrived: string[] = [];
  /** What was read of each tenant, in the order of their turns. */
  readonly #read = new Map<string, Queue<Heard<Answer>>>();
  #length = 0;
  #hasTurn = false;
  #until = 0;
  /** What may still be read, and heard, in this turn. */
  #bytes = 0;
  #aboutBytes = 0;

  constructor(observer: Observer<Answer>) {
    this.#observer = observer;
  }

  /** Answers that were read and not heard. */
  get length(): number {
    return this.#length;
  }

  arrived(answers: string): void {
    this.#arrived.push(answers);
    this.#nextTurn();
  }

  /** All that have come are heard at once. */
  all(): void {
    this.#begin(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    while (this.#one());
  }

  #nextTurn(): void {
    if (this.#hasTurn) return;
    this.#hasTurn = true;
    setImmediate(() => {
      this.#begin(TURN_BYTES_MAX, workedMs() + TURN_MS);
      this.#some();
    });
  }

  #begin(bytes: number, until: number): void {
    this.#bytes = bytes;
    this.#aboutBytes = bytes;
    this.#until = until;
  }

  readonly #some = (): void => {
    let heard = 0;
    while (heard < TOGETHER && this.#one()) heard += 1;
    if (heard === TOGETHER && workedMs() < this.#until) {
      // Behind all that the answers have set off.
      queueMicrotask(() => process.nextTick(this.#some));
      return;
    }
    this.#hasTurn = false;
    if (this.#arrived.length > 0 || this.#length > 0) this.#nextTurn();
    this.#observer.rests();
  };

  /** False when there is none, or the bytes of the turn are over. What is large is heard one a turn. */
  #one(): boolean {
    if (this.#aboutBytes < 0) return false;
    while (this.#bytes >= 0 && this.#arrived.length > 0) this.#readNext();
    const heard = this.#next();
    if (heard === undefined) return false;
    this.#length -= 1;
    this.#aboutBytes -= heard.bytes ?? 0;
    this.#observer.hear(heard.answer);
    return true;
  }

  /** The next one of the tenant whose turn it is, which then stands behind all others. */
  #next(): Heard<Answer> | undefined {
    for (const [tenant, queue] of this.#read) {
      const heard = queue.shift();
      if (queue.length > 0 && this.#read.size === 1) return heard;
      this.#read.delete(tenant);
      if (queue.length > 0) this.#read.set(tenant, queue);
      return heard;
    }
    return undefined;
  }

  #readNext(): void {
    const text = this.#arrived.shift() ?? "[]";
    this.#bytes -= text.length;
    for (const heard of this.#observer.read(text)) {
      const { tenant = "" } = heard;
      const queue = this.#read.get(tenant) ?? new Queue<Heard<Answer>>();
      queue.push(heard);
      this.#read.set(tenant, queue);
      this.#length += 1;
    }
  }
}

/** What this thread has worked so far. */
function workedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
