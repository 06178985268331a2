/** A webhook as a caller wants it, with a submit or for a task that there is. */
import { z } from "zod";
import { STATES, type State } from "../../task/states.ts";
import {
  eventTypes,
  type NewSubscription,
  type TaskChoice,
  taskChoice,
  URL_CHARACTERS_MAX,
} from "../../task/subscription.ts";
import { SECRET } from "../../task/subscription-rules.ts";
import { named } from "../openapi.ts";
import { secret } from "./webhook-secret.ts";

/** What tells that a task has come to a state. */
const EVENTS_OF: Readonly<Record<State, readonly string[]>> = {
  queued: ["task.submitted"],
  running: ["task.started", "task.resumed"],
  waiting: ["task.waiting", "task.retrying"],
  input_required: ["task.input_required"],
  paused: ["task.paused"],
  completed: ["task.completed"],
  failed: ["task.failed"],
  cancelled: ["task.cancelled"],
  timed_out: ["task.timed_out"],
  rejected: ["task.rejected"],
};

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
      states: z
        .array(z.enum(STATES))
        .min(1)
        .max(STATES.length)
        .optional()
        .describe("Beside or in place of `events`: what tells that the task has come to one of these states."),
    })
    .meta({ example: { url: "https://example.com/hooks/waybill", events: ["task.completed", "task.failed"] } }),
  "NewWebhook",
);

export const standingBody = named(
  z
    .strictObject({
      ...webhookBody.shape,
      tasks: z
        .strictObject({
          kinds: taskChoice.shape.kinds.describe("Kinds of tasks."),
          agents: taskChoice.shape.agents.describe("Agents, as `input.agent` names them."),
          metadata: taskChoice.shape.metadata.describe("Exact values of metadata keys."),
          everybody: taskChoice.shape.everybody.describe("Of all users of your tenant. Takes the scope `tasks:all`."),
          children: taskChoice.shape.children.describe("Also those that other tasks have begun."),
        })
        .default({})
        .describe("Which tasks: those that fit all that is named. When absent all that you submit."),
    })
    .meta({ example: { url: "https://example.com/hooks/waybill", states: ["failed"], tasks: { kinds: ["agent"] } } }),
  "StandingWebhook",
);

export type NewWebhook = z.output<typeof webhookBody> & { after?: number | undefined; tasks?: TaskChoice | undefined };

export function newWebhookOf({ url, secret, events, states, after, tasks }: NewWebhook): NewSubscription {
  const types = [...(events ?? []), ...(states ?? []).flatMap((state) => EVENTS_OF[state])];
  return {
    format: WEBHOOK_FORMAT,
    url,
    ...(secret !== undefined && { secrets: { [SECRET]: secret } }),
    ...(types.length > 0 && { events: [...new Set(types)] }),
    ...(after !== undefined && { after }),
    ...(tasks !== undefined && { chooses: tasks }),
  };
}
