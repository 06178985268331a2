/** What callers may do with tasks. */
import type { Artifact } from "../task/artifact.ts";
import type { TaskEvent } from "../task/events/event.ts";
import type { Principal } from "../task/principal.ts";
import type { Step } from "../task/step.ts";
import type { Idempotency, InputSubmission, Steering, Submission } from "../task/submission.ts";
import type { Task } from "../task/task.ts";
import type { Page, TaskFilter, TaskList } from "../task/task-filter.ts";
import type { UsageCall } from "../task/usage.ts";
import type { Why } from "./why.ts";

export type Acknowledged = {
  task: Task;
  /** The verb had already taken effect under this idempotency key. */
  replayed: boolean;
};

export interface Tasks {
  submit(principal: Principal, lens: string, submission: Submission, idempotency?: Idempotency): Promise<Acknowledged>;
  get(principal: Principal, id: string): Promise<Task>;
  /** Several at once, in the order asked for; those that cannot be seen are left out. At most `PAGE_LIMIT_MAX`. */
  list(principal: Principal, filter: TaskFilter, page: Page): Promise<TaskList>;
  /** Events with `seq` > `after`, oldest first. */
  events(principal: Principal, id: string, after: number, limit: number): Promise<TaskEvent[]>;
  /**
   * The log from `after` on, then live, in batches, until the terminal event was given, or `signal` fires. Holds a
   * cursor and no queue: a reader that does not read costs nothing. Event objects are shared between all followers
   * of a task, so an encoding may be cached on their identity.
   */
  follow(principal: Principal, id: string, after: number, signal: AbortSignal): AsyncIterable<readonly TaskEvent[]>;
  /** The task when it is terminal, needs input or is paused, or as it is after `ms`. */
  settled(principal: Principal, id: string, ms: number, signal: AbortSignal): Promise<Task>;
  steps(principal: Principal, id: string): Promise<Step[]>;
  artifacts(principal: Principal, id: string): Promise<Artifact[]>;
  usage(principal: Principal, id: string): Promise<(UsageCall & { at: number })[]>;
  why(principal: Principal, id: string): Promise<Why>;

  /** Cancels its open descendants too, in one transaction. */
  cancel(principal: Principal, id: string, steering?: Steering): Promise<Acknowledged>;
  pause(principal: Principal, id: string, steering?: Steering): Promise<Acknowledged>;
  resume(principal: Principal, id: string, steering?: Steering): Promise<Acknowledged>;
  input(principal: Principal, id: string, input: InputSubmission, steering?: Steering): Promise<Acknowledged>;
  /** A new task with `retryOf`; `reuseJournal` keeps what the first one's steps have already done. */
  retry(principal: Principal, id: string, options: { reuseJournal: boolean } & Steering): Promise<Acknowledged>;
  /** Hides an ended task from every list and read. */
  delete(principal: Principal, id: string, steering?: Steering): Promise<void>;
}
