/**
 * A task as this wire tells it. Where the two worlds differ:
 *
 * - The wire has seven statuses: a task that waits, for a person too, is RUNNING, and a rejected one is FAILED.
 * - `result` is text. What an agent says is its text; the output of any other kind that is no text is told as JSON text.
 * - `response` is the result when that is a JSON object, else it wraps the text as `{result}`: published client programs
 *   read `.response.result` of plain answers. So does it wrap long text, also where that is JSON.
 * - `updated_at` is the last change of state, not of anything in the task.
 * - `mode` has no word for a supervisor, and is the mode that was asked for, as long as one was; what ran instead is in
 *   `metadata.executed_mode`.
 * - A session is called what the client called it, which only tasks submitted here know; others name the conversation.
 * - Text that a step had streamed before it began again is void: the stream says so with an ERROR_RECOVERY event, and
 *   its final LLM_OUTPUT holds the answer as it counts.
 * - One event may become several frames or none, so the wire's sequence numbers rise with gaps: 16 x seq + k.
 */
import { z } from "zod";
import { agentInput, agentOutputOf, type Citation, isToldAsJson, outputText } from "../../task/agent/agent.ts";
import { isJsonObject, type Json, type JsonObject } from "../../task/json/json.ts";
import { jsonText } from "../../task/json/json-text.ts";
import { stepsGoingOn } from "../../task/pause.ts";
import { isTerminal } from "../../task/states.ts";
import type { Task } from "../../task/task.ts";
import type { UsageCall } from "../../task/usage.ts";
import type { ControlState, ListedTask, StatusAnswer } from "./schema.ts";
import { EXECUTION_MODE, type Mode, taskStatus } from "./vocabulary.ts";

type ModelShare = NonNullable<NonNullable<StatusAnswer["metadata"]>["model_breakdown"]>[number];
type Usage = NonNullable<StatusAnswer["usage"]>;

/** Longer text is told as text, also where it is JSON: to read it takes as long as to write it. */
const PARSED_CHARACTERS_MAX = 1 << 20;

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** `GET /tasks/{id}`. `calls` are the task's recorded model calls. */
export function statusOf(task: Task, calls: readonly UsageCall[] = []): StatusAnswer {
  const result = resultOf(task);
  const shares = modelShares(calls);
  const model = modelUsed(task, shares);
  const usage = usageOf(task);
  const metadata = metadataOf(task, shares);
  const context = contextOf(task);
  const error = errorOf(task);
  return {
    task_id: task.id,
    workflow_id: task.id,
    status: taskStatus(task.state),
    ...(result !== null && { result }),
    response: result === null ? null : responseOf(result, task.state === "completed" ? task.output : null),
    error,
    ...(error !== "" && { error_message: error }),
    created_at: isoTime(task.createdAt),
    updated_at: isoTime(task.stateChangedAt),
    query: queryOf(task),
    session_id: sessionOf(task),
    mode: EXECUTION_MODE[modeOf(task)],
    ...(context && { context }),
    ...(model && { model_used: model.model, provider: model.provider }),
    ...(usage && { usage }),
    ...(metadata && { metadata }),
    progress: task.progress,
  };
}

/** An item of `GET /tasks`. */
export function listedTaskOf(task: Task): ListedTask {
  const { inputTokens, outputTokens, costUsd, calls } = task.usage;
  return {
    task_id: task.id,
    query: queryOf(task),
    status: taskStatus(task.state),
    mode: EXECUTION_MODE[modeOf(task)],
    created_at: isoTime(task.createdAt),
    ...(isTerminal(task.state) && task.endedAt !== null && { completed_at: isoTime(task.endedAt) }),
    ...(calls > 0 && {
      total_token_usage: {
        total_tokens: inputTokens + outputTokens,
        cost_usd: costUsd,
        prompt_tokens: inputTokens,
        completion_tokens: outputTokens,
      },
    }),
  };
}

export function controlStateOf(task: Task): ControlState {
  const pause = task.state === "paused" ? task.pausedBy : null;
  const cancel = task.state === "cancelled" ? task.cancelledBy : null;
  const steps = stepsGoingOn(task);
  return {
    is_paused: task.state === "paused",
    is_cancelled: task.state === "cancelled",
    paused_at: pause ? isoTime(pause.at) : "",
    pause_reason: pause?.reason ?? "",
    paused_by: pause?.by ?? "",
    cancel_reason: cancel?.reason ?? "",
    cancelled_by: cancel?.by ?? "",
    ...(steps.length > 0 && { still_running: [...steps] }),
  };
}

/** What the task was asked. */
export function queryOf(task: Task): string {
  const agent = agentInputOf(task);
  if (agent) return agent.query;
  if (task.title !== "") return task.title;
  return typeof task.input === "string" ? task.input : jsonText(task.input);
}

/** The result as text; null while there is none. */
export function resultOf(task: Task): string | null {
  return task.state === "completed" ? outputText(task.output) : null;
}

/** Why the task did not succeed; "" when it did, or was cancelled. */
export function errorOf(task: Task): string {
  if (!("error" in task)) return "";
  return task.error.message || task.error.code || "The task failed.";
}

export function sessionOf(task: Task): string {
  const named = task.metadata["session_id"];
  if (task.lens === "shannon" && typeof named === "string") return named;
  return task.conversation ?? "";
}

/** The mode that was asked for, or was chosen for a task that asked for none; `standard` until one was chosen. */
export function modeOf(task: Task): Mode {
  return agentInputOf(task)?.mode ?? ranAs(task) ?? "standard";
}

/** What is shown of an agent's input: not its attachments, which are large. */
const shownInput = z.object(agentInput.pick({ query: true, mode: true, context: true }).shape);

function agentInputOf(task: Task): z.infer<typeof shownInput> | null {
  if (task.kind !== "agent") return null;
  const read = shownInput.safeParse(task.input);
  return read.success ? read.data : null;
}

export function contextOf(task: Task): JsonObject | null {
  const context = agentInputOf(task)?.context;
  return context && Object.keys(context).length > 0 ? context : null;
}

/** Each key only when it is more than zero; null before any usage. */
export function usageOf(task: Task): Usage | null {
  const { inputTokens, outputTokens, costUsd } = task.usage;
  const total = inputTokens + outputTokens;
  if (total === 0 && costUsd === 0) return null;
  return {
    total_tokens: total,
    ...(inputTokens > 0 && { input_tokens: inputTokens }),
    ...(outputTokens > 0 && { output_tokens: outputTokens }),
    ...(costUsd > 0 && { estimated_cost: costUsd }),
  };
}

/** What each model did for a task, costliest first. Percentages are of the cost, or of the tokens where all were free. */
export function modelShares(calls: readonly UsageCall[]): ModelShare[] {
  const groups = Map.groupBy(calls, (call) => JSON.stringify([call.provider, call.model]));
  const shares = [...groups.values()].flatMap((group): ModelShare[] => {
    const [first] = group;
    if (first === undefined) return [];
    const sum = (of: (call: UsageCall) => number) => group.reduce((total, call) => total + of(call), 0);
    const read = sum((call) => call.cacheReadTokens);
    const written = sum((call) => call.cacheWriteTokens);
    return [
      {
        model: first.model,
        provider: first.provider,
        executions: group.length,
        tokens: sum((call) => call.inputTokens + call.outputTokens),
        cost_usd: sum((call) => call.costUsd ?? 0),
        percentage: 0,
        ...(read > 0 && { cache_read_tokens: read }),
        ...(written > 0 && { cache_creation_tokens: written }),
      },
    ];
  });
  const cost = shares.reduce((total, share) => total + share.cost_usd, 0);
  const tokens = shares.reduce((total, share) => total + share.tokens, 0);
  for (const share of shares) {
    const part = cost > 0 ? share.cost_usd / cost : tokens > 0 ? share.tokens / tokens : 1 / shares.length;
    share.percentage = Math.round(part * 100);
  }
  return shares.sort((a, b) => b.cost_usd - a.cost_usd || b.tokens - a.tokens);
}

/** The model that took the most tokens, or that the output names. */
function modelUsed(task: Task, shares: readonly ModelShare[]): { model: string; provider: string } | null {
  const largest = shares.reduce<ModelShare | null>(
    (top, share) => (top && top.tokens >= share.tokens ? top : share),
    null,
  );
  if (largest) return largest;
  return task.state === "completed" ? agentOutputOf(task.output) : null;
}

function metadataOf(task: Task, shares: ModelShare[]): StatusAnswer["metadata"] | null {
  const asked = agentInputOf(task)?.mode;
  const ran = ranAs(task);
  const output = task.state === "completed" && task.kind === "agent" ? agentOutputOf(task.output) : null;
  const metadata = {
    ...(shares.length > 0 && { model_breakdown: shares }),
    ...(asked && ran && asked !== ran && { requested_mode: asked }),
    ...(ran && (asked !== ran || isResearch(task)) && { executed_mode: ran }),
    ...(output && { agents_used: 1, tool_calls: output.toolCalls }),
    ...(output?.citations && { citations: output.citations.map(shownCitation) }),
    ...(task.usage.unpricedCalls > 0 && { unpriced_calls: task.usage.unpricedCalls }),
    ...(task.usage.estimatedCalls !== undefined && { estimated_calls: task.usage.estimatedCalls }),
  };
  return Object.keys(metadata).length > 0 ? metadata : null;
}

/** Research has no mode of its own: its callers are told which one it ran in. */
function isResearch(task: Task): boolean {
  return contextOf(task)?.["research_strategy"] !== undefined;
}

function shownCitation({ vectorStore, file, filename, page, text, score }: Citation) {
  return { source: filename, file_id: file, vector_store_id: vectorStore, page, snippet: text, score };
}

function ranAs(task: Task): Mode | null {
  return task.kind === "agent" && task.state === "completed" ? (agentOutputOf(task.output)?.ranAs ?? null) : null;
}

/** `result` is the text of `output`. */
function responseOf(result: string, output: Json): JsonObject {
  if (typeof output === "object" && output !== null && !Array.isArray(output) && isToldAsJson(output)) return output;
  if (result.length <= PARSED_CHARACTERS_MAX && result.trimStart().startsWith("{")) {
    try {
      const value: unknown = JSON.parse(result);
      if (isJsonObject(value)) return value;
    } catch {
      // Text that begins like JSON is still text.
    }
  }
  return { result };
}
