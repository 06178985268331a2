/** Where a provider's API lives, with its version segment. */
import type { ProviderConfig } from "./configuration.ts";
import { ModelError } from "./model.ts";

/** Ollama is reached through its OpenAI-compatible endpoint. Throws `unknown_model` where nobody said where it is. */
export function baseUrlOf({ type, baseUrl }: ProviderConfig): string {
  if (type === "openai") return baseUrl ?? "https://api.openai.com/v1";
  if (type === "anthropic") return baseUrl ?? "https://api.anthropic.com/v1";
  if (type === "ollama") {
    const base = (baseUrl ?? "http://127.0.0.1:11434").replace(/\/+$/, "");
    return base.endsWith("/v1") ? base : `${base}/v1`;
  }
  if (baseUrl === undefined)
    throw new ModelError("unknown_model", "A provider of type openai-compatible needs a baseUrl.");
  return baseUrl;
}
