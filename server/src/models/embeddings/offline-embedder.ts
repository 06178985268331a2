/** The embedder that always exists: word vectors from a shipped table, see `word-vectors.ts`. */
import { fileURLToPath } from "node:url";
import type { Embedder } from "../embedding.ts";
import { EmbeddingThreads } from "./embedding-threads.ts";
import { sharedFile } from "./shared-file.ts";

/** Beside the code, in the sources as in the package. */
const TABLE = fileURLToPath(new URL("../../../assets/glove-100d.bin", import.meta.url));

export const OFFLINE_EMBEDDING_MODEL = "local:glove-100d";

export function offlineEmbedder(threads?: number): Embedder {
  const own = new EmbeddingThreads({
    module: "./word-vectors-thread",
    data: sharedFile(TABLE),
    ...(threads !== undefined && { count: threads }),
  });
  return {
    model: OFFLINE_EMBEDDING_MODEL,
    dimensions: 100,
    batchMax: 256,
    price: null,
    embed: (texts, options) => own.embed(texts, options),
  };
}
