/** What a decision makes of a task: the task as it will be, its events, and the guard that it was decided on. Pure. */
import type { Command } from "./command.ts";
import { Refusal } from "./errors.ts";
import type { EventDraft, TaskEvent } from "./events/event.ts";
import type { Json } from "./json/json.ts";
import { openQuestions } from "./people/questions.ts";
import { assignmentAfter, workStateOf } from "./people/work-item.ts";
import type { FailedState, OpenState } from "./states.ts";
import type { Failure, Task } from "./task.ts";
import { limitIn } from "./time-limit.ts";

/** What the store makes durable: the task as it will be, its new events, and the guard that it was decided on. */
export type Change = {
  command: Command["do"] | "submit";
  before: { revision: number; state: Task["state"]; attempt: number } | null;
  task: Task;
  events: TaskEvent[];
  /** What people have to do, or how it stands, is another than before. */
  assigns?: true;
  /** What a child asks is other than before: its parent is to ask the same. */
  relays?: true;
};

type Ending = (
  | { state: "completed"; output: Json; progress: 1 }
  | { state: FailedState; error: Failure; failures?: number }
  | { state: "cancelled"; cancelledBy: NonNullable<Task["cancelledBy"]> }
) &
  Partial<Pick<Task, "lastClaim" | "leasesLost" | "stack">>;

export function end(task: Task, command: Command, at: number, ending: Ending): Change {
  return change(task, command, at, { ...ending, endedAt: at, waits: [], lease: null, pausedBy: null }, [
    ended(ending, task.state === "paused"),
  ]);
}

/** The event that ends a log. */
function ended(ending: Ending, wasPaused: boolean): EventDraft {
  switch (ending.state) {
    case "completed":
      return { type: "task.completed", data: { output: ending.output } };
    case "cancelled":
      return {
        type: "task.cancelled",
        data: { by: ending.cancelledBy.by, reason: ending.cancelledBy.reason, wasPaused },
      };
    case "failed":
      return { type: "task.failed", data: { error: ending.error } };
    case "timed_out":
      return { type: "task.timed_out", data: { error: ending.error } };
    case "rejected":
      return { type: "task.rejected", data: { error: ending.error } };
  }
}

export type Patch = Partial<Omit<Task, "state">> & {
  state?: Task["state"];
  output?: Json;
  error?: Failure;
  resumesAs?: Exclude<OpenState, "paused">;
};

export function change(task: Task, command: Command, at: number, patch: Patch, drafts: EventDraft[]): Change {
  const events = numbered(task, drafts, at);
  const moved = patch.state !== undefined && patch.state !== task.state;
  // One spread of the task in nearly all cases: a second one, or a rest, costs more than all the rest of a decision.
  const from = moved && task.state === "paused" ? withoutResumption(task) : task;
  // One cast: the patch brings exactly the fields that its state demands, which spreading a union cannot show the compiler.
  const next = withAssignment(
    {
      ...from,
      ...patch,
      ...(moved && task.timeLimitMs !== null && limitIn(patch.state ?? task.state, task, at, command.leaptMs)),
      revision: task.revision + 1,
      lastSeq: task.lastSeq + events.length,
      updatedAt: at,
      stateChangedAt: moved ? at : task.stateChangedAt,
    } as Task,
    at,
  );
  return {
    command: command.do,
    before: { revision: task.revision, state: task.state, attempt: task.attempt },
    task: next,
    events,
    ...(isAssigned(task, next) && { assigns: true }),
    ...(asksOtherwise(task, next) && { relays: true }),
  };
}

/** As they follow the last one of the task. */
export function numbered({ id, lastSeq }: Task, drafts: readonly EventDraft[], at: number): TaskEvent[] {
  // With the draft first, whose fields V8 then copies at once.
  return drafts.map((draft, index) => ({ ...draft, task: id, seq: lastSeq + 1 + index, at }));
}

/** What a worklist shows of it is another than before. */
function isAssigned(before: Task, next: Task): boolean {
  if (next.assignment === null) return false;
  return (
    next.assignment !== before.assignment ||
    next.deletedAt !== before.deletedAt ||
    workStateOf(next) !== workStateOf(before)
  );
}

function asksOtherwise(before: Task, next: Task): boolean {
  if (next.parent === null || next.waits === before.waits) return false;
  const [asked, asks] = [openQuestions(before), openQuestions(next)];
  return asked.length !== asks.length || asked.some(({ key }, index) => key !== asks[index]?.key);
}

/** What people have to do follows from what the task asks. Most tasks ask nobody, and are left as they are. */
function withAssignment(task: Task, at: number): Task {
  const assignment = assignmentAfter(task, at);
  return assignment === task.assignment ? task : { ...task, assignment };
}

function withoutResumption({ resumesAs: _, ...task }: Task & { state: "paused" }) {
  return task;
}

export function wrongState(task: Task, done: string): Refusal {
  return new Refusal("not_allowed_in_state", `A task that is ${task.state} cannot be ${done}.`, { state: task.state });
}

/**
 * Two changes of a task, the second decided on the first, as one: one row is written, and both have their events. The task
 * of the second becomes that of both: a copy more of it costs as much as a decision.
 */
export function joined(first: Change, second: Change): Change {
  const { task } = second;
  task.revision = first.task.revision;
  return {
    command: first.before === null ? first.command : second.command,
    before: first.before,
    task,
    events: [...first.events, ...second.events],
    ...((first.assigns || second.assigns) && { assigns: true }),
    ...((first.relays || second.relays) && { relays: true }),
  };
}
