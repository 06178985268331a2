/**
 * Reservations: what calls under way may cost at most, taken from their budgets before they are made. So tasks of one tree that run at
 * the same time do not each spend the same rest of a budget. In memory alone: when the process dies, so do the calls.
 */
import type { Reservation } from "../task/handler.ts";
import type { TaskId } from "../task/id.ts";

/** Of one task that has a budget. `version` counts what was taken and given back. */
type Account = { taken: Map<string, Reservation>; version: number; waiting: Set<() => void> };
type Seen = { task: TaskId; version: number };

export class Reservations {
  readonly #accounts = new Map<TaskId, Account>();
  /** The tasks from whose budgets a call has taken something, by its key. */
  readonly #takenFrom = new Map<string, readonly TaskId[]>();
  #version = 0;
  /** The version of every task without a reservation. It rises where the last one of a task is given back. */
  #versionOfNone = 0;

  /** What is reserved from the budget of this task now. */
  of(task: TaskId): { reserved: Reservation; version: number } {
    const account = this.#accounts.get(task);
    const reserved = { tokens: 0, costUsd: 0 };
    for (const { tokens, costUsd } of account?.taken.values() ?? []) {
      reserved.tokens += tokens;
      reserved.costUsd += costUsd;
    }
    return { reserved, version: this.#versionOf(task) };
  }

  /** Reserves an amount. False when one of the budgets has changed since it was seen. */
  take(key: string, amount: Reservation, seen: readonly Seen[]): boolean {
    if (!this.#isAsSeen(seen)) return false;
    this.giveBack(key);
    for (const { task } of seen) {
      const account = this.#accounts.get(task) ?? { taken: new Map(), version: 0, waiting: new Set() };
      this.#accounts.set(task, account);
      account.taken.set(key, amount);
      this.#changed(account);
    }
    const tasks = seen.map(({ task }) => task);
    this.#takenFrom.set(key, tasks);
    return true;
  }

  /** The call is over and its cost counted: its reservation ends. */
  giveBack(key: string): void {
    for (const task of this.#takenFrom.get(key) ?? []) {
      const account = this.#accounts.get(task);
      if (!account?.taken.delete(key)) continue;
      this.#changed(account);
      if (account.taken.size > 0) continue;
      this.#accounts.delete(task);
      this.#versionOfNone = ++this.#version;
    }
    this.#takenFrom.delete(key);
  }

  /** Resolves once one of the budgets has changed since it was seen. */
  changedSince(seen: readonly Seen[]): Promise<void> {
    if (!this.#isAsSeen(seen) || !seen.some(({ task }) => this.#accounts.has(task))) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    for (const { task } of seen) this.#accounts.get(task)?.waiting.add(resolve);
    return promise;
  }

  #isAsSeen(seen: readonly Seen[]): boolean {
    return seen.every(({ task, version }) => this.#versionOf(task) === version);
  }

  #versionOf(task: TaskId): number {
    return this.#accounts.get(task)?.version ?? this.#versionOfNone;
  }

  #changed(account: Account): void {
    account.version = ++this.#version;
    const waiting = [...account.waiting];
    account.waiting.clear();
    for (const wake of waiting) wake();
  }
}
