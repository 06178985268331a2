import { z } from "zod";
import { json } from "./json/json.ts";
import type { UsageTotals } from "./task.ts";

/** One paid call. `key` is unique per task: a call that is reported twice counts once. */
export const usageCall = z.strictObject({
  key: z.string().min(1).max(500),
  provider: z.string(),
  model: z.string(),
  agent: z.string(),
  inputTokens: z.int().nonnegative(),
  outputTokens: z.int().nonnegative(),
  cacheReadTokens: z.int().nonnegative(),
  cacheWriteTokens: z.int().nonnegative(),
  /** US dollars; null when the model has no known price. */
  costUsd: z.number().nonnegative().nullable(),
  /** The provider stated no counts: these are our own tokenizer's. */
  estimated: z.literal(true).optional(),
  raw: json,
});
export type UsageCall = z.infer<typeof usageCall>;
/** What totals count of a call. */
export type CountedCall = Omit<UsageCall, "key" | "raw">;
/** With when it was recorded. */
export type RecordedCall = UsageCall & { at: number };

/** About so many bytes of text are a token, where nobody has counted them. */
export const TOKEN_BYTES = 4;

/** Of one call, and dollars likewise: sums of them stay numbers that can be written. */
export const TOKENS_MAX = 1e12;

function sum(a: number, b: number): number {
  return Math.min(a + b, Number.MAX_SAFE_INTEGER);
}

export function addUsage(totals: UsageTotals, call: UsageCall): UsageTotals {
  return {
    ...totals,
    calls: sum(totals.calls, 1),
    inputTokens: sum(totals.inputTokens, call.inputTokens),
    outputTokens: sum(totals.outputTokens, call.outputTokens),
    costUsd: totals.costUsd + (call.costUsd ?? 0),
    unpricedCalls: totals.unpricedCalls + (call.costUsd === null ? 1 : 0),
    ...estimates(totals.estimatedCalls, call.estimated ? 1 : 0),
  };
}

export function sumOf(a: UsageTotals, b: UsageTotals): UsageTotals {
  return {
    ...a,
    calls: sum(a.calls, b.calls),
    inputTokens: sum(a.inputTokens, b.inputTokens),
    outputTokens: sum(a.outputTokens, b.outputTokens),
    costUsd: a.costUsd + b.costUsd,
    unpricedCalls: a.unpricedCalls + b.unpricedCalls,
    ...estimates(a.estimatedCalls, b.estimatedCalls),
  };
}

/** Where there are none, nothing is written of them. */
function estimates(a = 0, b = 0): Pick<UsageTotals, "estimatedCalls"> {
  return a + b === 0 ? {} : { estimatedCalls: a + b };
}
