/** How a state looks in a terminal, and what it is for a shell. */
import type { State } from "@waybill/sdk";
import type { Style } from "./terminal.ts";

export const STATE_LOOK: Readonly<Record<State, { mark: string; style: Style }>> = {
  queued: { mark: "○", style: "dim" },
  running: { mark: "●", style: "blue" },
  paused: { mark: "‖", style: "magenta" },
  input_required: { mark: "?", style: "yellow" },
  waiting: { mark: "◌", style: "magenta" },
  completed: { mark: "✓", style: "green" },
  failed: { mark: "✗", style: "red" },
  cancelled: { mark: "–", style: "dim" },
  timed_out: { mark: "⏱", style: "yellow" },
  rejected: { mark: "✗", style: "red" },
};

/** Exit codes by the state in which a task was left. The open ones stand for "no result yet". */
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
  "Exit codes: 0 completed, 1 failed, 2 wrong usage, 3 cancelled, 4 timed out, 5 needs input from a person.";
