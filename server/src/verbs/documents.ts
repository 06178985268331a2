/** The verbs of documents: uploaded files, and the text read from them. */
import type { Readable } from "node:stream";
import type { Chunk } from "../task/documents/chunk.ts";
import type { Analysis, DocumentPage, DocumentRecord, Produced } from "../task/documents/document.ts";
import type { JsonObject } from "../task/json/json.ts";
import type { Principal } from "../task/principal.ts";
import type { Idempotency } from "../task/submission.ts";
import type { Page, PlacedPage, TaskList } from "../task/task-filter.ts";
import type { Upload } from "./uploads.ts";

/** A document for its callers; `taskId` is its last task's name for clients of the documents API. */
export type Document = Omit<DocumentRecord, "produced"> & { taskId: string };

/** Work on a document beyond reading it. */
export type DocumentOptions = {
  analyses: Analysis[];
  /** Embed it, also outside of any vector store. */
  vectorize: boolean;
  /** The outline as JSON, in place of an indented Markdown list. */
  outlineAsJson: boolean;
  /** Names of unknown options: the task reports them. */
  unknown: string[];
};

/** What a verb began, or had already begun under the same idempotency key. */
export type BegunDocument = { document: Document; replayed: boolean };

export type NewDocument = {
  /** A random UUID when absent. */
  id?: string;
  filename: string;
  purpose: string;
  /** As the client declares it. */
  mediaType: string;
  from: Upload | { url: string };
  /** The MD5 that the bytes must have: 32 hex digits. */
  md5?: string;
  /** A document of the same bytes, or of this id, is answered as it is. */
  skipExisting: boolean;
  options: DocumentOptions & { /** Read the text of pictures too. */ recognize: boolean };
  /** From its creation. */
  expiresAfterMs?: number;
};

/**
 * A document is known by the id that its owner gave it; one's own is found before another's of the tenant. One that has
 * expired is `not_found`. Every verb throws `not_found` for a document that there is not.
 */
export interface Documents {
  /**
   * Makes the document and the task that reads it, in one commit. Throws `conflict` when the id is taken, or the
   * idempotency key was used for another request; `invalid`, naming `md5`, when the bytes have another one.
   */
  upload(principal: Principal, lens: string, upload: NewDocument, idempotency?: Idempotency): Promise<BegunDocument>;
  get(principal: Principal, id: string): Promise<Document>;
  /** A page; a cursor is an id. Throws `invalid` for one that is not in the list. */
  list(
    principal: Principal,
    filter: { purpose?: string },
    page: PlacedPage,
  ): Promise<{ documents: Document[]; more: boolean }>;
  /** With what analyses have produced, and the ids of the vector stores that it is in. */
  whole(
    principal: Principal,
    id: string,
  ): Promise<{ document: Document; produced: Produced; vectorStoreIds: string[] }>;
  /** Its bytes. The caller reads them to the end or destroys the stream. Throws `not_found` while a download has not brought them. */
  bytes(principal: Principal, id: string): Promise<{ document: Document; size: number; bytes: Readable }>;
  /** From this index on, at most `limit`, fewer when they have their bytes; and how many have been read. */
  pages(
    principal: Principal,
    id: string,
    from: number,
    limit: number,
  ): Promise<{ pages: DocumentPage[]; count: number }>;
  /** As they are searched, from this index on, at most `limit`; none before it was cut. */
  chunks(principal: Principal, id: string, from: number, limit: number): Promise<Chunk[]>;
  /** Changes what is said of it, name by name. */
  annotate(principal: Principal, id: string, annotations: JsonObject): Promise<Document>;
  /** Begins a task that analyses it, one that embeds it, or both; the answer names the last. Throws `invalid` when nothing is asked for. */
  analyze(principal: Principal, lens: string, id: string, options: DocumentOptions): Promise<Document>;
  /** The tasks that have worked on it, newest first, as a list of tasks is paged. */
  tasks(principal: Principal, id: string, page: Page): Promise<TaskList>;
  /** Cancels its tasks; it leaves every vector store, and is gone. */
  delete(principal: Principal, id: string): Promise<void>;
}
