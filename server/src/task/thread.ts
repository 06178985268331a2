/**
 * The thread that a task is told in: its conversation; of a task without one, an id that follows from its own, or from that of
 * the first of those which it goes on with, so that what is renewed stays in its thread.
 */
import { uuidFromTaskId } from "./id.ts";
import type { Task } from "./task.ts";

export function threadOf({ id, conversation, assignment }: Pick<Task, "id" | "conversation" | "assignment">): string {
  return conversation ?? uuidFromTaskId(assignment?.first ?? id);
}
