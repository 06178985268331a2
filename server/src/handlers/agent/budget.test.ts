import { describe, expect, it } from "vitest";
import { NO_USAGE } from "../../task/task.ts";
import { standingOf } from "./budget.ts";

const tokens = { tokens: 1_000, onSpent: "pause" as const };
const cost = { costUsd: 1, onSpent: "fail" as const };
const bound = { task: "a", from: NO_USAGE };

describe("a budget", () => {
  it("is within, low from 80 %, and spent at 100 %", () => {
    const at = (inputTokens: number) =>
      standingOf({ ...bound, budget: tokens, spent: { ...NO_USAGE, calls: 2, inputTokens, outputTokens: 100 } }, "a");
    expect(at(699)).toBeNull();
    expect(at(700)).toMatchObject({ is: "low", told: { usagePercent: 80, budgetType: "tokens", level: "warning" } });
    expect(at(900)).toMatchObject({
      is: "spent",
      sentence: "The task's token budget is spent: 1,000 of 1,000 tokens in 2 model calls.",
    });
  });

  it("of money is counted in money", () => {
    const at = (costUsd: number, calls: number) =>
      standingOf({ ...bound, budget: cost, spent: { ...NO_USAGE, costUsd, calls } }, "a");
    expect(at(0.85, 1)).toMatchObject({ is: "low", told: { budgetType: "cost" } });
    expect(at(1.5, 3)).toMatchObject({
      sentence: "The task's cost budget is spent: $1.5 of $1 in 3 model calls.",
      onSpent: "fail",
    });
  });

  it("of money stops at a call whose price nobody knows, until somebody lets it go on", () => {
    const spent = { ...NO_USAGE, calls: 1, unpricedCalls: 1 };
    expect(standingOf({ ...bound, budget: cost, spent }, "a")).toMatchObject({
      is: "spent",
      sentence: expect.stringContaining("no known price"),
    });
    expect(standingOf({ ...bound, budget: cost, spent, from: spent }, "a")).toBeNull();
  });

  it("reaches its own amount further after each grant", () => {
    const from = { ...NO_USAGE, inputTokens: 2_500 };
    const at = (inputTokens: number) =>
      standingOf({ ...bound, budget: tokens, from, spent: { ...NO_USAGE, inputTokens } }, "a")?.is;
    expect([at(2_500), at(3_499), at(3_500)]).toEqual([undefined, "low", "spent"]);
  });

  it("says whose it is where it is that of a task above", () => {
    const spent = { ...NO_USAGE, calls: 2, inputTokens: 1_000 };
    expect(standingOf({ ...bound, budget: tokens, spent }, "b")?.sentence).toMatch(/^Of a, to whose tree/);
  });
});
