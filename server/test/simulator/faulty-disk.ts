/**
 * A store with faults: the real one behind a disk that takes its time and can be unplugged. Writes reach it one after the other and are answered
 * later. When the plug is pulled, some of what is under way is committed and the rest is lost; the process that sent
 * it never hears of either.
 */
import type { Applied, Store, TaskChange, Write } from "../../src/store/store.ts";
import { Refusal } from "../../src/task/errors.ts";
import { ticks } from "./event-loop.ts";
import type { Random } from "./random.ts";

const WRITES: ReadonlySet<string> = new Set<keyof Store>([
  "appendMessage",
  "createConversation",
  "editMessage",
  "deleteMessage",
  "updateConversation",
  "deleteConversation",
  "putSetting",
  "sweep",
  "sweepRecords",
]);

export type Faults = {
  /** A process dies at this call of the store. */
  crash: () => boolean;
  /** The store refuses this write for now, */
  refuse: () => boolean;
  /** or this question. */
  overload: () => boolean;
  /** So much longer takes each page of open tasks: others go on while these are on their way. */
  pageTicks: number;
  onCrash: () => void;
};

type Sent = { work: () => Promise<unknown>; answer: (result: Promise<unknown>) => void };

export class FaultyDisk {
  readonly #store: Store;
  readonly #random: Random;
  readonly #faults: Faults;
  readonly #committed: (writes: readonly Write[]) => void;
  #queue: Sent[] = [];
  #pumping = false;
  #generation = 0;

  constructor(store: Store, random: Random, faults: Faults, committed: (writes: readonly Write[]) => void) {
    this.#store = store;
    this.#random = random;
    this.#faults = faults;
    this.#committed = committed;
  }

  /** The store as the next process sees it. */
  plugIn(): Store {
    const generation = this.#generation;
    const isIn = () => this.#generation === generation;
    return new Proxy(this.#store, {
      get: (target, name) => {
        const verb: unknown = Reflect.get(target, name);
        if (typeof verb !== "function" || typeof name !== "string") return verb;
        // A process that has died hears nothing any more.
        if (name === "changes")
          return (listener: (change: TaskChange) => void) =>
            target.changes((change) => {
              if (isIn()) listener(change);
            });
        if (name === "apply") return (writes: Write[]) => this.#write(isIn, () => this.#apply(writes));
        const call = (given: unknown[]): Promise<unknown> => Reflect.apply(verb, target, given);
        if (WRITES.has(name)) return (...given: unknown[]) => this.#write(isIn, () => call(given));
        const laterTicks = name === "open" ? this.#faults.pageTicks : 0;
        return (...given: unknown[]) => this.#read(isIn, () => call(given), laterTicks);
      },
    });
  }

  /** The process dies. Resolves when what still reaches the disk has reached it. */
  async pull(): Promise<void> {
    this.#generation += 1;
    const sent = this.#queue;
    this.#queue = [];
    for (const { work } of sent.slice(0, this.#random.int(0, sent.length))) await work().catch(() => {});
  }

  async #apply(writes: Write[]): Promise<Applied> {
    // What is handed over crosses a thread: nobody can change it afterwards.
    const sent = structuredClone(writes);
    const applied = await this.#store.apply(sent);
    if (!applied.ok) return applied;
    // The store numbers new tasks, also in what it was handed.
    for (const [at, { task }] of writes.entries()) task.number = sent[at]?.task.number ?? 0;
    this.#committed(writes);
    return applied;
  }

  async #read(isIn: () => boolean, work: () => Promise<unknown>, laterTicks: number): Promise<unknown> {
    if (isIn() && this.#faults.crash()) this.#faults.onCrash();
    await ticks(this.#random.int(0, 2));
    if (!isIn()) return new Promise(() => {});
    if (this.#faults.overload()) throw new Refusal("unavailable", "Too much is waiting.", { retryAfterS: 1 });
    const result = work();
    await ticks(this.#random.int(0, 2) + laterTicks);
    return isIn() ? result : new Promise(() => {});
  }

  #write(isIn: () => boolean, work: () => Promise<unknown>): Promise<unknown> {
    if (isIn() && this.#faults.crash()) this.#faults.onCrash();
    if (!isIn()) return new Promise(() => {});
    if (this.#faults.refuse())
      return Promise.reject(new Refusal("unavailable", "The disk is full.", { retryAfterS: 1 }));
    return new Promise((resolve) => {
      this.#queue.push({ work, answer: (result) => isIn() && resolve(result) });
      void this.#pump();
    });
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#queue.length > 0) {
      await ticks(this.#random.int(0, 2));
      const batch = this.#queue.splice(0, this.#random.int(1, 8));
      const results = batch.map(({ work }) => work());
      await Promise.allSettled(results);
      if (this.#faults.crash()) this.#faults.onCrash();
      await ticks(this.#random.int(0, 2));
      for (const [at, { answer }] of batch.entries()) {
        const result = results[at];
        if (result) answer(result);
      }
    }
    this.#pumping = false;
  }
}
