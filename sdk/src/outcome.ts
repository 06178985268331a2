/** What came of a task: an output, or the typed error of its end. */
import { TaskCancelled, type TaskEnded, TaskFailed, TaskRejected, TaskTimedOut } from "./errors.ts";
import { type Json, type State, type Task, TERMINAL_STATES, type TerminalState } from "./generated/api.ts";

const ERRORS: Readonly<Record<Exclude<TerminalState, "completed">, new (task: Task) => TaskEnded>> = {
  failed: TaskFailed,
  cancelled: TaskCancelled,
  timed_out: TaskTimedOut,
  rejected: TaskRejected,
};
const terminal: ReadonlySet<State> = new Set(TERMINAL_STATES);

/** True when nothing will change the state any more. */
export function isTerminal(state: State): state is TerminalState {
  return terminal.has(state);
}

/** The output of a task that completed; throws the error of any other end. `undefined` while the task is open. */
export function outcomeOf(task: Task): { output: Json } | undefined {
  const { state } = task;
  if (!isTerminal(state)) return undefined;
  if (state === "completed") return { output: task.output };
  throw new ERRORS[state](task);
}

/** An output as people read it: its text where it has one, as agents' outputs do, else its JSON. */
export function outputText(output: Json): string {
  if (typeof output === "string") return output;
  if (typeof output === "object" && output !== null && !Array.isArray(output) && typeof output["text"] === "string") {
    return output["text"];
  }
  return JSON.stringify(output, null, 2);
}
