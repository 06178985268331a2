/**
 * What models may cost a user and its tenant on one day (UTC), as budgets that hold for each call of their tasks: what is
 * spent is read from the store, whoever has spent it, and what calls under way may cost is reserved as of any budget.
 */
import type { Store } from "../../store/store.ts";
import { DAY_MS, dayOf, moneyAccountOf } from "../../task/daily-usage.ts";
import type { Bound } from "../../task/handler.ts";
import { type Budget, NO_USAGE, type Task } from "../../task/task.ts";
import type { Reservations } from "../reservations.ts";

/** What may be spent on one day; null is any amount. */
export type DaysMoneyOf = (task: Pick<Task, "tenant" | "tier">) => { user: number | null; tenant: number | null };

type Parts = { store: Pick<Store, "held">; reservations: Reservations; daysMoney: DaysMoneyOf };

export async function daysMoneyBounds(
  { store, reservations, daysMoney }: Parts,
  { tenant, user, tier }: Pick<Task, "tenant" | "user" | "tier">,
  { now, onSpent }: { now: number; onSpent: Budget["onSpent"] },
): Promise<Bound[]> {
  const most = daysMoney({ tenant, tier });
  const day = dayOf(now);
  const bounds: Bound[] = [];
  for (const whose of ["user", "tenant"] as const) {
    const costUsd = most[whose];
    if (costUsd === null) continue;
    const owner = { tenant, user: whose === "user" ? user : null };
    const account = moneyAccountOf(owner);
    // Before what is spent is read: a call that ends meanwhile makes it another version.
    const taken = reservations.of(account);
    const { usdPerDay } = await store.held(owner, day);
    bounds.push({
      ...{ task: account, budget: { costUsd, onSpent }, from: NO_USAGE, ...taken },
      spent: { ...NO_USAGE, costUsd: usdPerDay },
      day: { whose, endsAt: day + DAY_MS },
    });
  }
  return bounds;
}
