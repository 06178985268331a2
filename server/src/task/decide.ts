/**
 * All transitions of both engines, and the only home of their rules: `decide(task, command, now)` returns the change
 * or a coded refusal. Pure: no clock, no random, no I/O.
 *
 * Time never runs backwards in a task: `now` is clamped to the task's last timestamp.
 */

import { type Change, change, end, joined, numbered, type Patch, wrongState } from "./change.ts";
import { type HandIn, LEASES_LOST_MAX } from "./claim.ts";
import type { Command } from "./command.ts";
import { Refusal } from "./errors.ts";
import type { EventDraft } from "./events/event.ts";
import { isInTurn, isReady, restingState, waitsOn } from "./open-task.ts";
import { STEPS_NAMED_MAX } from "./pause.ts";
import { decidePeoples } from "./people/decide-people.ts";
import { afterPause } from "./people/human-acts.ts";
import { type OpenQuestion, openQuestions, questionFor } from "./people/questions.ts";
import { relay } from "./people/relay.ts";
import { isTerminal, type OpenState } from "./states.ts";
import { type Failure, type Task, triesOf, type Wait } from "./task.ts";
import { deadlinePassed, isOverLimit, limitAfterDeath, limitAfterLeap } from "./time-limit.ts";
import { isParked } from "./turns.ts";
import { addUsage, type UsageCall } from "./usage.ts";

export { type Change, joined } from "./change.ts";
export type { Command } from "./command.ts";

export function decide(task: Task, command: Command, now: number): Change | Refusal {
  const at = Math.max(now, task.updatedAt);
  switch (command.do) {
    case "start":
      return start(task, command, at);
    case "recover":
      return recover(task, command, at);
    case "blame":
      if (isTerminal(task.state)) return wrongState(task, "blamed");
      return change(
        task,
        command,
        at,
        { crashes: command.crashes, ...(task.state === "running" && limitAfterDeath(task, at)) },
        [],
      );
    case "suspend":
      return suspend(task, command, at);
    case "wake":
      return wake(task, command, at);
    case "record":
      return record(task, command, at);
    case "bill":
      return bill(task, command, at);
    case "grant":
      if (isTerminal(task.state)) return wrongState(task, "granted its budget again");
      return change(task, command, at, { budgetFrom: command.spent }, []);
    case "set_budget":
      return setBudget(task, command, at);
    case "renew":
      if (task.lease?.worker !== command.worker) return fenced(task);
      return (
        guarded(task, command.attempt) ??
        change(task, command, at, { lease: { ...task.lease, until: command.until } }, [])
      );
    case "lapse":
      return lapse(task, command, at);
    case "complete":
      return (
        guardedOrLate(task, command) ??
        end(task, command, at, {
          state: "completed",
          output: command.output,
          progress: 1,
          ...handedIn(command.by),
        })
      );
    case "fail":
      return (command.atRest ? ofLast(task, command.attempt) : guardedOrLate(task, command)) ?? fail(task, command, at);
    case "reject":
      return guarded(task, command.attempt) ?? end(task, command, at, { state: "rejected", error: command.error });
    case "expire":
      return expire(task, command, at);
    case "cancel":
      return cancel(task, command, at);
    case "pause":
      return pause(task, command, at);
    case "resume":
      return resume(task, command, at);
    case "ask":
    case "act":
    case "overdue":
    case "conclude":
    case "remark":
      return decidePeoples(task, command, at, (acted, follow) => decide(acted, follow, at));
    case "input":
      return input(task, command, at);
    case "relay":
      return relay(task, command, at);
    case "delete":
      if (!isTerminal(task.state)) return wrongState(task, "deleted");
      return change(task, command, at, { deletedAt: at }, []);
  }
}

function expire(task: Task, command: Command & { do: "expire" }, at: number): Change | Refusal {
  const { leaptMs = 0 } = command;
  if (isTerminal(task.state)) return wrongState(task, "timed out");
  const isOfLimit = isOverLimit(task, at);
  // Paused, asking or waiting since its timer fired, it runs against its limit no more.
  if (isOfLimit && at < (task.deadlineAt ?? Number.POSITIVE_INFINITY)) return wrongState(task, "timed out");
  // By the time that has passed something may be left of it.
  const left = isOfLimit && leaptMs > 0 && task.state === "running" ? limitAfterLeap(task, at, leaptMs) : null;
  if (left) return change(task, command, at, left, []);
  return end(task, command, at, { state: "timed_out", error: deadlinePassed(task, at) });
}

/** The first change of a task: what `submit` makes durable. `reason` is why somebody tries it again. */
export function submitted(task: Task, reason = ""): Change {
  const { kind, title, lens, details } = task;
  const drafts: EventDraft[] = [
    { type: "task.submitted", data: { kind, title, lens, ...(reason !== "" && { reason }) } },
  ];
  // A retry that goes on from a journal has them from its first moment.
  if (Object.keys(details).length > 0) drafts.push({ type: "task.details", data: { patch: details } });
  const events = numbered(task, drafts, task.createdAt);
  const assigns = task.assignment !== null && ({ assigns: true } as const);
  return { command: "submit", before: null, task: { ...task, lastSeq: events.length }, events, ...assigns };
}

/** The same for a task that goes on at once: `start` where it has its slot already, `ask` where people do it. */
export function submittedGoingOn(task: Task, how: "start" | "ask", reason?: string): Change | Refusal {
  const submit = submitted(task, reason);
  const goesOn = decide(submit.task, { do: how }, task.createdAt);
  return goesOn instanceof Refusal ? goesOn : joined(submit, goesOn);
}

/** The wait of a task that is ready but has no slot. `key` is that of the wait for which it was parked, once that is over. */
function slotWait(at: number, key = ""): Wait {
  return { on: "slot", key, since: at, until: null };
}

/** What a task waits for that goes on: a slot, and beside it the answers to its other questions. */
function readyWaits(questions: OpenQuestion[], at: number, key?: string): Wait[] {
  return [slotWait(at, key), ...questions];
}

/** A paused task that wants a slot once it is resumed. */
function pausedReady(questions: OpenQuestion[], at: number): { waits: Wait[]; resumesAs: "waiting" } {
  return { waits: readyWaits(questions, at), resumesAs: "waiting" };
}

/** The question of this key is closed: whoever waited for it goes on, and the others stay open. */
function closed(task: Task, key: string, at: number): Patch {
  const others = openQuestions(task).filter((question) => question.key !== key);
  if (task.state === "paused") return task.resumesAs === "running" ? { waits: others } : pausedReady(others, at);
  if (task.state === "running") return { waits: others };
  if (isInTurn(waitsOn(task))) return { state: "waiting", waits: firstWaits(task, at) };
  return { state: "waiting", waits: readyWaits(others, at, isParked(task.waits) ? key : "") };
}

/** What it waits for once it is resumed, or its delay is over, that has not begun yet. */
function firstWaits(task: Task, at: number): Wait[] {
  const turn = task.waits.filter(({ on }) => on === "conversation");
  return turn.length === 0 ? [slotWait(at)] : turn;
}

function asks({ prompt, until }: OpenQuestion): EventDraft {
  return { type: "task.input_required", data: { prompt, until } };
}

function delayWait(task: Task, at: number): Wait {
  return { on: "timer", key: "", since: at, until: task.notBefore };
}

function start(task: Task, command: Command & { do: "start" }, at: number): Change | Refusal {
  if (!isReady(task.state, waitsOn(task))) return wrongState(task, "started");
  const attempt = task.attempt + 1;
  const cause = task.attempt === 0 ? "first" : "resumed";
  const lease = command.lease ?? null;
  const startedAt = task.startedAt ?? at;
  const claim = lease && { lastClaim: { worker: lease.worker, handedIn: null, ...keyIn(lease) } };
  const handlerVersion = command.version ?? task.handlerVersion;
  const tries = triesOf({ attempt, failures: task.failures, state: "running", queue: task.queue });
  const waits = openQuestions(task);
  const begun = { state: "running", attempt, waits, lease, startedAt, handlerVersion, ...claim } as const;
  return change(task, command, at, begun, [
    { type: "task.started", data: { attempt: tries, cause, ...(lease && { worker: lease.worker }) } },
  ]);
}

function recover(task: Task, command: Command & { do: "recover" }, at: number): Change | Refusal {
  if (task.state !== "running") return wrongState(task, "recovered");
  const { state, failures, queue } = task;
  const next = { attempt: task.attempt + 1, ...limitAfterDeath(task, at) };
  const tries = triesOf({ attempt: next.attempt, failures, state, queue });
  return change(task, command, at, next, [{ type: "task.started", data: { attempt: tries, cause: "recovered" } }]);
}

function suspend(task: Task, command: Command & { do: "suspend" }, at: number): Change | Refusal {
  const refusal = guarded(task, command.attempt, "paused");
  if (refusal) return refusal;
  if (task.lastSeq >= EVENTS_MAX) return end(task, command, at, { state: "failed", error: tooManyEvents() });
  const { told = [] } = command;
  // It has come to rest by itself.
  const crashes = 0;
  const shown = new Set(openQuestions(task).map(({ key }) => key));
  const isAnswered = ({ on, key }: Wait) => on === "input" && told.includes(key) && !shown.has(key);
  const fresh = openQuestions(command).filter(({ key }) => !shown.has(key) && !told.includes(key));
  const goesOn = command.waits.some(isAnswered);
  const stands = goesOn
    ? readyWaits(
        openQuestions(command).filter((each) => !isAnswered(each)),
        at,
      )
    : command.waits;
  // What its children ask, its run knows nothing of.
  const waits = [...stands, ...openQuestions(task).filter(({ relayed }) => relayed !== undefined)];
  if (task.state === "paused") {
    // As long as a paused task resumes as `running`, its run has not come to rest.
    const paused: EventDraft = { type: "task.paused", data: { checkpoint: command.checkpoint } };
    const rest = stands.length === 0 ? pausedReady(openQuestions(task), at) : { waits, resumesAs: restingState(waits) };
    return change(task, command, at, { crashes, ...rest }, [...fresh.map(asks), paused]);
  }
  // Resumed in the moment in which it came to rest, it goes on with what it has recorded.
  const next = stands.length === 0 ? readyWaits(openQuestions(task), at) : waits;
  const events: EventDraft[] = fresh.length > 0 ? fresh.map(asks) : [{ type: "task.waiting", data: { waits: next } }];
  return change(task, command, at, { state: restingState(next), waits: next, lease: null, crashes }, events);
}

function wake(task: Task, command: Command & { do: "wake" }, at: number): Change | Refusal {
  // Neither a slot nor a turn is waited for by any call: `start` ends that wait.
  const isOver = ({ on, key }: Wait) => key === command.key && on !== "slot" && on !== "conversation";
  if (!task.waits.some(isOver)) return wrongState(task, "woken");
  return change(task, command, at, closed(task, command.key, at), []);
}

/** Events of one task: what a run records beyond them ends it. */
export const EVENTS_MAX = 1_000_000;

function record(task: Task, command: Command & { do: "record" }, at: number): Change | Refusal {
  const refusal = guarded(task, command.attempt, "paused");
  if (refusal) return refusal;
  if (task.lastSeq >= EVENTS_MAX) return end(task, command, at, { state: "failed", error: tooManyEvents() });
  const { events, progress, details, usage = [], progressed, begot, asked = [], closed = [] } = command.record;
  const all: EventDraft[] = [...events, ...usage.map(billed)];
  const next: Partial<Task> = {};
  if (asked.length + closed.length > 0) {
    const shown = openQuestions(task);
    const fresh = asked.filter(({ key }) => !shown.some((question) => question.key === key));
    next.waits = [...shown, ...fresh].filter(({ key }) => !closed.includes(key));
    all.push(...fresh.map(asks));
  }
  if (progressed) next.crashes = 0;
  if (begot) next.children = task.children + 1;
  if (usage.length > 0) next.usage = usage.reduce(addUsage, task.usage);
  if (details) {
    next.details = { ...task.details, ...details };
    all.push({ type: "task.details", data: { patch: details } });
  }
  if (progress) {
    next.progress = Math.min(1, Math.max(task.progress, progress.fraction));
    next.progressMessage = progress.message;
    all.push({ type: "task.progress", data: { fraction: next.progress, message: progress.message } });
  }
  return change(task, command, at, next, all);
}

/** The terminal event stays the last of its log. */
function bill(task: Task, command: Command & { do: "bill" }, at: number): Change {
  const usage = command.calls.reduce(addUsage, task.usage);
  return change(task, command, at, { usage }, isTerminal(task.state) ? [] : command.calls.map(billed));
}

function fail(task: Task, command: Command & { do: "fail" }, at: number): Change | Refusal {
  const failures = task.failures + 1;
  const claim = { ...handedIn(command.by), stack: command.stack ?? null };
  if (command.retryAt === null)
    return end(task, command, at, { state: "failed", error: command.error, failures, ...claim });
  const retry: Wait = { on: "retry", key: "", since: at, until: command.retryAt };
  return change(task, command, at, { state: "waiting", waits: [retry], lease: null, failures, crashes: 0, ...claim }, [
    { type: "task.retrying", data: { error: command.error, until: command.retryAt, failures } },
  ]);
}

function lapse(task: Task, command: Command & { do: "lapse" }, at: number): Change | Refusal {
  const refusal = guarded(task, command.attempt);
  if (refusal) return refusal;
  if (task.lease?.until !== command.until) return wrongState(task, "taken from its worker");
  const { worker } = task.lease;
  const message = command.keyEnded
    ? `The key of worker ${worker} has ended.`
    : `Worker ${worker} let its lease run out.`;
  const error = { code: "lease_lost", message };
  const claim = { leasesLost: task.leasesLost + 1, lastClaim: { worker, handedIn: null, ...keyIn(task.lease) } };
  if (claim.leasesLost >= LEASES_LOST_MAX) return end(task, command, at, { state: "failed", error, ...claim });
  return change(task, command, at, { state: "waiting", waits: [slotWait(at)], lease: null, ...claim }, [
    { type: "task.retrying", data: { error, until: at, failures: task.failures } },
  ]);
}

function handedIn(by: HandIn | undefined): Pick<Task, "lastClaim"> | undefined {
  return by && { lastClaim: { worker: by.worker, handedIn: by.hash, ...keyIn(by) } };
}

/** Whose it is, where that is known. */
function keyIn({ key }: { key?: string | undefined }): { key?: string } {
  return key === undefined ? {} : { key };
}

function cancel(task: Task, command: Command & { do: "cancel" }, at: number): Change | Refusal {
  if (isTerminal(task.state)) return wrongState(task, "cancelled");
  return end(task, command, at, { state: "cancelled", cancelledBy: { by: command.by, at, reason: command.reason } });
}

const stoppedAtOnce: EventDraft = { type: "task.paused", data: { checkpoint: "running" } };

function pause(task: Task, command: Command & { do: "pause" }, at: number): Change | Refusal {
  const { now = false } = command;
  if (task.state === "paused" && task.pausedBy?.until !== undefined && command.until === undefined)
    return lastingPause(task, command, at);
  if (now && task.state === "paused" && task.resumesAs === "running")
    return change(task, command, at, pausedReady(openQuestions(task), at), [stoppedAtOnce]);
  if (isTerminal(task.state) || task.state === "paused") return wrongState(task, "paused");
  // A run of ours says itself when it has come to rest; a worker that holds a lease only learns that it lost it.
  const unwinds = task.state === "running" && task.lease === null && !now;
  const { by, reason, running = [], until, cause } = command;
  const goesOn = unwinds && running.length > 0 ? { running: running.slice(0, STEPS_NAMED_MAX) } : {};
  const pausedBy = { by, at, reason, ...goesOn, ...(until !== undefined && { until }), ...(cause && { cause }) };
  const events: EventDraft[] = [{ type: "task.pausing", data: { by, reason, ...goesOn } }];
  if (unwinds) return change(task, command, at, { state: "paused", resumesAs: "running", pausedBy }, events);
  events.push({ type: "task.paused", data: { checkpoint: task.state } });
  const rest = task.state === "running" ? pausedReady(openQuestions(task), at) : { resumesAs: task.state };
  return change(task, command, at, { state: "paused", ...rest, pausedBy, lease: null }, events);
}

/** A pause that would have ended by itself lasts until somebody ends it. */
function lastingPause(task: Task & { state: "paused" }, command: Command & { do: "pause" }, at: number): Change {
  const { by, reason } = command;
  const { until: _, cause: __, ...before } = task.pausedBy ?? { at };
  const isAtRest = task.resumesAs !== "running" || command.now === true;
  const rest = task.resumesAs === "running" && isAtRest ? pausedReady(openQuestions(task), at) : {};
  const events: EventDraft[] = [{ type: "task.pausing", data: { by, reason } }];
  if (isAtRest) events.push({ type: "task.paused", data: { checkpoint: task.resumesAs } });
  return change(task, command, at, { ...rest, pausedBy: { ...before, by, reason } }, events);
}

function setBudget(task: Task, command: Command & { do: "set_budget" }, at: number): Change | Refusal {
  if (isTerminal(task.state)) return wrongState(task, "given another budget");
  const { by, budget, reason } = command;
  const facts = { by, ...budget, ...(reason !== "" && { reason }) };
  const event: EventDraft = { type: "task.logged", data: { level: "info", message: "Its budget was changed.", facts } };
  return change(task, command, at, { budget }, [event]);
}

function resume(task: Task, command: Command & { do: "resume" }, at: number): Change | Refusal {
  if (task.state !== "paused") return wrongState(task, "resumed");
  const { by, reason = "" } = command;
  const events: EventDraft[] = [{ type: "task.resumed", data: { by, ...(reason !== "" && { reason }) } }];
  const { resumesAs } = task;
  // Its run has not come to rest, and goes on as it is.
  if (resumesAs === "running") return change(task, command, at, { state: "running", pausedBy: null }, events);
  const waits = waitsOnceResumed(task, resumesAs, at);
  const assignment = task.assignment && afterPause(task.assignment, at - (task.pausedBy?.at ?? at));
  return change(task, command, at, { state: restingState(waits), waits, pausedBy: null, assignment }, events);
}

function waitsOnceResumed(task: Task, resumesAs: Exclude<OpenState, "paused" | "running">, at: number): Wait[] {
  switch (resumesAs) {
    case "queued":
      if ((task.notBefore ?? 0) <= at) return firstWaits(task, at);
      return [delayWait(task, at), ...task.waits];
    case "waiting":
    case "input_required":
      return task.waits.some((wait) => wait.on !== "slot") ? task.waits : [slotWait(at)];
  }
}

function input(task: Task, command: Command & { do: "input" }, at: number): Change | Refusal {
  if (isTerminal(task.state)) return wrongState(task, "given input");
  const answered = questionFor(task, command.prompt, command.except);
  const received: EventDraft = {
    type: "task.input_received",
    data: { messageId: command.messageId, prompt: answered?.prompt.name ?? command.prompt, by: command.by },
  };
  return change(task, command, at, answered ? closed(task, answered.key, at) : {}, [received]);
}

/** Refuses what does not come from the current attempt of a task that runs, or (where said) was paused while it did. */
function guarded(task: Task, attempt: number, also?: "paused"): Refusal | undefined {
  const refusal = ofLast(task, attempt);
  if (refusal) return refusal;
  if (task.state === "running" || (also && task.state === also && task.resumesAs === "running")) return undefined;
  return wrongState(task, "written by its attempt");
}

/** Nobody has begun another attempt since, and the task has not ended. */
function ofLast(task: Task, attempt: number): Refusal | undefined {
  return task.attempt !== attempt || isTerminal(task.state) ? fenced(task) : undefined;
}

/** As `guarded`, except that a worker whose lease ran out may end its attempt as long as nobody has claimed the task since. */
function guardedOrLate(task: Task, { attempt, by }: { attempt: number; by?: HandIn }): Refusal | undefined {
  const isLate = by !== undefined && task.attempt === attempt && isFreeSince(task, by.worker);
  return isLate ? undefined : guarded(task, attempt);
}

/** It is free again because this worker let its lease run out. */
function isFreeSince({ state, waits, lastClaim }: Task, worker: string): boolean {
  const isFree = state === "waiting" && isReady(state, waitsOn({ waits }));
  return isFree && lastClaim?.worker === worker && lastClaim.handedIn === null;
}

function fenced(task: Task): Refusal {
  return new Refusal(
    "fenced",
    `This attempt no longer holds the task: it is ${task.state}, at attempt ${task.attempt}.`,
    { state: task.state },
  );
}

function billed(call: UsageCall): EventDraft {
  return { type: "usage.recorded", data: { call } };
}

function tooManyEvents(): Failure {
  return { code: "too_many_events", message: `The task has recorded ${EVENTS_MAX} events, more than one task may.` };
}
