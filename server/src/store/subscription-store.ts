/**
 * Subscriptions, and the log of what was delivered for them. Every write is durable once it resolves. A write names the
 * version that it follows on: when that is not the present one it changes nothing and answers false.
 */
import { Refusal } from "../task/errors.ts";
import type { TaskId } from "../task/id.ts";
import type { Attempted, Delivery, Subscription } from "../task/subscription.ts";
import type { Write } from "./write.ts";

/** Of one user, with something left to tell. */
export const SUBSCRIPTIONS_OF_USER_MAX = 20_000;
/** Of all tasks, of one user. */
export const STANDING_OF_USER_MAX = 10;
/** Entries of the log that are kept for a subscription, and for one of all tasks. */
export const DELIVERIES_KEPT_MAX = 100;
export const STANDING_DELIVERIES_KEPT_MAX = 1_000;

const UNFINISHED_RETRY_S = 10;

/** There are `SUBSCRIPTIONS_OF_USER_MAX`: they become fewer by themselves, with each task that ends and is told. */
export function tooManyUnfinished(): Refusal {
  return new Refusal(
    "rate_limited",
    `${SUBSCRIPTIONS_OF_USER_MAX} webhooks of yours have something to tell, as many as are kept: wait until some of their tasks have ended, or delete some.`,
    { retryAfterS: UNFINISHED_RETRY_S },
  );
}

type Owner = { tenant: string; user: string };
type Audit = NonNullable<Write["audit"]>;

/** One that may have something to tell: what is needed to take turns before more of it is read. */
export type Unfinished = Pick<Subscription, "key" | "standing" | "url" | "dueAt"> & { task: TaskId; owner: Owner };

export interface SubscriptionStore {
  /**
   * Adds one of a task, or puts it in the place of the owner's of the same id. Throws `not_found` when there is no such
   * task, `conflict` when it has as many as are kept, `rate_limited` when too many of its owner's have something to tell.
   */
  put(subscription: Subscription, audit: Audit): Promise<void>;
  /** The owner's of this id, of a task or (null) of all tasks. Null when there is none. */
  find(owner: Owner, task: TaskId | null, id: string): Promise<Subscription | null>;
  /** By its key. Null when it is gone, or its task is. */
  get(key: string): Promise<Subscription | null>;
  /** All of the owner's of a task, or (null) of all tasks, oldest first. What cannot be read is left out. */
  list(owner: Owner, task: TaskId | null): Promise<Subscription[]>;
  /** Whether the owner may have another one that has something to tell. */
  hasRoom(owner: Owner): Promise<boolean>;
  /**
   * Writes what has changed, with an entry of the log; where a standing one is behind it, the entry is that one's, and so is
   * what the attempt makes of it: `disabled` says that this has disabled it.
   */
  change(
    subscription: Subscription,
    more: { delivery?: Omit<Delivery, "n">; attempted?: Attempted; audit?: Audit },
  ): Promise<boolean | "disabled">;
  /** False when it is gone. */
  remove({ key, task, standing }: Pick<Subscription, "key" | "task" | "standing">, audit: Audit): Promise<boolean>;
  /** Newest first, at most `limit`, before entry `before`. */
  deliveries(key: string, page: { limit: number; before?: number }): Promise<Delivery[]>;
  /**
   * All active ones of tasks with something left to tell or a task that is open, in pages by key, from the key `from` on; of
   * one standing one alone.
   */
  unfinished(from: string, limit: number, standing?: string): Promise<Unfinished[]>;
  /** Of these tasks, the cursors of standing ones among them. */
  cursorsOf(tasks: readonly TaskId[]): Promise<Unfinished[]>;
  /** Cursors of a standing one that have given an event up and can be read, in pages by key; `next` is null after the last. */
  givenUp(
    standing: string,
    after: string,
    limit: number,
  ): Promise<{ subscriptions: Subscription[]; next: string | null }>;
  /**
   * Calls `listener` after every commit that has made, removed or changed one for a caller, or made a task's cursor of a
   * standing one; returns how to stop.
   * With several writers it is a hint, as `changes` is. A listener must not throw.
   */
  changes(listener: (changed: Pick<Subscription, "key" | "task" | "standing">) => void): () => void;
}
