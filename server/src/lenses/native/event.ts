/**
 * Events -> native wire. What our own events say about a task is in snake_case with ISO times, as everywhere here;
 * what a handler put in (outputs, tool parameters, its own events) is left as it is, and so is what another version has
 * added.
 */
import type { ArtifactUpdate } from "../../task/artifact.ts";
import { type EventData, type EventType, readEvent, type TaskEvent } from "../../task/events/event.ts";
import type { Failure } from "../../task/task.ts";
import type { EventDataWire, EventWire } from "./event-schema.ts";
import { wireFailure, wirePart, wireTime, wireUsageCall, wireWait } from "./translate.ts";

export function wireEvent(event: TaskEvent): EventWire {
  const { seq, type, at } = event;
  const data = event.custom
    ? event.data
    : readEvent<EventType, [at: number], EventDataWire[EventType]>(TRANSLATIONS, event, at);
  return { seq, type, at: wireTime(at), data };
}

const TRANSLATIONS: { readonly [Type in EventType]: (data: EventData[Type], at: number) => EventDataWire[Type] } = {
  "task.submitted": same,
  "task.started": same,
  "task.waiting": ({ waits, ...more }) => ({ waits: waits.map(wireWait), ...more }),
  "task.input_required": ({ prompt, until, ...more }) => ({
    prompt,
    until: until === null ? null : wireTime(until),
    ...more,
  }),
  "task.input_received": ({ messageId, ...more }) => ({ message_id: messageId, ...more }),
  "task.pausing": same,
  "task.paused": same,
  "task.resumed": same,
  "task.logged": same,
  "task.retrying": ({ error, until, ...more }) => ({ error: wireFailure(error), until: wireTime(until), ...more }),
  "task.progress": same,
  "task.details": same,
  "task.completed": same,
  "task.failed": failed,
  "task.cancelled": ({ by, reason, wasPaused, ...more }) => ({ by, reason, was_paused: wasPaused, ...more }),
  "task.timed_out": failed,
  "task.rejected": failed,
  "step.completed": ({ ms, ...more }) => ({ ...more, duration_ms: ms, ms }),
  "step.retrying": ({ name, error, until, ...more }) => ({
    name,
    error: wireFailure(error),
    until: wireTime(until),
    ...more,
  }),
  "step.failed": ({ name, error, ...more }) => ({ name, error: wireFailure(error), ...more }),
  "output.delta": same,
  "output.restarted": same,
  "artifact.updated": ({ artifact, ...more }) => ({ artifact: wireUpdate(artifact), ...more }),
  "usage.recorded": ({ call, ...more }, at) => ({ call: wireUsageCall({ ...call, at }), ...more }),
  "agent.started": same,
  "agent.mode_changed": same,
  "agent.thinking": same,
  "agent.answered": ({ inputTokens, outputTokens, costUsd, durationMs, ...more }) => ({
    ...more,
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    cost_usd: costUsd,
    duration_ms: durationMs,
  }),
  "agent.guarded": same,
  "agent.completed": same,
  "tool.invoked": ({ agent, callId, ...more }) => ({ agent, call_id: callId, ...more }),
  "tool.observed": ({ agent, callId, tool, success, durationMs, ...more }) => ({
    agent,
    call_id: callId,
    tool,
    success,
    duration_ms: durationMs,
    ...more,
  }),
  "budget.threshold": ({
    usagePercent,
    thresholdPercent,
    tokensUsed,
    tokensBudget,
    costUsd,
    costBudgetUsd,
    level,
    budgetType,
    ...more
  }) => ({
    usage_percent: usagePercent,
    threshold_percent: thresholdPercent,
    tokens_used: tokensUsed,
    tokens_budget: tokensBudget,
    cost_usd: costUsd,
    cost_budget_usd: costBudgetUsd,
    level,
    budget_type: budgetType,
    ...more,
  }),
  "human.acted": same,
  "human.overdue": ({ dueAt, ...more }) => ({ due_at: wireTime(dueAt), ...more }),
  "human.commented": same,
  "human.attached": ({ mediaType, ...more }) => ({ media_type: mediaType, ...more }),
  "human.detached": same,
};

function same<Data>(data: Data): Data {
  return data;
}

function failed({ error, ...more }: { error: Failure }) {
  return { error: wireFailure(error), ...more };
}

function wireUpdate({ parts, ...artifact }: ArtifactUpdate): EventDataWire["artifact.updated"]["artifact"] {
  return { ...artifact, parts: parts.map(wirePart) };
}
