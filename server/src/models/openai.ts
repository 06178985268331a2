/** OpenAI's own Responses API, or chat completions if a server behind another base URL has only those, as most compatible servers do. */

import { createOpenAI, type OpenAIProviderSettings } from "@ai-sdk/openai";
import { APICallError, type LanguageModelV4, type LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { around, compatibleModel } from "./compatible.ts";
import { isOpenai } from "./configuration.ts";

/** Statuses for a path that a server does not have. */
const MISSING: ReadonlySet<number | undefined> = new Set([404, 405, 501]);

/** The API that each base URL has been found to have, until this process ends. */
const spoken = new Map<string, "responses" | "chat">();

/** The model of that name at OpenAI or at a compatible server. */
export function openaiModel(settings: OpenAIProviderSettings & { baseURL: string }, name: string): LanguageModelV4 {
  const responses = withoutStorage(createOpenAI(settings).responses(name));
  if (isOpenai(settings.baseURL)) return responses;
  const chat = compatibleModel({ ...settings, name: "chat" }, name);

  async function ask<T>(by: (model: LanguageModelV4) => PromiseLike<T>): Promise<T> {
    const known = spoken.get(settings.baseURL);
    if (known === "chat") return by(chat);
    try {
      const answer = await by(responses);
      spoken.set(settings.baseURL, "responses");
      return answer;
    } catch (error) {
      // After a successful Responses request, a 404 is about the model.
      const missing = APICallError.isInstance(error) && MISSING.has(error.statusCode);
      if (!missing || known === "responses") throw error;
      const answer = await by(chat);
      spoken.set(settings.baseURL, "chat");
      return answer;
    }
  }

  return around(responses, {
    doGenerate: (options) => ask((model) => model.doGenerate(options)),
    doStream: (options) => ask((model) => model.doStream(options)),
  });
}

/** OpenAI stores nothing of an answer, and returns its reasoning instead: encrypted, to be sent back in the same run. */
function withoutStorage(model: LanguageModelV4): LanguageModelV4 {
  const unstored = ({ providerOptions, ...options }: LanguageModelV4CallOptions): LanguageModelV4CallOptions => ({
    ...options,
    providerOptions: { ...providerOptions, openai: { ...providerOptions?.["openai"], store: false } },
  });
  return around(model, {
    doGenerate: (options) => model.doGenerate(unstored(options)),
    doStream: (options) => model.doStream(unstored(options)),
  });
}
