/** A task's end as a promise sees it: a value or a typed error. */
import { TaskCancelled, TaskFailed, TaskRejected, TaskTimedOut } from "./errors.ts";
import { type Json, type State, type Task, TERMINAL_STATES } from "./generated/api.ts";

const terminal: ReadonlySet<State> = new Set(TERMINAL_STATES);

/** True when nothing will change the state any more. */
export function isTerminal(state: State): boolean {
  return terminal.has(state);
}

/** The output of a task that completed; throws what became of it otherwise. `undefined` while it is open. */
export function outcomeOf(task: Task): { output: Json } | undefined {
  switch (task.state) {
    case "completed":
      return { output: task.output };
    case "failed":
      throw new TaskFailed(task);
    case "cancelled":
      throw new TaskCancelled(task);
    case "timed_out":
      throw new TaskTimedOut(task);
    case "rejected":
      throw new TaskRejected(task);
    case "queued":
    case "running":
    case "paused":
    case "input_required":
    case "waiting":
      return undefined;
  }
}

/** An output as people read it: its text where it has one, as agents' outputs do, else its JSON. */
export function outputText(output: Json): string {
  if (typeof output === "string") return output;
  if (typeof output === "object" && output !== null && !Array.isArray(output) && typeof output["text"] === "string") {
    return output["text"];
  }
  return JSON.stringify(output, null, 2);
}
