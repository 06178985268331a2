/**
 * Documents, their pages, and the vector stores that they are members of. What a caller may see is filtered here by
 * `Visible`; whoever works on a document has its key. Every write is durable once it resolves.
 */
import type {
  DocumentPage,
  DocumentReading,
  DocumentRecord,
  MemberRecord,
  MemberStatus,
  Produced,
  VectorStoreRecord,
} from "../task/document.ts";
import type { JsonObject } from "../task/json.ts";
import type { Visible } from "../task/visibility.ts";

/** Lists go by creation time, then id; a cursor is the id of an item of the same list. Throws `invalid` for one that is not. */
export type ListPage = { limit: number; order: "asc" | "desc"; after?: string; before?: string };

/** Of one owner: a document or a store has its id once. */
export type OwnId = { tenant: string; user: string; id: string };

export interface DocumentStore {
  /** Throws `conflict` when its owner has a document of this id. */
  addDocument(document: DocumentRecord): Promise<void>;
  /** By its own key; null when there is none. */
  document(key: string): Promise<DocumentRecord | null>;
  /** By the id that its owner gave it; the caller's own before anybody else's of the tenant. */
  documentById(visible: Visible, own: OwnId): Promise<DocumentRecord | null>;
  documentByMd5(own: Omit<OwnId, "id">, md5: string): Promise<DocumentRecord | null>;
  documents(
    visible: Visible,
    filter: { purpose?: string },
    page: ListPage,
  ): Promise<{ documents: DocumentRecord[]; more: boolean }>;
  /** What its owner changes; undefined fields stay. Throws `not_found`. */
  annotateDocument(key: string, annotations: JsonObject, at: number): Promise<DocumentRecord>;
  /** The bytes have come. */
  fillDocument(
    key: string,
    file: Pick<DocumentRecord, "sha256" | "md5" | "bytes" | "mediaType">,
    at: number,
  ): Promise<void>;
  /** Pages that are there already are replaced. */
  putPages(key: string, pages: readonly DocumentPage[]): Promise<void>;
  /** From this index on, in order; ends after `limit` pages or 1 MB of content, whichever comes first, but has one. */
  pages(key: string, from: number, limit: number): Promise<DocumentPage[]>;
  /** Of those from 0 on without a gap. */
  pageCount(key: string): Promise<number>;
  /** What reading it has come to. An error takes its pages away. */
  finishReading(key: string, outcome: { reading: DocumentReading } | { error: string }, at: number): Promise<void>;
  /** Merged, name by name. */
  putProduced(key: string, produced: Produced, at: number): Promise<void>;
  /** With its pages, chunks, vectors and memberships. False when there is none. */
  removeDocument(key: string): Promise<boolean>;

  /** Throws `conflict` when its owner has a store of this id. Its members come with it, or nothing does. */
  addVectorStore(store: VectorStoreRecord, members: readonly MemberRecord[]): Promise<void>;
  vectorStore(key: string): Promise<VectorStoreRecord | null>;
  vectorStoreById(visible: Visible, own: OwnId): Promise<VectorStoreRecord | null>;
  vectorStores(visible: Visible, page: ListPage): Promise<{ stores: VectorStoreRecord[]; more: boolean }>;
  /** Throws `not_found`. */
  changeVectorStore(
    key: string,
    change: Partial<
      Pick<VectorStoreRecord, "name" | "description" | "metadata" | "expiresAfterMs" | "lastActiveAt" | "model">
    >,
  ): Promise<VectorStoreRecord>;
  /** With its memberships; the documents stay. */
  removeVectorStore(key: string): Promise<boolean>;

  /** A member that is there already is replaced. */
  putMembers(members: readonly MemberRecord[]): Promise<void>;
  member(vectorStore: string, document: string): Promise<MemberRecord | null>;
  /** A cursor is a document's id. */
  members(
    vectorStore: string,
    filter: { status?: MemberStatus; batch?: string },
    page: ListPage,
  ): Promise<{ members: MemberRecord[]; more: boolean }>;
  /** The stores that a document is in. */
  storesOf(document: string): Promise<VectorStoreRecord[]>;
  /** Only while it is still of the status `from`. False when it is not, or gone. */
  moveMember(
    member: Pick<MemberRecord, "vectorStore" | "document">,
    from: MemberStatus,
    to: Pick<MemberRecord, "status" | "error" | "bytes">,
  ): Promise<boolean>;
  removeMembers(vectorStore: string, documents: readonly string[]): Promise<void>;
}
