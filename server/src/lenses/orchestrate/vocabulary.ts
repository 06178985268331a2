/** The words of the wire for how far a run is, and the background task that executes it. */
import type { State } from "../../task/states.ts";
import { STATES } from "../../task/states.ts";
import type { Task } from "../../task/task.ts";

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

/** What a run is called whose time was over: clients of the protocol may wait for ever on the word `expired`. */
export type TimedOut = "expired" | "failed";

export function runStatusOf(task: Task, timedOut: TimedOut = "expired"): RunStatus {
  if (task.state === "timed_out") return timedOut;
  return RUN_STATUS[task.state];
}

export function taskStatusOf(task: Task): TaskStatus {
  return TASK_STATUS[runStatusOf(task)];
}

/** The states that a run of this status may be in. */
export function statesOf(status: RunStatus): State[] {
  return STATES.filter((state) => RUN_STATUS[state] === status);
}
