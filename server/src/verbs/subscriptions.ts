/** What callers may do with subscriptions: have an address told of a task's events, and look after that. */
import type { Principal } from "../task/principal.ts";
import type { Delivery, NewSubscription, Subscription } from "../task/subscription.ts";

/** What anybody is shown of one: what it sends with is its receiver's alone. */
export type SubscriptionView = Omit<
  Subscription,
  "secrets" | "key" | "tenant" | "user" | "standing" | "version" | "announces"
> & {
  /** Names of what it has of that. */
  secretNames: string[];
};

/**
 * A subscription is its maker's, and known by its id within its task. Every verb throws `not_found` for a task that the
 * principal may not see, and every verb that takes an id when it has none of that there. All take the scope `tasks`.
 */
export interface Subscriptions {
  /**
   * Makes one, of an ended task too; one of the same id is replaced, with its log. Throws `invalid`, naming the field, for
   * what does not fit, names a format that this server does not have, or an address that may not be sent to as far as
   * that can be told now: a name that cannot be resolved is taken. `rate_limited` when the task has
   * `SUBSCRIPTIONS_OF_TASK_MAX` of the caller's, or the caller too many with something left to tell.
   */
  create(principal: Principal, task: string, wanted: NewSubscription): Promise<SubscriptionView>;
  /** Oldest first; of these formats. */
  list(principal: Principal, task: string, formats: readonly string[]): Promise<SubscriptionView[]>;
  get(principal: Principal, task: string, id: string): Promise<SubscriptionView>;
  /** What is under way may still arrive. */
  delete(principal: Principal, task: string, id: string): Promise<void>;
  /** Attempts, newest first, of the last `DELIVERIES_KEPT_MAX`; at most `limit`, before entry `before`. */
  deliveries(
    principal: Principal,
    task: string,
    id: string,
    page: { limit: number; before?: number },
  ): Promise<Delivery[]>;
  /**
   * Tells the log again from event `from` on; without it from the first event that was given up, if one was. Enables it
   * too. Throws `invalid` for an event that there is not yet, `conflict` when it has changed three times meanwhile.
   */
  redrive(principal: Principal, task: string, id: string, from?: number): Promise<SubscriptionView>;
  /** It goes on where it stood still. Throws `conflict` when it has changed three times meanwhile. */
  enable(principal: Principal, task: string, id: string): Promise<SubscriptionView>;
}
