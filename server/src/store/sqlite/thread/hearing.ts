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
/**
 * Live text is heard behind those, for as long, or for this share of what the thread has worked since the turn before where that is
 * more: what it sets off is short. With hundreds of streams to read from, turns take 25 ms, and text would be on disk for several of
 * them before its readers have it.
 */
const TEXT_SHARE = 0.5;
const TEXT_MS_MAX = 25;
/** Of answers, and of what they are about, in a turn. */
const TURN_BYTES_MAX = 64 << 10;
/** To look at the time, and to let what the answers have set off go through, costs as much as to hear one that sets off nothing. */
const TOGETHER = 16;

/** An answer, the tenant whose turn it takes, the bytes that it is about, and whether that is live text alone. */
export type Heard<Answer> = {
  tenant: string | undefined;
  bytes: number | undefined;
  isText?: boolean | undefined;
  answer: Answer;
};

type Observer<Answer> = {
  read: (answers: string) => Heard<Answer>[];
  hear: (answer: Answer) => void;
  /** At the end of a turn. */
  rests: () => void;
};

export class Hearing<Answer> {
  readonly #observer: Observer<Answer>;
  readonly #workedMs: () => number;
  /** As they came: a port hands on up to 1,000 of them before the loop goes round. */
  #arrived: string[] = [];
  readonly #read = new Tenants<Answer>();
  readonly #texts = new Tenants<Answer>();
  #hasTurn = false;
  #until = 0;
  #textUntil = 0;
  /** What may still be read in this turn. */
  #bytes = 0;

  /** `worked` says how many milliseconds this thread has worked so far. */
  constructor(observer: Observer<Answer>, worked = workedMs) {
    this.#observer = observer;
    this.#workedMs = worked;
  }

  /** Answers that were read and not heard. */
  get length(): number {
    return this.#read.length + this.#texts.length;
  }

  arrived(answers: string): void {
    this.#arrived.push(answers);
    this.#nextTurn();
  }

  /** All that have come are heard at once. */
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

/** What was read of each tenant, in the order of their turns. */
class Tenants<Answer> {
  readonly #queues = new Map<string, Queue<Heard<Answer>>>();
  length = 0;
  /** What those that are heard in this turn may still be about. */
  #aboutBytes = 0;

  begin(bytes: number): void {
    this.#aboutBytes = bytes;
  }

  push(heard: Heard<Answer>): void {
    const { tenant = "" } = heard;
    const queue = this.#queues.get(tenant) ?? new Queue<Heard<Answer>>();
    queue.push(heard);
    this.#queues.set(tenant, queue);
    this.length += 1;
  }

  /** The next one of the tenant whose turn it is, which then stands behind all others. */
  next(): Heard<Answer> | undefined {
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

/** What this thread has worked so far. */
function workedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
