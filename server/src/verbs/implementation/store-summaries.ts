/** Short summaries of the documents of a vector store: made on request, and kept until the documents change. */
import type { Clock } from "../../engine/clock.ts";
import type { DocumentStore } from "../../store/document-store.ts";
import type { VectorStoreRecord } from "../../task/documents/document.ts";
import { Refusal } from "../../task/errors.ts";
import type { StoreSummary } from "../vector-stores.ts";

/** Summarizes texts in at most so many tokens, and names the model. */
export type Summarize = (
  texts: readonly string[],
  tokensMax: number,
  tenant: string,
) => Promise<{ text: string; model: string; tokens: number }>;

/** Documents read for one summary, and characters of each. */
const DOCUMENTS_MAX = 200;
const CHARACTERS_OF_DOCUMENT = 20_000;
/** Summaries that are kept. */
const KEPT_MAX = 200;

export class StoreSummaries {
  readonly #documents: DocumentStore;
  readonly #summarize: Summarize | null;
  readonly #clock: Clock;
  /** By a hash of what they were made from. */
  readonly #kept = new Map<string, StoreSummary>();

  constructor(documents: DocumentStore, summarize: Summarize | null, clock: Clock) {
    this.#documents = documents;
    this.#summarize = summarize;
    this.#clock = clock;
  }

  async of(store: VectorStoreRecord, tokensMax: number): Promise<StoreSummary> {
    const began = this.#clock.now();
    const { members } = await this.#documents.members(
      store.key,
      { status: "completed" },
      { limit: DOCUMENTS_MAX, order: "asc" },
    );
    const made = members.map(({ document, createdAt, bytes }) => [document, createdAt, bytes]);
    const key = JSON.stringify([store.key, tokensMax, made]);
    const known = this.#kept.get(key);
    if (known) return known;
    const texts: string[] = [];
    for (const { document } of members) texts.push(await this.#textOf(document));
    const said = texts.filter((text) => text.trim() !== "");
    if (said.length === 0 || !this.#summarize)
      throw new Refusal("not_allowed_in_state", "No file of this vector store can be read yet.");
    const summary = await this.#summarize(said, tokensMax, store.tenant);
    const createdAt = this.#clock.now();
    const kept = { ...summary, createdAt, durationMs: createdAt - began };
    if (this.#kept.size >= KEPT_MAX) this.#kept.clear();
    this.#kept.set(key, kept);
    return kept;
  }

  async #textOf(document: string): Promise<string> {
    let text = "";
    for (let from = 0; text.length < CHARACTERS_OF_DOCUMENT; ) {
      const pages = await this.#documents.pages(document, from, 10);
      if (pages.length === 0) break;
      text += pages.map(({ content }) => `${content}\n\n`).join("");
      from += pages.length;
    }
    return text.slice(0, CHARACTERS_OF_DOCUMENT);
  }
}
