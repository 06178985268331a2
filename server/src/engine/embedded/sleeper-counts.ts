/**
 * How many open tasks of each kind and state are on disk alone, and how many of them wait in each queue. They are known by their
 * numbers, so that what is told twice, or late, counts once. What has been told of a task in this process stands against what the
 * store said of it meanwhile.
 */
import { type NumberedTasks, queueWaitedIn } from "../../task/open-task.ts";
import type { Entry } from "./entry.ts";
import type { StateCount } from "./open-tasks.ts";
import { queueKey } from "./queue-key.ts";

/** One map of a million grows for 50 ms at once. */
const SHARDS = 64;

/** Of one kind and state, and of one queue where they wait in one. */
type Alike = Omit<StateCount, "count"> & Pick<NumberedTasks, "queue">;
type SleeperCount = Alike & { readonly name: string; count: number };

export class SleeperCounts {
  readonly #shards = Array.from({ length: SHARDS }, () => new Map<number, SleeperCount>());
  readonly #counts = new Map<string, SleeperCount>();
  readonly #inQueues = new Map<string, number>();
  /** Of whom something was told before all that sleep were read. */
  #told: Set<number> | null = new Set();

  /** It is on disk alone from here on. */
  add(entry: Entry): void {
    const { number, kind, state } = entry;
    this.#told?.add(number);
    this.#set(number, { kind, state, queue: queueWaitedIn(entry) });
  }

  /** It is in memory, or has ended. */
  remove(number: number): void {
    this.#told?.add(number);
    const shard = this.#shard(number);
    const known = shard.get(number);
    if (known === undefined) return;
    shard.delete(number);
    this.#change(known, -1);
  }

  /** What the store says of some that were asleep when it was asked. */
  read(of: Alike, numbers: readonly number[]): void {
    for (const number of numbers) if (!this.#told?.has(number)) this.#set(number, of);
  }

  /** All that sleep have been read. */
  complete(): void {
    this.#told = null;
  }

  /** How many wait in a queue; null while not all of them are known. */
  inQueue(key: string): number | null {
    return this.#told === null ? (this.#inQueues.get(key) ?? 0) : null;
  }

  /** The queues of which some are on disk, as far as is known. */
  queues(): ReadonlyMap<string, number> {
    return this.#inQueues;
  }

  byState(): Iterable<SleeperCount> {
    return this.#counts.values();
  }

  get size(): number {
    return this.#shards.reduce((sum, { size }) => sum + size, 0);
  }

  #set(number: number, { kind, state, queue }: Alike): void {
    const name = nameOf({ kind, state, queue });
    const count = this.#counts.get(name) ?? { name, kind, state, queue, count: 0 };
    const shard = this.#shard(number);
    const known = shard.get(number);
    if (known !== undefined) this.#change(known, -1);
    this.#change(count, 1);
    shard.set(number, count);
  }

  /** Callers name queues: what is counted of none is forgotten. */
  #change(of: SleeperCount, by: 1 | -1): void {
    of.count += by;
    if (of.count === 0) this.#counts.delete(of.name);
    else this.#counts.set(of.name, of);
    if (of.queue === null) return;
    const key = queueKey(of.queue.tenant, of.queue.queue);
    const inQueue = (this.#inQueues.get(key) ?? 0) + by;
    if (inQueue === 0) this.#inQueues.delete(key);
    else this.#inQueues.set(key, inQueue);
  }

  #shard(number: number): Map<number, SleeperCount> {
    const shard = this.#shards[number % SHARDS];
    if (shard === undefined) throw new RangeError(`No task has the number ${number}.`);
    return shard;
  }
}

function nameOf({ kind, state, queue }: Alike): string {
  return queue === null ? `${state} ${kind}` : `${state} ${kind} ${queueKey(queue.tenant, queue.queue)}`;
}
