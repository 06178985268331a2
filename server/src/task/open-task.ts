/**
 * What can be told of an open task without its content: when it moves next, what it competes for and what it waits
 * for. The store keeps it in columns, and an engine in memory.
 */
import { dueAt, type Task, type Wait } from "./task.ts";

export type OpenTask = Pick<
  Task,
  | "id"
  | "number"
  | "tenant"
  | "kind"
  | "state"
  | "conversation"
  | "parent"
  | "priority"
  | "createdAt"
  | "deadlineAt"
  | "queue"
> & {
  /** The next moment at which time alone changes it, except its deadline. */
  dueAt: number | null;
  concurrencyKey: string | null;
  concurrencyLimit: number;
  /** It has its key from its first start to its end, and not only while it runs. */
  concurrencyToEnd: boolean;
  /** It waits for the end of a child. */
  awaitsChild: boolean;
  /** It wants nothing but a slot, once it is due and, where it waits for that, its turn has come. */
  ready: boolean;
  /** It waits for its turn in its conversation, and has not begun. */
  inTurn: boolean;
  /** It stands still until there is code that fits it. */
  standing: boolean;
  /**
   * When time moves it next, where nothing else does but people, the end of a child or whoever claims it, and `NEVER` where those
   * alone do; null for all others.
   */
  wakesAt: number | null;
};

export function openTask(task: Task): OpenTask {
  const { id, number, tenant, kind, state, conversation, parent, priority, createdAt, deadlineAt, queue } = task;
  const reasons = waitsOn(task);
  const due = dueAt(task);
  const concurrencyKey = task.concurrency?.key ?? null;
  const concurrencyToEnd = task.concurrency?.toEnd ?? false;
  const schedule = { state, parent, conversation, queue, dueAt: due, deadlineAt, concurrencyKey, concurrencyToEnd };
  return {
    id,
    number,
    tenant,
    kind,
    state,
    conversation,
    parent,
    priority,
    createdAt,
    deadlineAt,
    queue,
    dueAt: due,
    concurrencyKey,
    concurrencyLimit: task.concurrency?.limit ?? 0,
    concurrencyToEnd,
    awaitsChild: awaitsChild(reasons),
    ready: isReady(state, reasons),
    inTurn: isInTurn(reasons),
    standing: isStanding(reasons),
    wakesAt: wakesAt(schedule, reasons),
  };
}

/** Most tasks wait for nothing, each time that they are looked at. */
const NOTHING: readonly string[] = [];

/** The children that it waits for. */
export function awaitedBy({ waits }: Pick<Task, "waits">): readonly string[] {
  return waits.length === 0 ? NOTHING : waits.flatMap((wait) => (wait.on === "child" ? [wait.child] : []));
}

/** The different reasons for which it waits, each once. */
export function waitsOn({ waits }: Pick<Task, "waits">): readonly string[] {
  return waits.length === 0 ? NOTHING : [...new Set(waits.map(({ on }) => on))];
}

export function awaitsChild(reasons: readonly string[]): boolean {
  return reasons.includes("child");
}

export function isStanding(reasons: readonly string[]): boolean {
  return reasons.includes("handler");
}

export function isInTurn(reasons: readonly string[]): boolean {
  return reasons.includes("conversation");
}

/**
 * Where a task lies in the order in which a start takes up those that do not sleep. `rank` is 0 of what runs, and of what has
 * its concurrency key to its end and is under way; 1 of what wants a slot and nothing else, unless it has a parent; 2 of the
 * rest. Within a rank the higher priorities come first (`afterUrgent` is the priority below zero), then the lower numbers.
 */
export type OpenPlace = { rank: number; afterUrgent: number; number: number };

/** Where a task lies in the order of those that sleep. */
export type AsleepPlace = { wakesAt: number; id: string };

/** The queues of tenants have names of their own. */
export type QueueName = { tenant: string; queue: string };

/** Where a task lies in the order in which its queue is given out: by priority (as `OpenPlace` has it), then by age. */
export type BacklogPlace = { afterUrgent: number; createdAt: number; id: string };

/** Tasks of one kind and state, by their numbers, and of one queue, where they wait for whoever claims them. */
export type NumberedTasks = Pick<Task, "kind" | "state"> & { queue: QueueName | null; numbers: readonly number[] };

/** Where a task lies in the order of its conversation. */
export type TurnPlace = { conversation: string; number: number };

/** An open task and its parent. */
export type Below = { parent: string; id: string };

/** Among the open tasks of a parent, behind this one. */
export type BelowPlace = { parent: string; after: string };

/** A child among those that a task waits for. */
export type AwaitedPlace = { number: number; position: number };

type Unclaimed = Pick<OpenTask, "state" | "parent" | "conversation" | "queue" | "dueAt" | "concurrencyKey">;
type Sleeper = Unclaimed & Pick<OpenTask, "deadlineAt" | "concurrencyToEnd">;

/** Later than any time. */
export const NEVER = Number.MAX_SAFE_INTEGER;

/** As `OpenTask` has it; the store has the same rule in the index of those that sleep. */
export function wakesAt(sleeper: Sleeper, reasons: readonly string[]): number | null {
  const { dueAt, deadlineAt, concurrencyToEnd } = sleeper;
  if (concurrencyToEnd) return null;
  return isUnclaimed(sleeper) || isAsleep(sleeper, reasons) ? Math.min(dueAt ?? NEVER, deadlineAt ?? NEVER) : null;
}

/** It waits for whoever claims it first, and nothing but its priority and age decides when it is given out. */
export function isUnclaimed({ state, parent, conversation, queue, dueAt, concurrencyKey }: Unclaimed): boolean {
  if (state !== "queued" || queue === null || dueAt !== null) return false;
  return parent === null && conversation === null && concurrencyKey === null;
}

/** The queue that it waits in for that. */
export function queueWaitedIn(of: Unclaimed & Pick<OpenTask, "tenant">): QueueName | null {
  return of.queue !== null && isUnclaimed(of) ? { tenant: of.tenant, queue: of.queue } : null;
}

/** Where it lies in the order of its queue. */
export function backlogPlace({
  priority,
  createdAt,
  id,
}: Pick<OpenTask, "priority" | "createdAt" | "id">): BacklogPlace {
  return { afterUrgent: -priority, createdAt, id };
}

export function isBehind(one: BacklogPlace, other: BacklogPlace): boolean {
  if (one.afterUrgent !== other.afterUrgent) return one.afterUrgent > other.afterUrgent;
  return one.createdAt !== other.createdAt ? one.createdAt > other.createdAt : one.id > other.id;
}

/** What a child asks its parents ask as well, which a start sees to in memory. */
function isAsleep({ state, parent, dueAt }: Unclaimed, reasons: readonly string[]): boolean {
  const waitsFor = (...these: string[]) => reasons.length > 0 && reasons.every((reason) => these.includes(reason));
  if (state === "input_required") return parent === null && (reasons.length === 0 || waitsFor("input"));
  return state === "queued" ? dueAt !== null : state === "waiting" && waitsFor("timer", "child");
}

/** It wants nothing but a slot, or its turn and a slot. `reasons` is what `waitsOn` says. */
export function isReady(state: Task["state"], reasons: readonly string[]): boolean {
  switch (state) {
    case "queued":
      return true;
    case "waiting":
      // What it asks beside that does not hold it.
      return reasons.length === 0 || reasons.includes("slot") || (isInTurn(reasons) && !reasons.includes("timer"));
    case "running":
    case "paused":
    case "input_required":
    case "completed":
    case "failed":
    case "cancelled":
    case "timed_out":
    case "rejected":
      return false;
  }
}

/** The state of a task at rest. One that needs a slot goes on by itself, whatever else it asks. */
export function restingState(waits: readonly Wait[]): "waiting" | "input_required" {
  if (waits.some(({ on }) => on === "slot" || on === "conversation")) return "waiting";
  return waits.some(({ on }) => on === "input") ? "input_required" : "waiting";
}
