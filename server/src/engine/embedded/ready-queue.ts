/**
 * The queue of ready tasks: by priority, then in turn between tenants, within a tenant in turn between conversations,
 * and in a conversation by age. So nobody who submits a thousand tasks keeps another's one waiting behind them.
 */
import { Heap } from "../heap.ts";

export type Ready = {
  id: string;
  tenant: string;
  conversation: string | null;
  priority: number;
  createdAt: number;
};

/** Keys in turn: the one served goes to the back. */
class Turns<Value> {
  readonly #values = new Map<string, Value>();

  get size(): number {
    return this.#values.size;
  }

  at(key: string, make: () => Value): Value {
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#values.set(key, made);
    return made;
  }

  delete(key: string): void {
    this.#values.delete(key);
  }

  /** The first in turn; it goes to the back. */
  next(): [string, Value] | undefined {
    const first = this.#values.entries().next();
    if (first.done) return undefined;
    const [key, value] = first.value;
    this.#values.delete(key);
    this.#values.set(key, value);
    return [key, value];
  }
}

/** The conversations of a tenant, each with its ready tasks by age. */
type Tenant<Item> = Turns<Heap<Item>>;

export class ReadyQueue<Item extends Ready> {
  readonly #levels = new Map<number, Turns<Tenant<Item>>>();
  /** Priorities with something ready, highest first. */
  #order: number[] = [];
  /** What is ready. What was taken out still lies in its heap, and is passed over there. */
  readonly #items = new Map<string, Item>();

  get size(): number {
    return this.#items.size;
  }

  has(id: string): boolean {
    return this.#items.has(id);
  }

  push(item: Item): void {
    if (this.#items.has(item.id)) return;
    this.#items.set(item.id, item);
    let level = this.#levels.get(item.priority);
    if (!level) {
      level = new Turns();
      this.#levels.set(item.priority, level);
      this.#order = [...this.#levels.keys()].sort((a, b) => b - a);
    }
    const tenant = level.at(item.tenant, () => new Turns<Heap<Item>>());
    tenant.at(item.conversation ?? "", () => new Heap<Item>(isOlder)).push(item);
  }

  /** Takes the next one in turn. */
  pop(): Item | undefined {
    for (const priority of this.#order) {
      const item = this.#popLevel(priority);
      if (item) return item;
    }
    return undefined;
  }

  remove(id: string): void {
    this.#items.delete(id);
  }

  /** How many would come before this one by priority and age alone. */
  ahead(item: Item): number {
    let count = 0;
    for (const other of this.#items.values()) {
      if (other.priority > item.priority || (other.priority === item.priority && isOlder(other, item))) count += 1;
    }
    return count;
  }

  #popLevel(priority: number): Item | undefined {
    const level = this.#levels.get(priority);
    if (!level) return undefined;
    for (let tenant = level.next(); tenant; tenant = level.next()) {
      const [tenantKey, conversations] = tenant;
      for (let next = conversations.next(); next; next = conversations.next()) {
        const [key, heap] = next;
        const item = heap.pop();
        if (heap.size === 0) conversations.delete(key);
        if (!item || this.#items.get(item.id) !== item) continue;
        this.#items.delete(item.id);
        if (conversations.size === 0) level.delete(tenantKey);
        return item;
      }
      level.delete(tenantKey);
    }
    this.#levels.delete(priority);
    this.#order = this.#order.filter((other) => other !== priority);
    return undefined;
  }
}

function isOlder(item: Ready, than: Ready): boolean {
  return item.createdAt < than.createdAt || (item.createdAt === than.createdAt && item.id < than.id);
}
