/** The verbs of vector stores: make one of documents, change its members, and search it. */
import type { AttributeFilter } from "../task/documents/attribute-filter.ts";
import type { Chunk, ChunkingStrategy } from "../task/documents/chunk.ts";
import type {
  BatchRecord,
  MemberRecord,
  MemberStatus,
  NamedMember,
  VectorStoreRecord,
} from "../task/documents/document.ts";
import type { TaskId } from "../task/id.ts";
import type { JsonObject } from "../task/json/json.ts";
import type { Principal } from "../task/principal.ts";
import type { Idempotency } from "../task/submission.ts";
import type { Page, PlacedPage, TaskList } from "../task/task-filter.ts";
import type { CountedCall } from "../task/usage.ts";

/** A vector store for its callers; `taskId` is its last task's name for clients of the documents API. */
export type VectorStore = VectorStoreRecord & {
  taskId: string;
  /** Null: never. */
  expiresAt: number | null;
  expired: boolean;
};

/** What a verb began, or had already begun under the same idempotency key. */
export type BegunVectorStore = { store: VectorStore; replayed: boolean };

export type Member = NamedMember & { taskId: string; vectorStoreId: string };
export type Batch = BatchRecord & { taskId: string; vectorStoreId: string; counts: Record<MemberStatus, number> };

export type NewVectorStore = {
  /** Random when absent. */
  id?: string;
  name: string;
  description: string;
  metadata: JsonObject;
  documentIds: readonly string[];
  /** Its name is unique among its owner's stores whose metadata has this key. */
  nameAmong?: string;
  /** The usual chunking when absent. */
  chunking?: ChunkingStrategy;
  /** After its last use. */
  expiresAfterMs: number | null;
};

export type VectorStoreUpdate = {
  name?: string;
  /** A new name is unique among its owner's stores whose metadata has this key. */
  nameAmong?: string;
  description?: string;
  metadata?: JsonObject;
  expiresAfterMs?: number | null;
  join?: readonly string[];
  leave?: readonly string[];
};

export type NewMember = {
  documentId: string;
  attributes: MemberRecord["attributes"];
  /** The store's own when absent. */
  chunking?: ChunkingStrategy;
};

export type Search = {
  queries: readonly string[];
  filter: AttributeFilter | null;
  /** 0..1, inclusive. */
  scoreMin: number;
  limit: number;
};

export type Found = {
  documentId: string;
  filename: string;
  chunk: Chunk;
  /** It has pages of its own, whose numbers mean something to a reader. */
  paged: boolean;
  /** 0..1, higher is better. */
  score: number;
  attributes: MemberRecord["attributes"];
  /** Where the question's words are in the chunk's text, in UTF-16 units. */
  highlights: readonly { start: number; end: number }[];
};

export type StoreSummary = { text: string; model: string; tokens: number; createdAt: number; durationMs: number };

/**
 * A vector store is known by the id that its owner gave it; one's own is found before another's of the tenant. Every verb throws
 * `not_found` for a store, or a file of it, that does not exist.
 */
export interface VectorStores {
  /**
   * Makes it with its members and the task that embeds them, in one commit. Throws `conflict` when the id or the name is taken,
   * `not_found`, naming `file_ids`, when a document is not there; `conflict` also when the idempotency key was used for
   * another request.
   */
  create(
    principal: Principal,
    lens: string,
    store: NewVectorStore,
    idempotency?: Idempotency,
  ): Promise<BegunVectorStore>;
  get(principal: Principal, id: string): Promise<VectorStore>;
  /** The ids of the documents of a store that a verb has given, those first that are longest in it, at most 10,000. */
  documentIds(store: Pick<VectorStore, "key">): Promise<string[]>;
  /** Whether the principal has any of its own. */
  hasAny(principal: Principal): Promise<boolean>;
  /** A page; a cursor is an id. Throws `invalid` for one that is not in the list. */
  list(principal: Principal, page: PlacedPage): Promise<{ stores: VectorStore[]; more: boolean }>;
  /** Begins a task when documents join or leave. Throws `not_found` and, for a name, `conflict` as `create` does. */
  change(principal: Principal, lens: string, id: string, update: VectorStoreUpdate): Promise<VectorStore>;
  /** Cancels its tasks; it is gone at once, its documents stay. Returns the task that clears up behind it, and its name. */
  delete(principal: Principal, lens: string, id: string): Promise<{ id: string; task: TaskId; taskId: string }>;
  /** The tasks that have worked on it, newest first, as a list of tasks is paged. */
  tasks(principal: Principal, id: string, page: Page): Promise<TaskList>;

  /** Begins a task that embeds them; those that are there already are taken anew. With `batch` they are one. */
  add(
    principal: Principal,
    lens: string,
    id: string,
    members: readonly NewMember[],
    batch: boolean,
  ): Promise<{ members: Member[]; batch: Batch | null }>;
  member(principal: Principal, id: string, documentId: string): Promise<Member>;
  /** A page; a cursor is the id of a document. Throws `invalid` for one that is not in the list. */
  members(
    principal: Principal,
    id: string,
    filter: { status?: MemberStatus; batch?: string },
    page: PlacedPage,
  ): Promise<{ members: Member[]; more: boolean }>;
  /** Replaces the attributes of a member. */
  setAttributes(
    principal: Principal,
    id: string,
    documentId: string,
    attributes: MemberRecord["attributes"],
  ): Promise<Member>;
  /** Takes a document out of it; the document stays. */
  remove(principal: Principal, id: string, documentId: string): Promise<void>;
  /** How many of the batch's documents are in each status. */
  batch(principal: Principal, id: string, batchId: string): Promise<Batch>;
  /** Cancels the part of it in progress, and its task. An ended batch stays as it is. */
  cancelBatch(principal: Principal, id: string, batchId: string): Promise<Batch>;

  /**
   * Best first; the same question has the same scores. The caller pays for the vectors of the question, or, with `onPaid`,
   * whoever hears so. Throws `not_allowed_in_state` when the store has expired.
   */
  search(
    principal: Principal,
    id: string,
    search: Search,
    signal: AbortSignal,
    onPaid?: (call: CountedCall) => void,
  ): Promise<Found[]>;
  /**
   * As `search` in several, by their ids: the vectors are paid for once for each model of these. A store that is not there or
   * has expired is left out. Throws `unavailable` when to search them takes longer than 10 s.
   */
  searchAll(
    principal: Principal,
    ids: readonly string[],
    search: Search,
    signal: AbortSignal,
    onPaid?: (call: CountedCall) => void,
  ): Promise<Map<string, Found[]>>;
  /**
   * A short summary of its documents; kept until they change. It names the model that wrote it. Throws `not_allowed_in_state` when none
   * of its documents can be read.
   */
  summary(principal: Principal, id: string, tokensMax: number): Promise<StoreSummary>;

  /** The numbers of the tenant's processed documents and vector stores. */
  counts(principal: Principal): Promise<{ processed: number; vectorStores: number }>;
}
