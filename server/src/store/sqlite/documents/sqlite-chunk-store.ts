/** The chunk store over the channels to the writer, the reader by key, and the finder. */

import { SLICE_CHUNKS } from "../../../retrieval/postings.ts";
import { quantised } from "../../../retrieval/quantised.ts";
import type { Chunk } from "../../../task/documents/chunk.ts";
import type { ChunkHit, ChunkQuery, ChunkStore, Cut } from "../../chunk-store.ts";
import { memberAttributes } from "../../codec/document-rows.ts";
import { Damaged, type DamageLog } from "../../damage.ts";
import { numberIn, textIn } from "../column.ts";
import type { Channel } from "../thread/channel.ts";
import type { Reads } from "../thread/reads.ts";
import type { Writes } from "../thread/writes.ts";
import { MERGED_CHUNKS_MIN } from "./chunk-index/coverage.ts";
import type { Indexing } from "./chunk-index/indexer.ts";
import type { ChunkRow, CutKey } from "./chunk-writes.ts";
import type { Searches } from "./finder.ts";

/** Until then no search starts another indexer: the disk may refuse the index. */
const RETRIED_AFTER_MS = 60_000;

type Parts = {
  writes: Channel<Writes>;
  reads: Channel<Reads>;
  finder: Channel<Searches>;
  /** Starts the indexer. */
  indexer: () => Channel<Indexing>;
  damage: DamageLog;
};

export class SqliteChunkStore implements ChunkStore {
  readonly #parts: Parts;
  /** Vector stores that have more to search than when they were last looked at. */
  #grown = new Set<string>();
  #embedded = 0;
  #indexing: Promise<void> | null = null;
  #beginning: Promise<void> | null = null;
  /** In the process's own monotonic time. */
  #failedAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async putChunks(cut: Cut, chunks: readonly Chunk[], total: number): Promise<void> {
    const key = keyOf(cut);
    const slices = inSlices(chunks);
    if (slices.length === 0) slices.push([]);
    for (const slice of slices) {
      await this.#parts.writes.send("putChunks", { cut: key, total, chunks: slice.map(rowOf) });
    }
  }

  async chunkCount(cut: Cut): Promise<number | null> {
    return await this.#parts.reads.send("chunkCount", keyOf(cut));
  }

  async chunks(cut: Cut, from: number, limit: number): Promise<Chunk[]> {
    const { rows } = await this.#parts.reads.send("chunks", { cut: keyOf(cut), from, limit });
    return rows.map(chunkOf);
  }

  async unembedded(cut: Cut, model: string, limit: number): Promise<Chunk[]> {
    return (await this.#parts.reads.send("unembedded", { cut: keyOf(cut), model, limit })).map(chunkOf);
  }

  async putVectors(
    cut: Cut,
    model: string,
    vectors: readonly { index: number; vector: Float32Array }[],
  ): Promise<void> {
    const dimensions = vectors[0]?.vector.length ?? 0;
    for (const slice of inSlices(vectors)) {
      const encoded = slice.map(({ index, vector }) => ({ index, numbers: base64Of(quantised(vector)) }));
      await this.#parts.writes.send("putVectors", { cut: keyOf(cut), model, dimensions, vectors: encoded });
      this.#embedded += slice.length;
    }
  }

  async removeVectors(model: string): Promise<void> {
    await this.#parts.writes.send("removeVectors", { model });
    await this.sweep();
  }

  async sweep(): Promise<void> {
    while (await this.#parts.writes.send("sweepChunks", null));
  }

  async search({ queries, ...query }: ChunkQuery): Promise<ChunkHit[]> {
    const encoded = queries.map(({ text, vector }) => ({ text, vector: vector && base64Of(vector) }));
    const search = () => this.#parts.finder.send("search", { ...query, queries: encoded });
    const sent = this.#parts.damage.passingOver(search);
    const { found, isIndexed, leftOut } = await sent.catch((error: unknown) => {
      // It may have taken too long for want of an index.
      this.#index(query.vectorStore);
      throw error;
    });
    if (!isIndexed) this.#index(query.vectorStore);
    for (const what of leftOut) this.#parts.damage.note(new Damaged(what, new Error("a page of it is damaged")));
    return found.map(({ document, attributes, score, chunk, highlights }) => ({
      document,
      chunk: chunkOf(chunk),
      score,
      attributes: memberAttributes.parse(attributes),
      highlights,
    }));
  }

  /** Has the index of grown stores brought up to date, once there can be enough for another segment. */
  noteGrown(vectorStore: string): void {
    this.#grown.add(vectorStore);
    if (this.#embedded >= MERGED_CHUNKS_MIN) this.#index(vectorStore);
  }

  /**
   * Has the index of every large vector store brought up to date, in the background: after a start it may be missing, and the first
   * search would read all rows.
   */
  indexLarge(): void {
    this.#beginning = this.#parts.reads.send("largeVectorStores", MERGED_CHUNKS_MIN).then(
      (keys) => {
        for (const key of keys) this.#index(key);
      },
      // A search has the same results without.
      () => {},
    );
  }

  async whenIndexed(): Promise<void> {
    await this.#beginning;
    await this.#indexing;
  }

  #index(vectorStore: string): void {
    if (this.#isClosed || performance.now() - this.#failedAt < RETRIED_AFTER_MS) return;
    this.#grown.add(vectorStore);
    this.#indexing ??= this.#indexGrown().finally(() => {
      this.#indexing = null;
    });
  }

  /** A failure is tried again at a later search, which has the same results without. */
  async #indexGrown(): Promise<void> {
    const indexer = this.#parts.indexer();
    try {
      for (let [next] = this.#grown; next !== undefined && !this.#isClosed; [next] = this.#grown) {
        this.#grown.delete(next);
        this.#embedded = 0;
        while (!this.#isClosed && (await indexer.send("index", { vectorStore: next })));
      }
    } catch {
      this.#grown.clear();
      this.#failedAt = performance.now();
    } finally {
      await indexer.close();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#parts.finder.close(), this.#indexing]);
  }
}

function keyOf({ document, chunking: { maxTokens, overlapTokens } }: Cut): CutKey {
  return { document, maxTokens, overlapTokens };
}

function rowOf({ index, page, start, end, tokens, text }: Chunk): ChunkRow {
  return [index, page, start, end, tokens, text];
}

function chunkOf(row: unknown[]): Chunk {
  const [index, page, start, end, tokens, text] = row;
  return {
    index: numberIn(index),
    page: numberIn(page),
    start: numberIn(start),
    end: numberIn(end),
    text: textIn(text),
    tokens: numberIn(tokens),
  };
}

/** By slices: one call of the writer takes one. */
function inSlices<Item extends { index: number }>(items: readonly Item[]): Item[][] {
  return [...Map.groupBy(items, ({ index }) => Math.floor(index / SLICE_CHUNKS)).values()];
}

function base64Of({ buffer, byteOffset, byteLength }: Int8Array | Float32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}
