import { describe, expect, it } from "vitest";
import { NO_USAGE } from "../../task/task.ts";
import { budgetState, granted, limitsOf } from "./budget.ts";

const tokens = { tokens: 1_000, onSpent: "pause" as const };
const cost = { costUsd: 1, onSpent: "fail" as const };

describe("a budget", () => {
  it("is within, low from 80 %, and spent at 100 %", () => {
    const at = (inputTokens: number) =>
      budgetState(limitsOf(tokens), { ...NO_USAGE, calls: 2, inputTokens, outputTokens: 100 });
    expect(at(699)).toEqual({ is: "within" });
    expect(at(700)).toEqual({ is: "low", percent: 80, type: "tokens" });
    expect(at(900)).toMatchObject({
      is: "spent",
      sentence: "The task's token budget is spent: 1,000 of 1,000 tokens in 2 model calls.",
    });
  });

  it("of money is counted in money", () => {
    expect(budgetState(limitsOf(cost), { ...NO_USAGE, costUsd: 0.85, calls: 1 })).toMatchObject({
      is: "low",
      type: "cost",
    });
    expect(budgetState(limitsOf(cost), { ...NO_USAGE, costUsd: 1.5, calls: 3 })).toMatchObject({
      sentence: "The task's cost budget is spent: $1.5 of $1 in 3 model calls.",
    });
  });

  it("of money stops at a call whose price nobody knows, until somebody lets it go on", () => {
    const spent = { ...NO_USAGE, calls: 1, unpricedCalls: 1 };
    expect(budgetState(limitsOf(cost), spent)).toMatchObject({
      is: "spent",
      sentence: expect.stringContaining("no known price"),
    });
    expect(budgetState(granted(cost, spent), spent)).toEqual({ is: "within" });
  });

  it("reaches its own amount further after each grant", () => {
    const spent = { ...NO_USAGE, inputTokens: 2_500 };
    expect(granted(tokens, spent).tokens).toBe(3_500);
  });

  it("that nobody set is never spent", () => {
    expect(budgetState(limitsOf(null), { ...NO_USAGE, inputTokens: 1e12, unpricedCalls: 9 })).toEqual({ is: "within" });
  });
});
