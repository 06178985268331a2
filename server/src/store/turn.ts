/** The guard of a task that does not run beside the others of its conversation, and how a store says that it fails. */
import { Refusal } from "../task/errors.ts";
import type { TaskId } from "../task/id.ts";

/**
 * What must hold in the commit, of the open tasks of the task's conversation: `alone`, a new task is the only one;
 * `last`, it is one of at most `OPEN_IN_CONVERSATION_MAX`; `first`, none was submitted before it.
 */
export type TurnGuard = "alone" | "last" | "first";

/** `before` is the first of those that are open; of `full` it is one of too many. */
export type TurnRefused = { why: "occupied" | "full"; before: TaskId };

const FULL_RETRY_S = 10;

export function refusalOfTurn({ why, before }: TurnRefused): Refusal {
  if (why === "full")
    return new Refusal("rate_limited", "Too many tasks of this conversation have not ended.", {
      retryAfterS: FULL_RETRY_S,
    });
  return new Refusal("conflict", `The task ${before} of this conversation has not ended.`, { task: before });
}
