/**
 * A task as this wire tells it: a run with 18 keys, always, in this order, and the background task that executes it.
 * Where the two worlds differ:
 *
 * - A run's id is the UUID of the task's identity. Its trace is the same 128 bits, so that both are the task's for good.
 * - A task that waits for something of the server's own, or is paused, is `running`; one that is rejected has `failed`.
 * - A run whose time was over has none of the four times, but `last_error` says so. A deployment may call it `failed`.
 * - A task of any kind is a run, with what came out of it as the text of its message.
 */
import { agentInput, outputText } from "../../task/agent.ts";
import { uuidFromTaskId } from "../../task/id.ts";
import { isJsonObject, type JsonObject } from "../../task/json.ts";
import { isTerminal } from "../../task/states.ts";
import type { Task } from "../../task/task.ts";
import type { AssistantRun, BackgroundTask } from "./schema.ts";
import { runStatusOf, type TimedOut, taskStatusOf } from "./vocabulary.ts";

export const RUN_TASK_NAME = "run_orchestrate_assistant";

export function runOf(task: Task, timedOut: TimedOut = "expired"): AssistantRun {
  const status = runStatusOf(task, timedOut);
  const ended = (is: AssistantRun["status"]) =>
    status === is && task.endedAt !== null ? wireTime(task.endedAt) : null;
  return {
    id: uuidFromTaskId(task.id),
    tenant_id: task.tenant,
    assistant_id: null,
    thread_id: threadOf(task),
    status,
    created_at: wireTime(task.createdAt),
    started_at: task.startedAt === null ? null : wireTime(task.startedAt),
    completed_at: ended("completed"),
    failed_at: ended("failed"),
    cancelled_at: ended("cancelled"),
    llm_params: null,
    usage: usageOf(task),
    last_error: errorOf(task),
    result: null,
    guardrails: null,
    agent_id: agentOf(task),
    additional_parameters: objectIn(contextOf(task)["additional_parameters"]),
    trace_id: uuidFromTaskId(task.id).replaceAll("-", ""),
  };
}

/** `id` is what the client calls it. */
export function backgroundTaskOf(task: Task, id: string): BackgroundTask {
  return {
    task_id: id,
    task_name: task.kind === "agent" ? RUN_TASK_NAME : task.kind,
    status: taskStatusOf(task),
    task_args: argumentsOf(task),
    result: isTerminal(task.state) ? resultOf(task) : null,
  };
}

/** What a background task is told as of which there is no record. */
export function unknownTask(id: string): BackgroundTask {
  return { task_id: id, task_name: null, status: "unknown", task_args: null, result: null };
}

/** ISO 8601 in UTC with six digits of a second, and none where it is whole. */
export function wireTime(ms: number): string {
  const text = new Date(ms).toISOString();
  return text.endsWith(".000Z") ? `${text.slice(0, -5)}Z` : `${text.slice(0, -1)}000Z`;
}

/** The thread of a run; a task in no conversation is one by itself. */
export function threadOf(task: Task): string {
  return task.conversation ?? uuidFromTaskId(task.id);
}

function argumentsOf(task: Task): JsonObject | null {
  if (task.kind !== "agent") return objectIn(task.input);
  return { run_id: uuidFromTaskId(task.id), thread_id: threadOf(task), agent_id: agentOf(task) };
}

/** What came of an ended task, as text. */
function resultOf(task: Task): string | null {
  switch (task.state) {
    case "completed":
      return outputText(task.output);
    case "cancelled":
      return "cancelled";
    case "timed_out":
      return "expired";
    case "failed":
    case "rejected":
      return errorOf(task);
    default:
      return null;
  }
}

function errorOf(task: Task): string | null {
  if (!("error" in task)) return null;
  return task.error.message || task.error.code || "The run failed.";
}

/** Nothing before the first call of a model; all of it, if none, once the run has ended. */
function usageOf({ usage, state }: Task): AssistantRun["usage"] {
  if (usage.calls === 0 && state !== "completed" && state !== "failed") return null;
  const { inputTokens, outputTokens } = usage;
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens };
}

/** The agent that ran. */
export function agentOf(task: Task): string | null {
  if (task.kind !== "agent") return null;
  const { bound, agent = null } = shownInput.safeParse(task.input).data ?? {};
  return bound?.id ?? agent;
}

const shownInput = agentInput.pick({ agent: true, bound: true, context: true }).loose();

function contextOf(task: Task): JsonObject {
  return (task.kind === "agent" && shownInput.safeParse(task.input).data?.context) || {};
}

function objectIn(value: unknown): JsonObject | null {
  return isJsonObject(value) ? value : null;
}
