/** The answer to "why is this task in its state?", for a person on call. */
import type { Failure, Task, Wait } from "../task/task.ts";

/** Reasons that keep an open task in its state, for programs; an ended one has its state as the reason. */
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
  /** The meaning of the sentence, for programs. */
  reason: WhyReason;
  /** One sentence. */
  summary: string;
  /** When it came into its state. */
  since: number;
  /** When it goes on or gives up by itself; null if it needs somebody. */
  until: number | null;
  waits: Wait[];
  /** Names of steps in flight. */
  running: string[];
  /** Tasks that hold the slots it waits for: at most 20, and only visible ones. */
  heldBy: string[];
  /** Tasks of its conversation whose end it waits for before it begins, oldest first: at most 20. */
  before: string[];
  /** Tasks of its tenant before it in the queue, by priority and age; null when it is not in the queue. */
  ahead: number | null;
  /** For work of other programs: its queue, and when a worker last asked for it, null if none has since `since`. */
  workers: { queue: string; askedAt: number | null; since: number } | null;
  lastError: Failure | null;
};
