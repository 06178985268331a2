/** What the native wire says of where a task stands: why it is there, and what it has called so far. */
import { z } from "zod";
import { WHY_REASONS } from "../../verbs/why.ts";
import { named } from "../openapi.ts";
import { anyJson, count, failure, state, time, wait } from "./schema.ts";

export const why = z.strictObject({
  task_id: z.string(),
  state,
  reason: z.enum(WHY_REASONS).describe("What `summary` says, for programs."),
  summary: z.string(),
  since: time,
  until: time.nullable(),
  waits: z.array(wait),
  running: z.array(z.string()).describe("Steps in flight."),
  held_by: z.array(z.string()).describe("Tasks that hold the slots it wants."),
  before: z.array(z.string()).describe("Tasks of its conversation for whose end it waits before it begins."),
  ahead: count.nullable().describe("Tasks of its tenant before it in the queue, by priority and age."),
  workers: z
    .strictObject({ queue: z.string(), asked_at: time.nullable(), since: time })
    .nullable()
    .describe("Of external work: when a worker last asked for its queue, null where none has since `since`."),
  last_error: failure.nullable(),
});
named(why, "Why");

export const step = z.strictObject({
  branch: z.string(),
  position: count,
  name: z.string(),
  kind: z.string(),
  state: z.enum(["done", "failed", "waiting", "retrying"]),
  tries: count,
  at: time.describe("When this was written down."),
  started_at: time.nullable().describe("Its last try, once that has ended; of a wait, when it began."),
  ended_at: time.nullable(),
  attempts: z
    .array(z.strictObject({ started_at: time, ended_at: time, error: failure.nullable() }))
    .describe("Each try of a step that has ended, the last 20, with its error."),
  child_id: z.string().nullable().describe("The task that it has begun."),
  duration_ms: z.number().nullable(),
  result: anyJson,
  error: failure.nullable(),
});
named(step, "Step");
