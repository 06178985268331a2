/** Where a provider's API is, with its version segment. */
import type { ProviderConfig } from "./configuration.ts";
import { ModelError } from "./model.ts";

/** The end of a path that a base URL does not have: an endpoint's address, pasted whole. */
const ASKED_AT = /\/(chat\/completions|completions|responses|messages|embeddings)$/;

/** Ollama is reached through its OpenAI-compatible endpoint. Throws `unknown_model` without an address. */
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

/** The rest of a base URL: its query goes with every request, and its user is sent as the user. */
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
