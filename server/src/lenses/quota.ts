/**
 * Limits that a foreign contract has beside everybody's share: so many requests of a key in each minute, hour and day of
 * the clock. What is counted is its business; that it is counted, where and for how long, the server's.
 */
import type { Principal } from "../task/principal.ts";

export const QUOTA_WINDOWS = ["minute", "hour", "day"] as const;
export type QuotaWindow = (typeof QUOTA_WINDOWS)[number];
export type QuotaLimits = Readonly<Record<QuotaWindow, number>>;

/** Of each window what is left, and when the next one begins, in seconds since 1970. */
export type QuotaLeft = Readonly<Record<QuotaWindow, { limit: number; remaining: number; resetAt: number }>>;

export type Quotas = {
  /** Null where a caller has no limit. */
  of: (principal: Principal) => QuotaLimits | null;
  /** What each answer says of it. */
  headers: (left: QuotaLeft) => Record<string, string>;
  /** What a caller is told whose window is used up. */
  refusal: (window: QuotaWindow) => string;
};
