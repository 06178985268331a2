/** The embedder that is always there: vectors of words from a table that is shipped, see `word-vectors.ts`. */
import type { Embedder } from "../embedding.ts";
import { EmbeddingThreads } from "./embedding-threads.ts";

export const OFFLINE_EMBEDDING_MODEL = "local:glove-100d";

export function offlineEmbedder(threads?: number): Embedder {
  const own = new EmbeddingThreads({
    module: "./word-vectors-thread",
    data: null,
    ...(threads !== undefined && { count: threads }),
  });
  return {
    model: OFFLINE_EMBEDDING_MODEL,
    dimensions: 100,
    batchMax: 256,
    embed: (texts, options) => own.embed(texts, options),
  };
}
