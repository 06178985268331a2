/**
 * Documents, their pages, and the vector stores that they are members of. What a caller may see is filtered here by
 * `Visible`; whoever works on a document has its key. Every write is durable once it resolves. What comes with a new task
 * is not written here but with that task, as its `DocumentWrite`. An entry of the audit log that is given commits with
 * what was done, when anything was.
 */
import type { AuditEntry } from "../task/audit.ts";
import type {
  BatchRecord,
  DocumentPage,
  DocumentReading,
  DocumentRecord,
  MemberRecord,
  MemberStatus,
  NamedMember,
  Produced,
  VectorStoreRecord,
} from "../task/documents/document.ts";
import type { JsonObject } from "../task/json/json.ts";
import type { PlacedPage } from "../task/task-filter.ts";
import type { Visible } from "../task/visibility.ts";
import type { DocumentWrite, VectorStoreChange } from "./document-write.ts";

/** Of one owner: a document or a store has its id once. */
export type OwnId = { tenant: string; user: string; id: string };

/** What the row of a member takes, with its indexes: it counts with what its vector store holds. */
export const MEMBER_ROW_BYTES = 256;

export interface DocumentStore {
  /** All of it or nothing. Throws `conflict` when an id is taken, `not_found` when a document or a store is gone. */
  put(write: DocumentWrite, audit?: AuditEntry): Promise<void>;
  /** By its own key; null when there is none. */
  document(key: string): Promise<DocumentRecord | null>;
  /** By the id that its owner gave it; the caller's own before anybody else's of the tenant. */
  documentById(visible: Visible, own: OwnId): Promise<DocumentRecord | null>;
  /** The newest that has these bytes. */
  documentByMd5(own: Omit<OwnId, "id">, md5: string): Promise<DocumentRecord | null>;
  /** Those that have not expired at `at`. What analyses have produced is not in a list. */
  documents(
    visible: Visible,
    filter: { purpose?: string; at: number },
    page: PlacedPage,
  ): Promise<{ documents: Omit<DocumentRecord, "produced">[]; more: boolean }>;
  /** What its owner changes, name by name. Throws `not_found`. */
  annotateDocument(key: string, annotations: JsonObject, at: number, audit?: AuditEntry): Promise<DocumentRecord>;
  /** The bytes have come. Throws `not_found`. */
  fillDocument(
    key: string,
    file: Pick<DocumentRecord, "sha256" | "md5" | "bytes" | "mediaType">,
    at: number,
  ): Promise<void>;
  /** Pages that are there already are replaced. Throws `not_found`. */
  putPages(key: string, pages: readonly DocumentPage[]): Promise<void>;
  /** From this index on, in order; ends after `limit` pages or 1 MB of content, whichever comes first, but has one. */
  pages(key: string, from: number, limit: number): Promise<DocumentPage[]>;
  /** Of those from 0 on without a gap. */
  pageCount(key: string): Promise<number>;
  /** What reading it has come to. An error takes its pages away. Throws `not_found`. */
  finishReading(key: string, outcome: { reading: DocumentReading } | { error: string }, at: number): Promise<void>;
  /** Merged, name by name. Throws `not_found`. */
  putProduced(key: string, produced: Produced, at: number): Promise<void>;
  /** With its pages, chunks, vectors and memberships. False when there is none. */
  removeDocument(key: string, audit?: AuditEntry): Promise<boolean>;

  vectorStore(key: string): Promise<VectorStoreRecord | null>;
  vectorStoreById(visible: Visible, own: OwnId): Promise<VectorStoreRecord | null>;
  vectorStores(visible: Visible, page: PlacedPage): Promise<{ stores: VectorStoreRecord[]; more: boolean }>;
  /** Whether the owner has any. It stands behind no list and no search. */
  hasVectorStore(owner: Pick<VectorStoreRecord, "tenant" | "user">): Promise<boolean>;
  /** Of all tenants, those whose vectors are of another model, by key, from after this one on. */
  vectorStoresOfOtherModels(
    model: string,
    after: string,
    limit: number,
  ): Promise<{ stores: VectorStoreRecord[]; next: string | null }>;
  /** Throws `not_found`. */
  changeVectorStore(key: string, change: VectorStoreChange): Promise<VectorStoreRecord>;
  /** With its memberships; the documents stay. */
  removeVectorStore(key: string): Promise<boolean>;

  member(vectorStore: string, document: string): Promise<NamedMember | null>;
  /** A cursor is a document's id. */
  members(
    vectorStore: string,
    filter: { status?: MemberStatus; batch?: string },
    page: PlacedPage,
  ): Promise<{ members: NamedMember[]; more: boolean }>;
  /** The ids of its documents, the oldest members first, at most `limit`. */
  memberIds(vectorStore: string, limit: number): Promise<string[]>;
  /** The stores that a document is in. */
  storesOf(document: string): Promise<VectorStoreRecord[]>;
  /** Only while it is still of the status `from`. False when it is not, or gone. */
  moveMember(
    member: Pick<MemberRecord, "vectorStore" | "document">,
    from: MemberStatus,
    to: Pick<MemberRecord, "status" | "error" | "bytes">,
  ): Promise<boolean>;
  /** False when there is no such member. */
  setAttributes(
    member: Pick<MemberRecord, "vectorStore" | "document">,
    attributes: MemberRecord["attributes"],
    audit?: AuditEntry,
  ): Promise<boolean>;
  /** Those in progress that came with this batch, or with this task, are cancelled. Returns how many. */
  cancelMembers(of: { batch: string } | { task: string }, audit?: AuditEntry): Promise<number>;
  /** The documents stay. */
  removeMembers(vectorStore: string, documents: readonly string[], audit?: AuditEntry): Promise<void>;
  /** With how many of it are in each status. */
  batch(vectorStore: string, id: string): Promise<(BatchRecord & { counts: Record<MemberStatus, number> }) | null>;

  /** How many documents were read, and how many vector stores there are: of one tenant, or of all. */
  counts(tenant: string | null): Promise<{ processed: number; vectorStores: number }>;
}
