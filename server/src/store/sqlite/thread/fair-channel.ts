/**
 * A channel to threads that may work for long on one call, such as a list or a search. Calls wait in a fair queue for a free thread, and
 * another thread is started when two tenants wait at once: so one tenant's calls delay another's by those under way alone. A call takes the
 * first thread that is free: to start one may take longer than the call under way.
 */
import { Refusal } from "../../../task/errors.ts";
import type { Answer, Given } from "./call.ts";
import { CallQueue, type QueueOwner } from "./call-queue.ts";
import type { About, Channel } from "./channel.ts";

/** Waiting calls of one tenant. */
const WAITING_MAX = 10_000;

type Waiting<Verbs> = (channel: Channel<Verbs>) => Promise<void>;

/** Spreads calls over at most `threadsMax` channels that `start` begins; each is used once `isReady` has resolved. */
export class FairChannel<Verbs> implements Channel<Verbs> {
  readonly #start: () => Channel<Verbs>;
  readonly #threadsMax: number;
  readonly #isReady: ((channel: Channel<Verbs>) => Promise<unknown>) | undefined;
  readonly #all: Channel<Verbs>[] = [];
  readonly #free: Channel<Verbs>[] = [];
  readonly #waiting = new CallQueue<Waiting<Verbs>>();
  #underWay = 0;
  #isStarting = false;
  #closing: PromiseWithResolvers<void> | null = null;

  constructor(
    start: () => Channel<Verbs>,
    threadsMax: number,
    isReady?: (channel: Channel<Verbs>) => Promise<unknown>,
  ) {
    this.#start = start;
    this.#threadsMax = threadsMax;
    this.#isReady = isReady;
  }

  send<Name extends keyof Verbs & string>(
    name: Name,
    given: Given<Verbs, Name>,
    about?: About,
  ): Promise<Answer<Verbs, Name>> {
    return new Promise((resolve, reject) => {
      if (this.#closing) throw new Refusal("unavailable", "The database is closed.", { retryAfterS: 1 });
      const owner = ownerOf(given);
      if (this.#waiting.waitingOf(owner.tenant) >= WAITING_MAX)
        throw new Refusal("unavailable", "Too many of your requests are waiting for the database.", { retryAfterS: 1 });
      this.#waiting.push(owner, (channel) => channel.send(name, given, about).then(resolve, reject));
      this.#next();
    });
  }

  get isIdle(): boolean {
    return this.#underWay === 0 && this.#waiting.length === 0;
  }

  async close(): Promise<void> {
    this.#closing ??= Promise.withResolvers();
    this.#endWhenIdle();
    await this.#closing.promise;
    await Promise.all(this.#all.map((channel) => channel.close()));
  }

  #next(): void {
    while (this.#waiting.hasNext) {
      if (this.#free.length === 0) this.#startOne();
      const channel = this.#free.pop();
      if (channel === undefined) return;
      const turn = this.#waiting.next();
      if (turn === undefined) return;
      this.#underWay += 1;
      void turn.item(channel).then(() => {
        turn.done();
        this.#underWay -= 1;
        this.#isFree(channel);
      });
    }
  }

  #startOne(): void {
    if (this.#isStarting || this.#all.length >= this.#threadsMax) return;
    const channel = this.#start();
    this.#all.push(channel);
    const ready = this.#isReady?.(channel);
    if (ready === undefined) {
      this.#free.push(channel);
      return;
    }
    this.#isStarting = true;
    // One that is lost says so to whoever asks it.
    void ready
      .catch(() => {})
      .then(() => {
        this.#isStarting = false;
        this.#isFree(channel);
      });
  }

  #isFree(channel: Channel<Verbs>): void {
    this.#free.push(channel);
    this.#next();
    this.#endWhenIdle();
  }

  #endWhenIdle(): void {
    if (this.isIdle) this.#closing?.resolve();
  }
}

/** A call that names no tenant is a read by id: all of them queue like one tenant. */
function ownerOf(given: unknown): QueueOwner {
  const { visible, filter, tenant, ...rest } = fieldsOf(given);
  const { tenant: of = tenant ?? fieldsOf(filter)["tenant"], user } = fieldsOf(visible);
  if (typeof of === "string") return { tenant: of, user: typeof user === "string" ? user : "" };
  const thing = rest["conversation"] ?? rest["vectorStore"] ?? rest["key"] ?? rest["id"] ?? rest["standing"];
  return { tenant: "", user: String(thing) };
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
