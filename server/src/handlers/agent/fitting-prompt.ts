/**
 * Asks a model with a prompt that fits its context. Known limits of the model are kept from the start, counted in tokens; a model that
 * still calls the prompt too long is asked again with a shorter one.
 */
import { textsOf, tokensOf } from "../../models/last-tokens.ts";
import type { PromptTurn } from "../../models/model.ts";
import { StepError } from "../../task/handler.ts";
import type { ModelTurn } from "./model-turn.ts";
import { charsOf, PROMPT_CHARS_MAX } from "./prompt.ts";

/** A prompt's share of the model's context; the rest is for tools and the answer. */
const PROMPT_SHARE = 0.75;
/** Each try is half as long: after so many it is a thirtieth. */
const SHORTER_MAX = 5;

/** `ask` gets a suffix for the names of its steps, which differ from try to try. Rejects with the error of the last one. */
export async function askFitting(
  build: (charsMax: number) => PromptTurn[],
  contextTokens: number | null,
  ask: (prompt: PromptTurn[], suffix: string) => Promise<ModelTurn>,
): Promise<ModelTurn> {
  let prompt = await fitting(build, contextTokens);
  for (let shorter = 1; ; shorter++) {
    try {
      return await ask(prompt, shorter === 1 ? "" : ` shorter ${shorter - 1}`);
    } catch (error) {
      const isTooLong = error instanceof StepError && error.failure.code === "model_prompt_too_long";
      const next = build(Math.floor(charsOf(prompt) / 2));
      if (!isTooLong || shorter > SHORTER_MAX || charsOf(next) >= charsOf(prompt)) throw error;
      prompt = next;
    }
  }
}

/** The tokens of a text are not in proportion to its characters, so a cut text is counted again. */
async function fitting(build: (charsMax: number) => PromptTurn[], contextTokens: number | null): Promise<PromptTurn[]> {
  let prompt = build(PROMPT_CHARS_MAX);
  if (contextTokens === null) return prompt;
  for (let shorter = 0; shorter < SHORTER_MAX; shorter++) {
    const tokens = await tokensOf(textsOf(prompt));
    const share = (contextTokens * PROMPT_SHARE) / Math.max(1, tokens);
    if (share >= 1) break;
    prompt = build(Math.floor(charsOf(prompt) * share));
  }
  return prompt;
}
