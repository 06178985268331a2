/** The door for rows of subscriptions: both ways between a subscription and its columns. */
import { z } from "zod";
import type { TaskId } from "../../task/id.ts";
import {
  type Delivery,
  OUTCOMES,
  type Subscription,
  type SubscriptionRecord,
  subscriptionRecord,
} from "../../task/subscription.ts";
import { parseTolerantly } from "./tolerant.ts";

/** Of a table `s` of subscriptions, beside a table `t` of tasks and those that they were made of, `o`. */
export const SUBSCRIPTION_COLUMNS =
  "s.key, t.id, s.tenant, s.user, s.id, s.standing, s.done, s.version, s.record, o.record";

const text = z.string();
const number = z.number();
const none = text.nullable();
const row = z.tuple([text, none, text, text, text, none, number, number, text, none.optional()]);

export function subscriptionOf(given: unknown): Subscription {
  const [key, task, tenant, user, id, standing, done, version, record, of = null] = row.parse(given);
  const kept = recordOf(record);
  const whole = of === null ? kept : withStanding(kept, recordOf(of));
  return { ...whole, key, task, tenant, user, id, standing, done: done === 1, version };
}

const recordOf = (text: string): SubscriptionRecord => parseTolerantly(subscriptionRecord, JSON.parse(text));

/** Only how far it is, is a cursor's own. */
function withStanding(own: SubscriptionRecord, of: SubscriptionRecord): SubscriptionRecord {
  const { url, format, events, secrets, settings, state, reason } = of;
  const dueAt = of.dueAt === null ? own.dueAt : Math.max(own.dueAt ?? 0, of.dueAt);
  return { ...own, url, format, events, secrets, settings, state, reason, dueAt };
}

/** Between these are the keys of the cursors of a standing subscription. */
export function cursorKeys(standing: string): { first: string; beyond: string } {
  return { first: `${standing}_`, beyond: `${standing}~` };
}

/** The row of a cursor of a standing subscription for a new task: all that is not its own is left to be read there. */
export function cursorValues(standing: SubscriptionValues, task: TaskId, at: number): SubscriptionValues {
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

const delivery = z.object({
  task: text.nullable().default(null),
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
