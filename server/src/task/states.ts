/**
 * The one list of states. SQL checks, wire schemas, labels and every lens's table derive from it.
 *
 * `queued` is only before the first attempt; nothing leads back to it. Nothing ever leaves a terminal state.
 */
export const OPEN_STATES = ["queued", "running", "paused", "input_required", "waiting"] as const;
export const TERMINAL_STATES = ["completed", "failed", "cancelled", "timed_out", "rejected"] as const;
export const STATES = [...OPEN_STATES, ...TERMINAL_STATES] as const;

export type OpenState = (typeof OPEN_STATES)[number];
export type TerminalState = (typeof TERMINAL_STATES)[number];
export type State = OpenState | TerminalState;

/** What a waiting task waits for that is not a person. */
export const WAIT_REASONS = ["timer", "child", "callback", "retry", "slot"] as const;
export type WaitReason = (typeof WAIT_REASONS)[number];

/** What a task that needs a person asks for. */
export const INPUT_ASKS = ["answer", "approval", "authorization", "information"] as const;
export type InputAsk = (typeof INPUT_ASKS)[number];

const terminal: ReadonlySet<State> = new Set(TERMINAL_STATES);

export function isTerminal(state: State): state is TerminalState {
  return terminal.has(state);
}

/** Ended without what was asked for, by no decision of a person. A cancelled task did not fail. */
export const FAILED_STATES = ["failed", "timed_out", "rejected"] as const satisfies readonly TerminalState[];
export type FailedState = (typeof FAILED_STATES)[number];

const failed: ReadonlySet<State> = new Set(FAILED_STATES);

export function isFailed(state: State): state is FailedState {
  return failed.has(state);
}

/** Nothing more happens to it until somebody does something. */
export function isSettled(state: State): boolean {
  return isTerminal(state) || state === "input_required" || state === "paused";
}
