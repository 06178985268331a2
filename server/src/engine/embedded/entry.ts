/** What memory keeps of an open task: enough to know when it moves next, and nothing of its content. */
import type { OpenTask } from "../../store/store.ts";
import { dueAt, type Task } from "../../task/task.ts";

export type Entry = OpenTask & {
  /** Which claims take it; null for work of our own handlers. */
  queue: string | null;
  /** Was running in a process that is gone. */
  recovers: boolean;
};

export function entryOf(task: Task, queue: string | null): Entry {
  return {
    id: task.id,
    tenant: task.tenant,
    kind: task.kind,
    state: task.state,
    conversation: task.conversation,
    parent: task.parent,
    priority: task.priority,
    createdAt: task.createdAt,
    dueAt: dueAt(task),
    deadlineAt: task.deadlineAt,
    concurrencyKey: task.concurrency?.key ?? null,
    concurrencyLimit: task.concurrency?.limit ?? 0,
    awaits: task.waits.flatMap((wait) => (wait.on === "child" ? [wait.child] : [])),
    ready: task.state === "waiting" && task.waits.every((wait) => wait.on === "slot"),
    queue,
    recovers: false,
  };
}
