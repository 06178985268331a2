/** Token counts of a call without counts from its provider, by this server's own tokenizer. */

import { type CountedCall, TOKEN_BYTES } from "../task/usage.ts";
import { textsOf, tokensOf } from "./last-tokens.ts";
import type { ModelCall, PaidCall, PromptTurn, Usage } from "./model.ts";
import type { Price } from "./price-table.ts";
import { costUsd } from "./prices.ts";

/** Replaces a provider's own counts. */
export const ESTIMATED = { estimated: true } as const;

/** A call in the form of usage totals. */
export function countedOf({ provider, model, usage, costUsd, rawUsage }: PaidCall, agent: string): CountedCall {
  return { provider, model, agent, ...usage, costUsd, ...(rawUsage === ESTIMATED && { estimated: true as const }) };
}

/** Tokens around a turn or a tool in a prompt: marks, a role, a name. */
const FRAME_TOKENS = 8;

/** `said` is the model's whole output: text, reasoning and the arguments of calls. */
export async function estimatedUsage(
  prompt: readonly PromptTurn[],
  tools: ModelCall["tools"],
  said: readonly string[],
): Promise<Usage> {
  const offers = tools.length === 0 ? [] : [JSON.stringify(tools)];
  const reasoned = prompt.flatMap((turn) => (turn.role === "assistant" ? (turn.reasoning ?? []) : []));
  const texts = [...textsOf(prompt), ...reasoned.map(({ text }) => text), ...offers];
  return {
    inputTokens: (await tokensOf(texts)) + (prompt.length + tools.length) * FRAME_TOKENS,
    outputTokens: await tokensOf(said),
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
  };
}

/** The least usage of a call that is about to be made, by the size of its texts, without a wait for a count. */
export function roughUsage(prompt: readonly PromptTurn[], tools: ModelCall["tools"]): Usage {
  let bytes = tools.length === 0 ? 0 : Buffer.byteLength(JSON.stringify(tools));
  for (const text of textsOf(prompt)) bytes += Buffer.byteLength(text);
  return {
    inputTokens: Math.ceil(bytes / TOKEN_BYTES) + (prompt.length + tools.length) * FRAME_TOKENS,
    ...{ outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
  };
}

/** A call that is about to be made, with the usage it would have if no more became known. */
export function expectedCall(model: string, usage: Usage, price: Price | null): PaidCall {
  const at = model.indexOf(":");
  const named = { provider: model.slice(0, at), model: model.slice(at + 1) };
  return { ...named, usage, rawUsage: ESTIMATED, costUsd: costUsd(usage, price) };
}

/** The least usage of texts that are about to be embedded. */
export function roughTokens(texts: readonly string[]): Usage {
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return { inputTokens: Math.ceil(bytes / TOKEN_BYTES), outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
}

/** More than one call can use: a count beyond it, or below zero, is none. */
const COUNT_MAX = 1e9;

/** A provider's count; 0 if it states none, or an impossible one. */
export function statedCount(count: number | undefined): number {
  return count !== undefined && count > 0 && count <= COUNT_MAX ? Math.ceil(count) : 0;
}
