/**
 * Prices, and the list prices for standard, text-only use as published by the vendors on 2026-01-15. An operator's own `prices` precede
 * them. A model missing here has no cost rather than a guessed one.
 */

import { z } from "zod";

/** US dollars per million tokens. Without a cache rate, the input rate applies. */
export const price = z.strictObject({
  input: z.number().nonnegative(),
  output: z.number().nonnegative(),
  cacheRead: z.number().nonnegative().optional(),
  cacheWrite: z.number().nonnegative().optional(),
});

export type Price = z.infer<typeof price>;

/** Anthropic: a cache read costs a tenth of the input, a write that lives five minutes a quarter more. */
function anthropic(input: number, output: number): Price {
  return { input, output, cacheRead: input * 0.1, cacheWrite: input * 1.25 };
}

/** OpenAI and those who follow it do not charge for writing to the cache. */
function cached(input: number, cacheRead: number, output: number): Price {
  return { input, output, cacheRead };
}

export const listPrices: Readonly<Record<string, Price>> = {
  "gpt-5.2": cached(1.75, 0.175, 14),
  "gpt-5.1": cached(1.25, 0.125, 10),
  "gpt-5": cached(1.25, 0.125, 10),
  "gpt-5-mini": cached(0.25, 0.025, 2),
  "gpt-5-nano": cached(0.05, 0.005, 0.4),
  "gpt-5-pro": { input: 15, output: 120 },
  "gpt-4.1": cached(2, 0.5, 8),
  "gpt-4.1-mini": cached(0.4, 0.1, 1.6),
  "gpt-4.1-nano": cached(0.1, 0.025, 0.4),
  "gpt-4o": cached(2.5, 1.25, 10),
  "gpt-4o-mini": cached(0.15, 0.075, 0.6),
  o1: cached(15, 7.5, 60),
  o3: cached(2, 0.5, 8),
  "o3-mini": cached(1.1, 0.55, 4.4),
  "o4-mini": cached(1.1, 0.275, 4.4),
  "gpt-4-turbo": { input: 10, output: 30 },
  "gpt-4": { input: 30, output: 60 },
  "gpt-3.5-turbo": { input: 0.5, output: 1.5 },

  "text-embedding-3-small": { input: 0.02, output: 0 },
  "text-embedding-3-large": { input: 0.13, output: 0 },
  "text-embedding-ada-002": { input: 0.1, output: 0 },

  "claude-opus-4-5": anthropic(5, 25),
  "claude-opus-4-1": anthropic(15, 75),
  "claude-opus-4": anthropic(15, 75),
  "claude-opus-4-0": anthropic(15, 75),
  "claude-sonnet-4-5": anthropic(3, 15),
  "claude-sonnet-4": anthropic(3, 15),
  "claude-sonnet-4-0": anthropic(3, 15),
  "claude-haiku-4-5": anthropic(1, 5),
  "claude-3-7-sonnet": anthropic(3, 15),
  "claude-3-5-sonnet": anthropic(3, 15),
  "claude-3-5-haiku": anthropic(0.8, 4),
  "claude-3-opus": anthropic(15, 75),
  "claude-3-haiku": { input: 0.25, output: 1.25, cacheRead: 0.03, cacheWrite: 0.3 },

  "mistral-large-2411": { input: 2, output: 6 },
  "mistral-large-2512": { input: 0.5, output: 1.5 },
  "mistral-medium-2505": { input: 0.4, output: 2 },
  "mistral-medium-2508": { input: 0.4, output: 2 },
  "mistral-small-2506": { input: 0.1, output: 0.3 },
  "codestral-2508": { input: 0.3, output: 0.9 },
  "ministral-8b-2410": { input: 0.1, output: 0.1 },
  "ministral-3b-2410": { input: 0.04, output: 0.04 },
  "open-mistral-nemo": { input: 0.15, output: 0.15 },

  "gemini-2.5-flash": cached(0.3, 0.03, 2.5),
  "gemini-2.5-flash-lite": cached(0.1, 0.01, 0.4),
  "gemini-2.0-flash": cached(0.1, 0.025, 0.4),
};
