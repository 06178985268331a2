/** The configured model that embeds new documents, and other available ones for documents embedded before. */
import type { Config } from "../config.ts";
import type { Embedders } from "../handlers/documents/parts.ts";
import { modelsConfig } from "../models/configuration.ts";
import type { Embedder } from "../models/embedding.ts";
import { createEmbedder } from "../models/embeddings/embedders.ts";
import { ModelError } from "../models/model.ts";
import { StartError } from "./start-error.ts";

export function embeddersOf({ embeddings, models }: Config, watched: (embedder: Embedder) => Embedder): Embedders {
  const { providers, prices } = modelsConfig.parse(models);
  const older = new Map<string, Embedder | null>();
  const known = (model: string): Embedder | null => {
    try {
      return createEmbedder({ model }, providers, prices, watched);
    } catch {
      return null;
    }
  };
  try {
    const usual = createEmbedder(embeddings, providers, prices, watched);
    return {
      usual,
      named: (model) => {
        if (model === usual.model) return usual;
        if (!older.has(model)) older.set(model, known(model));
        return older.get(model) ?? null;
      },
    };
  } catch (error) {
    if (error instanceof ModelError) throw new StartError(`embeddings: ${error.message}`, true);
    throw error;
  }
}
