/**
 * A fair queue of calls: round robin between tenants, and within a tenant between its users. So a caller with a thousand items holds up
 * no other who has one. A tenant has one item under way at a time.
 */
import { Queue } from "./queue.ts";

export type QueueOwner = { tenant: string; user: string };

type Tenant<Item> = { isBusy: boolean; waiting: number; users: Map<string, Queue<Item>> };

export class CallQueue<Item> {
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

  waitingOf(tenant: string): number {
    return this.#tenants.get(tenant)?.waiting ?? 0;
  }

  push({ tenant: name, user }: QueueOwner, item: Item): void {
    const tenant = this.#tenants.get(name) ?? { isBusy: false, waiting: 0, users: new Map<string, Queue<Item>>() };
    const queue = tenant.users.get(user) ?? new Queue<Item>();
    queue.push(item);
    tenant.users.set(user, queue);
    tenant.waiting += 1;
    this.#tenants.set(name, tenant);
    this.#length += 1;
  }

  /** The next item; its tenant is busy until `done` is called. Undefined where every waiting tenant is busy. */
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
