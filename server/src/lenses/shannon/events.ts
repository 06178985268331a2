/**
 * An event of the log as events of the wire: none, one or several. Pure and deterministic in their number and order, so
 * that a stream can be resumed between the events that one event became.
 *
 * The answer, its LLM_OUTPUT by `final_output`, comes from the task's completion and not from the model call that gave
 * it: so there is exactly one, whatever was tried before it and whichever kind of task it is.
 */
import { agentOutputOf, outputText } from "../../task/agent/agent.ts";
import {
  type CustomEvent,
  type EventData,
  type EventReader,
  readEvent,
  type TaskEvent,
  TERMINAL_EVENTS,
} from "../../task/events/event.ts";
import type { Json, JsonObject } from "../../task/json/json.ts";
import { jsonText } from "../../task/json/json-text.ts";
import { pausingText } from "../../task/pause.ts";
import type { Failure, Task, Wait } from "../../task/task.ts";
import type { WireEvent } from "./schema.ts";
import { contextOf, isoTime, usageOf } from "./translate.ts";

/** An event has room for so many wire events: its sequence number times this is the first one's. */
export const WIRE_EVENTS_MAX = 16;
/** Clients hide status messages that are longer. */
const MESSAGE_MAX = 100;
const FINAL_OUTPUT = "final_output";
const STREAM_END = { type: "STREAM_END", message: "Done" };

type Draft = { type: string; agent?: string; message?: string; payload?: JsonObject; result?: string };

const none = (): Draft[] => [];

const TRANSLATIONS: EventReader<[task: Task], Draft[]> = {
  "task.submitted": () => [{ type: "DATA_PROCESSING", message: "Task accepted" }],
  "task.started": started,
  "task.waiting": ({ waits }) => [{ type: "WAITING", message: waitingFor(waits), payload: { waits } }],
  "task.input_required": question,
  "task.input_received": () => [{ type: "MESSAGE_RECEIVED", message: "Input received" }],
  "task.pausing": ({ reason, running }) => [
    {
      type: "WORKFLOW_PAUSING",
      message: short(running ? pausingText(reason || "Pausing", running) : reason || "Pausing"),
      ...(running && { payload: { still_running: running } }),
    },
  ],
  "task.paused": (data) => [
    { type: "WORKFLOW_PAUSED", message: "Paused", payload: { checkpoint: checkpoint(data.checkpoint) } },
  ],
  "task.resumed": ({ reason }) => [{ type: "WORKFLOW_RESUMED", message: short(reason || "Resumed") }],
  "task.logged": none,
  "task.retrying": ({ error, failures }) => [
    {
      type: "ERROR_RECOVERY",
      message: short(`Trying again after: ${failureText(error)}`),
      payload: { error, failures },
    },
  ],
  "task.progress": ({ fraction, message }) => [
    {
      type: "PROGRESS",
      message: short(message || `${Math.round(fraction * 100)} %`),
      payload: { progress: fraction },
    },
  ],
  "task.details": none,
  "task.completed": completed,
  "task.failed": failed,
  "task.timed_out": failed,
  "task.rejected": failed,
  "task.cancelled": ({ reason, wasPaused }, task) => [
    { type: "WORKFLOW_CANCELLING", message: short(reason || "Cancelling") },
    {
      type: "WORKFLOW_CANCELLED",
      message: short(reason || "Cancelled"),
      payload: { checkpoint: checkpointOf(task), was_paused: wasPaused },
    },
    STREAM_END,
  ],
  "step.completed": none,
  "step.retrying": ({ name, error, tries }) => [
    {
      type: "ERROR_RECOVERY",
      message: short(`Trying ${name} again: ${failureText(error)}`),
      payload: { step: name, error, tries },
    },
  ],
  "step.failed": ({ name, error }) => [
    { type: "WARNING", message: short(`${name} failed: ${failureText(error)}`), payload: { step: name, error } },
  ],
  // Clients put the answer in the place of its live text where both come from the same agent, and show it twice elsewhere.
  "output.delta": ({ agent, text }) => [{ type: "LLM_PARTIAL", agent: agent || FINAL_OUTPUT, message: text }],
  "output.restarted": ({ step }) => [
    {
      type: "ERROR_RECOVERY",
      message: "The answer begins again: discard the text so far",
      payload: { step, text_void: true },
    },
  ],
  "artifact.updated": ({ artifact }) => {
    const name = artifact.name || artifact.id;
    return [{ type: "WORKSPACE_UPDATED", message: short(name), payload: { artifact_id: artifact.id, name } }];
  },
  "usage.recorded": none,
  "agent.started": ({ agent, mode, model }) => [
    { type: "PROGRESS", message: short(`Planned: ${mode} mode, by ${model}`), payload: { mode, model } },
    { type: "AGENT_STARTED", agent, message: "Working on it", payload: { mode, model } },
  ],
  "agent.mode_changed": ({ asked, ran, reason }) => [
    {
      type: "WARNING",
      message: short(`Mode ${asked} runs as ${ran}: ${reason}`),
      payload: { requested_mode: asked, executed_mode: ran, reason },
    },
  ],
  "agent.thinking": ({ agent, text }) => [{ type: "AGENT_THINKING", agent, message: short(text) }],
  "agent.answered": (data) => {
    const { agent, text, final } = data;
    if (final || text === "") return [];
    return [{ type: "LLM_OUTPUT", agent: agent || "agent", message: text, payload: callMetadata(data) }];
  },
  "agent.guarded": ({ agent, findings }) => [
    {
      type: "WARNING",
      agent,
      message: short(`Guardrails acted: ${guardedText(findings)}`),
      payload: { guardrails: findings },
    },
  ],
  // The only agent's end is told with the answer, after it.
  "agent.completed": ({ agent }) => (agent === "" ? [] : [{ type: "AGENT_COMPLETED", agent, message: "Done" }]),
  "tool.invoked": ({ agent, callId, tool, params }) => [
    {
      type: "TOOL_INVOKED",
      agent,
      message: short(`Calling ${tool}`),
      payload: { tool, params: params ?? {}, call_id: callId },
    },
  ],
  "tool.observed": ({ agent, callId, tool, success, durationMs, output }) => [
    {
      type: "TOOL_OBSERVATION",
      agent,
      message: short(asText(output)),
      payload: { tool, success, duration_ms: durationMs, output, call_id: callId },
    },
  ],
  "budget.threshold": (data) => [
    {
      type: "BUDGET_THRESHOLD",
      message: short(`${data.usagePercent} % of the ${data.budgetType} budget is used`),
      payload: {
        usage_percent: data.usagePercent,
        threshold_percent: data.thresholdPercent,
        tokens_used: data.tokensUsed,
        tokens_budget: data.tokensBudget ?? 0,
        level: data.level,
        budget_type: data.budgetType,
      },
    },
  ],
  "human.acted": none,
  "human.overdue": none,
  "human.commented": none,
  "human.attached": none,
  "human.detached": none,
};

/**
 * What the wire says of an event. `task` is the event's task in any state for what never changes, and as it ended for
 * the terminal event.
 */
export function wireEventsOf(event: TaskEvent, task: Task): WireEvent[] {
  const known = wired.get(event);
  if (known) return known;
  const drafts = event.custom ? custom(event) : readEvent(TRANSLATIONS, event, task);
  const events = drafts.slice(0, WIRE_EVENTS_MAX).map((draft, k) => wireEvent(event, draft, k));
  wired.set(event, events);
  return events;
}
/** Followers of a task share its event objects. */
const wired = new WeakMap<TaskEvent, WireEvent[]>();

function wireEvent(event: TaskEvent, draft: Draft, k: number): WireEvent {
  const seq = event.seq * WIRE_EVENTS_MAX + k;
  return {
    workflow_id: event.task,
    type: draft.type,
    ...(draft.agent !== undefined && draft.agent !== "" && { agent_id: draft.agent }),
    ...(draft.message !== undefined && { message: draft.message }),
    ...(draft.payload && { payload: draft.payload }),
    ...(draft.result !== undefined && { result: draft.result }),
    timestamp: isoTime(event.at),
    seq,
    stream_id: `${event.at}-${seq}`,
  };
}

/** An event of a kind of the user's own. Whatever the data of one that ends the log, the stream ends with it. */
function custom({ type, data }: CustomEvent): Draft[] {
  const { message, text } = data;
  const said = [message, text].find((value) => typeof value === "string" && value !== "");
  return [
    { type: "STATUS_UPDATE", message: short(asText(said ?? type)), payload: { type, data } },
    ...(TERMINAL_EVENTS.has(type) ? [STREAM_END] : []),
  ];
}

function started({ cause }: EventData["task.started"], task: Task): Draft[] {
  switch (cause) {
    case "first": {
      const context = contextOf(task);
      return [{ type: "WORKFLOW_STARTED", message: "Started", ...(context && { payload: { task_context: context } }) }];
    }
    case "recovered":
      return [{ type: "ERROR_RECOVERY", message: "The server was restarted: going on from the last finished step" }];
    default:
      return [{ type: "STATUS_UPDATE", message: "Going on" }];
  }
}

function question({ prompt, until }: EventData["task.input_required"], task: Task): Draft[] {
  const { name, asks, text, schema } = prompt;
  const answerUrl = `/v1/tasks/${task.id}/input`;
  const payload: JsonObject = {
    question: text,
    prompt: name,
    asks,
    schema,
    until: until === null ? null : isoTime(until),
    answer: { method: "POST", url: answerUrl, body: { prompt: name, value: "..." } },
  };
  const cut = short(text);
  return [
    { type: "WAITING", message: cut, payload },
    ...(cut === text ? [] : [{ type: "WAITING", message: text }]),
    { type: "WAITING", message: `Answer by POST ${answerUrl} of the native API` },
  ];
}

function completed({ output }: EventData["task.completed"], task: Task): Draft[] {
  const result = outputText(output);
  const agent = task.kind === "agent" ? agentOutputOf(output) : null;
  const usage = usageOf(task);
  const model: JsonObject = agent ? { model_used: agent.model, provider: agent.provider } : {};
  const metadata: JsonObject = {
    tokens_used: task.usage.inputTokens + task.usage.outputTokens,
    input_tokens: task.usage.inputTokens,
    output_tokens: task.usage.outputTokens,
    cost_usd: task.usage.costUsd,
    ...model,
    duration_ms: Math.max(0, (task.endedAt ?? task.updatedAt) - (task.startedAt ?? task.createdAt)),
  };
  return [
    { type: "LLM_OUTPUT", agent: FINAL_OUTPUT, message: result, payload: metadata },
    ...(agent ? [{ type: "AGENT_COMPLETED", message: "Done" }] : []),
    // Clients show any other message as if it were an answer.
    { type: "WORKFLOW_COMPLETED", message: "All done", payload: { result, ...(usage && { usage }), ...model }, result },
    STREAM_END,
  ];
}

function failed({ error }: { error: Failure }): Draft[] {
  const message = failureText(error);
  const payload: JsonObject = { error };
  return [{ type: "ERROR_OCCURRED", message, payload }, { type: "WORKFLOW_FAILED", message, payload }, STREAM_END];
}

const WAITS: Readonly<Record<Wait["on"], string>> = {
  timer: "a timer",
  child: "another task",
  retry: "the next try",
  slot: "a free slot",
  conversation: "its turn in the session",
  handler: "code that fits it",
  input: "an answer",
};

function waitingFor(waits: readonly Wait[]): string {
  const reasons = new Set(waits.map(({ on }) => WAITS[on]));
  return reasons.size === 0 ? "Waiting" : `Waiting for ${[...reasons].join(" and ")}`;
}

/** The wire has a fixed list of checkpoints; these two are the places where a task of ours can stand. */
function checkpoint(at: string): string {
  return at === "queued" ? "pre_routing" : "pre_execution";
}

/** Where an ended task stood. */
function checkpointOf({ startedAt }: Task): string {
  return startedAt === null ? checkpoint("queued") : checkpoint("running");
}

function guardedText(findings: EventData["agent.guarded"]["findings"]): string {
  return [...new Set(findings.map(({ entity, action }) => `${entity} ${action}`))].join(", ");
}

function callMetadata(call: EventData["agent.answered"]): JsonObject {
  return {
    tokens_used: call.inputTokens + call.outputTokens,
    input_tokens: call.inputTokens,
    output_tokens: call.outputTokens,
    cost_usd: call.costUsd ?? 0,
    model_used: call.model,
    provider: call.provider,
    duration_ms: call.durationMs,
  };
}

function failureText({ code, message }: Failure): string {
  return message || code || "The task failed.";
}

function short(text: string): string {
  const characters = [...text.slice(0, MESSAGE_MAX * 2 + 2)];
  return characters.length <= MESSAGE_MAX && text.length <= MESSAGE_MAX * 2
    ? text
    : `${characters.slice(0, MESSAGE_MAX - 1).join("")}…`;
}

function asText(value: Json): string {
  return typeof value === "string" ? value : jsonText(value);
}
