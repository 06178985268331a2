/**
 * What the native wire says of each type of event. Objects here are open: an event keeps what another version has added
 * to it. An event that a user's own handler emits has any JSON object as its data.
 */
import { z } from "zod";
import { AGENT_MODES } from "../../task/agent/agent.ts";
import { GUARDRAIL_KINDS } from "../../task/agent/guardrails.ts";
import type { EventType } from "../../task/events/event.ts";
import { START_CAUSES } from "../../task/events/task-events.ts";
import { LOG_LEVELS } from "../../task/text/log-line.ts";
import { named } from "../openapi.ts";
import { anyJson, anyObject, count, failure, identity, part, prompt, time, usageCall, wait } from "./schema.ts";

const text = z.string();
const agent = z.string().describe("Who acts; empty where there is only one.");
const fraction = z.number().min(0).max(1);
const mode = z.enum(AGENT_MODES);

function open<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.object(shape).meta({ open: true });
}

const artifact = open({
  id: text,
  name: text.optional(),
  description: text.optional(),
  parts: z.array(part),
  metadata: anyObject.optional(),
  append: z.boolean(),
  last: z.boolean(),
});

const eventData = {
  "task.submitted": open({
    kind: text,
    title: text,
    lens: text,
    reason: text.optional().describe("Why somebody tries again what another task has not done."),
  }),
  "task.started": open({
    attempt: count,
    cause: z.enum(START_CAUSES),
    worker: text.optional().describe("The program that claimed it."),
  }),
  "task.waiting": open({ waits: z.array(wait) }),
  "task.input_required": open({ prompt: open(prompt.omit({ until: true }).shape), until: time.nullable() }),
  "task.input_received": open({
    message_id: text,
    prompt: text.nullable().describe("The name of the question that it answers."),
    by: text,
  }),
  "task.pausing": open({ by: text, reason: text, running: z.array(text).optional() }),
  "task.paused": open({ checkpoint: text }),
  "task.resumed": open({ by: text, reason: text.optional() }),
  "task.logged": open({ level: z.enum(LOG_LEVELS), message: text, facts: anyObject, step: text.optional() }),
  "task.retrying": open({ error: failure, until: time, failures: count }),
  "task.progress": open({ fraction, message: text }),
  "task.details": open({ patch: anyObject }),
  "task.completed": open({ output: anyJson }),
  "task.failed": open({ error: failure }),
  "task.cancelled": open({ by: text, reason: text, was_paused: z.boolean() }),
  "task.timed_out": open({ error: failure }),
  "task.rejected": open({ error: failure }),
  "step.completed": open({ name: text, duration_ms: z.number(), ms: z.number().describe("`duration_ms`.") }),
  "step.retrying": open({ name: text, error: failure, until: time, tries: count }),
  "step.failed": open({ name: text, error: failure }),
  "output.delta": open({ text, agent, step: text.optional() }),
  "output.restarted": open({ step: text.describe("The text that it has sent so far is void.") }),
  "artifact.updated": open({ artifact, append: z.boolean(), last: z.boolean() }),
  "usage.recorded": open({ call: usageCall }),
  "agent.started": open({ agent, mode, model: text }),
  "agent.mode_changed": open({ asked: mode, ran: mode, reason: text }),
  "agent.thinking": open({ agent, text: text.describe("A short status.") }),
  "agent.answered": open({
    agent,
    text,
    final: z.boolean(),
    model: text,
    provider: text,
    input_tokens: z.number(),
    output_tokens: z.number(),
    cost_usd: z.number().nullable(),
    duration_ms: z.number(),
  }),
  "agent.guarded": open({
    agent,
    findings: z.array(
      open({
        kind: z.enum(GUARDRAIL_KINDS),
        detector: text.describe("Who found it: `offline`, or a model by its name."),
        entity: text.describe("What it is, in the detector's words."),
        score: fraction,
        in: z.enum(["input", "output"]),
        of: text.describe("The text in which it was found."),
        start: count.describe("Unicode code points of that text as it was before anything was taken out of it."),
        end: count.describe("Not part of the finding."),
        action: z.enum(["blocked", "removed", "masked"]),
      }),
    ),
  }),
  "agent.completed": open({ agent }),
  "tool.invoked": open({ agent, call_id: text, tool: text, params: anyJson }),
  "tool.observed": open({
    agent,
    call_id: text,
    tool: text,
    success: z.boolean(),
    duration_ms: z.number(),
    output: anyJson.describe("Cut to 2,000 characters."),
  }),
  "budget.threshold": open({
    usage_percent: z.number(),
    threshold_percent: z.number(),
    tokens_used: z.number(),
    tokens_budget: z.number().nullable(),
    cost_usd: z.number(),
    cost_budget_usd: z.number().nullable(),
    level: z.enum(["warning", "exhausted"]),
    budget_type: z.enum(["tokens", "cost"]),
  }),
  "human.acted": open({
    act: text,
    by: text,
    state: text.describe("Of the assignment, after it."),
    outcome: text.nullable(),
    to: z.array(identity).describe("Whom it went to by it."),
    stage: count,
    comment: text.nullable(),
    scope: text,
  }),
  "human.overdue": open({ due_at: time, to: z.array(identity).describe("Whom it was escalated to.") }),
  "human.commented": open({ by: text, text, scope: text }),
  "human.attached": open({ by: text, name: text, media_type: text, bytes: count, scope: text }),
  "human.detached": open({ by: text, name: text }),
} satisfies { [Type in EventType]: z.ZodType };

export type EventDataWire = { [Type in EventType]: z.infer<(typeof eventData)[Type]> };

export const knownEvent = z
  .union(
    Object.entries(eventData).map(([type, data]) => {
      const event = z.strictObject({ seq: count, type: z.literal(type), at: time, data });
      named(event, `${pascalCase(type)}Event`);
      return event;
    }),
  )
  .meta({ discriminator: { propertyName: "type" } });
named(knownEvent, "KnownEvent");

const customEvent = z
  .strictObject({ seq: count, type: z.string(), at: time, data: anyObject })
  .describe("An event that a handler of your own has emitted, or one that another version wrote.");
named(customEvent, "CustomEvent");

export const event = z.union([knownEvent, customEvent]);
named(event, "Event");

type Known = { [Type in EventType]: { type: Type; data: EventDataWire[Type] } }[EventType];
/** An event on the wire; `data` of one that is not ours is any JSON object. */
export type EventWire = { seq: number; at: string } & (Known | { type: string; data: z.infer<typeof anyObject> });

/** `task.input_required` as `TaskInputRequired`. */
function pascalCase(type: string): string {
  return type.replaceAll(/(?:^|[._])([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
