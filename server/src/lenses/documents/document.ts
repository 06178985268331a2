/**
 * A document as this wire tells it: as a File, and as a Document, which clients parse as a File too. Strings that were not
 * produced are empty, and never null.
 */
import { createHash } from "node:crypto";
import type { Chunk } from "../../task/documents/chunk.ts";
import type { DocumentPage, Produced } from "../../task/documents/document.ts";
import { isJsonObject, type Json, type JsonObject } from "../../task/json/json.ts";
import type { Document } from "../../verbs/documents.ts";
import { seconds } from "./translate.ts";

export function fileOf(document: Document) {
  const { id, bytes, filename, purpose, taskId, status, error, mediaType, md5, annotations } = document;
  return {
    id,
    object: "file",
    bytes,
    created_at: seconds(document.createdAt),
    filename,
    purpose,
    task_id: taskId,
    status,
    status_details: error,
    content_type: mediaType,
    md5,
    updated_at: seconds(document.updatedAt),
    metadata: objectOr(annotations["metadata"]),
    expires_at: document.expiresAt === null ? null : seconds(document.expiresAt),
    ...(error !== null && { processing_error_message: error }),
  };
}

export type Segment = { id: string; content: string; index: number; metadata: JsonObject; url: string };

/** `segments` stands for them, or is null as long as nothing has been read. */
export function documentOf(
  { document, produced, vectorStoreIds }: { document: Document; produced: Produced; vectorStoreIds: string[] },
  segments: string | null,
) {
  const { id, bytes, filename, purpose, status, md5, mediaType, annotations, reading, taskId } = document;
  const said = (name: string): Json => annotations[name] ?? null;
  const list = (name: string): Json[] => listOr(annotations[name]);
  return {
    id,
    object: "file",
    filename,
    bytes,
    purpose,
    status,
    md5sum: md5 ?? "",
    mime_type: mediaType,
    title: said("title") ?? reading?.title ?? filename,
    author: said("author") ?? reading?.author ?? null,
    created_at: isoTime(document.createdAt),
    updated_at: isoTime(document.updatedAt),
    url: said("url"),
    metadata: objectOr(annotations["metadata"]),
    vector_store_ids: vectorStoreIds,
    read_progress: said("read_progress"),
    bookmarks: list("bookmarks"),
    highlights: list("highlights"),
    notes: list("notes"),
    related_docs: list("related_docs"),
    is_favorite: said("is_favorite") === true,
    last_read_at: null,
    owner: said("owner"),
    permissions: list("permissions"),
    is_delete: false,
    task_id: taskId,
    content: segments === null ? null : contentOf({ document, produced, vectorStoreIds }, segments),
  };
}

function contentOf(
  { document, produced, vectorStoreIds }: { document: Document; produced: Produced; vectorStoreIds: string[] },
  segments: string,
) {
  const { md5, reading, annotations } = document;
  return {
    id: md5 ?? "",
    abstract: produced.abstract ?? "",
    summary: produced.summary ?? "",
    outline: produced.outline ?? "",
    keywords: produced.keywords ?? [],
    language: reading?.language ?? "unknown",
    url: annotations["url"] ?? null,
    page_count: reading?.pageCount ?? 0,
    file_type: reading?.fileType ?? "",
    encoding: reading?.encoding ?? null,
    status: "completed",
    metadata: { ...reading?.properties },
    vector_store_ids: vectorStoreIds,
    contexts: produced.contexts ?? [],
    images: [],
    graph: produced.graph ?? null,
    segments,
  };
}

export function pageSegment(md5: string | null, { index, name, content, recognized }: DocumentPage): Segment {
  return {
    id: `${md5 ?? ""}-P${String(index).padStart(4, "0")}`,
    content,
    index,
    metadata: { ...(name !== null && { name }), ...(recognized && { recognized }) },
    url: "",
  };
}

/** The same chunk of the same bytes has the same id. */
export function chunkSegment(md5: string | null, { index, page, start, end, text }: Chunk): Segment {
  return {
    id: uuidOf(`${md5 ?? ""} ${index}`),
    content: text,
    index,
    metadata: { page: page + 1, start, end },
    url: "",
  };
}

function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

function objectOr(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function listOr(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}
