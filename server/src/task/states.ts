/**
 * The one list of states, and what kind of state each is. SQL checks, wire schemas, labels and every lens's table derive
 * from it.
 *
 * `queued` is only before the first attempt; nothing leads back to it. Nothing ever leaves a terminal state.
 */
export const OPEN_STATES = ["queued", "running", "paused", "input_required", "waiting"] as const;
export const TERMINAL_STATES = ["completed", "failed", "cancelled", "timed_out", "rejected"] as const;
export const STATES = [...OPEN_STATES, ...TERMINAL_STATES] as const;

export type OpenState = (typeof OPEN_STATES)[number];
export type TerminalState = (typeof TERMINAL_STATES)[number];
export type State = OpenState | TerminalState;

/** What comes next for an open task: it goes on by itself, or somebody has to do something first. */
const GOES_ON: Readonly<Record<OpenState, "by itself" | "by somebody">> = {
  queued: "by itself",
  running: "by itself",
  paused: "by somebody",
  input_required: "by somebody",
  waiting: "by itself",
};

/** How a task ended: with what was asked for, without it, or because somebody no longer wanted it. */
const ENDS = {
  completed: "success",
  failed: "failure",
  cancelled: "cancelled",
  timed_out: "failure",
  rejected: "failure",
} as const satisfies Record<TerminalState, "success" | "failure" | "cancelled">;

/** The ends that have an error. */
export type FailedState = {
  [State in TerminalState]: (typeof ENDS)[State] extends "failure" ? State : never;
}[TerminalState];
export const FAILED_STATES: readonly FailedState[] = TERMINAL_STATES.filter(isFailed);

/** What a waiting task waits for that is not a person. */
export const WAIT_REASONS = ["timer", "child", "retry", "slot", "conversation", "handler"] as const;

/** What a task that needs a person asks for. */
export const INPUT_ASKS = ["answer", "approval", "authorization", "information"] as const;
export type InputAsk = (typeof INPUT_ASKS)[number];

export function isTerminal(state: State): state is TerminalState {
  return state in ENDS;
}

export function isFailed(state: State): state is FailedState {
  return isTerminal(state) && ENDS[state] === "failure";
}

/** Nothing more happens to it until somebody does something. */
export function isSettled(state: State): boolean {
  return isTerminal(state) || GOES_ON[state] === "by somebody";
}
