/**
 * Chunks of documents, their vectors, and the search over both. The chunks of a document are kept once for each
 * strategy that it was cut by, and their vectors once for each model, whatever number of vector stores it is in.
 */
import type { AttributeFilter } from "../task/documents/attribute-filter.ts";
import type { Chunk, ChunkingStrategy } from "../task/documents/chunk.ts";

export type { AttributeFilter } from "../task/documents/attribute-filter.ts";

/** One cut of one document. */
export type Cut = { document: string; chunking: ChunkingStrategy };

export type ChunkQuery = {
  vectorStore: string;
  /** What is searched for, with the vector of it; without vectors only its words count. */
  queries: readonly { text: string; vector: Float32Array | null }[];
  /** The model that the vectors are of. */
  model: string;
  filter: AttributeFilter | null;
  /** 0..1, inclusive. */
  scoreMin: number;
  limit: number;
};

export type ChunkHit = {
  /** Key of the document. */
  document: string;
  chunk: Chunk;
  /** 0..1, higher is better; the same question has the same scores. */
  score: number;
  /** Of the member, and what its document's metadata says beside them. */
  attributes: Record<string, string | number | boolean>;
  /** What of the chunk's text the words of the question fit: ranges in UTF-16 units of `chunk.text`. */
  highlights: readonly { start: number; end: number }[];
};

export interface ChunkStore {
  /** Replaces those with the same indexes; `total` is how many the cut has in all. Another total begins the cut anew. */
  putChunks(cut: Cut, chunks: readonly Chunk[], total: number): Promise<void>;
  /** Null when the document was not cut so, or not to its end. */
  chunkCount(cut: Cut): Promise<number | null>;
  /** From this index on, in order; ends after `limit` chunks or 1 MB of text, whichever comes first, but has one. */
  chunks(cut: Cut, from: number, limit: number): Promise<Chunk[]>;
  /** The next chunks without a vector of this model, from the lowest on; ends as `chunks` does. */
  unembedded(cut: Cut, model: string, limit: number): Promise<Chunk[]>;
  /** Throws `not_found` when the document was not cut so. */
  putVectors(cut: Cut, model: string, vectors: readonly { index: number; vector: Float32Array }[]): Promise<void>;
  /** Removes vectors of a model that no store is of any more. */
  removeVectors(model: string): Promise<void>;
  /**
   * Removes what belonged to documents, cuts and models that are gone, and cuts of another strategy than `AUTO_CHUNKING`
   * that no member of a vector store has any more, in turns that hold nobody up.
   */
  sweep(): Promise<void>;
  /**
   * Only completed members of the vector store are looked at, of those the ones that fit the filter. Best first. Words
   * count exactly; of more than 100,000 chunks, some whose vectors are nearest may be missed. Throws `unavailable` when it
   * takes too long.
   */
  search(query: ChunkQuery): Promise<ChunkHit[]>;
  /** Resolves once no index of a large vector store is being made. Searches never wait for one. */
  whenIndexed(): Promise<void>;
}
