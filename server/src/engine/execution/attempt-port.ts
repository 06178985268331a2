/**
 * The two interfaces between a run and the engine that runs it: `AttemptPort` makes what an attempt does durable, and
 * `RunObserver` hears of it. Each engine implements both; a run knows neither a store nor a queue.
 */
import type { InboxItem, JournalEntry } from "../../store/store.ts";
import type { ArtifactUpdate } from "../../task/artifact.ts";
import type { Recorded } from "../../task/command.ts";
import type { HeardMessage } from "../../task/conversation.ts";
import type { Bound, Reservation } from "../../task/handler.ts";
import type { TaskId } from "../../task/id.ts";
import type { Json } from "../../task/json/json.ts";
import type { Heard } from "../../task/people/answer-reading.ts";
import type { Budget, Failure, Prompt, Task, Wait } from "../../task/task.ts";
import type { LogLine } from "../../task/text/log-line.ts";
import type { UsageCall } from "../../task/usage.ts";
import type { Clock } from "../clock.ts";
import type { Pause } from "./handed-over.ts";

/** What an attempt commits at once: the record, and what goes with it. */
export type AttemptWrite = {
  record: Recorded;
  journal: JournalEntry[];
  artifacts: ArtifactUpdate[];
  /** Numbers of the inbox items that a journaled answer has used up. */
  taken: number[];
  /** Keys of the steps whose tries are over with it: what they had reserved is free. */
  settled: string[];
};

/** What one call on the context adds to the next commit. */
export type PartialWrite = Partial<Omit<AttemptWrite, "record">> & { record?: Partial<Recorded> };

/** Fails the task by what its code has thrown once the attempt had come to rest. */
export type FailAtRest = (
  error: Failure,
  retryable: boolean,
  retryAfterMs: number | undefined,
  stack: string | null,
) => Promise<unknown>;

/** `retryOf` is the failed child in whose place it comes: what that one had done is not done again. */
export type ChildSubmission = {
  kind: string;
  input: Json;
  retryOf: TaskId | null;
  budget: Budget | null;
  deadlineMs: number | null;
};

/**
 * What a run needs of its engine. Each verb that writes resolves once that is on disk, and rejects with a `Refusal` `fenced` once the
 * attempt has lost the task.
 */
export interface AttemptPort {
  readonly clock: Clock;
  /** Names what runs it, from its start to its end: a process, or an engine of several in one. */
  readonly life: string;
  random(): number;
  /** How far apart commits of live text are to be, at this moment. */
  textMs(): number;
  commit(write: AttemptWrite): Promise<unknown>;
  /** Stands still at these waits, which may be none while paused. */
  suspend(waits: Wait[], checkpoint: string, write: AttemptWrite): Promise<unknown>;
  complete(output: Json, write: AttemptWrite): Promise<unknown>;
  /** `stack` says where in the code it was thrown. */
  fail(
    error: Failure,
    retryable: boolean,
    retryAfterMs: number | undefined,
    write: AttemptWrite,
    stack?: string | null,
  ): Promise<unknown>;
  failAtRest: FailAtRest;
  /** The same, for code that outlives its run: holds nothing of that. */
  failingAtRest(): FailAtRest;
  reject(error: Failure, write: AttemptWrite): Promise<unknown>;
  /** Its `until` is when it goes on by itself. */
  pause(pause: Pause, write: AttemptWrite): Promise<unknown>;
  /** Why this task may have no children; null when it may. */
  childRefused(): Failure | null;
  /** Makes the child and commits `write` with it; returns its id, which is `id` when that is given. */
  child(wanted: ChildSubmission, write: (child: TaskId) => AttemptWrite, id?: TaskId): Promise<TaskId>;
  /** A task's end, or null while it has none. */
  endOf(child: TaskId): Promise<{ output: Json } | { error: Failure } | null>;
  history(limit: number): Promise<HeardMessage[]>;
  /** How many bytes of live text the step of this name has told in the try that was cut off last. */
  said(step: string): Promise<number>;
  /** What was said before this question was asked, as the answer that it wants; null when it fits in no way. */
  answerTo(prompt: Prompt, heard: Heard): Promise<{ answer: Json } | null>;
  /** The budgets that hold for this task, as they are at this moment: its own, and those of tasks above it. */
  budgets(since?: readonly Bound[]): Promise<Bound[]>;
  /** Takes from these budgets until a write settles the step of this key. False when they have changed since they were seen. */
  reserve(step: string, amount: Reservation, seen: readonly Bound[]): Promise<boolean>;
  /** Lets the budgets of these tasks count from what their trees have spent by now. */
  grant(tasks: readonly TaskId[]): Promise<void>;
  /** Usage of an attempt that has lost its task. */
  bill(calls: UsageCall[]): Promise<void>;
}

/** How a try of a step has ended. */
export type EndedTry = { key: string; tries: number; failure: Failure | null };

/** What an engine hears of its runs. */
export interface RunObserver {
  /** Called before each body of a step: the body begins once this has resolved. */
  stepBegins(task: Task, step: string): Promise<void>;
  /** The body has ended, however it did, after `ms`; null when it did not begin after all. `tried` says how. */
  stepEnded(task: Task, step: string, ms: number | null, tried?: EndedTry): void;
  /** Something in the kind's own code went wrong, for whoever builds it. */
  report(message: string, task: TaskId, error: unknown): void;
  /** A line that the kind's own code says. */
  said(task: Task, line: LogLine): void;
  /** Something that no caller sees went wrong. */
  warn(message: string, task: TaskId, error: unknown): void;
}

/**
 * `unrecorded`: the store was not there, and the task does not say that its run has ended: another run may. `stuck`: the
 * store refuses to write anything of this task, and would again. `without_code`: the process in which it was to run has
 * no handler for it, and would have none at the next try. `crashed`: its process has died, and the engine knows what
 * that means for the task.
 */
export type RunEnd = "recorded" | "unrecorded" | "stuck" | "without_code" | "crashed";

/** An attempt in motion as its engine sees it, in whichever process it runs. */
export interface AttemptRun {
  readonly task: Task;
  /** Resolves when the run has stopped for good: it holds nothing and writes nothing any more. */
  readonly ended: Promise<RunEnd>;
  readonly isOver: boolean;
  /** Names of the steps whose bodies run now. */
  readonly running: string[];
  /** New calls wait from now on; when no step is in flight any more, the run is unwound. */
  pause(): void;
  /** Goes on, if it was not unwound yet. */
  resume(): void;
  /** Cuts the run off: its signal fires, its calls never settle, its writes are dropped, except usage. */
  cutOff(reason: string): void;
  /** What the inbox of the task holds by now, and what the task waits for. */
  refill(items: readonly InboxItem[], waits: readonly Wait[]): void;
}
