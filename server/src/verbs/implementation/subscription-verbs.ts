/** What callers may do with subscriptions, over a store. Who is told, and when, is the delivery's: it hears of each change. */
import type { Clock } from "../../engine/clock.ts";
import type { Ids } from "../../engine/ids.ts";
import type { Store } from "../../store/store.ts";
import { SUBSCRIPTIONS_OF_USER_MAX } from "../../store/subscription-store.ts";
import type { Write } from "../../store/write.ts";
import { notFound, Refusal } from "../../task/errors.ts";
import { mustHave, type Principal } from "../../task/principal.ts";
import {
  type Delivery,
  enabled,
  type NewSubscription,
  newSubscription,
  redriven,
  type Subscription,
} from "../../task/subscription.ts";
import type { Task } from "../../task/task.ts";
import { mayRead } from "../../task/visibility.ts";
import type { Subscriptions, SubscriptionView } from "../subscriptions.ts";
import { checked } from "./checked.ts";

export type SubscriptionParts = {
  store: Store;
  clock: Clock;
  ids: Ids;
  /** Where subscribers may be told, and in whose words. */
  receivers?: Receivers;
};

export type Receivers = {
  formats: ReadonlySet<string>;
  /** Throws `invalid`, naming `url`, for an address that may not be sent to. */
  checkUrl: (url: URL) => Promise<void>;
};

/** A change that others come before is made anew so often. */
const CHANGE_TRIES_MAX = 3;

export class SubscriptionVerbs implements Subscriptions {
  readonly #parts: SubscriptionParts;

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
  }

  async create(principal: Principal, id: string, wanted: NewSubscription): Promise<SubscriptionView> {
    const task = await this.#task(principal, id);
    const [made] = await newSubscriptions(this.#parts, principal, [wanted]);
    if (!made) throw new Error("No subscription was made.");
    const { after = task.lastSeq } = wanted;
    if (after > task.lastSeq) throw noSuchEvent(after);
    const subscription = { ...made, task: task.id, cursor: after };
    await this.#parts.store.subscriptions.put(subscription, this.#audit(principal, "create", subscription));
    return viewOf(subscription);
  }

  async list(principal: Principal, id: string, formats: readonly string[]): Promise<SubscriptionView[]> {
    const task = await this.#task(principal, id);
    const found = await this.#parts.store.subscriptions.list(principal, task.id);
    return found.filter(({ format }) => formats.includes(format)).map(viewOf);
  }

  async get(principal: Principal, task: string, id: string): Promise<SubscriptionView> {
    return viewOf(await this.#found(principal, task, id));
  }

  async delete(principal: Principal, task: string, id: string): Promise<void> {
    const subscription = await this.#found(principal, task, id);
    const audit = this.#audit(principal, "delete", subscription);
    if (!(await this.#parts.store.subscriptions.remove(subscription, audit))) throw notFound("Webhook");
  }

  async deliveries(
    principal: Principal,
    task: string,
    id: string,
    page: { limit: number; before?: number },
  ): Promise<Delivery[]> {
    return this.#parts.store.subscriptions.deliveries((await this.#found(principal, task, id)).key, page);
  }

  redrive(principal: Principal, task: string, id: string, from?: number): Promise<SubscriptionView> {
    return this.#change(principal, "redrive", task, id, (before, { lastSeq }) => {
      if (from !== undefined && (from < 1 || from > lastSeq)) throw noSuchEvent(from);
      const first = from ?? before.givenUp;
      return first === null ? null : redriven(before, first, this.#parts.clock.now());
    });
  }

  enable(principal: Principal, task: string, id: string): Promise<SubscriptionView> {
    return this.#change(principal, "enable", task, id, (before) =>
      before.state === "active" ? null : enabled(before, this.#parts.clock.now()),
    );
  }

  /** `to` is what it becomes; null when nothing changes. */
  async #change(
    principal: Principal,
    act: string,
    taskId: string,
    id: string,
    to: (before: Subscription, task: Task) => Subscription | null,
  ): Promise<SubscriptionView> {
    const task = await this.#task(principal, taskId);
    for (let tries = 1; tries <= CHANGE_TRIES_MAX; tries++) {
      const before = await this.#found(principal, taskId, id);
      const after = to(before, task);
      if (after === null) return viewOf(before);
      const audit = this.#audit(principal, act, after);
      if (await this.#parts.store.subscriptions.change(after, { audit })) return viewOf(after);
    }
    throw new Refusal("conflict", "The webhook is being told at this moment: try again.");
  }

  async #task(principal: Principal, id: string): Promise<Task> {
    mustHave(principal, "tasks");
    const task = await this.#parts.store.task(id);
    if (!task || !mayRead(principal, task)) throw notFound("Task");
    return task;
  }

  async #found(principal: Principal, taskId: string, id: string): Promise<Subscription> {
    const task = await this.#task(principal, taskId);
    const found = await this.#parts.store.subscriptions.find(principal, task.id, id);
    if (!found) throw notFound("Webhook");
    return found;
  }

  #audit(
    { tenant, user, keyId }: Principal,
    act: string,
    { task, id, url }: Subscription,
  ): NonNullable<Write["audit"]> {
    return {
      tenant,
      at: this.#parts.clock.now(),
      user,
      keyId,
      act: `webhooks.${act}`,
      task,
      detail: { webhook: id, url },
    };
  }
}

/**
 * Subscriptions of a task that is yet to be made, which are told everything from its first event on. Throws as
 * `Subscriptions.create` does.
 */
export async function newSubscriptions(
  { store, clock, ids, receivers }: SubscriptionParts,
  principal: Principal,
  wanted: readonly NewSubscription[],
): Promise<Subscription[]> {
  if (wanted.length === 0) return [];
  const { tenant, user } = principal;
  if (!(await store.subscriptions.hasRoom({ tenant, user })))
    throw new Refusal(
      "rate_limited",
      `${SUBSCRIPTIONS_OF_USER_MAX} webhooks of yours have something to tell, as many as are kept: delete some first.`,
    );
  const now = clock.now();
  const made: Subscription[] = [];
  for (const each of wanted) {
    const {
      id,
      url,
      format,
      events = null,
      secrets = {},
      settings = {},
      announces = false,
    } = checked(newSubscription, each);
    if (!receivers?.formats.has(format))
      throw new Refusal("invalid", `format: this server tells nobody in the words of ${format}.`, { field: "format" });
    if (!URL.canParse(url)) throw new Refusal("invalid", "url: is not an address.", { field: "url" });
    await receivers.checkUrl(new URL(url));
    const key = ids.uuid(now);
    if (made.some((other) => other.id === id))
      throw new Refusal("invalid", `id: two webhooks are called ${id}.`, { field: "id" });
    made.push({
      ...{ key, id: id ?? key, task: null, standing: null, tenant, user, version: 1, done: false },
      ...{ url, format, events, secrets, settings, cursor: 0, announces, state: "active", reason: null },
      ...{ attempts: 0, dueAt: null, failures: 0, givenUp: null, createdAt: now, updatedAt: now },
    });
  }
  return made;
}

function viewOf({
  secrets,
  key,
  tenant,
  user,
  standing,
  version,
  announces,
  ...shown
}: Subscription): SubscriptionView {
  return { ...shown, secretNames: Object.keys(secrets) };
}

function noSuchEvent(seq: number): Refusal {
  return new Refusal("invalid", `There is no event ${seq} of this task yet.`, { field: "from" });
}
