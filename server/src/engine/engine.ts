/**
 * An engine moves tasks: it starts, wakes, ends and recovers them. This is what the verbs ask of one, in one process or
 * in many. It does not know who may see a task: its callers have asked that before.
 */
import type { Handlers } from "../task/handlers.ts";
import type { TaskId } from "../task/id.ts";
import type { Task } from "../task/task.ts";
import type { EventFeed } from "./event-feed.ts";
import type { Along, Transitions } from "./transitions.ts";

export interface Engine {
  /** What it can run, by kind. The engine's own kinds begin with `waybill.`. */
  readonly handlers: Handlers;
  /** The only way to change a task. */
  readonly transitions: Pick<Transitions, "known" | "find" | "submit" | "change" | "cancel" | "relay" | "planned">;
  /** The events of a task as they are committed, by whichever process. */
  readonly feed: Pick<EventFeed, "follow" | "read" | "watch" | "whole">;
  readonly slots: SlotReservation;
  readonly claims: WorkClaims;
  readonly scheduling: SchedulingView;
}

/** What only the engine knows of a task at this moment. */
export interface SchedulingView {
  /** Names of the task's steps in flight. */
  running(id: TaskId): string[];
  /** Tasks of its tenant, of any user, that hold the slots that it wants. */
  heldBy(id: TaskId): TaskId[];
  /** The concurrency key that a ready task waits for; null where the key has room. */
  behindKey(id: TaskId): string | null;
  /** The tasks of its conversation for whose end it waits before it begins, oldest first. */
  before(id: TaskId): TaskId[];
  /** Tasks of its tenant before it in the queue; null when it is not in it. */
  ahead(id: TaskId): number | null;
  /** Why this process will not start it; null when it will. */
  obstacle(task: Task): Obstacle | null;
  /** When a worker last asked for the queue of a task that other programs do; null for work of our own handlers. */
  workers(task: Task): QueueWorkers | null;
}

export type Obstacle = { code: "recovering" | "no_handler" | "stuck" | "crash_suspect"; sentence: string };

/** `askedAt` is null where none has asked since this server started, at `since`. */
export type QueueWorkers = { queue: string; askedAt: number | null; since: number };

/** How many tasks lie in a queue of work for other programs, and since when the oldest does. */
export type QueueDepth = { tenant: string; queue: string; ready: number; oldestAt: number };

/** Slots for tasks that are about to be submitted: with a slot, a task is running from its first commit on. */
export interface SlotReservation {
  /** False when there is no free slot, or other tasks come first. */
  reserve(task: Task): boolean;
  /** Gives the slot back: the submit did not take effect. */
  unreserve(id: TaskId): void;
}

export type Claim = {
  tenant: string;
  queue: string;
  worker: string;
  /** The API key that it comes with: the lease is that key's. */
  key?: string;
  /** At most so many tasks. */
  max: number;
  leaseMs: number;
  /** How long to wait for the first one. */
  waitMs: number;
  /** What commits with the start of each task. */
  along?: (task: TaskId) => Along;
};

/** Ready tasks of kinds that other programs do, given out under a lease. */
export interface WorkClaims {
  /** Starts them and resolves with them as they are then; with none when `waitMs` passed or `signal` fired. */
  claim(claim: Claim, signal: AbortSignal): Promise<Task[]>;
  /** When a worker last asked for this queue; null where none has since this server started. */
  askedAt(tenant: string, queue: string): number | null;
  /** The depth of each queue that is not empty. */
  depths(): QueueDepth[];
}
