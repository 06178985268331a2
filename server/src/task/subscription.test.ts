import { expect, test } from "vitest";
import { retryDelayMs } from "./subscription-rules.ts";

test("a delay doubles from 1 s to 5 min, a quarter up or down, and is what a receiver asks for within an hour", () => {
  const delays = (chance: number) =>
    [1, 2, 3, 4, 9, 10, 40].map((attempts) => retryDelayMs(attempts, null, chance) / 1_000);
  expect(delays(0.5)).toEqual([1, 2, 4, 8, 256, 300, 300]);
  expect(delays(0)).toEqual([0.75, 1.5, 3, 6, 192, 225, 225]);
  expect(delays(1)).toEqual([1.25, 2.5, 5, 10, 320, 375, 375]);
  expect(retryDelayMs(1, 60_000, 0.5)).toBe(60_000);
  expect(retryDelayMs(10, 60_000, 0.5)).toBe(300_000);
  expect(retryDelayMs(1, 1e9, 0.5)).toBe(3_600_000);
});
