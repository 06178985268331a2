/** Files and vector stores -> native wire: the records in snake_case, by the ids that their owner gave them, and without our keys. */
import type { z } from "zod";
import type { ChunkingStrategy } from "../../task/documents/chunk.ts";
import type { DocumentPage, Produced } from "../../task/documents/document.ts";
import type { Document } from "../../verbs/documents.ts";
import type { Found, Member, StoreSummary, VectorStore } from "../../verbs/vector-stores.ts";
import type * as wire from "./document-schema.ts";
import { timeOrNull, wireTime } from "./translate.ts";

type Wire<Schema extends z.ZodType> = z.output<Schema>;

export function wireFile(document: Document): wire.FileWire {
  const { id, filename, purpose, mediaType, bytes, md5, status, error, task, reading, user } = document;
  return {
    id,
    filename,
    purpose,
    media_type: mediaType,
    bytes,
    md5,
    status,
    error,
    task_id: task,
    reading: reading === null ? null : wireReading(reading),
    user,
    created_at: wireTime(document.createdAt),
    updated_at: wireTime(document.updatedAt),
    expires_at: timeOrNull(document.expiresAt),
  };
}

function wireReading(reading: NonNullable<Document["reading"]>): Wire<typeof wire.reading> {
  const { fileType, language, pageCount, chunks, title, author, properties } = reading;
  return { file_type: fileType, language, pages: pageCount, chunks, title, author, properties };
}

export function wirePage({ index, name, content, recognized }: DocumentPage): Wire<typeof wire.filePage> {
  return { number: index + 1, name, content, recognized };
}

export function wireAnalysis(produced: Produced): Wire<typeof wire.analysis> {
  const { abstract, summary, outline, keywords, contexts, graph, method } = produced;
  return {
    abstract: abstract ?? null,
    summary: summary ?? null,
    outline: outline ?? null,
    keywords: keywords ?? null,
    contexts: contexts ?? null,
    graph: graph ?? null,
    method: method ?? null,
  };
}

function wireChunking({ maxTokens, overlapTokens }: ChunkingStrategy) {
  return { max_tokens: maxTokens, overlap_tokens: overlapTokens };
}

/** The other way. */
export function chunkingOf({ max_tokens, overlap_tokens }: ReturnType<typeof wireChunking>): ChunkingStrategy {
  return { maxTokens: max_tokens, overlapTokens: overlap_tokens };
}

export function wireVectorStore(store: VectorStore): Wire<typeof wire.vectorStore> {
  const { id, name, description, metadata, counts, bytes, chunking, model, task, user } = store;
  return {
    id,
    name,
    description,
    metadata,
    status: store.expired ? "expired" : counts.in_progress > 0 ? "in_progress" : "completed",
    file_counts: counts,
    bytes,
    chunking: wireChunking(chunking),
    model,
    task_id: task,
    user,
    created_at: wireTime(store.createdAt),
    last_active_at: wireTime(store.lastActiveAt),
    expires_after_ms: store.expiresAfterMs,
    expires_at: timeOrNull(store.expiresAt),
  };
}

export function wireStoreFile(member: Member): Wire<typeof wire.storeFile> {
  const { documentId, filename, vectorStoreId, status, error, bytes, attributes, chunking, task } = member;
  return {
    file_id: documentId,
    filename,
    vector_store_id: vectorStoreId,
    status,
    error,
    bytes,
    attributes,
    chunking: wireChunking(chunking),
    task_id: task,
    created_at: wireTime(member.createdAt),
  };
}

export function wireHit({ documentId, filename, score, chunk, paged, attributes, highlights }: Found) {
  const hit: Wire<typeof wire.hit> = {
    file_id: documentId,
    filename,
    score,
    text: chunk.text,
    page: paged ? chunk.page + 1 : null,
    place: { page: chunk.page + 1, start: chunk.start, end: chunk.end },
    attributes,
    highlights: highlights.map(({ start, end }) => ({ start, end })),
  };
  return hit;
}

export function wireStoreSummary({ text, model, tokens, createdAt }: StoreSummary): Wire<typeof wire.storeSummary> {
  return { text, model, tokens, created_at: wireTime(createdAt) };
}
