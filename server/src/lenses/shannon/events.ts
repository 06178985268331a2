/**
 * An event of the log as events of the wire: none, one or several. Pure and deterministic in their number and order, so
 * that a stream can be resumed between the events that one event became.
 *
 * The answer, its LLM_OUTPUT by `final_output`, comes from the task's completion and not from the model call that gave
 * it: so there is exactly one, whatever was tried before it and whichever kind of task it is.
 */
import type { AGENT_EVENTS } from "../../task/agent.ts";
import type { Event, TASK_EVENTS } from "../../task/event.ts";
import { isJsonObject, type JsonObject } from "../../task/json.ts";
import type { Task } from "../../task/task.ts";
import type { WireEvent } from "./schema.ts";
import { agentOutputOf, contextOf, isoTime, resultText, usageOf } from "./translate.ts";

/** An event has room for so many wire events: its sequence number times this is the first one's. */
export const WIRE_EVENTS_MAX = 16;
/** Clients hide status messages that are longer. */
const MESSAGE_MAX = 100;
const FINAL_OUTPUT = "final_output";

type Draft = { type: string; agent?: string; message?: string; payload?: JsonObject; result?: string };
type Translation = (data: JsonObject, task: Task) => Draft[];

const none: Translation = () => [];

const TRANSLATIONS: Record<(typeof TASK_EVENTS)[number] | (typeof AGENT_EVENTS)[number], Translation> = {
  "task.submitted": () => [{ type: "DATA_PROCESSING", message: "Task accepted" }],
  "task.started": started,
  "task.waiting": (data) => [{ type: "WAITING", message: waitingFor(data), payload: { waits: data["waits"] ?? [] } }],
  "task.input_required": question,
  "task.input_received": () => [{ type: "MESSAGE_RECEIVED", message: "Input received" }],
  "task.pausing": (data) => [{ type: "WORKFLOW_PAUSING", message: textIn(data, "reason") || "Pausing" }],
  "task.paused": (data) => [
    { type: "WORKFLOW_PAUSED", message: "Paused", payload: { checkpoint: checkpoint(textIn(data, "checkpoint")) } },
  ],
  "task.resumed": () => [{ type: "WORKFLOW_RESUMED", message: "Resumed" }],
  "task.retrying": (data) => [
    {
      type: "ERROR_RECOVERY",
      message: short(`Trying again after: ${failureText(data)}`),
      payload: { error: data["error"] ?? null, failures: data["failures"] ?? 1 },
    },
  ],
  "task.progress": (data) => {
    const message = textIn(data, "message") || `${Math.round(numberIn(data, "fraction") * 100)} %`;
    return [{ type: "PROGRESS", message: short(message), payload: { progress: numberIn(data, "fraction") } }];
  },
  "task.details": none,
  "task.completed": completed,
  "task.failed": failed,
  "task.timed_out": failed,
  "task.rejected": failed,
  "task.cancelled": (data) => {
    const message = textIn(data, "reason") || "Cancelled";
    const payload: JsonObject = { checkpoint: "", was_paused: data["wasPaused"] === true };
    return [
      { type: "WORKFLOW_CANCELLING", message: textIn(data, "reason") || "Cancelling" },
      { type: "WORKFLOW_CANCELLED", message, payload },
      { type: "STREAM_END", message: "Done" },
    ];
  },
  "step.completed": none,
  "step.retrying": (data) => [
    {
      type: "ERROR_RECOVERY",
      message: short(`Trying ${textIn(data, "name")} again: ${failureText(data)}`),
      payload: { step: textIn(data, "name"), error: data["error"] ?? null, tries: data["tries"] ?? 1 },
    },
  ],
  "step.failed": (data) => [
    {
      type: "WARNING",
      message: short(`${textIn(data, "name")} failed: ${failureText(data)}`),
      payload: { step: textIn(data, "name"), error: data["error"] ?? null },
    },
  ],
  "output.delta": (data) => [{ type: "LLM_PARTIAL", agent: textIn(data, "agent"), message: textIn(data, "text") }],
  "output.restarted": (data) => [
    {
      type: "ERROR_RECOVERY",
      message: "The answer begins again: discard the text so far",
      payload: { step: textIn(data, "step"), text_void: true },
    },
  ],
  "artifact.updated": (data) => {
    const artifact = isJsonObject(data["artifact"]) ? data["artifact"] : {};
    const name = textIn(artifact, "name") || textIn(artifact, "id");
    return [
      { type: "WORKSPACE_UPDATED", message: short(name), payload: { artifact_id: textIn(artifact, "id"), name } },
    ];
  },
  "usage.recorded": none,
  "agent.started": (data) => [
    {
      type: "AGENT_STARTED",
      agent: textIn(data, "agent"),
      message: "Working on it",
      payload: { mode: textIn(data, "mode"), model: textIn(data, "model") },
    },
  ],
  "agent.mode_changed": (data) => [
    {
      type: "WARNING",
      message: short(`Mode ${textIn(data, "asked")} runs as ${textIn(data, "ran")}: ${textIn(data, "reason")}`),
      payload: { requested_mode: data["asked"], executed_mode: data["ran"], reason: data["reason"] },
    },
  ],
  "agent.thinking": (data) => [
    { type: "AGENT_THINKING", agent: textIn(data, "agent"), message: short(textIn(data, "text")) },
  ],
  "agent.answered": (data) => {
    if (data["final"] === true || textIn(data, "text") === "") return [];
    const agent = textIn(data, "agent") || "agent";
    return [{ type: "LLM_OUTPUT", agent, message: textIn(data, "text"), payload: callMetadata(data) }];
  },
  // The only agent's end is told with the answer, after it.
  "agent.completed": (data) =>
    textIn(data, "agent") === "" ? [] : [{ type: "AGENT_COMPLETED", agent: textIn(data, "agent"), message: "Done" }],
  "tool.invoked": (data) => [
    {
      type: "TOOL_INVOKED",
      agent: textIn(data, "agent"),
      message: short(`Calling ${textIn(data, "tool")}`),
      payload: { tool: textIn(data, "tool"), params: data["params"] ?? {}, call_id: textIn(data, "callId") },
    },
  ],
  "tool.observed": (data) => [
    {
      type: "TOOL_OBSERVATION",
      agent: textIn(data, "agent"),
      message: short(asText(data["output"])),
      payload: {
        tool: textIn(data, "tool"),
        success: data["success"] === true,
        duration_ms: numberIn(data, "durationMs"),
        output: data["output"] ?? null,
        call_id: textIn(data, "callId"),
      },
    },
  ],
  "budget.threshold": (data) => [
    {
      type: "BUDGET_THRESHOLD",
      message: short(
        `${numberIn(data, "usagePercent")} % of the ${textIn(data, "budgetType") || "token"} budget is used`,
      ),
      payload: {
        usage_percent: numberIn(data, "usagePercent"),
        threshold_percent: numberIn(data, "thresholdPercent"),
        tokens_used: numberIn(data, "tokensUsed"),
        tokens_budget: numberIn(data, "tokensBudget"),
        level: textIn(data, "level"),
        budget_type: textIn(data, "budgetType"),
      },
    },
  ],
};

const translations: ReadonlyMap<string, Translation> = new Map(Object.entries(TRANSLATIONS));

/**
 * What the wire says of an event. `task` is the event's task in any state for what never changes, and as it ended for
 * the terminal event.
 */
export function wireEventsOf(event: Event, task: Task): WireEvent[] {
  const known = wired.get(event);
  if (known) return known;
  const drafts = (translations.get(event.type) ?? custom(event.type))(event.data, task);
  const events = drafts.slice(0, WIRE_EVENTS_MAX).map((draft, k) => wireEvent(event, draft, k));
  wired.set(event, events);
  return events;
}
/** Followers of a task share its event objects. */
const wired = new WeakMap<Event, WireEvent[]>();

function wireEvent(event: Event, draft: Draft, k: number): WireEvent {
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

/** An event of a kind of the user's own. */
function custom(type: string): Translation {
  return (data) => {
    const message = textIn(data, "message") || textIn(data, "text") || type;
    return [{ type: "STATUS_UPDATE", message: short(message), payload: { type, data } }];
  };
}

function started(data: JsonObject, task: Task): Draft[] {
  switch (data["cause"]) {
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

function question(data: JsonObject, task: Task): Draft[] {
  const prompt = isJsonObject(data["prompt"]) ? data["prompt"] : {};
  const text = textIn(prompt, "text");
  const answerUrl = `/v1/tasks/${task.id}/input`;
  const payload: JsonObject = {
    question: text,
    prompt: textIn(prompt, "name"),
    asks: textIn(prompt, "asks"),
    schema: prompt["schema"] ?? null,
    until: typeof data["until"] === "number" ? isoTime(data["until"]) : null,
    answer: { method: "POST", url: answerUrl, body: { prompt: textIn(prompt, "name"), value: "..." } },
  };
  const cut = short(text);
  return [
    { type: "WAITING", message: cut, payload },
    ...(cut === text ? [] : [{ type: "WAITING", message: text }]),
    { type: "WAITING", message: `Answer by POST ${answerUrl} of the native API` },
  ];
}

function completed(data: JsonObject, task: Task): Draft[] {
  const output = data["output"] ?? null;
  const result = resultText(output);
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
    { type: "STREAM_END", message: "Done" },
  ];
}

function failed(data: JsonObject): Draft[] {
  const message = failureText(data);
  const payload: JsonObject = { error: data["error"] ?? null };
  return [
    { type: "ERROR_OCCURRED", message, payload },
    { type: "WORKFLOW_FAILED", message, payload },
    { type: "STREAM_END", message: "Done" },
  ];
}

const WAITS: Readonly<Record<string, string>> = {
  timer: "a timer",
  child: "another task",
  callback: "a callback",
  retry: "the next try",
  slot: "a free slot",
  input: "an answer",
};

function waitingFor(data: JsonObject): string {
  const waits = Array.isArray(data["waits"]) ? data["waits"] : [];
  const reasons = new Set(waits.flatMap((wait) => (isJsonObject(wait) ? (WAITS[textIn(wait, "on")] ?? []) : [])));
  return reasons.size === 0 ? "Waiting" : `Waiting for ${[...reasons].join(" and ")}`;
}

/** The wire has a fixed list of checkpoints; these two are the places where a task of ours can stand. */
function checkpoint(at: string): string {
  return at === "queued" ? "pre_routing" : "pre_execution";
}

function callMetadata(data: JsonObject): JsonObject {
  const inputTokens = numberIn(data, "inputTokens");
  const outputTokens = numberIn(data, "outputTokens");
  return {
    tokens_used: inputTokens + outputTokens,
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    cost_usd: numberIn(data, "costUsd"),
    model_used: textIn(data, "model"),
    provider: textIn(data, "provider"),
    duration_ms: numberIn(data, "durationMs"),
  };
}

function failureText(data: JsonObject): string {
  const error = isJsonObject(data["error"]) ? data["error"] : {};
  return textIn(error, "message") || textIn(error, "code") || "The task failed.";
}

function short(text: string): string {
  const characters = [...text.slice(0, MESSAGE_MAX * 2 + 2)];
  return characters.length <= MESSAGE_MAX && text.length <= MESSAGE_MAX * 2
    ? text
    : `${characters.slice(0, MESSAGE_MAX - 1).join("")}…`;
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
}

function textIn(data: JsonObject, key: string): string {
  const value = data[key];
  return typeof value === "string" ? value : "";
}

function numberIn(data: JsonObject, key: string): number {
  const value = data[key];
  return typeof value === "number" ? value : 0;
}
