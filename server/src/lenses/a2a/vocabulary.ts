/** The words of the wire: states, roles and the two versions, each beside the canonical word that it stands for. */
import { STATES, type State } from "../../task/states.ts";

export const VERSIONS = ["1.0", "0.3"] as const;
export type Version = (typeof VERSIONS)[number];

/** The states of a task as 0.3 spells them, in the order of the protocol's own numbers, which count from 1. */
export const WIRE_STATES = [
  "submitted",
  "working",
  "completed",
  "failed",
  "canceled",
  "input-required",
  "rejected",
  "auth-required",
] as const;
export type WireState = (typeof WIRE_STATES)[number];

/** A question for a permission that is given elsewhere is `auth-required`; a paused task is what it resumes as. */
export const STATE_OF: Readonly<Record<State, WireState>> = {
  queued: "submitted",
  running: "working",
  paused: "working",
  input_required: "input-required",
  waiting: "working",
  completed: "completed",
  failed: "failed",
  cancelled: "canceled",
  timed_out: "failed",
  rejected: "rejected",
};

const ENDS: ReadonlySet<WireState> = new Set(["completed", "failed", "canceled", "rejected"]);

export function isEnd(state: WireState): boolean {
  return ENDS.has(state);
}

/** The states that a filter may mean; more is to be asked of those that are paused or ask somebody. */
export function statesOf(wanted: WireState): State[] {
  const asked = wanted === "auth-required" ? "input-required" : wanted;
  return STATES.filter((state) => STATE_OF[state] === asked);
}

export const ROLES = ["user", "agent"] as const;
export type Role = (typeof ROLES)[number];

export function isVersion(text: string | undefined): text is Version {
  return VERSIONS.some((version) => version === text);
}
