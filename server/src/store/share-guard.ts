/** What users and tenants may hold at once, as a guard of new tasks, and how a store says that it fails. */
import { DAY_MS, dayOf } from "../task/daily-usage.ts";
import { Refusal } from "../task/errors.ts";
import type { Visible } from "../task/visibility.ts";

/** Null is any number. */
export type HeldBounds = {
  openTasks: number | null;
  /** What models may have cost on one day, UTC. */
  usdPerDay: number | null;
  storedBytes: number | null;
};

/**
 * What must hold in the commit, of what the task's user and its tenant hold. `of` is the user whose bounds they are: where it
 * acts on a task of another user, those of the tenant alone count. `day` is its midnight.
 */
export type ShareGuard = { of: string; user: HeldBounds; tenant: HeldBounds; day: number };

export type Held = { openTasks: number; usdPerDay: number; storedBytes: number };

export interface ShareStore {
  /** What a user holds, or with no user a tenant; `day` is the midnight of the day whose money is asked for. */
  held(owner: Visible, day: number): Promise<Held>;
}

/** `owner`: the user whose task it is, where another one acts on it. */
export type ShareRefused = { why: "share"; whose: "user" | "owner" | "tenant"; bound: keyof HeldBounds; most: number };

const OPEN_RETRY_S = 10;
const HOW_FREED = "delete files or vector stores, or wait until tasks that have ended are removed";
const WHO = { user: "You have", owner: "Whoever owns this task has", tenant: "Your tenant has" };

export function refusalOfShare({ whose, bound, most }: ShareRefused, now: number): Refusal {
  const who = WHO[whose];
  switch (bound) {
    case "openTasks": {
      const message = `${who} ${most} open tasks, as many as there may be at once: wait until some have ended.`;
      return new Refusal("rate_limited", message, { retryAfterS: OPEN_RETRY_S });
    }
    case "usdPerDay": {
      const nextDay = dayOf(now) + DAY_MS;
      const message = `${who} spent $${most} on models today (UTC), as much as there is for a day: there is as much again from ${new Date(nextDay).toISOString()} on.`;
      return new Refusal("rate_limited", message, {
        retryAfterS: Math.ceil((nextDay - now) / 1_000),
        window: "day",
      });
    }
    case "storedBytes": {
      const freed = whose === "owner" ? "until some are deleted it can only be ended" : HOW_FREED;
      const message = `${who} ${most} bytes stored, as many as there may be: ${freed}.`;
      // Nobody knows when something of it goes.
      return new Refusal("rate_limited", message);
    }
  }
}
