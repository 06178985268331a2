/** Chat completions of a server that follows OpenAI's example, OpenAI itself among them. */

import { createOpenAICompatible, type OpenAICompatibleProviderSettings } from "@ai-sdk/openai-compatible";
import type { LanguageModelV4, LanguageModelV4StreamPart, LanguageModelV4StreamResult } from "@ai-sdk/provider";
import type { PlainEnd } from "./wire/answer-repair.ts";
import { plainEnd } from "./wire/provider-fetch.ts";

type Settings = Pick<OpenAICompatibleProviderSettings, "name" | "baseURL" | "fetch" | "apiKey" | "headers">;

/** The model of that name at the server of `settings`. */
export function compatibleModel(settings: Settings, name: string): LanguageModelV4 {
  const transformRequestBody = isReasoning(name) ? withCompletionTokens : undefined;
  const model = createOpenAICompatible({
    ...settings,
    includeUsage: true,
    ...(transformRequestBody && { transformRequestBody }),
  }).chatModel(name);
  return around(model, {
    doGenerate: (options) => model.doGenerate(options),
    doStream: (options) => {
      const streamed = model.doStream(options);
      const end = plainEnd(options.abortSignal);
      return end === null ? streamed : Promise.race([streamed, end.then(endAlone)]);
    },
  });
}

/** The model with another way to be asked. */
export function around(
  model: LanguageModelV4,
  asked: Pick<LanguageModelV4, "doGenerate" | "doStream">,
): LanguageModelV4 {
  const { provider, modelId, supportedUrls } = model;
  return { specificationVersion: "v4", provider, modelId, supportedUrls, ...asked };
}

/** The rest of a stream whose text was read elsewhere. */
function endAlone(end: PlainEnd): LanguageModelV4StreamResult {
  const stream = new ReadableStream<LanguageModelV4StreamPart>({
    start(parts) {
      parts.enqueue({ type: "finish", ...end });
      parts.close();
    },
  });
  return { stream };
}

/** OpenAI's reasoning models, also behind gateways that keep their names. */
function isReasoning(name: string): boolean {
  return /^(o\d|gpt-5)/.test(name);
}

/** They refuse a request with the older name of the bound. */
function withCompletionTokens({ max_tokens, ...body }: Record<string, unknown>): Record<string, unknown> {
  return max_tokens === undefined ? body : { ...body, max_completion_tokens: max_tokens };
}
