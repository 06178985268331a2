/**
 * What parents and children owe each other: a child begins within the bounds of its parent, and no open task outlives the
 * one that has begun it.
 */
import type { TaskId } from "./id.ts";
import type { QueuedTask } from "./queued-task.ts";
import { isTerminal } from "./states.ts";
import type { Failure, Task } from "./task.ts";
import { traceOfChild } from "./trace.ts";

type Parent = Pick<
  Task,
  "id" | "trace" | "depth" | "deadlineAt" | "namedDeadlineAt" | "timeLimitMs" | "budget" | "boundBy" | "models" | "tier"
>;

/** The task as a child of `parent`: a generation below it, within its budget, with its models, and to end by its deadline. */
export function asChildOf(parent: Parent, task: QueuedTask): QueuedTask {
  const { timeLimitMs } = parent;
  // The limit of the parent's kind stands still while it waits for its child.
  const deadlineAt = earlier(task.deadlineAt, timeLimitMs === null ? parent.deadlineAt : parent.namedDeadlineAt);
  return {
    ...task,
    parent: parent.id,
    depth: parent.depth + 1,
    trace: traceOfChild(parent),
    boundBy: parent.budget === null ? parent.boundBy : [...parent.boundBy, parent.id],
    models: parent.models,
    tier: parent.tier,
    deadlineAt,
    namedDeadlineAt: deadlineAt,
  };
}

/** Why this task may have no children; null when it may. `depthMax` is how many generations there may be below a root. */
export function childRefused({ depth }: Pick<Task, "depth">, depthMax: number): Failure | null {
  if (depth < depthMax) return null;
  const message = `This task stands ${depth} generations below the first of its tree, and limits.depth allows no more than ${depthMax}: it can have no children.`;
  return { code: "too_deep", message };
}

/** How the end of a parent reaches its open children: who ended it and why is said of them too. */
export function endOfParent(id: TaskId, parent: Task | null): { do: "cancel"; by: string; reason: string } {
  if (parent?.state === "cancelled" && parent.cancelledBy) {
    const { by, reason } = parent.cancelledBy;
    return { do: "cancel", by, reason: reason === "" ? `Its parent ${id} was cancelled.` : reason };
  }
  const end = parent && isTerminal(parent.state) ? ENDED[parent.state] : "is gone";
  return { do: "cancel", by: "waybill", reason: `Its parent ${id} ${end}.` };
}

const ENDED = {
  completed: "completed",
  failed: "failed",
  cancelled: "was cancelled",
  timed_out: "timed out",
  rejected: "was rejected",
} as const;

/** Of two moments, either of which may be never, the one that comes first. */
export function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}
