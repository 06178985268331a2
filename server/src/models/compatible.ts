/** Chat completions of a server that follows OpenAI's example, OpenAI itself among them. */

import { createOpenAICompatible, type OpenAICompatibleProviderSettings } from "@ai-sdk/openai-compatible";
import type { LanguageModelV4 } from "@ai-sdk/provider";

type Settings = Pick<OpenAICompatibleProviderSettings, "name" | "baseURL" | "fetch" | "apiKey" | "headers">;

/** The model of that name at the server of `settings`. */
export function compatibleModel(settings: Settings, name: string): LanguageModelV4 {
  const transformRequestBody = isReasoning(name) ? withCompletionTokens : undefined;
  return createOpenAICompatible({
    ...settings,
    includeUsage: true,
    ...(transformRequestBody && { transformRequestBody }),
  }).chatModel(name);
}

/** OpenAI's reasoning models, behind whichever gateway that does not rename them. */
function isReasoning(name: string): boolean {
  return /^(o\d|gpt-5)/.test(name);
}

/** They refuse a request with the older name of the bound. */
function withCompletionTokens({ max_tokens, ...body }: Record<string, unknown>): Record<string, unknown> {
  return max_tokens === undefined ? body : { ...body, max_completion_tokens: max_tokens };
}
