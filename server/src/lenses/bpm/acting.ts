/** An action on a task. A task that asks nobody can still be steered: withdrawn, suspended, resumed, deleted. */
import { Refusal } from "../../task/errors.ts";
import type { HumanAct } from "../../task/people/human.ts";
import type { Task } from "../../task/task.ts";
import type { ActOptions } from "../../verbs/human.ts";
import type { Caller } from "./caller.ts";

/** The task after the act; null when it is gone. Throws as `HumanTasks.act` does. */
export async function acted(
  { principal, verbs }: Caller,
  task: Task,
  act: HumanAct,
  options: ActOptions,
): Promise<Task | null> {
  // A decision in a task without an assignment may be its child's, for which it asks.
  if (task.assignment === null && act.act !== "decide") return await steered({ principal, verbs }, task, act, options);
  const { task: after } = await verbs.human.act(principal, task.id, act, options);
  return act.act === "purge" ? null : after;
}

async function steered(
  { principal, verbs }: Pick<Caller, "principal" | "verbs">,
  task: Task,
  { act }: HumanAct,
  { comment }: ActOptions,
): Promise<Task | null> {
  const steering = { ...(comment && { reason: comment.text.slice(0, REASON_MAX) }) };
  switch (act) {
    case "withdraw":
      return (await verbs.tasks.cancel(principal, task.id, steering)).task;
    case "suspend":
      return (await verbs.tasks.pause(principal, task.id, steering)).task;
    case "resume":
      return (await verbs.tasks.resume(principal, task.id, steering)).task;
    case "purge":
      await verbs.tasks.delete(principal, task.id, steering);
      return null;
    default:
      throw new Refusal("not_allowed_in_state", "The task asks nobody for anything.", { state: task.state });
  }
}

const REASON_MAX = 1_000;
