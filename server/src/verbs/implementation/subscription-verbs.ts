/** The verbs of subscriptions, over a store. Delivery hears of each change, and decides when subscribers are told. */
import type { Clock } from "../../engine/clock.ts";
import type { Ids } from "../../engine/ids.ts";
import type { Store } from "../../store/store.ts";
import { tooManyUnfinished } from "../../store/subscription-store.ts";
import { type AuditEntry, auditEntry } from "../../task/audit.ts";
import { notFound, Refusal } from "../../task/errors.ts";
import { mustHave, type Principal } from "../../task/principal.ts";
import {
  type Delivery,
  type NewSubscription,
  newSubscription,
  SUBSCRIPTIONS_OF_TASK_MAX,
  type Subscription,
  type Trial,
} from "../../task/subscription.ts";
import { enabled, redriven, rotated } from "../../task/subscription-rules.ts";
import type { Task } from "../../task/task.ts";
import { mayRead, mayReadTask } from "../../task/visibility.ts";
import type { Subscriptions, SubscriptionView } from "../subscriptions.ts";
import { checked } from "./checked.ts";

export type SubscriptionParts = {
  store: Store;
  clock: Clock;
  ids: Ids;
  /** Where subscribers may be, and the formats in which they are told. */
  receivers?: Receivers;
};

export type Receivers = {
  formats: ReadonlySet<string>;
  /** Throws `invalid`, naming `url`, for a forbidden address. */
  checkUrl: (url: URL) => Promise<void>;
  tried: (subscription: Subscription) => Promise<Trial>;
};

const REDRIVEN_PAGE = 100;
/** Tries of a change that other changes come before. */
const CHANGE_TRIES_MAX = 3;

export class SubscriptionVerbs implements Subscriptions {
  readonly #parts: SubscriptionParts;

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
  }

  async create(principal: Principal, id: string | null, wanted: NewSubscription): Promise<SubscriptionView> {
    const task = await this.#task(principal, id);
    const made = await this.#made(principal, wanted);
    const last = task?.lastSeq ?? 0;
    const { after = last } = wanted;
    if (after > last) throw noSuchEvent(after);
    if (task === null && made.chooses?.everybody) mustHave(principal, "tasks:all");
    return this.#put(principal, { ...made, task: task?.id ?? null, cursor: after });
  }

  async list(principal: Principal, id: string | null, formats: readonly string[]): Promise<SubscriptionView[]> {
    mustHave(principal, "tasks");
    const task = id === null ? null : await this.#mustRead(principal, id, mayReadTask);
    const found = await this.#parts.store.subscriptions.list(principal, task?.id ?? null);
    return found.filter(({ format }) => formats.includes(format)).map(viewOf);
  }

  async get(principal: Principal, task: string | null, id: string): Promise<SubscriptionView> {
    return viewOf(await this.#found(principal, task, id));
  }

  async delete(principal: Principal, task: string | null, id: string): Promise<void> {
    const subscription = await this.#found(principal, task, id);
    const audit = this.#audit(principal, "delete", subscription);
    if (!(await this.#parts.store.subscriptions.remove(subscription, audit))) throw notFound("Webhook");
  }

  async deliveries(
    principal: Principal,
    task: string | null,
    id: string,
    page: { limit: number; before?: number },
  ): Promise<Delivery[]> {
    const { key, standing } = await this.#found(principal, task, id);
    const found = await this.#parts.store.subscriptions.deliveries(standing ?? key, page);
    return standing === null ? found : found.filter((each) => each.task === task);
  }

  async redrive(principal: Principal, id: string | null, name: string, from?: number): Promise<SubscriptionView> {
    if (id === null) return this.#redriveAll(principal, name, from);
    const now = this.#parts.clock.now();
    const last = (await this.#mustRead(principal, id)).lastSeq;
    const after = await this.#change(principal, "redrive", id, name, (before) => {
      if (from !== undefined && (from < 1 || from > last)) throw noSuchEvent(from);
      const first = from ?? before.givenUp;
      return first === null ? null : redriven(before, first, now);
    });
    const { standing } = await this.#found(principal, id, name);
    if (standing !== null) await this.#enabledStanding(principal, standing);
    return after;
  }

  async enable(principal: Principal, task: string | null, id: string): Promise<SubscriptionView> {
    const { standing } = await this.#found(principal, task, id);
    if (standing !== null) {
      await this.#enabledStanding(principal, standing);
      return this.get(principal, task, id);
    }
    return this.#change(principal, "enable", task, id, (before) =>
      before.state === "active" ? null : enabled(before, this.#parts.clock.now()),
    );
  }

  async rotate(
    principal: Principal,
    task: string | null,
    id: string,
    { secret, overlapMs }: { secret: string; overlapMs: number },
  ): Promise<SubscriptionView> {
    mustBeOwn(await this.#found(principal, task, id));
    return this.#change(principal, "rotate", task, id, (before) =>
      rotated(before, secret, overlapMs, this.#parts.clock.now()),
    );
  }

  async try(principal: Principal, task: string | null, id: string): Promise<Trial> {
    const found = await this.#found(principal, task, id);
    if (!this.#parts.receivers) throw notFound("Webhook");
    await this.#parts.store.audit.append(this.#audit(principal, "try", found));
    return this.#parts.receivers.tried(found);
  }

  /** Redrives each of its tasks from the first event that was given up; then the subscription goes on itself. */
  async #redriveAll(principal: Principal, name: string, from?: number): Promise<SubscriptionView> {
    if (from !== undefined)
      throw new Refusal("invalid", "from: is for the webhook of one task; of all tasks, what was given up is sent.", {
        field: "from",
      });
    const { subscriptions } = this.#parts.store;
    const { key } = await this.#found(principal, null, name);
    for (let after: string | null = ""; after !== null; ) {
      const page: Awaited<ReturnType<typeof subscriptions.givenUp>> = await subscriptions.givenUp(
        ...[key, after, REDRIVEN_PAGE],
      );
      for (const each of page.subscriptions) {
        const audit = this.#audit(principal, "redrive", each);
        // A delivery under way changes it meanwhile: it keeps its given-up events for the next redrive.
        if (each.givenUp !== null)
          await subscriptions.change(redriven(each, each.givenUp, this.#parts.clock.now()), { audit });
      }
      after = page.next;
    }
    return this.enable(principal, null, name);
  }

  async #enabledStanding(principal: Principal, key: string): Promise<void> {
    const standing = (await this.#parts.store.subscriptions.list(principal, null)).find((each) => each.key === key);
    if (standing) await this.enable(principal, null, standing.id);
  }

  async #made(principal: Principal, wanted: NewSubscription): Promise<Subscription> {
    const [made] = await newSubscriptions(this.#parts, principal, [wanted]);
    if (!made) throw new Error("No subscription was made.");
    return made;
  }

  async #put(principal: Principal, subscription: Subscription): Promise<SubscriptionView> {
    await this.#parts.store.subscriptions.put(subscription, this.#audit(principal, "create", subscription));
    return viewOf(subscription);
  }

  /** `to` returns the changed subscription; null when nothing changes. */
  async #change(
    principal: Principal,
    act: string,
    task: string | null,
    id: string,
    to: (before: Subscription) => Subscription | null,
  ): Promise<SubscriptionView> {
    for (let tries = 1; tries <= CHANGE_TRIES_MAX; tries++) {
      const before = await this.#found(principal, task, id);
      const after = to(before);
      if (after === null) return viewOf(before);
      const audit = this.#audit(principal, act, after);
      if (await this.#parts.store.subscriptions.change(after, { audit })) return viewOf(after);
    }
    throw new Refusal("conflict", "The webhook is being told at this moment: try again.");
  }

  async #task(principal: Principal, id: string | null): Promise<Task | null> {
    mustHave(principal, "tasks");
    return id === null ? null : this.#mustRead(principal, id);
  }

  /** Participants of a task may not subscribe: nobody may be told for them once they take part no longer. */
  async #mustRead(principal: Principal, id: string, may: typeof mayReadTask = mayRead): Promise<Task> {
    mustHave(principal, "tasks");
    const task = await this.#parts.store.task(id);
    if (!task || !may(principal, task)) throw notFound("Task");
    return task;
  }

  async #found(principal: Principal, taskId: string | null, id: string): Promise<Subscription> {
    const task = await this.#task(principal, taskId);
    const found = await this.#parts.store.subscriptions.find(principal, task?.id ?? null, id);
    if (!found) throw notFound("Webhook");
    return found;
  }

  #audit(principal: Principal, act: string, { task, id, url }: Subscription): AuditEntry {
    // The path may be a secret, as with many chat services.
    const detail = { webhook: id, host: new URL(url).host };
    return auditEntry(principal, `webhooks.${act}`, this.#parts.clock.now(), { task, detail });
  }
}

/**
 * Subscriptions of a task that is about to be created, told of everything from its first event on. Throws as `Subscriptions.create`
 * does.
 */
export async function newSubscriptions(
  { store, clock, ids, receivers }: SubscriptionParts,
  principal: Principal,
  wanted: readonly NewSubscription[],
): Promise<Subscription[]> {
  if (wanted.length === 0) return [];
  const { tenant, user } = principal;
  if (!(await store.subscriptions.hasRoom({ tenant, user }))) throw tooManyUnfinished();
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
      chooses = null,
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
      ...{ url, format, events, secrets, settings, chooses, cursor: 0, announces, state: "active", reason: null },
      ...{ attempts: 0, dueAt: null, failures: 0, error: null, givenUp: null, createdAt: now, updatedAt: now },
    });
  }
  return made;
}

/**
 * Subscriptions of an existing task, written in one commit with a change of it, and told of its outcome. Throws `not_found` for a
 * principal who only takes part in the task, and `conflict` when it has too many of the caller's.
 */
export async function joining(
  { store }: Pick<SubscriptionParts, "store">,
  principal: Principal,
  task: Task,
  made: readonly Subscription[],
): Promise<Subscription[]> {
  if (made.length === 0) return [];
  if (!mayRead(principal, task)) throw notFound("Task");
  const own = (await store.subscriptions.list(principal, task.id)).filter(({ standing }) => standing === null);
  const others = own.filter(({ id }) => made.every((each) => each.id !== id));
  if (others.length + made.length > SUBSCRIPTIONS_OF_TASK_MAX) throw tooMany();
  return made.map((each) => ({ ...each, task: task.id, cursor: task.lastSeq }));
}

function viewOf({ secrets, key, tenant, user, version, announces, ...shown }: Subscription): SubscriptionView {
  return { ...shown, secretNames: Object.keys(secrets) };
}

function mustBeOwn({ standing }: Subscription): void {
  if (standing !== null)
    throw new Refusal(
      "invalid",
      "This is the place of a webhook of all tasks in one of them: its secret is that one's.",
    );
}

function tooMany(): Refusal {
  const max = SUBSCRIPTIONS_OF_TASK_MAX;
  return new Refusal("conflict", `There are ${max} webhooks here, as many as are kept: delete some first.`);
}

function noSuchEvent(seq: number): Refusal {
  return new Refusal("invalid", `There is no event ${seq} of this task yet.`, { field: "from" });
}
