/** Explains the state of a task to a person on call: one sentence, and the facts behind it. */

import type { QueueWorkers, SchedulingView } from "../../engine/engine.ts";
import type { TaskId } from "../../task/id.ts";
import { STEPS_NAMED_MAX, stillRunning } from "../../task/pause.ts";
import { openQuestions } from "../../task/people/questions.ts";
import { isTerminal } from "../../task/states.ts";
import { dueAt, type Failure, type Task, triesOf, type Wait } from "../../task/task.ts";
import { clauseOf } from "../../task/text/clause.ts";
import type { Why, WhyReason } from "../why.ts";

/** Ids of tasks that hold the slots another one waits for, as many as an answer names. */
export const HOLDERS_SHOWN = 20;

/** Things a task waits for that its sentence names. */
const WAITS_NAMED_MAX = 20;

/** The reason why a child has not ended: the last open task on the way down from it, and that task's sentence. */
export type Below = { last: TaskId; summary: string };

/** `heldBy` are the tasks of `scheduling` that the principal may see; `below` tells of children that it waits for, by id. */
export function explain(
  task: Task,
  { scheduling, now }: { scheduling: SchedulingView; now: number },
  heldBy: TaskId[],
  lastError: Failure | null,
  below: ReadonlyMap<string, Below> = NOTHING_BELOW,
): Why {
  const running = scheduling.running(task.id);
  const ahead = scheduling.ahead(task.id);
  const before = scheduling.before(task.id).slice(0, HOLDERS_SHOWN);
  const obstacle = scheduling.obstacle(task);
  const workers = isTerminal(task.state) ? null : scheduling.workers(task);
  const key = scheduling.behindKey(task.id);
  const situation = { running, heldBy, before, ahead, workers, key, lastError, below, now };
  return {
    task: task.id,
    state: task.state,
    reason: obstacle?.code ?? reasonOf(task, situation),
    summary: obstacle?.sentence ?? summarise(task, situation),
    since: task.stateChangedAt,
    until: isTerminal(task.state) ? null : earliest(dueAt(task), task.deadlineAt),
    waits: task.waits,
    running,
    heldBy,
    before,
    ahead,
    workers,
    lastError,
  };
}

/** The reason of its state, for programs. Of several waits, one that a call can end comes first. */
function reasonOf(task: Task, { before, now, ...ready }: Ready & Pick<Situation, "before" | "now">): WhyReason {
  switch (task.state) {
    case "queued":
      if (isDelayed(task, now)) return "delayed";
      return before.length > 0 ? "conversation" : readyReason(task, ready);
    case "running":
      return task.lease ? "leased" : "running";
    case "paused":
      if (task.resumesAs === "running") return "pausing";
      if (task.pausedBy?.by !== "waybill") return "paused";
      return task.pausedBy.cause === undefined ? "paused_by_itself" : `paused_by_${task.pausedBy.cause}`;
    case "input_required":
      return `needs_${openQuestions(task)[0]?.prompt.asks ?? "answer"}`;
    case "waiting":
      return before.length > 0 && task.waits[0]?.on === "conversation" ? "conversation" : waitReason(task, ready);
    case "completed":
    case "failed":
    case "cancelled":
    case "timed_out":
    case "rejected":
      return task.state;
  }
}

function waitReason(task: Task, ready: Ready): WhyReason {
  const [wait] = task.waits;
  switch (wait?.on) {
    case "timer":
    case "retry":
    case "child":
      return wait.on;
    case "handler":
      return "no_code";
    case "input":
      return `needs_${wait.prompt.asks}`;
    case "slot":
    case "conversation":
    case undefined:
      return readyReason(task, ready);
  }
}

/** Whether its time has not come yet. */
function isDelayed({ notBefore }: Task, now: number): boolean {
  return notBefore !== null && notBefore > now;
}

function readyReason(task: Task, { workers, key }: Ready): WhyReason {
  if (key !== null) return "concurrency";
  if (workers === null) return "no_slot";
  return workers.askedAt === null || workers.askedAt < task.stateChangedAt ? "no_worker" : "awaits_worker";
}

function onceResumed(until: number | undefined): string {
  return until === undefined
    ? "It goes on when it is resumed."
    : `It goes on by itself at ${timeOf(until)}, or when it is resumed.`;
}

const NOTHING_BELOW: ReadonlyMap<string, Below> = new Map();

/** What keeps a ready task back: its concurrency key, or the workers of its queue. */
type Ready = { key: string | null; workers: QueueWorkers | null };

type Situation = Ready &
  Pick<Why, "running" | "heldBy" | "before" | "ahead" | "lastError"> & {
    below: ReadonlyMap<string, Below>;
    now: number;
  };

function summarise(task: Task, situation: Situation): string {
  switch (task.state) {
    case "queued":
      if (task.notBefore !== null && isDelayed(task, situation.now))
        return `Its submit asked for a delay: it starts at ${timeOf(task.notBefore)}.`;
      if (situation.before.length > 0) return `It waits for its turn in its conversation, ${behind(situation)}.`;
      return `${readyWords("It is ready", situation)}.`;
    case "running":
      if (task.lease) return `Worker ${task.lease.worker} holds it, with a lease until ${timeOf(task.lease.until)}.`;
      return `It runs${situation.running.map((name) => ` "${name}"`).join(",")}, in attempt ${triesOf(task)}${asksBeside(task)}.`;
    case "paused": {
      const by = task.pausedBy;
      const who = `${by?.by ?? "Somebody"} paused it${by?.reason ? `: ${clauseOf(by.reason)}` : ""}.`;
      if (task.resumesAs === "running") return `${who} ${pausing(situation.running)}`;
      // A spent budget names itself what lets the task go on: for a day's money that is no resume.
      return by?.cause && by.reason !== "" ? who : `${who} ${onceResumed(by?.until)}`;
    }
    case "input_required":
      return `It needs a person: ${questionsOf(task)}.`;
    case "waiting":
      return `It waits: ${waitsOf(task.waits, situation)}.`;
    case "completed":
      return "It completed.";
    case "cancelled": {
      const by = task.cancelledBy;
      return `${by?.by ?? "Somebody"} cancelled it${by?.reason ? `: ${clauseOf(by.reason)}` : ""}.`;
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

function waitsOf(waits: readonly Wait[], situation: Situation): string {
  const named = waits.slice(0, WAITS_NAMED_MAX).map((wait) => waitSentence(wait, situation));
  const more = waits.length - named.length;
  return [...named, ...(more > 0 ? [`and for ${more} more`] : [])].join("; ");
}

/** Down to the task about which something can be done. */
function childSentence(child: string, below: Below | undefined): string {
  if (below === undefined) return `for the end of ${child}`;
  const way = below.last === child ? "" : `, which waits in the end for ${below.last}`;
  return `for the end of ${child}${way}, of which is true: "${clauseOf(below.summary)}"`;
}

function waitSentence(wait: Wait, situation: Situation): string {
  switch (wait.on) {
    case "conversation":
      if (situation.before.length > 0) return `for its turn in its conversation, ${behind(situation)}`;
      return waitSentence({ ...wait, on: "slot" }, situation);
    case "slot":
      return readyWords("ready", situation);
    case "timer":
      return `until ${timeOf(wait.until)}`;
    case "retry":
      return `to try again at ${timeOf(wait.until)}${situation.lastError ? `, after "${situation.lastError.message}"` : ""}`;
    case "handler":
      return `for code that fits it. ${wait.message} It goes on at the first start with code that does; or retry it from its beginning, or cancel it`;
    case "child":
      return childSentence(wait.child, situation.below.get(wait.child));
    case "input":
      return `for an ${wait.prompt.asks}`;
  }
}

function behind({ before }: Situation): string {
  return `until ${before.join(", ")} ${before.length === 1 ? "has" : "have"} ended`;
}

/** What it has begun goes on, and may cost, until it has ended or is stopped. */
function pausing(running: readonly string[]): string {
  const goesOn = stillRunning(running.slice(0, STEPS_NAMED_MAX));
  if (goesOn === "") return "It is coming to rest.";
  const it = running.length === 1 ? "it" : "them";
  const is = running.length === 1 ? "it is" : "they are";
  return `${goesOn}: stop ${it} now by a pause with "now", and ${is} done again after the resume.`;
}

function byWorkers({ queue, askedAt, since }: QueueWorkers): string {
  const begin = `for a worker to take it from queue "${queue}"`;
  if (askedAt === null) return `${begin}: none has asked for that queue since this server started, at ${timeOf(since)}`;
  return `${begin}: one asked for that queue last at ${timeOf(askedAt)}`;
}

function readyWords(begin: string, situation: Situation): string {
  const { key, workers, heldBy } = situation;
  if (key !== null) {
    const holders =
      heldBy.length === 0 ? "others hold" : `${heldBy.join(", ")} ${heldBy.length === 1 ? "holds" : "hold"}`;
    return `${begin}, behind the concurrency key "${key}", which ${holders}`;
  }
  return workers ? `${begin}, ${byWorkers(workers)}` : `${begin}, without a slot: ${queue(situation)}`;
}

function queue({ heldBy, ahead }: Situation): string {
  const before = ahead === null || ahead === 0 ? "it is next" : `${ahead} before it`;
  return heldBy.length === 0 ? before : `${before}, slots held by ${heldBy.join(", ")}`;
}

function timeOf(at: number | null): string {
  return at === null ? "some time" : new Date(at).toISOString();
}

function earliest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
