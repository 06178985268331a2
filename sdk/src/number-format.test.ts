import { expect, it } from "vitest";
import { age, bytes, count, duration, money } from "./number-format.ts";

it("writes durations in at most two units", () => {
  expect([80, 1_290, 62_000, 3_600_000, 273_600_000].map(duration)).toEqual([
    "80 ms",
    "1.2 s",
    "1 min 2 s",
    "1 h",
    "3 d 4 h",
  ]);
});

it("writes ages in one unit", () => {
  expect([5, 59_999, 7_300_000].map(age)).toEqual(["now", "59 s", "2 h"]);
});

it("writes tokens, money and bytes", () => {
  expect([count(12_345), money(0), money(0.001234), money(1.239), bytes(900), bytes(1_572_864)]).toEqual([
    "12,345",
    "$0",
    "$0.0012",
    "$1.24",
    "900 B",
    "1.5 MB",
  ]);
});
