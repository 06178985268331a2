/** The verbs of the store on subscriptions, over its channels. */
import { z } from "zod";
import type { TaskId } from "../../../task/id.ts";
import {
  type Attempted,
  type Delivery,
  SUBSCRIPTIONS_OF_TASK_MAX,
  type Subscription,
} from "../../../task/subscription.ts";
import { prepareAudit } from "../../codec/prepare.ts";
import { deliveryOf, subscriptionOf } from "../../codec/subscription-rows.ts";
import { subscriptionValues } from "../../codec/subscription-values.ts";
import { orDamaged } from "../../damage.ts";
import type { SubscriptionStore, Unfinished } from "../../subscription-store.ts";
import type { Write } from "../../write.ts";
import type { Channels } from "../thread/channels.ts";

type Owner = { tenant: string; user: string };
type Audit = NonNullable<Write["audit"]>;
type Changed = Pick<Subscription, "key" | "task" | "standing">;

const text = z.string();
const unfinishedRow = z.tuple([text, text, text.nullable(), text, text, text, z.number().nullable()]);

export class SqliteSubscriptions implements SubscriptionStore {
  readonly #writes: Channels["writes"];
  readonly #reads: Channels["reads"];
  readonly #searches: Channels["searches"];
  readonly #damage: Channels["damage"];
  readonly #listeners = new Set<(changed: Changed) => void>();

  constructor({ writes, reads, searches, damage }: Channels) {
    this.#writes = writes;
    this.#reads = reads;
    this.#searches = searches;
    this.#damage = damage;
  }

  async put(subscription: Subscription, audit: Audit): Promise<void> {
    await this.#writes.send("putSubscription", {
      subscription: subscriptionValues(subscription),
      audit: prepareAudit(audit),
      ofTaskMax: SUBSCRIPTIONS_OF_TASK_MAX,
    });
    this.publish([subscription]);
  }

  async find(owner: Owner, task: TaskId | null, id: string): Promise<Subscription | null> {
    return (await this.list(owner, task)).find((each) => each.id === id) ?? null;
  }

  get(key: string): Promise<Subscription | null> {
    return orDamaged(`subscription ${key}`, async () => {
      const row = await this.#reads.send("subscription", { key });
      return row && subscriptionOf(row);
    });
  }

  async list({ tenant, user }: Owner, task: TaskId | null): Promise<Subscription[]> {
    return this.#readable((await this.#reads.send("subscriptions", { tenant, user, task })).rows);
  }

  async hasRoom({ tenant, user }: Owner): Promise<boolean> {
    return await this.#reads.send("hasRoomForSubscription", { tenant, user });
  }

  async change(
    subscription: Subscription,
    { delivery, attempted, audit }: { delivery?: Omit<Delivery, "n">; attempted?: Attempted; audit?: Audit },
  ): Promise<boolean | "disabled"> {
    const given = {
      subscription: subscriptionValues(subscription),
      delivery: delivery ? JSON.stringify(delivery) : null,
      attempted: attempted ?? null,
      audit: audit ? prepareAudit(audit) : null,
    };
    // Where it cannot be said in its deliveries, told it was all the same, and is not again.
    const changed = await this.#damage.passingOver(() => this.#writes.send("changeSubscription", given));
    if (changed !== false && audit) this.publish([subscription]);
    return changed;
  }

  async remove({ key, task, standing }: Changed, audit: Audit): Promise<boolean> {
    const removed = await this.#writes.send("removeSubscription", { key, audit: prepareAudit(audit) });
    if (removed) this.publish([{ key, task, standing }]);
    return removed;
  }

  async deliveries(
    key: string,
    { limit, before = Number.MAX_SAFE_INTEGER }: { limit: number; before?: number },
  ): Promise<Delivery[]> {
    const rows = await this.#searches.send("deliveries", { key, limit, before });
    return rows.flatMap((row) => this.#damage.orLeftOut(`delivery ${row[0]} of ${key}`, () => deliveryOf(row)) ?? []);
  }

  async givenUp(
    standing: string,
    after: string,
    limit: number,
  ): Promise<{ subscriptions: Subscription[]; next: string | null }> {
    const { rows, more } = await this.#searches.send("givenUp", { standing, after, limit });
    const next = more ? String(rows.at(-1)?.[0]) : null;
    return { subscriptions: this.#readable(rows), next };
  }

  async unfinished(from: string, limit: number, standing?: string): Promise<Unfinished[]> {
    // A start holds nobody up, and needs no other thread for this.
    const channel = standing === undefined ? this.#reads : this.#searches;
    const found: Unfinished[] = [];
    for (let at = from; ; ) {
      const page = await channel.send("unfinished", { from: at, limit, standing: standing ?? null });
      found.push(...this.#unfinished(page.rows));
      const last = String(page.rows.at(-1)?.[0] ?? at);
      // The next page begins with it.
      if (!page.more || found.length >= limit || last === at) return found;
      at = last;
    }
  }

  async cursorsOf(tasks: readonly TaskId[]): Promise<Unfinished[]> {
    return this.#unfinished((await this.#searches.send("cursorsOf", { tasks: JSON.stringify(tasks) })).rows);
  }

  changes(listener: (changed: Changed) => void): () => void {
    const own = (changed: Changed) => listener(changed);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  #readable(rows: unknown[][]): Subscription[] {
    return this.#thoseRead(rows, subscriptionOf);
  }

  #unfinished(rows: unknown[][]): Unfinished[] {
    return this.#thoseRead(rows, unfinishedOf);
  }

  #thoseRead<Found>(rows: unknown[][], read: (row: unknown[]) => Found): Found[] {
    return rows.flatMap((row) => this.#damage.orLeftOut(`subscription ${String(row[0])}`, () => read(row)) ?? []);
  }

  /** Tells what one transaction has committed. */
  publish(committed: readonly Changed[]): void {
    for (const { key, task, standing } of committed)
      for (const listener of this.#listeners) listener({ key, task, standing });
  }
}

function unfinishedOf(row: unknown[]): Unfinished {
  const [key, task, standing, tenant, user, url, dueAt] = unfinishedRow.parse(row);
  return { key, task, standing, owner: { tenant, user }, url, dueAt };
}
