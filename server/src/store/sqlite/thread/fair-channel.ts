/**
 * The way to threads that may work for long on one question, such as lists and searches. Everybody has a turn (`turns.ts`),
 * a question goes out when a thread is free for it, and a thread is started when two tenants wait at once: what one tenant
 * asks holds up the questions of another by those that are under way, and by no line. Whoever waits has the first thread that is
 * free: to start one may take longer than the question under way.
 */
import { Refusal } from "../../../task/errors.ts";
import type { Answer, Given } from "./call.ts";
import type { About, Channel } from "./channel.ts";
import { type TurnOwner, Turns } from "./turns.ts";

/** Of one tenant. */
const WAITING_MAX = 10_000;

type Waiting<Verbs> = (channel: Channel<Verbs>) => Promise<void>;

/** Over at most `threadsMax` channels that `start` begins, each from when `isReady` resolves on; `ownerOf` says whose turn a question takes. */
export class FairChannel<Verbs> implements Channel<Verbs> {
  readonly #start: () => Channel<Verbs>;
  readonly #threadsMax: number;
  readonly #isReady: ((channel: Channel<Verbs>) => Promise<unknown>) | undefined;
  readonly #all: Channel<Verbs>[] = [];
  readonly #free: Channel<Verbs>[] = [];
  readonly #turns = new Turns<Waiting<Verbs>>();
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
      if (this.#turns.waitingOf(owner.tenant) >= WAITING_MAX)
        throw new Refusal("unavailable", "Too many of your requests are waiting for the database.", { retryAfterS: 1 });
      this.#turns.push(owner, (channel) => channel.send(name, given, about).then(resolve, reject));
      this.#next();
    });
  }

  get isIdle(): boolean {
    return this.#underWay === 0 && this.#turns.length === 0;
  }

  async close(): Promise<void> {
    this.#closing ??= Promise.withResolvers();
    this.#endWhenIdle();
    await this.#closing.promise;
    await Promise.all(this.#all.map((channel) => channel.close()));
  }

  #next(): void {
    while (this.#turns.hasNext) {
      if (this.#free.length === 0) this.#startOne();
      const channel = this.#free.pop();
      if (channel === undefined) return;
      const turn = this.#turns.next();
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

/** What names no tenant is a read of one thing: it has a turn of its own. */
function ownerOf(given: unknown): TurnOwner {
  const { visible, filter, tenant, ...rest } = fieldsOf(given);
  const { tenant: of = tenant ?? fieldsOf(filter)["tenant"], user } = fieldsOf(visible);
  if (typeof of === "string") return { tenant: of, user: typeof user === "string" ? user : "" };
  const thing = rest["conversation"] ?? rest["vectorStore"] ?? rest["key"] ?? rest["id"] ?? rest["standing"];
  return { tenant: "", user: String(thing) };
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
