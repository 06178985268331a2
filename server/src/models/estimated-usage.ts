/** Token counts of a call whose provider stated none: those of this server's own tokenizer. */

import { type CountedCall, TOKEN_BYTES } from "../task/usage.ts";
import { textsOf, tokensOf } from "./last-tokens.ts";
import type { ModelCall, PaidCall, PromptTurn, Usage } from "./model.ts";
import type { Price } from "./price-table.ts";
import { costUsd } from "./prices.ts";

/** What stands in the place of a provider's own counts. */
export const ESTIMATED = { estimated: true } as const;

/** A call as totals count it. */
export function countedOf({ provider, model, usage, costUsd, rawUsage }: PaidCall, agent: string): CountedCall {
  return { provider, model, agent, ...usage, costUsd, ...(rawUsage === ESTIMATED && { estimated: true as const }) };
}

/** What frames a turn or the offer of a tool on its way into a model: marks, a role, a name. */
const FRAME_TOKENS = 8;

/** `said` is all that the model wrote: text, reasoning and the arguments of calls. */
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

/** What a call has at least that is about to be made, by the size of its texts: nobody waits for a count. */
export function roughUsage(prompt: readonly PromptTurn[], tools: ModelCall["tools"]): Usage {
  let bytes = tools.length === 0 ? 0 : Buffer.byteLength(JSON.stringify(tools));
  for (const text of textsOf(prompt)) bytes += Buffer.byteLength(text);
  return {
    inputTokens: Math.ceil(bytes / TOKEN_BYTES) + (prompt.length + tools.length) * FRAME_TOKENS,
    ...{ outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
  };
}

/** A call that is about to be made, as it would be counted if nothing more were known of it. */
export function expectedCall(model: string, usage: Usage, price: Price | null): PaidCall {
  const at = model.indexOf(":");
  const named = { provider: model.slice(0, at), model: model.slice(at + 1) };
  return { ...named, usage, rawUsage: ESTIMATED, costUsd: costUsd(usage, price) };
}

/** What texts have at least that are about to be embedded. */
export function roughTokens(texts: readonly string[]): Usage {
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return { inputTokens: Math.ceil(bytes / TOKEN_BYTES), outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
}

/** Of what one call may use there is less than this: beyond it, and below zero, a count is none. */
const COUNT_MAX = 1e9;

/** A count that a provider states; 0 where it states none, or what can be none. */
export function statedCount(count: number | undefined): number {
  return count !== undefined && count > 0 && count <= COUNT_MAX ? Math.ceil(count) : 0;
}
