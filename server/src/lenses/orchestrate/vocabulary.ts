/** The words of the wire for how far a run is, and the background task that executes it. */
import type { State } from "../../task/states.ts";
import type { Task } from "../../task/task.ts";
import { isParked, isUnparked } from "../../task/turns.ts";

export const RUN_STATUSES = [
  "pending",
  "running",
  "completed",
  "async_wait",
  "async_completed",
  "failed",
  "cancelled",
  "requires_input",
  "expired",
] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const TASK_STATUSES = ["unknown", "started", "completed", "failed"] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** `running` also stands for a task that waits for what is the server's own: a slot, another try. */
const RUN_STATUS: Readonly<Record<State, RunStatus>> = {
  queued: "pending",
  running: "running",
  paused: "running",
  input_required: "requires_input",
  waiting: "running",
  completed: "completed",
  failed: "failed",
  cancelled: "cancelled",
  timed_out: "expired",
  rejected: "failed",
};

/** What `?lens=` and the dashboard call the states. */
export const STATUS_OF: Readonly<Record<State, string>> = RUN_STATUS;

const TASK_STATUS: Readonly<Record<RunStatus, TaskStatus>> = {
  pending: "unknown",
  running: "started",
  async_wait: "started",
  async_completed: "started",
  requires_input: "started",
  completed: "completed",
  failed: "failed",
  cancelled: "failed",
  expired: "failed",
};

/** The code of a run that failed since nobody answered what it asked. */
const UNANSWERED = "deadline";

/** What a run is called whose time was over: clients of the protocol may wait for ever on the word `expired`. */
export type TimedOut = "expired" | "failed";

/**
 * One that waits for a person, or is parked until work elsewhere has ended, or has that behind it and no slot yet, says so;
 * one that nobody answered is over its time.
 */
export function runStatusOf(task: Task, timedOut: TimedOut): RunStatus {
  if (task.state === "timed_out") return timedOut;
  if (task.state === "failed" && task.error.code === UNANSWERED) return timedOut;
  if (task.state === "waiting" && isParked(task.waits)) return "async_wait";
  if (task.state === "waiting" && isUnparked(task.waits)) return "async_completed";
  return RUN_STATUS[task.state];
}

export function taskStatusOf(task: Task): TaskStatus {
  return TASK_STATUS[runStatusOf(task, "expired")];
}

/** What a run failed with. */
export function errorOf(task: Task): string | null {
  if (!("error" in task)) return null;
  return task.error.message || task.error.code || "The run failed.";
}
