/** Where a provider's API lives, with its version segment. */
import type { ProviderConfig } from "./configuration.ts";
import { ModelError } from "./model.ts";

/** The last part of a path that a base URL does not have: what its server is asked at, pasted whole. */
const ASKED_AT = /\/(chat\/completions|completions|responses|messages|embeddings)$/;

/** Ollama is reached through its OpenAI-compatible endpoint. Throws `unknown_model` where nobody said where it is. */
export function baseUrlOf({ type, baseUrl: given }: ProviderConfig): string {
  const baseUrl = given === undefined ? undefined : pathUrl(new URL(given));
  if (type === "openai") return baseUrl ?? "https://api.openai.com/v1";
  if (type === "anthropic") return baseUrl ?? "https://api.anthropic.com/v1";
  if (type === "ollama") {
    const base = baseUrl ?? "http://127.0.0.1:11434";
    return base.endsWith("/v1") ? base : `${base}/v1`;
  }
  if (baseUrl === undefined)
    throw new ModelError("unknown_model", "A provider of type openai-compatible needs a baseUrl.");
  return baseUrl;
}

function pathUrl({ origin, pathname }: URL): string {
  return origin + pathname.replace(/\/+$/, "").replace(ASKED_AT, "");
}

/** How a provider is reached beyond its path: a query of its base URL goes with every request, and who is named in it is its user. */
export function reachOf(
  { baseUrl, apiKey, headers }: ProviderConfig,
  fetch: typeof globalThis.fetch,
): { fetch: typeof globalThis.fetch; headers?: Record<string, string> } {
  const { search = "", username = "", password = "" } = baseUrl === undefined ? {} : new URL(baseUrl);
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const named = username !== "" && apiKey === undefined;
  const all = { ...(named && { authorization: `Basic ${Buffer.from(user).toString("base64")}` }), ...headers };
  return {
    fetch:
      search === "" ? fetch : (input, init) => fetch(`${input instanceof Request ? input.url : input}${search}`, init),
    ...(Object.keys(all).length > 0 && { headers: all }),
  };
}
