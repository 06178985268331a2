/** The verbs of subscriptions: an address that is told of a task's events. */
import type { Principal } from "../task/principal.ts";
import type { Delivery, NewSubscription, Subscription, Trial } from "../task/subscription.ts";

/** A subscription without its secrets, which only its receiver knows. */
export type SubscriptionView = Omit<Subscription, "secrets" | "key" | "tenant" | "user" | "version" | "announces"> & {
  /** Names of the secrets. */
  secretNames: string[];
};

/**
 * A subscription is its maker's, and known by its id within its task, or, where `task` is null, among those of all tasks.
 * Every verb throws `not_found` for a task that the principal may not see, and every verb that takes an id when it has none
 * of that there. All take the scope `tasks`.
 *
 * One of all tasks is told of those that are submitted from then on and that it chooses. Each has a cursor of its own, which
 * is among its task's subscriptions and can be redriven and deleted alone; whether it is enabled, tried and rotated is the
 * standing one's.
 */
export interface Subscriptions {
  /**
   * Makes one, of an ended task too; one of the same id is replaced, with its log. Throws `invalid`, naming the field, for
   * what does not fit, names a format that this server does not have, or an address that may not be sent to as far as
   * that can be told now: a name that cannot be resolved is taken. `conflict` when the task has
   * `SUBSCRIPTIONS_OF_TASK_MAX` of the caller's, or the caller `STANDING_OF_USER_MAX` of all tasks; `rate_limited` when the
   * caller has too many with something left to tell. `forbidden` for tasks of everybody without the scope `tasks:all`.
   */
  create(principal: Principal, task: string | null, wanted: NewSubscription): Promise<SubscriptionView>;
  /** Oldest first; of these formats. */
  list(principal: Principal, task: string | null, formats: readonly string[]): Promise<SubscriptionView[]>;
  get(principal: Principal, task: string | null, id: string): Promise<SubscriptionView>;
  /** A delivery under way may still arrive. */
  delete(principal: Principal, task: string | null, id: string): Promise<void>;
  /**
   * Attempts, newest first, of the last `DELIVERIES_KEPT_MAX`, of all tasks `STANDING_DELIVERIES_KEPT_MAX`; at most `limit`,
   * before entry `before`.
   */
  deliveries(
    principal: Principal,
    task: string | null,
    id: string,
    page: { limit: number; before?: number },
  ): Promise<Delivery[]>;
  /**
   * Tells the log again from event `from` on; without it from the first event that was given up, if one was. Enables it
   * too. Of all tasks, each from the first that was given up; `from` is then `invalid`. Throws `invalid` for an event that
   * there is not yet, `conflict` when it has changed three times meanwhile.
   */
  redrive(principal: Principal, task: string | null, id: string, from?: number): Promise<SubscriptionView>;
  /** It goes on where it stood still. Throws `conflict` when it has changed three times meanwhile. */
  enable(principal: Principal, task: string | null, id: string): Promise<SubscriptionView>;
  /**
   * Signs with another secret from now on, and until `overlapMs` are over with the one before as well. Throws `conflict` when
   * it has changed three times meanwhile.
   */
  rotate(
    principal: Principal,
    task: string | null,
    id: string,
    to: { secret: string; overlapMs: number },
  ): Promise<SubscriptionView>;
  /** Sends it a test event, once, also when it is disabled. Nothing of that is kept. */
  try(principal: Principal, task: string | null, id: string): Promise<Trial>;
}
