/**
 * How many open tasks of each kind and state are on disk alone. They are known by their numbers, so that what is told twice, or late,
 * counts once. What has been told of a task in this process stands against what the store said of it meanwhile.
 */
import type { Entry } from "./entry.ts";
import type { StateCount } from "./open-tasks.ts";

/** One map of a million grows for 50 ms at once. */
const SHARDS = 64;

export class SleeperCounts {
  readonly #shards = Array.from({ length: SHARDS }, () => new Map<number, StateCount>());
  readonly #counts = new Map<string, StateCount>();
  /** Of whom something was told before all that sleep were read. */
  #told: Set<number> | null = new Set();

  /** It is on disk alone from here on. */
  add({ number, kind, state }: Pick<Entry, "number" | "kind" | "state">): void {
    this.#told?.add(number);
    this.#set(number, kind, state);
  }

  /** It is in memory, or has ended. */
  remove(number: number): void {
    this.#told?.add(number);
    const shard = this.#shard(number);
    const known = shard.get(number);
    if (known === undefined) return;
    shard.delete(number);
    known.count -= 1;
  }

  /** What the store says of some that were asleep when it was asked. */
  read(kind: string, state: Entry["state"], numbers: readonly number[]): void {
    for (const number of numbers) if (!this.#told?.has(number)) this.#set(number, kind, state);
  }

  /** All that sleep have been read. */
  complete(): void {
    this.#told = null;
  }

  *byState(): Iterable<StateCount> {
    for (const each of this.#counts.values()) if (each.count > 0) yield each;
  }

  get size(): number {
    return this.#shards.reduce((sum, { size }) => sum + size, 0);
  }

  #set(number: number, kind: string, state: Entry["state"]): void {
    const key = `${state} ${kind}`;
    let count = this.#counts.get(key);
    if (count === undefined) {
      count = { kind, state, count: 0 };
      this.#counts.set(key, count);
    }
    const shard = this.#shard(number);
    const known = shard.get(number);
    if (known === count) return;
    if (known !== undefined) known.count -= 1;
    count.count += 1;
    shard.set(number, count);
  }

  #shard(number: number): Map<number, StateCount> {
    const shard = this.#shards[number % SHARDS];
    if (shard === undefined) throw new RangeError(`No task has the number ${number}.`);
    return shard;
  }
}
