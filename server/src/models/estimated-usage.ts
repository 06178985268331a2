/** Token counts of a call whose provider stated none: those of this server's own tokenizer. */

import { textsOf, tokensOf } from "./last-tokens.ts";
import type { ModelCall, PromptTurn, Usage } from "./model.ts";

/** What stands in the place of a provider's own counts. */
export const ESTIMATED = { estimated: true } as const;

/** `said` is all that the model wrote: text, reasoning and the arguments of calls. */
export async function estimatedUsage(
  prompt: readonly PromptTurn[],
  tools: ModelCall["tools"],
  said: readonly string[],
): Promise<Usage> {
  const offers = tools.length === 0 ? [] : [JSON.stringify(tools)];
  return {
    inputTokens: await tokensOf([...textsOf(prompt), ...offers]),
    outputTokens: await tokensOf(said),
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
  };
}
