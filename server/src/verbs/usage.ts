/** The verbs of usage totals. */

import type { UsageFilter, UsageGroup, UsageRow, UsageSum } from "../task/daily-usage.ts";
import type { Principal } from "../task/principal.ts";

/** Days as their midnights, UTC, both included. Absent: the thirty days that end today. */
export type UsageQuestion = Omit<UsageFilter, "from" | "before"> & {
  from?: number | undefined;
  to?: number | undefined;
  groups: readonly UsageGroup[];
};

export type UsageAnswer = {
  from: number;
  to: number;
  rows: UsageRow[];
  /** Of all pages. */
  total: UsageSum;
  next: string | null;
};

/** The amount held and its bound; null is any number. */
export type HeldShare = Record<"openTasks" | "usdToday" | "storedBytes", { held: number; most: number | null }>;

export interface Usage {
  /**
   * What the principal's user holds of the store, and with the scope `tasks:all` the whole tenant (else null). Throws `forbidden`
   * without the scope `tasks`.
   */
  share(principal: Principal): Promise<{ user: HeldShare; tenant: HeldShare | null }>;

  /**
   * What all calls of language models and other paid calls add up to, those of deleted tasks and those that failed after
   * they were paid for too; each once. Of one's own tasks; with the scope `tasks:all` of the whole tenant. Latest day
   * first, then by user, agent, provider and model, at most `PAGE_LIMIT_MAX` rows. Throws `forbidden` without the scope
   * `tasks`, and for another user without `tasks:all`; `invalid` for days of which the first is behind the last, and for a
   * cursor that no list by these groups has given.
   */
  sums(
    principal: Principal,
    question: UsageQuestion,
    page: { limit: number; cursor?: string | undefined },
  ): Promise<UsageAnswer>;
}
