/** The door for rows of subscriptions: a subscription out of its columns. */
import { z } from "zod";
import {
  type Delivery,
  OUTCOMES,
  type Subscription,
  type SubscriptionRecord,
  subscriptionRecord,
} from "../../task/subscription.ts";
import { maybeText, number, text, time } from "./cells.ts";
import { parseTolerantly } from "./tolerant.ts";

const row = z.tuple([text, maybeText, text, text, text, maybeText, number, number, text, maybeText.optional()]);

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

const delivery = z.object({
  task: text.nullable().default(null),
  seq: z.number(),
  type: text.nullable(),
  attempt: z.number(),
  at: time,
  ms: z.number(),
  outcome: z.enum(OUTCOMES),
  status: z.number().nullable(),
  error: text.nullable(),
});

export function deliveryOf(given: unknown): Delivery {
  const [n, entry] = z.tuple([z.number(), text]).parse(given);
  return { n, ...parseTolerantly(delivery, JSON.parse(entry)) };
}
