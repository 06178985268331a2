/** Searches vector stores. A question to several of them is embedded and paid for once per model. */
import type { Clock } from "../../engine/clock.ts";
import type { ChunkHit, ChunkStore } from "../../store/chunk-store.ts";
import { Damaged } from "../../store/damage.ts";
import type { DocumentStore } from "../../store/document-store.ts";
import type { VectorStoreRecord } from "../../task/documents/document.ts";
import { Refusal } from "../../task/errors.ts";
import { wellFormed } from "../../task/json/json.ts";
import type { Principal } from "../../task/principal.ts";
import type { Found, Search } from "../vector-stores.ts";
import type { OnPaid, PaidRequests, Paying } from "./paid-requests.ts";
import type { Summarize } from "./store-summaries.ts";

type Asking = { purpose: "query"; signal: AbortSignal; onPaid: OnPaid };

/** Turns questions into vectors of one model. */
type QuestionEmbedder = {
  readonly model: string;
  /** Vectors of length 1, in the order of the texts. */
  embed(texts: readonly string[], asking: Asking): Promise<Float32Array[]>;
  /** An upper bound; once the money of a day is spent, only free models are asked. */
  costUsd(texts: readonly string[]): number;
};

/** What searches and summaries of documents need. */
export type Retrieval = {
  chunks: Pick<ChunkStore, "chunks" | "search">;
  embedders: {
    /** For new stores. */
    readonly usual: QuestionEmbedder;
    /** Null when it is not configured any more. */
    named(model: string): QuestionEmbedder | null;
  };
  summarize: Summarize;
};

type Vectors = Map<string, Float32Array[]>;

/** For all stores of one question together. */
const STORES_MS_MAX = 10_000;

export class StoreSearches {
  readonly #documents: Pick<DocumentStore, "document">;
  readonly #retrieval: Retrieval;
  readonly #paid: PaidRequests;
  readonly #clock: Clock;

  constructor(documents: Pick<DocumentStore, "document">, retrieval: Retrieval, paid: PaidRequests, clock: Clock) {
    this.#documents = documents;
    this.#retrieval = retrieval;
    this.#paid = paid;
    this.#clock = clock;
  }

  /** The results of each store, best first, in the order of the stores. Throws `unavailable` when it takes too long. */
  async of(
    principal: Principal,
    stores: readonly VectorStoreRecord[],
    asked: Search,
    signal: AbortSignal,
    onPaid: OnPaid | undefined,
  ): Promise<Found[][]> {
    const search = { ...asked, queries: wellFormed(asked.queries) };
    const filled = stores.filter(({ counts }) => counts.completed > 0);
    const models = [...new Set(filled.map(({ model }) => model))];
    const vectors = await this.#vectorsOf(principal, search.queries, { models, signal, onPaid });
    const { promise: late, reject } = Promise.withResolvers<never>();
    late.catch(() => {});
    const forget = this.#clock.after(STORES_MS_MAX, () => reject(tookTooLong()));
    try {
      const found: Found[][] = [];
      // One after the other: searches share one thread, and others' questions come in between.
      for (const store of stores) {
        signal.throwIfAborted();
        found.push(filled.includes(store) ? await Promise.race([this.#found(store, search, vectors), late]) : []);
      }
      return found;
    } finally {
      forget();
    }
  }

  async #found(store: VectorStoreRecord, { queries, filter, scoreMin, limit }: Search, vectors: Vectors) {
    const hits = await this.#retrieval.chunks.search({
      vectorStore: store.key,
      queries: queries.map((text, at) => ({ text, vector: vectors.get(store.model)?.[at] ?? null })),
      model: store.model,
      ...{ filter, scoreMin, limit },
    });
    return this.#named(hits);
  }

  async #named(hits: readonly ChunkHit[]): Promise<Found[]> {
    const keys = [...new Set(hits.map(({ document }) => document))];
    const documents = await Promise.all(keys.map((key) => this.#documents.document(key).catch(leftOut)));
    const byKey = new Map(documents.flatMap((document) => (document ? [[document.key, document] as const] : [])));
    return hits.flatMap(({ document: key, ...hit }): Found[] => {
      const document = byKey.get(key);
      if (!document) return [];
      const { id: documentId, filename, reading } = document;
      return [{ ...hit, documentId, filename, paged: reading?.paged ?? false }];
    });
  }

  /** If none of these models is configured, its provider fails, or a day's money is spent, only words are searched for. */
  async #vectorsOf(
    principal: Principal,
    texts: readonly string[],
    { models, signal, onPaid }: { models: readonly string[]; signal: AbortSignal; onPaid: OnPaid | undefined },
  ): Promise<Vectors> {
    const known = models.flatMap((model) => this.#retrieval.embedders.named(model) ?? []);
    const vectors: Vectors = new Map();
    if (known.length === 0) return vectors;
    const embed = async ({ onPaid, reserve }: Paying) => {
      const costUsd = known.reduce((sum, embedder) => sum + embedder.costUsd(texts), 0);
      const isRefused = (await reserve(costUsd)) !== null;
      const asked = known.filter((embedder) => !isRefused || embedder.costUsd(texts) === 0);
      const embedding = asked.map(async (embedder) => {
        vectors.set(embedder.model, await embedder.embed(texts, { purpose: "query", signal, onPaid }));
      });
      // The cost of one is counted before the failure of another ends the request.
      const failed = (await Promise.allSettled(embedding)).find(({ status }) => status === "rejected");
      if (failed?.status === "rejected") throw failed.reason;
    };
    try {
      await this.#paid.counted("search", principal, embed, onPaid);
    } catch {
      signal.throwIfAborted();
    }
    return vectors;
  }
}

/** Its row cannot be read; the store has reported that. */
function leftOut(error: unknown): null {
  if (error instanceof Damaged) return null;
  throw error;
}

function tookTooLong(): Refusal {
  return new Refusal("unavailable", `This search takes longer than ${STORES_MS_MAX / 1_000} s: name fewer stores.`, {
    retryAfterS: 60,
  });
}
