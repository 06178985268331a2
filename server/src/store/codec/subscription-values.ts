/** The way into rows of subscriptions. */
import type { TaskId } from "../../task/id.ts";
import type { Subscription, SubscriptionRecord } from "../../task/subscription.ts";

/** Between these are the keys of the cursors of a standing subscription. */
export function cursorKeys(standing: string): { first: string; beyond: string } {
  return { first: `${standing}_`, beyond: `${standing}~` };
}

/** The row of a cursor of a standing subscription for a new task: all that is not its own is left to be read there. */
export function cursorValues(
  standing: Pick<Subscription, "key" | "tenant" | "user">,
  task: TaskId,
  at: number,
): SubscriptionValues {
  const { key, tenant, user } = standing;
  const own: SubscriptionRecord = {
    ...{ url: "", format: "", events: null, secrets: {}, settings: {}, chooses: null, cursor: 0, announces: false },
    ...{ state: "active", reason: null, attempts: 0, dueAt: null, failures: 0, error: null, givenUp: null },
    ...{ createdAt: at, updatedAt: at },
  };
  const record = JSON.stringify(own);
  const cursor = `${cursorKeys(key).first}${task}`;
  return {
    ...{ key: cursor, task, tenant, user, id: cursor, standing: key, url: "", active: 1, done: 0, dueAt: null },
    ...{ version: 1, record },
  };
}

/** What a row takes beside its texts. */
export const SUBSCRIPTION_BYTES = 512;

/** The same of an entry of its log. */
export const DELIVERY_BYTES = 64;

/** What it counts with its task. */
export function subscriptionBytes({ url, record }: SubscriptionValues): number {
  return SUBSCRIPTION_BYTES + Buffer.byteLength(url + record);
}

/** Every column of a row, by its name; `task` by its id. */
export function subscriptionValues({
  key,
  task,
  tenant,
  user,
  id,
  standing,
  done,
  version,
  ...record
}: Subscription): SubscriptionValues {
  return {
    ...{ key, task, tenant, user, id, standing, version, url: record.url, dueAt: record.dueAt },
    // What a standing one is, is its own row's to say.
    active: standing !== null || record.state === "active" ? 1 : 0,
    done: done ? 1 : 0,
    record: JSON.stringify(record),
  };
}

export type SubscriptionValues = {
  key: string;
  task: string | null;
  tenant: string;
  user: string;
  id: string;
  standing: string | null;
  url: string;
  active: number;
  done: number;
  dueAt: number | null;
  version: number;
  record: string;
};
