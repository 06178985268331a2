/** What all paid calls add up to. Those of tasks commit with the tasks: see `TaskStore.apply`. */
import type { UsageFilter, UsageGroup, UsageRow, UsageSum } from "../task/daily-usage.ts";
import type { Visible } from "../task/visibility.ts";
import type { Payment } from "./unwritten-usage.ts";

export type UsagePage = { limit: number; cursor?: string | undefined };

export interface DailyUsageStore {
  /**
   * Adds calls that no task has made. Durable once it resolves. Of each place the store remembers the last payment for a day, so that
   * one that comes again counts once.
   */
  add(payment: Payment): Promise<void>;
  /**
   * Sums told apart by `groups`, latest day first, then by user, agent, provider and model; `total` is of all pages. A page
   * also ends when it has about 1 MB. Throws `invalid` for a cursor that no such list has given, `unavailable` when it
   * takes too long.
   */
  sums(
    visible: Visible,
    filter: UsageFilter,
    groups: readonly UsageGroup[],
    page: UsagePage,
  ): Promise<{ rows: UsageRow[]; total: UsageSum; next: string | null }>;
}
