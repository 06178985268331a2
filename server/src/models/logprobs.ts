/** Reports of providers on single tokens, as their packages pass them on: log-probabilities and alternatives. */

import { z } from "zod";
import type { GeneratedToken, GenerationParameters } from "../task/agent/generation-parameters.ts";

/** The first so many are reported: each may have five alternatives, and an output is stored. */
const TOKENS_MAX = 2_048;

const told = z.object({
  token: z.string(),
  logprob: z.number(),
  top_logprobs: z.array(z.object({ token: z.string(), logprob: z.number() })).nullish(),
});
/** Some packages pass on one list for each piece of text. */
const list = z.array(z.union([told, z.array(told)]));
const metadata = z.record(z.string(), z.looseObject({ logprobs: z.unknown().optional() }));

/** The log-probabilities of a chunk of a chat completion. */
const chunk = z.object({
  choices: z.array(z.object({ logprobs: z.object({ content: list.nullish() }).nullish() })),
});

/** The requested facts on the tokens of an answer; null if the provider reports none. */
export class TokenReport {
  readonly #tokens: z.infer<typeof told>[] = [];

  /** Takes a chunk as received: packages for compatible servers read no log-probabilities. */
  addChunk(raw: unknown): void {
    const read = chunk.safeParse(raw);
    if (read.success) for (const { logprobs } of read.data.choices) this.#add(logprobs?.content ?? []);
  }

  /** Takes the report that a package gives at the end of an answer. */
  addMetadata(provider: unknown): void {
    const read = metadata.safeParse(provider);
    if (!read.success || this.#tokens.length > 0) return;
    for (const { logprobs } of Object.values(read.data)) {
      const tokens = list.safeParse(logprobs);
      if (tokens.success) this.#add(tokens.data);
    }
  }

  tokens({ returns = {} }: GenerationParameters): GeneratedToken[] | null {
    if (this.#tokens.length === 0) return null;
    const { tokenLogprobs, tokenRanks, topTokens = 0 } = returns;
    return this.#tokens.map(({ token, logprob, top_logprobs }) => {
      const alternatives = top_logprobs ?? [];
      const rank = alternatives.findIndex((other) => other.token === token);
      return {
        text: token,
        ...(tokenLogprobs && { logprob }),
        ...(tokenRanks && rank >= 0 && { rank: rank + 1 }),
        ...(topTokens > 0 && {
          top: alternatives.slice(0, topTokens).map((other) => ({ text: other.token, logprob: other.logprob })),
        }),
      };
    });
  }

  #add(tokens: z.infer<typeof list>): void {
    for (const token of tokens.flat()) if (this.#tokens.length < TOKENS_MAX) this.#tokens.push(token);
  }
}
