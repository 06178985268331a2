/** The configured embedder: the offline one, a provider's model, or one from a folder. */
import { z } from "zod";
import type { ProviderConfig } from "../configuration.ts";
import type { Embedder } from "../embedding.ts";
import { ModelError } from "../model.ts";
import type { Price } from "../price-table.ts";
import { priceOf } from "../prices.ts";
import { folderEmbedder } from "./folder-embedder.ts";
import { OFFLINE_EMBEDDING_MODEL, offlineEmbedder } from "./offline-embedder.ts";
import { providerEmbedder } from "./provider-embedder.ts";

export const embeddingsConfig = z.strictObject({
  /** `provider:model`, a folder (`./all-MiniLM-L6-v2`), or `local:glove-100d`, the default. */
  model: z.string().min(1).max(4_096).default(OFFLINE_EMBEDDING_MODEL),
});
export type EmbeddingsConfig = z.infer<typeof embeddingsConfig>;

/** Whether the name of a model is a path on this machine. */
export function isFolder(model: string): boolean {
  return /^(\.{0,2}[\\/]|[a-z]:[\\/])/i.test(model);
}

/**
 * Throws `unknown_model` for a provider that is not configured, and `refused` for a folder without a model. `watched` wraps an embedder
 * that asks a provider.
 */
export function createEmbedder(
  { model }: EmbeddingsConfig,
  providers: Readonly<Record<string, ProviderConfig>> = {},
  prices: Readonly<Record<string, Price>> = {},
  watched: (embedder: Embedder) => Embedder = (embedder) => embedder,
): Embedder {
  if (model === OFFLINE_EMBEDDING_MODEL || model === "local") return offlineEmbedder();
  if (isFolder(model)) return folderEmbedder(model);
  const provider = model.slice(0, Math.max(model.indexOf(":"), 0));
  const name = model.slice(provider.length + 1);
  const config = providers[provider];
  if (config === undefined || name === "") {
    const known = [...Object.keys(providers), "local"].join(", ");
    throw new ModelError(
      "unknown_model",
      `Unknown embedding model ${model}: say provider:model with one of ${known}, or a folder that begins with ./ or /.`,
    );
  }
  if (config.type === "anthropic") {
    throw new ModelError("unknown_model", `${provider} has no embedding models: name another provider.`);
  }
  const rate = priceOf(`${provider}:${name}`, config.type, prices);
  return watched(providerEmbedder({ provider, name, config, rate }));
}
