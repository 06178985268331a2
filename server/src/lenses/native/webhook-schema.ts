/** Webhooks on the wire. */
import { z } from "zod";
import { isTaskId } from "../../task/id.ts";
import { OUTCOMES, taskChoice } from "../../task/subscription.ts";
import { named } from "../openapi.ts";
import { isName } from "../route.ts";
import { limit, time } from "./schema.ts";
import { webhookBody } from "./webhook-body.ts";
import { secret } from "./webhook-secret.ts";

const OVERLAP_S = 86_400;
const OVERLAP_S_MAX = 7 * 86_400;

export const createBody = named(
  z.strictObject({
    ...webhookBody.shape,
    after: z
      .int()
      .min(0)
      .optional()
      .describe("Tell what comes after this event, 0 for all of the log. When absent, what is new."),
  }),
  "WebhookOfTask",
);

export const webhook = named(
  z.strictObject({
    id: z.string(),
    task_id: z.string().nullable().describe("Null: all tasks that it chooses."),
    standing_id: z.string().nullable().describe("The webhook of all tasks whose place in this task it is."),
    tasks: taskChoice.nullable().describe("Which tasks, of a webhook of all of them."),
    url: z.string(),
    events: z.array(z.string()).nullable().describe("Null: all changes of the state, questions, and the end."),
    signed: z.boolean(),
    state: z.enum(["active", "disabled"]),
    reason: z.string().nullable().describe("Why it is disabled."),
    done: z.boolean().describe("Its task has ended, and nothing is left to tell."),
    told_up_to: z.int().describe("The last event that was told, passed over or given up."),
    attempts: z.int().describe("Attempts so far to tell what comes next."),
    next_attempt_at: time.nullable(),
    failures_in_a_row: z.int(),
    last_error: z.string().nullable().describe("Why the last attempt failed; null when it did not."),
    given_up: z.int().nullable().describe("The first event that was given up: redrive it."),
    created_at: time,
    updated_at: time,
  }),
  "Webhook",
);
export type WebhookWire = z.infer<typeof webhook>;

export const delivery = named(
  z.strictObject({
    n: z.int(),
    task_id: z.string().nullable(),
    seq: z.int().describe("The event's number in the task's log."),
    type: z.string().nullable(),
    attempt: z.int(),
    at: time,
    duration_ms: z.int(),
    outcome: z.enum(OUTCOMES),
    status: z.int().nullable().describe("What the receiver answered; null when no answer came."),
    error: z.string().nullable(),
  }),
  "Delivery",
);
export type DeliveryWire = z.infer<typeof delivery>;

export const deliveriesQuery = z.strictObject({
  limit: limit(100, 50),
  before: z
    .string()
    .regex(/^\d{1,15}$/, "must be a whole number")
    .transform(Number)
    .meta({ wire: { type: "integer", minimum: 1 } })
    .optional()
    .describe("`n` of the oldest entry of the page before."),
});

export const redriveBody = named(
  z.strictObject({
    from: z.int().min(1).optional().describe("The event to begin with. When absent, the first that was given up."),
  }),
  "Redrive",
);

export const rotateBody = named(
  z.strictObject({
    secret: secret.optional().describe("When absent, one is made."),
    overlap_s: z
      .int()
      .min(0)
      .max(OVERLAP_S_MAX)
      .default(OVERLAP_S)
      .describe("How long it also signs with the secret before, so that receivers can change theirs meanwhile."),
  }),
  "Rotate",
);

export const rotated = named(
  z.strictObject({ webhook, secret: z.string().describe("Shown this once.") }),
  "RotatedWebhook",
);

export const trial = named(
  z.strictObject({
    delivered: z.boolean().describe("The receiver has taken it."),
    status: z.int().nullable().describe("What it answered; null when no answer came."),
    error: z.string().nullable(),
    duration_ms: z.int(),
  }),
  "Trial",
);

export const standingParam = { webhook_id: { about: "The webhook's id.", is: isName } };
export const taskParam = { id: { about: "`task_` and 26 characters.", is: isTaskId, noun: "Task" } };
export const webhookParams = { ...taskParam, webhook_id: { about: "The webhook's id.", is: isName } };
