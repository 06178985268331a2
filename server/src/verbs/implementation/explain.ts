/** Why a task is where it is, for a person on call: one sentence, and what it rests on. */

import type { SchedulingView } from "../../engine/engine.ts";
import type { TaskId } from "../../task/id.ts";
import { openQuestions } from "../../task/questions.ts";
import { isTerminal } from "../../task/states.ts";
import { dueAt, type Failure, type Task, type Wait } from "../../task/task.ts";
import type { Why } from "../why.ts";

/** Ids of tasks that hold the slots that another one wants, as many as an answer names. */
export const HOLDERS_SHOWN = 20;

/** `heldBy` are those tasks of `scheduling` that whoever asks may see. */
export function explain(task: Task, scheduling: SchedulingView, heldBy: TaskId[], lastError: Failure | null): Why {
  const running = scheduling.running(task.id);
  const ahead = scheduling.ahead(task.id);
  return {
    task: task.id,
    state: task.state,
    summary: scheduling.obstacle(task) ?? summarise(task, { running, heldBy, ahead, lastError }),
    since: task.stateChangedAt,
    until: isTerminal(task.state) ? null : earliest(dueAt(task), task.deadlineAt),
    waits: task.waits,
    running,
    heldBy,
    ahead,
    lastError,
  };
}

type Situation = { running: string[]; heldBy: string[]; ahead: number | null; lastError: Failure | null };

function summarise(task: Task, situation: Situation): string {
  switch (task.state) {
    case "queued":
      if (situation.ahead === null && task.notBefore !== null)
        return `Its submit asked for a delay: it starts at ${timeOf(task.notBefore)}.`;
      return `It is ready and has no slot yet: ${queue(situation)}.`;
    case "running":
      if (task.lease) return `Worker ${task.lease.worker} holds it, with a lease until ${timeOf(task.lease.until)}.`;
      return `It runs${situation.running.map((name) => ` "${name}"`).join(",")}, in attempt ${task.attempt}${asksBeside(task)}.`;
    case "paused": {
      const by = task.pausedBy;
      return `${by?.by ?? "Somebody"} paused it${by?.reason ? `: ${by.reason}` : ""}. It goes on when it is resumed.`;
    }
    case "input_required":
      return `It needs a person: ${questionsOf(task)}.`;
    case "waiting":
      return `It waits: ${task.waits.map((wait) => waitSentence(wait, situation)).join("; ")}.`;
    case "completed":
      return "It completed.";
    case "cancelled": {
      const by = task.cancelledBy;
      return `${by?.by ?? "Somebody"} cancelled it${by?.reason ? `: ${by.reason}` : ""}.`;
    }
    case "failed":
    case "timed_out":
    case "rejected":
      return task.error.message;
  }
}

function questionsOf(task: Task): string {
  return openQuestions(task)
    .map(({ prompt, relayed }) => `${prompt.asks} to "${prompt.text}"${relayed ? `, which ${relayed.child} asks` : ""}`)
    .join(" and ");
}

function asksBeside(task: Task): string {
  return openQuestions(task).length === 0 ? "" : `, and needs a person: ${questionsOf(task)}`;
}

function waitSentence(wait: Wait, situation: Situation): string {
  switch (wait.on) {
    case "slot":
      return `ready, without a slot: ${queue(situation)}`;
    case "timer":
      return `until ${timeOf(wait.until)}`;
    case "retry":
      return `to try again at ${timeOf(wait.until)}${situation.lastError ? `, after "${situation.lastError.message}"` : ""}`;
    case "handler":
      return `for code that fits it. ${wait.message} It goes on at the first start with code that does; or retry it from its beginning, or cancel it`;
    case "child":
      return `for the end of ${wait.child}`;
    case "input":
      return `for an ${wait.prompt.asks}`;
  }
}

function queue({ heldBy, ahead }: Situation): string {
  const before = ahead === null ? "it is next" : `${ahead} before it`;
  return heldBy.length === 0 ? before : `${before}, slots held by ${heldBy.join(", ")}`;
}

function timeOf(at: number | null): string {
  return at === null ? "some time" : new Date(at).toISOString();
}

function earliest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
