/** What the rest of Waybill knows of embeddings: texts in, vectors out. Which provider does it is the configuration's to say. */

import type { PaidCall } from "./model.ts";
import type { Price } from "./price-table.ts";

/** What the texts are: some models embed a question otherwise than what answers it. */
export type EmbeddingPurpose = "query" | "passage";

type EmbeddingOptions = {
  purpose: EmbeddingPurpose;
  signal: AbortSignal;
  /** Beside its own. */
  headers?: Readonly<Record<string, string>>;
  /** Hears what the request has cost, where it is a provider's. */
  onPaid?: (paid: PaidCall) => void;
};

export interface Embedder {
  /** `local:glove-100d`, `openai:text-embedding-3-small`, ...: vectors of two models are never compared. */
  readonly model: string;
  /** Of its vectors; 0 for a model that nobody has asked yet and that is known by its vectors alone. */
  readonly dimensions: number;
  /** How many texts one call takes at most. */
  readonly batchMax: number;
  /** What a million tokens cost; null where nobody has said, or where it costs nothing. */
  readonly price: Price | null;
  /** Vectors of length 1, in the order of the texts. One request, never retried here. Rejects with `ModelError` only. */
  embed(texts: readonly string[], options: EmbeddingOptions): Promise<Float32Array[]>;
}

/** The same embedder, which is asked by another way. */
export function askedBy(embedder: Embedder, embed: Embedder["embed"]): Embedder {
  const { model, batchMax, price } = embedder;
  return {
    ...{ model, batchMax, price, embed },
    get dimensions() {
      return embedder.dimensions;
    },
  };
}
