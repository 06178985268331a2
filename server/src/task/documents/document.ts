/**
 * A file that a caller uploaded, what was read from it, and the vector stores that it can be found in. Ids are the
 * caller's own words or random ones, unique for one owner; `key` is ours, and names the record everywhere inside.
 */
import { z } from "zod";
import type { TaskId } from "../id.ts";
import type { JsonObject } from "../json/json.ts";
import type { ChunkingStrategy } from "./chunk.ts";
import { ANALYSES } from "./document-words.ts";

export { ANALYSES, type Analysis, PURPOSES } from "./document-words.ts";

/** The kinds of work on documents. */
export const DOCUMENT_KINDS = [
  "file_processing",
  "vectorization",
  "vector_store_creation",
  "document_analysis",
  "vector_store_deletion",
] as const;
export type DocumentKind = (typeof DOCUMENT_KINDS)[number];

const key = z.uuid();

/** What people call the document or the store: the task's title has it. */
const subject = z.string().max(255).default("");

/** What tasks of each kind are handed. Documents and stores are named by their keys. */
export const documentInputs = {
  file_processing: z.strictObject({
    document: key,
    subject,
    analyses: z.array(z.enum(ANALYSES)).default([]),
    /** Embed it, also outside of any store. */
    vectorize: z.boolean().default(false),
    /** Read the text of pictures too. */
    recognize: z.boolean().default(true),
    /** The outline as JSON, in place of an indented Markdown list. */
    outlineAsJson: z.boolean().default(false),
    /** To be fetched first: the bytes are not there yet. */
    url: z.string().nullable().default(null),
  }),
  /** Either one document by itself, or what a store's files have become: every member that is in progress is embedded. */
  vectorization: z.union([z.strictObject({ document: key, subject }), z.strictObject({ vectorStore: key, subject })]),
  vector_store_creation: z.strictObject({ vectorStore: key, subject }),
  document_analysis: z.strictObject({
    document: key,
    subject,
    analyses: z.array(z.enum(ANALYSES)).min(1),
    outlineAsJson: z.boolean().default(false),
  }),
  /** `id` as its owner named it: the record is gone by then. */
  vector_store_deletion: z.strictObject({ vectorStore: key, id: z.string(), subject }),
} as const;

export const DOCUMENT_STATUSES = ["uploaded", "processed", "error"] as const;
type DocumentStatus = (typeof DOCUMENT_STATUSES)[number];

export type DocumentRecord = {
  key: string;
  tenant: string;
  user: string;
  /** As its owner names it. */
  id: string;
  filename: string;
  purpose: string;
  /** Null until a download has brought the bytes. */
  sha256: string | null;
  md5: string | null;
  bytes: number;
  /** By content, once it is known; until then as the caller declared it. */
  mediaType: string;
  status: DocumentStatus;
  /** Why it could not be read: begins with the machine word. */
  error: string | null;
  createdAt: number;
  updatedAt: number;
  expiresAt: number | null;
  /** Its last task: of its upload, or of a later analysis or embedding. Null when it never had one. */
  task: TaskId | null;
  /** What its owner says of it: title, notes, bookmarks ...; the lens knows the names. */
  annotations: JsonObject;
  /** What was read from it; null until it has been. */
  reading: DocumentReading | null;
  /** What analyses have produced so far. */
  produced: Produced;
};

export type DocumentReading = {
  fileType: string;
  encoding: string | null;
  paged: boolean;
  pageCount: number;
  title: string | null;
  author: string | null;
  properties: Record<string, string>;
  /** ISO 639-1 or `unknown`. */
  language: string;
  chunks: number;
};

export type DocumentPage = {
  /** From 0. */
  index: number;
  /** Of a sheet, a slide or a chapter. */
  name: string | null;
  /** Markdown. */
  content: string;
  /** Read from its picture. */
  recognized: boolean;
};

export type Produced = {
  abstract?: string;
  summary?: string;
  outline?: string;
  keywords?: string[];
  contexts?: string[];
  graph?: DocumentGraph;
  /** `extractive` or the name of a model. */
  method?: string;
};

export type DocumentGraph = {
  entities: { name: string; type: string; count: number }[];
  relationships: { source: string; target: string; weight: number }[];
};

export const MEMBER_STATUSES = ["in_progress", "completed", "failed", "cancelled"] as const;
export type MemberStatus = (typeof MEMBER_STATUSES)[number];

export type VectorStoreRecord = {
  key: string;
  tenant: string;
  user: string;
  id: string;
  name: string;
  description: string;
  metadata: JsonObject;
  chunking: ChunkingStrategy;
  /** The model that its vectors are of; another one is configured: they are embedded anew while these answer. */
  model: string;
  createdAt: number;
  lastActiveAt: number;
  /** After it was last used; null: never. */
  expiresAfterMs: number | null;
  /** The last task that has changed it. */
  task: TaskId | null;
  /** Of its members, kept in the transaction that changes them. */
  counts: Record<MemberStatus, number>;
  bytes: number;
};

/** A document's place in a vector store. */
export type MemberRecord = {
  vectorStore: string;
  document: string;
  status: MemberStatus;
  /** Machine word and sentence; null unless failed. */
  error: string | null;
  /** Strings, numbers and booleans that searches filter by. */
  attributes: Record<string, string | number | boolean>;
  chunking: ChunkingStrategy;
  /** The batch that it came with last. */
  batch: string | null;
  /** The task that it came with last. */
  task: TaskId | null;
  bytes: number;
  createdAt: number;
};

/** A member, with what its document is called. */
export type NamedMember = MemberRecord & { documentId: string; filename: string };

/** Files that came into a vector store together. */
export type BatchRecord = {
  id: string;
  vectorStore: string;
  createdAt: number;
  task: TaskId | null;
};
