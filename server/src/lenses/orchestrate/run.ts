/** What of a task this wire tells wherever it speaks of one: the background task that executes a run, its thread, its agent. */
import { z } from "zod";
import { agentInput, outputText } from "../../task/agent.ts";
import { uuidFromTaskId } from "../../task/id.ts";
import { isJsonObject, type JsonObject } from "../../task/json.ts";
import type { Task } from "../../task/task.ts";
import { runIdOf } from "./names.ts";
import type { BackgroundTask } from "./schema.ts";
import { runStatusOf, taskStatusOf } from "./vocabulary.ts";

const RUN_TASK_NAME = "run_orchestrate_assistant";

/** `id` is what the client calls it. */
export function backgroundTaskOf(task: Task, id: string): BackgroundTask {
  return {
    task_id: id,
    task_name: nameOf(task),
    status: taskStatusOf(task),
    task_args: argumentsOf(task),
    result: resultOf(task),
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

/** What the client that began it has called it. */
function nameOf({ kind, queue }: Task): string {
  return kind === "agent" ? RUN_TASK_NAME : (queue ?? kind);
}

function argumentsOf(task: Task): JsonObject | null {
  if (task.kind === "agent") return { run_id: runIdOf(task), thread_id: threadOf(task), agent_id: agentOf(task) };
  const { input } = task;
  return objectIn(task.queue !== null && isJsonObject(input) ? input["payload"] : input);
}

/** What came of an ended task, as text; null before. */
function resultOf(task: Task): string | null {
  if (task.state === "completed") return outputText(task.output);
  switch (runStatusOf(task, "expired")) {
    case "cancelled":
      return "cancelled";
    case "expired":
      return "expired";
    default:
      return errorOf(task);
  }
}

export function errorOf(task: Task): string | null {
  if (!("error" in task)) return null;
  return task.error.message || task.error.code || "The run failed.";
}

/** What is read of an agent's input: not its attachments, which are large. */
const askedInput = z.object(
  agentInput.pick({ agent: true, bound: true, parameters: true, guardrails: true, context: true }).shape,
);
export type Asked = z.output<typeof askedInput>;

/** What an agent was asked with beside its query; nothing for a task of another kind. */
export function askedOf({ kind, input }: Pick<Task, "kind" | "input">): Asked {
  return (kind === "agent" && askedInput.safeParse(input).data) || {};
}

/** The agent that ran: by its id, where the task says it. */
export function agentOf(task: Pick<Task, "kind" | "input">): string | null {
  const { agent = null, bound, context = {} } = askedOf(task);
  const named = context["agent_id"];
  return bound?.id ?? (typeof named === "string" ? named : agent);
}

export function objectIn(value: unknown): JsonObject | null {
  return isJsonObject(value) ? value : null;
}
