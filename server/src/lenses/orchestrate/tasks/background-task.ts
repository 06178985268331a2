/** A task of ours as the background task that executes a run, or any other work. */
import { outputText } from "../../../task/agent/agent.ts";
import { Refusal } from "../../../task/errors.ts";
import type { TaskId } from "../../../task/id.ts";
import { isJsonObject, type JsonObject } from "../../../task/json/json.ts";
import type { Principal } from "../../../task/principal.ts";
import type { Task } from "../../../task/task.ts";
import type { Verbs } from "../../../verbs/verbs.ts";
import { foundAs } from "../errors.ts";
import { backgroundIdOf, runIdOf } from "../names.ts";
import { agentOf, objectIn, threadOf } from "../runs/asked.ts";
import { errorOf, runStatusOf, taskStatusOf } from "../vocabulary.ts";
import type { BackgroundTask } from "./schema.ts";

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

/** What a client is told of the background task that has begun. */
export async function begunTask({ tasks }: Verbs, principal: Principal, id: TaskId | null) {
  const task = await foundAs(
    "Task",
    id === null ? Promise.reject(new Refusal("not_found", "")) : tasks.get(principal, id),
  );
  return { task_id: backgroundIdOf(task), task_name: task.kind, status: taskStatusOf(task), task_obj: null };
}
