import { expect, it } from "vitest";
import { QuotaCounts } from "./quota-counts.ts";

const LIMITS = { minute: 2, hour: 3, day: 5 };
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** On the hour of a day. */
const NOON = 1_795_694_400_000;

it("a quota counts in the minutes, hours and days of the clock, what is refused in none, and each key for itself", () => {
  const counts = new QuotaCounts();
  const usedUp = (at: number, key = "key") => counts.take(key, LIMITS, NOON + at).usedUp;
  expect([usedUp(0), usedUp(59_999), usedUp(59_999), usedUp(59_999)]).toEqual([null, null, "minute", "minute"]);
  expect([usedUp(MINUTE_MS), usedUp(2 * MINUTE_MS)]).toEqual([null, "hour"]);
  expect([usedUp(HOUR_MS), usedUp(HOUR_MS), usedUp(2 * HOUR_MS)]).toEqual([null, null, "day"]);
  expect(usedUp(2 * HOUR_MS, "another")).toBe(null);
  expect(usedUp(12 * HOUR_MS)).toBe(null);
});

it("begins a window anew in the second that it names, and not in the one before", () => {
  for (const [name, limits] of Object.entries({
    minute: { minute: 1, hour: 9, day: 9 },
    hour: { minute: 9, hour: 1, day: 9 },
    day: { minute: 9, hour: 9, day: 1 },
  })) {
    const counts = new QuotaCounts();
    counts.take("key", limits, NOON + 61_234);
    const { left, usedUp } = counts.take("key", limits, NOON + 61_234);
    expect(usedUp).toBe(name);
    const resetAtMs = left[usedUp ?? "day"].resetAt * 1_000;
    expect(counts.take("key", limits, resetAtMs - 1).usedUp).toBe(name);
    expect(counts.take("key", limits, resetAtMs).usedUp).toBe(null);
  }
});

it("says what is left of each window, and in which second it begins anew", () => {
  const { left } = new QuotaCounts().take("key", LIMITS, NOON + 61_000);
  expect(left).toEqual({
    minute: { limit: 2, remaining: 1, resetAt: NOON / 1_000 + 120 },
    hour: { limit: 3, remaining: 2, resetAt: NOON / 1_000 + 3_600 },
    day: { limit: 5, remaining: 4, resetAt: NOON / 1_000 + 12 * 3_600 },
  });
});
