/** The words of this wire for states and for acts of people. */
import type { HumanActName } from "../../task/people/human.ts";
import { openQuestions } from "../../task/people/questions.ts";
import { workStateOf } from "../../task/people/work-item.ts";
import type { WorkState } from "../../task/people/work-states.ts";
import { isTerminal, type State } from "../../task/states.ts";
import type { Task } from "../../task/task.ts";

/** Values of `status.state`. */
export const STATUSES = [
  "submitted",
  "working",
  "input-required",
  "completed",
  "canceled",
  "failed",
  "unknown",
] as const;
export type Status = (typeof STATUSES)[number];

/** A paused task keeps the status of the state that it resumes as. */
export const STATUS_OF: Readonly<Record<State, Status>> = {
  queued: "submitted",
  running: "working",
  paused: "working",
  input_required: "input-required",
  waiting: "working",
  completed: "completed",
  failed: "failed",
  cancelled: "canceled",
  timed_out: "failed",
  rejected: "failed",
};

/** Values of the `state` of a worklist task. */
export const WORKLIST_STATES = [
  "ALERTED",
  "ASSIGNED",
  "COMPLETED",
  "DELETED",
  "ERRORED",
  "EXPIRED",
  "INFO_REQUESTED",
  "OUTCOME_UPDATED",
  "STALE",
  "SUSPENDED",
  "WITHDRAWN",
] as const;
export type WorklistState = (typeof WORKLIST_STATES)[number];

export const WORKLIST_STATE_OF: Readonly<Record<WorkState, WorklistState>> = {
  assigned: "ASSIGNED",
  voting: "OUTCOME_UPDATED",
  information: "INFO_REQUESTED",
  alerted: "ALERTED",
  suspended: "SUSPENDED",
  completed: "COMPLETED",
  errored: "ERRORED",
  expired: "EXPIRED",
  withdrawn: "WITHDRAWN",
  deleted: "DELETED",
};

const ENDED: Readonly<Partial<Record<State, WorklistState>>> = {
  completed: "COMPLETED",
  failed: "ERRORED",
  rejected: "ERRORED",
  timed_out: "EXPIRED",
  cancelled: "WITHDRAWN",
};

/** The states of work that a filter by one of these means; none for a state that no item ever has. */
export function workStatesOf(state: WorklistState): WorkState[] {
  const all = Object.entries(WORKLIST_STATE_OF) as [WorkState, WorklistState][];
  return all.flatMap(([work, wire]) => (wire === state ? [work] : []));
}

/** It stands still, since the code that it needs is not there. */
function isLost({ waits }: Task): boolean {
  return waits.some(({ on }) => on === "handler");
}

export function statusOf(task: Task): Status {
  if (task.assignment?.state === "deleted") return "canceled";
  if (isLost(task)) return "unknown";
  return STATUS_OF[task.state === "paused" ? task.resumesAs : task.state];
}

/** No later change of its state will come. */
export function isFinal(task: Task): boolean {
  return isTerminal(task.state);
}

/** The worklist state of a task of any kind: one that goes on by itself is assigned to its handler. */
export function worklistStateOf(task: Task): WorklistState {
  if (task.assignment?.state === "deleted") return "DELETED";
  const ended = ENDED[task.state];
  if (ended !== undefined) return ended;
  if (task.state === "paused") return "SUSPENDED";
  if (isLost(task)) return "STALE";
  const work = openQuestions(task).length > 0 ? workStateOf(task) : null;
  return work === null ? "ASSIGNED" : WORKLIST_STATE_OF[work];
}

/** Acts with a word of their own on this wire. A decision is called by its outcome. */
export const ACTION_OF: Readonly<Record<Exclude<HumanActName, "decide">, string>> = {
  claim: "ACQUIRE",
  release: "RELEASE",
  delegate: "DELEGATE",
  reassign: "REASSIGN",
  escalate: "ESCALATE",
  suspend: "SUSPEND",
  resume: "RESUME",
  withdraw: "WITHDRAW",
  request_information: "INFO_REQUEST",
  submit_information: "INFO_SUBMIT",
  push_back: "PUSHBACK",
  route: "ADHOC_ROUTE",
  skip: "SKIP_CURRENT_ASSIGNMENT",
  save: "SAVE",
  error: "ERROR",
  renew: "RENEW",
  delete: "DELETE",
  purge: "PURGE",
};

/** The word for a decision. */
export function outcomeWord(id: string): string {
  return id.toUpperCase();
}
