/** What comes of the end of a run: of a last write that the store refuses, and of what its code throws after it. */
import { isUnavailable, Refusal } from "../../task/errors.ts";
import type { AttemptPort, RunEnd } from "./attempt-port.ts";
import type { CodeOwner } from "./current-place.ts";
import { errorOf, reasonOf, stackOf } from "./failure.ts";

/** How a run ends that was refused a write: the task is another's by now, the store was not there, or it will never take it. */
export function endAfter(error: unknown): RunEnd {
  if (!(error instanceof Refusal)) return "stuck";
  if (["fenced", "not_allowed_in_state", "not_found"].includes(error.code)) return "recorded";
  return isUnavailable(error) || error.code === "conflict" ? "unrecorded" : "stuck";
}

/**
 * Fails the task by what its handler's code throws where nothing awaits it, also once the task waits, asks or is paused: a
 * moment earlier it would have. What the body of a step has left behind does not, as the step was done or is tried again.
 * It comes after the last write of the run, which may have a result that was paid for, and once: a timer that throws again
 * and again is one failure of one attempt.
 */
export function failingAtRest(port: AttemptPort, ended: Promise<RunEnd>): CodeOwner["fail"] {
  const fail = port.failingAtRest();
  let hasFailed = false;
  return (thrown, step) => {
    if (step !== null || hasFailed) return;
    hasFailed = true;
    const error = errorOf(thrown);
    const { failure, retryable, retryAfterMs } = reasonOf("The handler", error);
    const stack = stackOf(error);
    const failed = ended.then((end) =>
      end === "recorded" ? fail(failure, retryable, retryAfterMs, stack) : undefined,
    );
    // Refused where the task has gone on since, or has ended.
    failed.catch(() => {});
  };
}
