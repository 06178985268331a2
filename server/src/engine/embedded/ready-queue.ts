/**
 * The queue of ready tasks: in turn between tenants, within a tenant by priority, then in turn between conversations,
 * and in a conversation by age. So nobody keeps another's one task waiting behind a thousand, whatever priority they have.
 */
import { Heap } from "../heap.ts";
import { Ranking } from "../ranking.ts";

export type Ready = {
  id: string;
  tenant: string;
  conversation: string | null;
  priority: number;
  createdAt: number;
};

/** Fewer that were taken out than this are left in their heaps. */
const TAKEN_MIN = 1_000;

/** Keys in turn: the one served goes to the back. */
class RoundRobin<Value> {
  readonly #values = new Map<string, Value>();

  get size(): number {
    return this.#values.size;
  }

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  values(): Iterable<Value> {
    return this.#values.values();
  }

  at(key: string, make: () => Value): Value {
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#values.set(key, made);
    return made;
  }

  /** What the first one in turn has to give, of those that `may` be served; those that turn out empty are forgotten. */
  serve<Served>(
    take: (value: Value) => Served | undefined,
    isEmpty: (value: Value) => boolean,
    may: (key: string) => boolean = () => true,
  ): Served | undefined {
    for (const [key, value] of this.#values) {
      if (!may(key)) continue;
      const served = take(value);
      this.#values.delete(key);
      if (!isEmpty(value)) this.#values.set(key, value);
      if (served !== undefined) return served;
    }
    return undefined;
  }
}

/**
 * Tasks of one tenant and priority: in turn between conversations, and all of them by age. `taken` were taken out since the heaps
 * were last looked through: one task may come and go as often as others come before it.
 */
type Level<Item> = { turns: RoundRobin<Heap<Item>>; byAge: Ranking<Item>; taken: number };

/** The ready tasks of one tenant: by priority, then by conversation. */
class TenantQueue<Item extends Ready> {
  readonly #levels = new Map<number, Level<Item>>();
  /** Priorities with something ready, highest first. */
  #order: number[] = [];

  get isEmpty(): boolean {
    return this.#order.length === 0;
  }

  push(item: Item): void {
    let level = this.#levels.get(item.priority);
    if (!level) {
      level = { turns: new RoundRobin(), byAge: new Ranking<Item>(isOlder), taken: 0 };
      this.#levels.set(item.priority, level);
      this.#order = [...this.#levels.keys()].sort((a, b) => b - a);
    }
    level.turns.at(item.conversation ?? "", () => new Heap<Item>(isOlder)).push(item);
    level.byAge.add(item);
  }

  /** It is not to be counted any more. It lies in its heap, where `pop` passes it over, until such are more than the `wanted`. */
  forget(item: Item, wanted: (item: Item) => boolean): void {
    const level = this.#levels.get(item.priority);
    if (!level) return;
    level.byAge.remove(item);
    level.taken += 1;
    if (level.taken < Math.max(TAKEN_MIN, level.byAge.size)) return;
    for (const heap of level.turns.values()) heap.keep(wanted);
    level.taken = 0;
  }

  /** How many come before this one by priority and age alone. */
  ahead(item: Item): number {
    let count = 0;
    for (const [priority, { byAge }] of this.#levels) {
      if (priority > item.priority) count += byAge.size;
      if (priority === item.priority) count += byAge.rank(item);
    }
    return count;
  }

  /** The next one that is `wanted`; those that are not are dropped. */
  pop(wanted: (item: Item) => boolean): Item | undefined {
    for (const priority of this.#order) {
      const level = this.#levels.get(priority);
      const item = level?.turns.serve(
        (heap) => popWanted(heap, wanted),
        (heap) => heap.size === 0,
      );
      if (item) level?.byAge.remove(item);
      if (level?.turns.size === 0) {
        this.#levels.delete(priority);
        this.#order = this.#order.filter((other) => other !== priority);
      }
      if (item) return item;
    }
    return undefined;
  }
}

export class ReadyQueue<Item extends Ready> {
  readonly #tenants = new RoundRobin<TenantQueue<Item>>();
  /** What is ready. What was taken out may still lie in its heap, and is passed over there. */
  readonly #items = new Map<string, Item>();
  readonly #isReady = (item: Item): boolean => this.#items.get(item.id) === item;

  get size(): number {
    return this.#items.size;
  }

  has(id: string): boolean {
    return this.#items.has(id);
  }

  push(item: Item): void {
    if (this.#items.has(item.id)) return;
    this.#items.set(item.id, item);
    this.#tenants.at(item.tenant, () => new TenantQueue<Item>()).push(item);
  }

  /** Takes the next one in turn, of the tenants that `may` have one now. */
  pop(may?: (tenant: string) => boolean): Item | undefined {
    const item = this.#tenants.serve(
      (tenant) => tenant.pop(this.#isReady),
      (tenant) => tenant.isEmpty,
      may,
    );
    if (item) this.#items.delete(item.id);
    return item;
  }

  /** What was removed, if it was there. */
  remove(id: string): Item | undefined {
    const item = this.#items.get(id);
    this.#items.delete(id);
    if (item) this.#tenants.get(item.tenant)?.forget(item, this.#isReady);
    return item;
  }

  /** How many of its tenant come before this one by priority and age alone. */
  ahead(item: Item): number {
    return this.#tenants.get(item.tenant)?.ahead(item) ?? 0;
  }
}

function popWanted<Item>(heap: Heap<Item>, wanted: (item: Item) => boolean): Item | undefined {
  for (let item = heap.pop(); item; item = heap.pop()) if (wanted(item)) return item;
  return undefined;
}

function isOlder(item: Ready, than: Ready): boolean {
  return item.createdAt < than.createdAt || (item.createdAt === than.createdAt && item.id < than.id);
}
