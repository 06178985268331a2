import { describe, expect, it } from "vitest";
import type { Bound } from "../../task/handler.ts";
import { NO_USAGE } from "../../task/task.ts";
import { ANSWER_TOKENS_MAX, allowanceOf, standingOf } from "./budget.ts";

const tokens = { tokens: 1_000, onSpent: "pause" as const };
const cost = { costUsd: 1, onSpent: "fail" as const };
const bound = { task: "a", from: NO_USAGE, reserved: { tokens: 0, costUsd: 0 }, version: 0 };

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

  it("is spent where the prompt of the next call alone would pass it", () => {
    const next = { inputTokens: 300, price: { input: 1, output: 2 }, least: { inputTokens: 200, outputTokens: 1 } };
    const at = (inputTokens: number, budget: Bound["budget"] = tokens) =>
      standingOf(
        { ...bound, budget, spent: { ...NO_USAGE, calls: 1, inputTokens, costUsd: inputTokens / 1e6 } },
        "a",
        next,
      );
    expect(at(799)?.is).toBeUndefined();
    expect(at(800)).toMatchObject({
      is: "spent",
      sentence: expect.stringContaining("no room for the next call: 800 of 1,000 tokens"),
      told: { usagePercent: 80, level: "exhausted" },
    });
    expect(at(798, { ...cost, costUsd: 0.001 })?.is).toBeUndefined();
    expect(at(799, { ...cost, costUsd: 0.001 })?.is).toBe("spent");
    expect(standingOf({ ...bound, budget: { ...tokens, tokens: 9 }, spent: NO_USAGE }, "a", next)).toBeNull();
  });

  it("says whose it is where it is that of a task above", () => {
    const spent = { ...NO_USAGE, calls: 2, inputTokens: 1_000 };
    expect(standingOf({ ...bound, budget: tokens, spent }, "b")?.sentence).toMatch(/^Of a, to whose tree/);
  });
});

describe("what a call may take of a budget", () => {
  const price = { input: 1, output: 10 };
  const call = { inputTokens: 100, price };
  const of = (budget: Bound["budget"], reserved = bound.reserved, spent: Partial<Bound["spent"]> = {}) =>
    allowanceOf([{ ...bound, budget, reserved, spent: { ...NO_USAGE, ...spent } }], call);
  const least = { tokens: 1, costUsd: 0 };

  it("is what is left of it, and no more than an answer is long", () => {
    expect(of({ ...tokens, tokens: 5_000 })).toMatchObject({ maxOutputTokens: 4_900, reserve: { tokens: 5_000 } });
    expect(of({ ...tokens, tokens: 900_000 })).toMatchObject({ maxOutputTokens: ANSWER_TOKENS_MAX });
    expect(of({ ...cost, costUsd: 0.01 })).toMatchObject({ maxOutputTokens: 990, reserve: { costUsd: 0.01 } });
    expect(of(cost)?.maxOutputTokens).toBeUndefined();
  });

  it("is enough to say something where nobody else is at work, and what those leave where they leave enough", () => {
    expect(of({ ...tokens, tokens: 50 })).toMatchObject({ maxOutputTokens: 16 });
    const counted = { ...call, least: { inputTokens: 40, outputTokens: 1 } };
    const small = { ...bound, budget: { ...tokens, tokens: 50 }, spent: NO_USAGE };
    expect(allowanceOf([small], counted)).toMatchObject({ maxOutputTokens: 10 });
    expect(of({ ...tokens, tokens: 50_000 }, { tokens: 45_000, costUsd: 0 })).toMatchObject({ maxOutputTokens: 4_900 });
    expect(of({ ...tokens, tokens: 50_000 }, { tokens: 49_000, costUsd: 0 })).toBeNull();
    expect(of({ ...cost, costUsd: 0.01 }, { tokens: 100, costUsd: 0.009 })).toBeNull();
    expect(of(tokens, least, { inputTokens: 500 })).toBeNull();
  });
});
