/** The interface of embeddings: texts in, vectors out. The configuration chooses the provider. */

import type { PaidCall } from "./model.ts";
import type { Price } from "./price-table.ts";

/** The purpose of the texts: some models embed a question differently from its answers. */
export type EmbeddingPurpose = "query" | "passage";

type EmbeddingOptions = {
  purpose: EmbeddingPurpose;
  signal: AbortSignal;
  /** Beside its own. */
  headers?: Readonly<Record<string, string>>;
  /** Called with the cost of the request, if a provider makes it. */
  onPaid?: (paid: PaidCall) => void;
};

export interface Embedder {
  /** `local:glove-100d`, `openai:text-embedding-3-small`, ...: vectors of two models are never compared. */
  readonly model: string;
  /** Of its vectors; 0 for a model that has not been asked yet and is known by its vectors only. */
  readonly dimensions: number;
  /** The greatest number of texts in one call. */
  readonly batchMax: number;
  /** The price of a million tokens; null if it is unknown or the model is free. */
  readonly price: Price | null;
  /** Vectors of length 1, in the order of the texts. One request, never retried here. Rejects with `ModelError` only. */
  embed(texts: readonly string[], options: EmbeddingOptions): Promise<Float32Array[]>;
}

/** The same embedder, asked through `embed`. */
export function askedBy(embedder: Embedder, embed: Embedder["embed"]): Embedder {
  const { model, batchMax, price } = embedder;
  return {
    ...{ model, batchMax, price, embed },
    get dimensions() {
      return embedder.dimensions;
    },
  };
}
