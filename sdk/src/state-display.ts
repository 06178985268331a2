/** How each state reads and looks to people. The one table of it: the command line and the dashboard show what stands here. */
import type { State } from "./generated/api.ts";

/** What a state means to whoever looks at it. A screen has one colour for each. */
export type Tone = "idle" | "active" | "held" | "attention" | "success" | "failure";

export type StateDisplay = {
  label: string;
  tone: Tone;
  /** One character, for places where colour may be missing. */
  mark: string;
};

export const STATE_DISPLAY: Readonly<Record<State, StateDisplay>> = {
  queued: { label: "queued", tone: "idle", mark: "○" },
  running: { label: "running", tone: "active", mark: "●" },
  paused: { label: "paused", tone: "held", mark: "‖" },
  input_required: { label: "input required", tone: "attention", mark: "?" },
  waiting: { label: "waiting", tone: "held", mark: "◌" },
  completed: { label: "completed", tone: "success", mark: "✓" },
  failed: { label: "failed", tone: "failure", mark: "✗" },
  cancelled: { label: "cancelled", tone: "idle", mark: "–" },
  timed_out: { label: "timed out", tone: "attention", mark: "⏱" },
  rejected: { label: "rejected", tone: "failure", mark: "✗" },
};
