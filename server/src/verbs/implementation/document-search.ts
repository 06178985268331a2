/** Agents' searches in the documents of the owner whose task they do: in the vector stores that the owner may use, and no others. */
import { notFound, Refusal } from "../../task/errors.ts";
import type { Principal } from "../../task/principal.ts";
import type { Trace } from "../../task/trace.ts";
import type { CountedCall } from "../../task/usage.ts";
import type { Found, VectorStore, VectorStores } from "../vector-stores.ts";

/** `trace` comes from a process beside the server; in this process it is known. */
type Owner = Pick<Principal, "tenant" | "user"> & { tier?: string | null; trace?: Trace | null };

/** A passage of a document, with its place. */
type Passage = {
  vectorStore: string;
  file: string;
  filename: string;
  /** From 1; null for a file without pages. */
  page: number | null;
  text: string;
  score: number;
};

/** `vectorStore` is an id or a name, null for any; `within` are ids, none for all of the owner's. */
type Question = { query: string; vectorStore: string | null; within: readonly string[]; limit: number };

/** Stores searched by a question that names none: the newest. */
const STORES_MAX = 20;
/** Stores among which a name is looked for. */
const NAMED_MAX = 100;

export class DocumentSearch {
  #stores: VectorStores | null = null;

  /** Agents exist before the verbs: nothing is searched until these are given. */
  over(vectorStores: VectorStores): void {
    this.#stores = vectorStores;
  }

  async any(owner: Owner): Promise<boolean> {
    return await this.#vectorStores.hasAny(principalOf(owner));
  }

  /** Best first; the agent's task pays. Throws `not_found` when no store has that id or name. */
  async find(
    owner: Owner,
    { query, vectorStore, within, limit }: Question,
    signal: AbortSignal,
    onPaid: (call: CountedCall) => void,
  ): Promise<Passage[]> {
    const stores = await this.#asked(owner, vectorStore, within);
    const search = { queries: [query], filter: null, scoreMin: 0, limit };
    const ids = stores.map(({ id }) => id);
    const each = await this.#vectorStores.searchAll(principalOf(owner), ids, search, signal, onPaid);
    const found = [...each].flatMap(([id, passages]) => passages.map((passage) => shown(id, passage)));
    return once(found.sort((a, b) => b.score - a.score)).slice(0, limit);
  }

  get #vectorStores(): VectorStores {
    if (!this.#stores) throw new Error("An agent searches before there are stores.");
    return this.#stores;
  }

  async #asked(owner: Owner, vectorStore: string | null, within: readonly string[]): Promise<VectorStore[]> {
    if (within.length === 0)
      return vectorStore === null ? this.#newest(owner, STORES_MAX) : [await this.#named(owner, vectorStore)];
    const known = await Promise.all(within.map((id) => this.#byId(owner, id)));
    const stores = known.filter((store) => store !== null);
    if (vectorStore === null) return stores;
    const named = stores.filter(({ id, name }) => id === vectorStore || isSameName(name, vectorStore));
    if (named.length === 0) throw notFound("Vector store");
    return named;
  }

  async #byId(owner: Owner, id: string): Promise<VectorStore | null> {
    try {
      return await this.#vectorStores.get(principalOf(owner), id);
    } catch (error) {
      if (error instanceof Refusal && error.code === "not_found") return null;
      throw error;
    }
  }

  async #newest(owner: Owner, limit: number): Promise<VectorStore[]> {
    const { stores } = await this.#vectorStores.list(principalOf(owner), { limit, order: "desc" });
    return stores;
  }

  async #named(owner: Owner, name: string): Promise<VectorStore> {
    const own = await this.#byId(owner, name);
    if (own) return own;
    const named = (await this.#newest(owner, NAMED_MAX)).find((store) => isSameName(store.name, name));
    if (!named) throw notFound("Vector store");
    return named;
  }
}

function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** A task acts for its owner, and sees as much as that user. */
function principalOf({ tenant, user, tier = null, trace = null }: Owner): Principal {
  const told = { ...(tier !== null && { tier }), ...(trace !== null && { trace }) };
  return { tenant, user, scopes: new Set(["tasks"]), keyId: "task", ...told };
}

function shown(vectorStore: string, { documentId, filename, chunk, paged, score }: Found): Passage {
  return { vectorStore, file: documentId, filename, page: paged ? chunk.page + 1 : null, text: chunk.text, score };
}

/** Removes duplicates: a document may be in several stores. */
function once(passages: readonly Passage[]): Passage[] {
  return [
    ...new Map(passages.toReversed().map((passage) => [`${passage.file}\n${passage.text}`, passage])).values(),
  ].toReversed();
}
