/** Exit codes of commands that tell a shell how a task ended. */
import type { State } from "@waybill/sdk";

/** By the state in which the task was left. Where an open state stands for "no result yet", that is 1. */
export const STATE_EXITS: Readonly<Record<State, number>> = {
  completed: 0,
  failed: 1,
  rejected: 1,
  cancelled: 3,
  timed_out: 4,
  input_required: 5,
  queued: 1,
  running: 1,
  paused: 1,
  waiting: 1,
};

export const EXITS_HELP =
  "Exit codes: 0 completed, 1 failed, 2 wrong usage, 3 cancelled, 4 timed out,\n5 needs input from a person, 130 you stopped watching.";
