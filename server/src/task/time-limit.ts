/**
 * How long a task may take. The deadline that its caller named, or that its parent has, counts always. The limit of its
 * kind counts while it runs: it stands still while the task waits, asks, is paused, or is held back by the engine.
 */
import { earlier } from "./family.ts";
import { isTerminal } from "./states.ts";
import type { Failure, Task } from "./task.ts";

type Limits = Pick<Task, "deadlineAt" | "namedDeadlineAt" | "timeLimitMs" | "limitAt" | "limitLeftMs">;
type Timed = Limits & Pick<Task, "state" | "updatedAt" | "startedAt" | "stateChangedAt">;

/** The deadline that counts always; null when there is none. */
export function namedDeadline(task: Limits): number | null {
  // A task without a limit of its kind has no other deadline; rows of before the limit stood still say it there alone.
  return task.timeLimitMs === null ? task.deadlineAt : task.namedDeadlineAt;
}

/** What becomes of the limit when the task comes into `state`. `leaptMs` of the time until then have not passed. */
export function limitIn(state: Task["state"], task: Timed, at: number, leaptMs = 0): Partial<Limits> {
  if (task.timeLimitMs === null || isTerminal(state)) return {};
  const named = namedDeadline(task);
  if (state === "running") {
    const limitAt = at + leftOf(task, task.timeLimitMs, at);
    return { limitAt, limitLeftMs: null, deadlineAt: earlier(named, limitAt) };
  }
  return { limitAt: null, limitLeftMs: leftOf(task, task.timeLimitMs, at - leaptMs), deadlineAt: named };
}

/** The same for one whose process has died: between its last sign of life and this moment it did not run. */
export function limitAfterDeath(task: Timed, at: number): Partial<Limits> {
  return task.timeLimitMs === null ? {} : limitLeft(task, at, leftOf(task, task.timeLimitMs, task.updatedAt));
}

/** The same for one that runs on, where something is left of it; null where nothing is. */
export function limitAfterLeap(task: Timed, at: number, leaptMs: number): Partial<Limits> | null {
  const leftMs = task.timeLimitMs === null ? 0 : leftOf(task, task.timeLimitMs, at - leaptMs);
  return leftMs === 0 ? null : limitLeft(task, at, leftMs);
}

function limitLeft(task: Limits, at: number, leftMs: number): Partial<Limits> {
  const limitAt = at + leftMs;
  return { limitAt, limitLeftMs: null, deadlineAt: earlier(namedDeadline(task), limitAt) };
}

/** Whether the limit of its kind, and not a named deadline, is what ends it at `at`. */
export function isOverLimit(task: Limits, at: number): boolean {
  return task.timeLimitMs !== null && at < (namedDeadline(task) ?? Number.POSITIVE_INFINITY);
}

export function deadlinePassed(task: Pick<Task, "createdAt" | "assignment"> & Timed, at: number): Failure {
  if (task.state === "input_required" && (task.assignment?.expiresAt ?? Number.POSITIVE_INFINITY) <= at)
    return { code: "deadline", message: "It expired before anybody had decided." };
  const seconds = isOverLimit(task, at)
    ? (task.timeLimitMs ?? 0) / 1000
    : ((namedDeadline(task) ?? task.createdAt) - task.createdAt) / 1000;
  return { code: "deadline", message: `The time limit of ${seconds} s passed while the task was ${task.state}.` };
}

function leftOf(task: Timed, limitMs: number, at: number): number {
  if (task.limitAt !== null) return Math.max(0, task.limitAt - at);
  if (task.limitLeftMs !== null) return task.limitLeftMs;
  if (task.startedAt === null) return limitMs;
  // A row of before the limit stood still: what was left when it came into its state.
  return Math.max(0, task.startedAt + limitMs - (task.state === "running" ? at : task.stateChangedAt));
}
