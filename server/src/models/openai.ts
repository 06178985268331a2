/**
 * OpenAI's own Responses API, or chat completions where a server behind another base URL has only those: most servers
 * that call themselves compatible with OpenAI do.
 */

import { createOpenAI, type OpenAIProviderSettings } from "@ai-sdk/openai";
import { APICallError, type LanguageModelV4, type LanguageModelV4CallOptions } from "@ai-sdk/provider";

/** What base URLs have shown to speak, for as long as this process runs. */
const spoken = new Map<string, "responses" | "chat">();

/** The model of that name at OpenAI or at a server that speaks like it. */
export function openaiModel(settings: OpenAIProviderSettings & { baseURL: string }, name: string): LanguageModelV4 {
  const openai = createOpenAI(settings);
  const responses = openai.responses(name);
  if (/^https:\/\/[^/]*\.openai\.com\//.test(`${settings.baseURL}/`)) return responses;
  const chat = openai.chat(name);

  async function ask<T>(by: (model: LanguageModelV4) => PromiseLike<T>): Promise<T> {
    const known = spoken.get(settings.baseURL);
    if (known === "chat") return by(chat);
    try {
      const answer = await by(responses);
      spoken.set(settings.baseURL, "responses");
      return answer;
    } catch (error) {
      // Where responses were had before, a 404 is about the model.
      const missing = APICallError.isInstance(error) && (error.statusCode === 404 || error.statusCode === 405);
      if (!missing || known === "responses") throw error;
      const answer = await by(chat);
      spoken.set(settings.baseURL, "chat");
      return answer;
    }
  }

  return {
    specificationVersion: "v4",
    provider: responses.provider,
    modelId: responses.modelId,
    supportedUrls: responses.supportedUrls,
    doGenerate: (options: LanguageModelV4CallOptions) => ask((model) => model.doGenerate(options)),
    doStream: (options: LanguageModelV4CallOptions) => ask((model) => model.doStream(options)),
  };
}
