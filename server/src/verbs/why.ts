/** The answer to "why is this task where it is?", for a person on call. */
import type { Failure, Task, Wait } from "../task/task.ts";

/** What keeps an open task where it is, for programs; one that has ended has its state for a reason. */
export const WHY_REASONS = [
  "delayed",
  "no_slot",
  "concurrency",
  "conversation",
  "no_worker",
  "awaits_worker",
  "running",
  "leased",
  "pausing",
  "paused",
  "paused_by_itself",
  "paused_by_budget",
  "paused_by_days_money",
  "needs_answer",
  "needs_approval",
  "needs_authorization",
  "needs_information",
  "timer",
  "retry",
  "child",
  "no_code",
  "recovering",
  "no_handler",
  "stuck",
  "crash_suspect",
  "completed",
  "failed",
  "cancelled",
  "timed_out",
  "rejected",
] as const;
export type WhyReason = (typeof WHY_REASONS)[number];

export type Why = {
  task: string;
  state: Task["state"];
  /** What the sentence says, for programs. */
  reason: WhyReason;
  /** One sentence. */
  summary: string;
  /** When it came into its state. */
  since: number;
  /** When it goes on or gives up by itself; null: not without somebody. */
  until: number | null;
  waits: Wait[];
  /** What runs at this moment: names of steps in flight. */
  running: string[];
  /** Tasks that hold the slots that it wants: at most 20, and only those that may be seen. */
  heldBy: string[];
  /** Tasks of its conversation for whose end it waits before it begins, oldest first: at most 20. */
  before: string[];
  /** Tasks of its tenant before it in the queue, by priority and age; null when it is not in it. */
  ahead: number | null;
  /** Of work that other programs do: its queue, and when a worker last asked for it, null where none has since `since`. */
  workers: { queue: string; askedAt: number | null; since: number } | null;
  lastError: Failure | null;
};
