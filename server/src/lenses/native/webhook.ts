/** How a webhook is told of an event: signed JSON, by the rules of Standard Webhooks. */
import type { JsonObject } from "../../task/json/json.ts";
import type { Delivery, Notification, PushFormat, Subscription } from "../../task/subscription.ts";
import { SECRET, SECRET_BEFORE, SECRET_BEFORE_UNTIL } from "../../task/subscription-rules.ts";
import type { SubscriptionView } from "../../verbs/subscriptions.ts";
import { signedJson } from "../body/json-body.ts";
import { wireEvent } from "./event.ts";
import { wireTime } from "./translate.ts";
import { WEBHOOK_FORMAT } from "./webhook-body.ts";
import type { DeliveryWire, WebhookWire } from "./webhook-schema.ts";
import { signatureOf, signFor } from "./webhook-secret.ts";

/** What is told where no types were named: `task.` and any other word is a change of state, a question or an end. */
const UNTOLD: ReadonlySet<string> = new Set(["task.progress", "task.details"]);

/** With delays of 5 minutes at most, over three and a half hours. */
const ATTEMPTS_MAX = 50;

export const webhookFormat: PushFormat = {
  name: WEBHOOK_FORMAT,
  attemptsMax: ATTEMPTS_MAX,
  failuresMax: ATTEMPTS_MAX,
  notificationOf: async ({ subscription, task, event, seq, at }) => {
    if (event === null) return null;
    if (subscription.events === null && (!event.type.startsWith("task.") || UNTOLD.has(event.type))) return null;
    const { id, kind, state, conversation, metadata } = task;
    const { type, data } = wireEvent(event);
    const about = { task_id: id, kind, state, conversation_id: conversation, metadata, seq };
    const said = { type, timestamp: wireTime(event.at), data: { ...about, event: data } };
    // The same for each attempt: a receiver knows by it what it has had.
    const messageId = `msg_${subscription.key.replaceAll("-", "")}_${seq}`;
    return await signed(subscription, messageId, said, at);
  },
  trialOf: async (subscription, at) => {
    const said = { type: "webhook.test", timestamp: wireTime(at), data: { webhook_id: subscription.id } };
    return await signed(subscription, `test_${subscription.key.replaceAll("-", "")}_${at}`, said, at);
  },
};

async function signed(
  subscription: Subscription,
  messageId: string,
  said: JsonObject,
  at: number,
): Promise<Notification> {
  const timestampS = Math.floor(at / 1_000);
  const signs = secretsOf(subscription, at).map((secret) => signFor(secret, messageId, timestampS));
  const body = await signedJson(said, signs);
  return {
    contentType: "application/json",
    body,
    headers: {
      "webhook-id": messageId,
      "webhook-timestamp": String(timestampS),
      ...(signs.length > 0 && { "webhook-signature": signs.map(signatureOf).join(" ") }),
    },
  };
}

/** While its receiver changes from one to the other there are two, of which each is enough. */
function secretsOf({ secrets, settings }: Subscription, at: number): string[] {
  const { [SECRET]: secret, [SECRET_BEFORE]: before } = secrets;
  const overlaps = at < Number(settings[SECRET_BEFORE_UNTIL] ?? 0);
  return [secret, overlaps ? before : undefined].filter((each) => each !== undefined);
}

export function wireWebhook(view: SubscriptionView): WebhookWire {
  return {
    id: view.id,
    task_id: view.task,
    standing_id: view.standing,
    tasks: view.chooses,
    url: view.url,
    events: view.events,
    signed: view.secretNames.includes(SECRET),
    state: view.state,
    reason: view.reason,
    done: view.done,
    told_up_to: view.cursor,
    attempts: view.attempts,
    next_attempt_at: view.dueAt === null ? null : wireTime(view.dueAt),
    failures_in_a_row: view.failures,
    last_error: view.error,
    given_up: view.givenUp,
    created_at: wireTime(view.createdAt),
    updated_at: wireTime(view.updatedAt),
  };
}

export function wireDelivery({ ms, at, task, ...entry }: Delivery): DeliveryWire {
  return { ...entry, task_id: task, at: wireTime(at), duration_ms: ms };
}
