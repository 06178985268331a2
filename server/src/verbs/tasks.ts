/** The verbs of tasks. */
import type { Readable } from "node:stream";
import type { Artifact } from "../task/artifact.ts";
import type { TaskEvent } from "../task/events/event.ts";
import type { LogReader } from "../task/events/log-reader.ts";
import type { Json } from "../task/json/json.ts";
import type { Principal } from "../task/principal.ts";
import type { Step } from "../task/step.ts";
import type { Idempotency, InputSubmission, Pausing, Steering, Submission } from "../task/submission.ts";
import type { Budget, Prompt, Task, UsageTotals } from "../task/task.ts";
import type {
  LatestFilter,
  LatestPage,
  LatestPlace,
  ListPage,
  Page,
  TaskFilter,
  TaskList,
} from "../task/task-filter.ts";
import type { RecordedCall } from "../task/usage.ts";
import type { Why } from "./why.ts";

/** A question of a task with the event that asked it, or an input that it was given. */
export type Turn =
  | { seq: number; at: number; asked: Prompt; told?: never }
  | { seq: number; at: number; by: string; messageId: string; told: Json; asked?: never };

export type Acknowledged = {
  task: Task;
  /** The verb had already taken effect under this idempotency key. */
  replayed: boolean;
};

export type KeyedSubmission = { submission: Submission; idempotency: Idempotency | undefined };

/** An absent amount stays as it is; null removes the bound. */
export type BudgetAmounts = { tokens?: number | null; costUsd?: number | null; onSpent?: Budget["onSpent"] };

export interface Tasks {
  /**
   * Makes a task, and the conversation that it names when that is new. `submission` has passed its schema. Throws `invalid`
   * for a kind that there is not or an input that does not fit its kind, `not_found` for a conversation id that is not of
   * an own one, as `Subscriptions.create` does for those that come with it, `conflict` when the idempotency key was used
   * for another request, and where the task's strategy is to be rejected beside an open task of its conversation, which
   * `detail.task` names, `rate_limited` where too many of them have not ended. `uploads` are the hashes of the files that
   * came with it and are held: its input may name those and no others, and they stay as long as the task.
   */
  submit(
    principal: Principal,
    lens: string,
    submission: Submission,
    idempotency?: Idempotency,
    uploads?: readonly string[],
  ): Promise<Acknowledged>;

  /**
   * Several at once, each as `submit` makes it, in one commit where the writer has nothing else to do. Resolves once each of
   * them is on disk or has failed, in their order: one that fails keeps none of the others.
   */
  submitAll(
    principal: Principal,
    lens: string,
    submissions: readonly KeyedSubmission[],
  ): Promise<PromiseSettledResult<Acknowledged>[]>;

  /** Throws `not_found`. */
  get(principal: Principal, id: string): Promise<Task>;
  /** By its number. Throws `not_found`. */
  numbered(principal: Principal, number: number): Promise<Task>;
  /**
   * A page of the tasks that the principal may see, newest first, at most `PAGE_LIMIT_MAX`, with the exact total of all
   * pages. Of inputs and outputs over 2,000 bytes it has the beginning; a page ends when it has about 1 MB, and `next`
   * leads on. Throws `invalid` for a cursor that no list has given, or a text without words or with too many.
   */
  list(principal: Principal, filter: TaskFilter, page: Page): Promise<TaskList>;
  /** By when their state changed last, latest first, then by id downwards; at most `PAGE_LIMIT_MAX`, behind `after` (from `next`). */
  latest(
    principal: Principal,
    filter: LatestFilter,
    page: { limit: number; after: LatestPlace | null },
  ): Promise<LatestPage>;
  /** By its id, or by its name for clients of `lens`. Throws `not_found`. */
  named(principal: Principal, lens: string, idOrName: string): Promise<Task>;
  /** The names of these tasks for clients of `lens`: the id of one without a name. */
  names(lens: string, tasks: readonly Task["id"][]): Promise<string[]>;
  /**
   * A page in either order, whose cursors are ids or names in `lens`, with these names. At most `PAGE_LIMIT_MAX`. Throws
   * `invalid` for a cursor that is no task of the list.
   */
  page(
    principal: Principal,
    lens: string,
    filter: Pick<TaskFilter, "states" | "kinds">,
    page: ListPage,
  ): Promise<{ tasks: Task[]; names: string[]; more: boolean }>;
  /**
   * Events with `seq` > `after`, oldest first, at most `limit`, fewer when they have their bytes; none at the end alone.
   * Throws `not_found`.
   */
  events(principal: Principal, id: string, after: number, limit: number): Promise<TaskEvent[]>;
  /**
   * The log from `after` on, then live, in batches, until the terminal event was given, or `signal` fires. Holds a
   * cursor and no queue: a reader that does not read costs nothing. Event objects are shared between all followers
   * of a task, so an encoding may be cached on their identity. Throws `not_found` at the first read, and when the task is
   * deleted meanwhile.
   */
  follow(principal: Principal, id: string, after: number, signal: AbortSignal): AsyncIterable<readonly TaskEvent[]>;
  /** The same without a promise that waits: `news` is called whenever there may be more. For what many have open at once. */
  reader(principal: Principal, id: string, after: number, news: () => void): LogReader;
  /** The task once it is settled: ended, paused or asking a person; or as it is after `ms`, or when `signal` fires. Throws `not_found`. */
  settled(principal: Principal, id: string, ms: number, signal?: AbortSignal): Promise<Task>;
  /**
   * What its handler has called so far, branch by branch, from the beginning or after `cursor` (from `next`). A page ends
   * when it has its bytes. Throws `not_found`, `invalid` for a cursor that no page has given.
   */
  steps(principal: Principal, id: string, cursor?: string): Promise<{ steps: Step[]; next: string | null }>;
  /**
   * As they are by now, in the order in which they began, from the first or after `cursor` (from `next`). A page ends when it
   * has about 1 MB, with one at least. Throws `not_found`, `invalid` for a cursor that no page has given.
   */
  artifacts(principal: Principal, id: string, cursor?: string): Promise<{ artifacts: Artifact[]; next: string | null }>;
  /**
   * Its paid calls, those of fenced attempts too, from the first or after `cursor` (from `next`). A page ends when it has
   * its bytes. Throws `not_found`, `invalid` for a cursor that no page has given.
   */
  usage(principal: Principal, id: string, cursor?: string): Promise<{ calls: RecordedCall[]; next: string | null }>;
  /** The total of the task and all its descendants, each call counted once. Throws `not_found`. */
  treeUsage(principal: Principal, id: string): Promise<UsageTotals>;
  /** Its questions to people and its inputs, oldest first, or the `last` ones of these. Throws `not_found`. */
  turns(principal: Principal, id: string, last?: number): Promise<Turn[]>;
  /** Its last input; null if there was none. Throws `not_found`. */
  lastTold(principal: Principal, id: string): Promise<{ messageId: string; told: Json } | null>;
  /** The bytes of a file that came with the task. The caller reads them to the end or destroys the stream. Throws `not_found`. */
  file(principal: Principal, id: string, sha256: string): Promise<{ size: number; bytes: Readable }>;
  /** Names only tasks that the principal may see. Throws `not_found`. */
  why(principal: Principal, id: string): Promise<Why>;

  /**
   * Ends a task as `cancelled`, and all its open descendants with it: they go a page at a time behind it, a crash stops
   * none of that, and it resolves once they have ended. Throws `not_found`, `not_allowed_in_state` when it has ended,
   * `conflict` when the idempotency key was used for another request.
   */
  cancel(principal: Principal, id: string, steering?: Steering): Promise<Acknowledged>;
  /**
   * Takes the command; steps in flight end first. Throws `not_found`, `not_allowed_in_state` when the task has ended or is
   * paused, `conflict` as `cancel` does.
   */
  pause(principal: Principal, id: string, steering?: Pausing): Promise<Acknowledged>;
  /**
   * Gives a task that has a budget other amounts, for itself and all below it; what is left out stays, and null bounds it
   * no more. What was spent counts for it as before. Throws `not_found`, `not_allowed_in_state` when the task has ended,
   * `conflict` when it has no budget.
   */
  setBudget(principal: Principal, id: string, amounts: BudgetAmounts, steering?: Steering): Promise<Acknowledged>;
  /** Throws `not_found`, `not_allowed_in_state` when the task is not paused, `conflict` as `cancel` does. */
  resume(principal: Principal, id: string, steering?: Steering): Promise<Acknowledged>;
  /**
   * Answers a question that is open now: the named one, or without a name the oldest. While none is, a message waits for
   * the next question that is no permission, and a named one for its question, if that was not asked before. The same
   * message id with the same content changes nothing and is answered as `replayed`. What answers no open question waits, at
   * most 1,000 inputs of 8 MB: more are `rate_limited`. Throws `not_found`, `not_allowed_in_state` when the task has ended,
   * asks other questions than the named one or asks that no more, `conflict` when another input came under this message id,
   * as `Subscriptions.create` does for its `subscriptions`, `invalid` when it names a file that is none of `uploads`, which
   * came with it and are held, and as `cancel` does.
   */
  input(
    principal: Principal,
    id: string,
    input: InputSubmission,
    steering?: Steering,
    uploads?: readonly string[],
  ): Promise<Acknowledged>;
  /**
   * Makes a new task with `retryOf`, of the same owner and with the same input; `reuseJournal` keeps what the first one's
   * steps have already done, and the version of its handler. A reason stands in the first event of the new one. A task that
   * stands still is cancelled by it. Throws `not_found`, `not_allowed_in_state` when the first one has not ended, `invalid`
   * when its kind is gone or no longer takes its input, `conflict` as `cancel` does.
   */
  retry(principal: Principal, id: string, options: { reuseJournal: boolean } & Steering): Promise<Acknowledged>;
  /** Hides an ended task from every list and read. Throws `not_found`, `not_allowed_in_state` when it has not ended. */
  delete(principal: Principal, id: string, steering?: Steering): Promise<void>;
}
