/** The messages of a task: what it was asked. Outputs are artifacts, and no messages. */
import { agentInput } from "../../../task/agent.ts";
import { queryIdOf } from "../../../task/conversation.ts";
import type { Part } from "../../../task/part.ts";
import type { Task } from "../../../task/task.ts";
import type { MessageView } from "../model/view.ts";

/** Oldest first. */
export function historyOf(task: Task, contextId: string): MessageView[] {
  return [{ messageId: queryIdOf(task.id), role: "user", contextId, taskId: task.id, parts: askedOf(task) }];
}

function askedOf({ input, title }: Task): Part[] {
  const asked = agentInput.safeParse(input);
  if (asked.success) return [{ text: asked.data.query }, ...(asked.data.attachments ?? [])];
  return input === null ? [{ text: title }] : [{ data: input }];
}

/** The last `length` messages; all where that is null, and no history at all where it is 0. */
export function lastOf(history: readonly MessageView[], length: number | null): readonly MessageView[] | undefined {
  if (length === 0) return undefined;
  return length === null ? history : history.slice(-length);
}
