/** A webhook as a caller wants it, with a submit or for a task that there is. */
import { z } from "zod";
import { eventTypes, type NewSubscription, URL_CHARACTERS_MAX } from "../../task/subscription.ts";
import { named } from "../openapi.ts";
import { secret } from "./webhook-secret.ts";

/** Its name as a format of subscriptions. */
export const WEBHOOK_FORMAT = "native";

export const webhookBody = named(
  z
    .strictObject({
      url: z
        .string()
        .min(1)
        .max(URL_CHARACTERS_MAX)
        .describe("Where events are sent to: http or https, on the internet or where the server's operator allows."),
      secret: secret
        .optional()
        .describe("Signs what is sent, as Standard Webhooks do. Never shown again; with none, nothing is signed."),
      events: eventTypes
        .optional()
        .describe("Types of events. When absent all changes of the task's state, its questions, and its end."),
    })
    .meta({ example: { url: "https://example.com/hooks/waybill", events: ["task.completed", "task.failed"] } }),
  "NewWebhook",
);

type NewWebhook = z.output<typeof webhookBody> & { after?: number | undefined };

export function newWebhookOf({ url, secret, events, after }: NewWebhook): NewSubscription {
  return {
    format: WEBHOOK_FORMAT,
    url,
    ...(secret !== undefined && { secrets: { secret } }),
    ...(events !== undefined && { events }),
    ...(after !== undefined && { after }),
  };
}
