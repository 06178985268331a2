/**
 * What was paid for, added up by UTC days: by whom, for which agent, of which model. It is kept in the same commit as the
 * calls, and stays when their tasks are deleted.
 */
import type { UsageTotals } from "./task.ts";

export const DAY_MS = 86_400_000;

/** The midnight, UTC, that the day of a moment began with. */
export function dayOf(at: number): number {
  return at - (at % DAY_MS);
}

/** The name of whose money of a day it is: a user's, or with none a whole tenant's. */
export function moneyAccountOf({ tenant, user }: { tenant: string; user: string | null }): string {
  return JSON.stringify(user === null ? [tenant] : [tenant, user]);
}

/** What sums are told apart by. `model` also tells apart its providers. */
export const USAGE_GROUPS = ["day", "user", "agent", "model"] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];

/** Days by their midnights: from `from` on, before `before`. Names are exact. */
export type UsageFilter = {
  from: number;
  before: number;
  user?: string | undefined;
  agent?: string | undefined;
  provider?: string | undefined;
  model?: string | undefined;
};

export type UsageSum = Required<UsageTotals> & { cacheReadTokens: number; cacheWriteTokens: number };

/** What is no group of the question is null. */
export type UsageRow = UsageSum & {
  day: number | null;
  user: string | null;
  agent: string | null;
  provider: string | null;
  model: string | null;
};
