/** The door for rows of subscriptions: both ways between a subscription and its columns. */
import { z } from "zod";
import { type Delivery, OUTCOMES, type Subscription, subscriptionRecord } from "../../task/subscription.ts";
import { parseTolerantly } from "./tolerant.ts";

/** Of a table `s` of subscriptions, beside a table `t` of tasks. */
export const SUBSCRIPTION_COLUMNS = "s.key, t.id, s.tenant, s.user, s.id, s.standing, s.done, s.version, s.record";

const text = z.string();
const row = z.tuple([text, text.nullable(), text, text, text, text.nullable(), z.number(), z.number(), text]);

export function subscriptionOf(given: unknown): Subscription {
  const [key, task, tenant, user, id, standing, done, version, record] = row.parse(given);
  const kept = parseTolerantly(subscriptionRecord, JSON.parse(record));
  return { ...kept, key, task, tenant, user, id, standing, done: done === 1, version };
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
    active: record.state === "active" ? 1 : 0,
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

const delivery = z.object({
  seq: z.number(),
  type: text.nullable(),
  attempt: z.number(),
  at: z.number(),
  ms: z.number(),
  outcome: z.enum(OUTCOMES),
  status: z.number().nullable(),
  error: text.nullable(),
});

export function deliveryOf(given: unknown): Delivery {
  const [n, entry] = z.tuple([z.number(), text]).parse(given);
  return { n, ...parseTolerantly(delivery, JSON.parse(entry)) };
}
