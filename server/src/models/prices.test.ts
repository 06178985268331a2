import { describe, expect, it } from "vitest";
import { listPrices } from "./price-table.ts";
import { costUsd, priceOf } from "./prices.ts";

describe("the price of a model", () => {
  it("is that of its family when its name carries a date or a version", () => {
    expect(priceOf("openai:gpt-5-mini-2025-08-07", "openai")).toEqual(listPrices["gpt-5-mini"]);
    expect(priceOf("anthropic:claude-sonnet-4-5-20250929", "anthropic")).toEqual(listPrices["claude-sonnet-4-5"]);
    expect(priceOf("anthropic:claude-3-5-haiku-latest", "anthropic")).toEqual(listPrices["claude-3-5-haiku"]);
    expect(priceOf("gateway:openai/gpt-4o-2024-08-06", "openai-compatible")).toEqual(listPrices["gpt-4o"]);
  });

  it("is not that of a model whose name merely begins alike", () => {
    expect(priceOf("openai:gpt-5-ultra", "openai")).toBeNull();
    expect(priceOf("openai:gpt-5.9", "openai")).toBeNull();
    expect(priceOf("openai:gpt-5-minimal", "openai")).toBeNull();
  });

  it("is nothing for what runs on the operator's own machine", () => {
    expect(priceOf("local:reference", "local")).toEqual({ input: 0, output: 0 });
    expect(priceOf("ollama:llama3.2", "ollama")).toEqual({ input: 0, output: 0 });
  });

  it("is what the operator says, first by provider and model, then by model", () => {
    const own = { input: 1, output: 2 };
    expect(priceOf("ollama:llama3.2", "ollama", { "llama3.2": own })).toEqual(own);
    expect(priceOf("openai:gpt-5", "openai", { "openai:gpt-5": own, "gpt-5": { input: 9, output: 9 } })).toEqual(own);
  });
});

describe("the cost of a call", () => {
  const rate = { input: 10, output: 100, cacheRead: 1, cacheWrite: 12 };

  it("counts no cached token twice", () => {
    const usage = {
      inputTokens: 1_000_000,
      outputTokens: 100_000,
      cacheReadTokens: 600_000,
      cacheWriteTokens: 300_000,
    };
    expect(costUsd(usage, rate)).toBeCloseTo(0.1 * 10 + 0.6 * 1 + 0.3 * 12 + 0.1 * 100, 10);
  });

  it("takes the input rate for a cache that has none", () => {
    const usage = { inputTokens: 1_000_000, outputTokens: 0, cacheReadTokens: 400_000, cacheWriteTokens: 0 };
    expect(costUsd(usage, { input: 10, output: 0 })).toBeCloseTo(10, 10);
  });

  it("is unknown without a price", () => {
    expect(costUsd({ inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 }, null)).toBeNull();
  });

  it("is never negative, whatever a provider counts", () => {
    expect(
      costUsd(
        { inputTokens: 5, outputTokens: 0, cacheReadTokens: 9, cacheWriteTokens: 9 },
        { input: 10, output: 1, cacheRead: 0, cacheWrite: 0 },
      ),
    ).toBe(0);
  });
});
