/**
 * What clients of this wire call a task. The run's id is the UUID of its identity; the background task that executes it has
 * another one, which follows from it, so that the two are told apart and neither has to be kept. Each answer that a run is
 * given has a further background task, whose id is an alias.
 */
import { derivedUuid, isUuid, type TaskId, taskIdFromUuid, uuidFromTaskId } from "../../task/id.ts";
import type { Principal } from "../../task/principal.ts";
import type { Task } from "../../task/task.ts";
import type { Verbs } from "../../verbs/verbs.ts";

/** The lens whose names for tasks and conversations these are. */
export const NAMES = "orchestrate";

/** Messages of a task have ids by numbers from 0. */
const BACKGROUND = -1;
/** The digit of a UUID that says how it was made: those of tasks are of the seventh way, those that follow from them of the eighth. */
const VERSION_AT = 14;

export function runIdOf({ id }: Pick<Task, "id">): string {
  return uuidFromTaskId(id);
}

/** The id of the background task that a run begins with. */
export function backgroundIdOf({ id }: Pick<Task, "id">): string {
  return derivedUuid(id, BACKGROUND);
}

/** The inverse. */
function taskOfBackground(uuid: string): TaskId {
  const derived = derivedUuid(uuid, BACKGROUND);
  return taskIdFromUuid(`${derived.slice(0, VERSION_AT)}7${derived.slice(VERSION_AT + 1)}`);
}

/**
 * The task of a run's id, of one of its background tasks, or of an id as other APIs write it. Throws `not_found`.
 */
export async function taskNamed({ tasks }: Verbs, principal: Principal, name: string): Promise<Task> {
  if (!isUuid(name)) return tasks.named(principal, NAMES, name);
  const uuid = name.toLowerCase();
  switch (uuid[VERSION_AT]) {
    case "7":
      return tasks.get(principal, taskIdFromUuid(uuid));
    case "8":
      return tasks.get(principal, taskOfBackground(uuid));
    default:
      return tasks.named(principal, NAMES, uuid);
  }
}
