/**
 * Whose turn is next. Each tenant that waits has a turn, one after the other, and within it each of its users; so whoever
 * asks for a thousand things holds up nobody who asks for one. A tenant has one thing under way at a time.
 */
import { Queue } from "./queue.ts";

export type TurnOwner = { tenant: string; user: string };

type Tenant<Item> = { isBusy: boolean; waiting: number; users: Map<string, Queue<Item>> };

export class Turns<Item> {
  /** In the order of their turns. */
  readonly #tenants = new Map<string, Tenant<Item>>();
  #length = 0;

  /** Items that wait. */
  get length(): number {
    return this.#length;
  }

  /** Whether there is a next one. */
  get hasNext(): boolean {
    for (const { isBusy, waiting } of this.#tenants.values()) if (!isBusy && waiting > 0) return true;
    return false;
  }

  /** Of one tenant. */
  waitingOf(tenant: string): number {
    return this.#tenants.get(tenant)?.waiting ?? 0;
  }

  push({ tenant: name, user }: TurnOwner, item: Item): void {
    const tenant = this.#tenants.get(name) ?? { isBusy: false, waiting: 0, users: new Map<string, Queue<Item>>() };
    const queue = tenant.users.get(user) ?? new Queue<Item>();
    queue.push(item);
    tenant.users.set(user, queue);
    tenant.waiting += 1;
    this.#tenants.set(name, tenant);
    this.#length += 1;
  }

  /** The next one, whose tenant is busy until `done`; undefined where every tenant that waits is busy. */
  next(): { item: Item; done: () => void } | undefined {
    for (const [name, tenant] of this.#tenants) {
      if (tenant.isBusy) continue;
      const item = nextOf(tenant);
      if (item === undefined) continue;
      this.#length -= 1;
      tenant.isBusy = true;
      // Behind all others.
      this.#tenants.delete(name);
      this.#tenants.set(name, tenant);
      const done = () => {
        tenant.isBusy = false;
        if (tenant.waiting === 0) this.#tenants.delete(name);
      };
      return { item, done };
    }
    return undefined;
  }
}

function nextOf<Item>(tenant: Tenant<Item>): Item | undefined {
  for (const [user, queue] of tenant.users) {
    const item = queue.shift();
    tenant.users.delete(user);
    if (queue.length > 0) tenant.users.set(user, queue);
    tenant.waiting -= 1;
    return item;
  }
  return undefined;
}
