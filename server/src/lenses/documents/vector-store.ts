/** Vector stores, their files and batches as this wire tells them. */
import type { ChunkingStrategy } from "../../task/documents/chunk.ts";
import type { MemberStatus } from "../../task/documents/document.ts";
import type { Batch, Member, VectorStore } from "../../verbs/vector-stores.ts";
import { seconds } from "./translate.ts";
import { lastErrorCode } from "./vocabulary.ts";

const DAY_MS = 86_400_000;

type Counts = Readonly<Record<MemberStatus, number>>;

function countsOf({ in_progress, completed, failed, cancelled }: Counts) {
  const total = in_progress + completed + failed + cancelled;
  return { in_progress, completed, failed, cancelled, total };
}

function strategyOf({ maxTokens, overlapTokens }: ChunkingStrategy) {
  return { type: "static", static: { max_chunk_size_tokens: maxTokens, chunk_overlap_tokens: overlapTokens } };
}

export function vectorStoreOf(store: VectorStore, fileIds: readonly string[]) {
  const { id, name, description, metadata, counts, bytes, expiresAfterMs, expiresAt } = store;
  return {
    id,
    object: "vector_store",
    created_at: seconds(store.createdAt),
    name,
    description,
    bytes: counts.completed === 0 ? null : bytes,
    usage_bytes: bytes,
    file_counts: countsOf(counts),
    task_id: store.taskId,
    status: statusOf(store),
    file_ids: fileIds,
    metadata,
    chunking_strategy: strategyOf(store.chunking),
    last_active_at: seconds(store.lastActiveAt),
    expires_after: expiresAfterMs === null ? null : expiryOf(expiresAfterMs),
    expires_at: expiresAt === null ? null : seconds(expiresAt),
  };
}

export function statusOf({ expired, counts }: VectorStore): "in_progress" | "completed" | "expired" {
  if (expired) return "expired";
  return counts.in_progress > 0 ? "in_progress" : "completed";
}

/** Whole days as OpenAI's clients say it, anything else in seconds. */
function expiryOf(ms: number) {
  return ms % DAY_MS === 0 ? { anchor: "last_active_at", days: ms / DAY_MS } : seconds(ms);
}

export function memberOf(member: Member) {
  const { documentId, vectorStoreId, status, bytes, error, attributes, chunking, taskId } = member;
  return {
    id: documentId,
    object: "vector_store.file",
    created_at: seconds(member.createdAt),
    vector_store_id: vectorStoreId,
    status,
    usage_bytes: bytes,
    last_error: error === null ? null : { code: lastErrorCode(error), message: error },
    attributes,
    chunking_strategy: strategyOf(chunking),
    task_id: taskId,
  };
}

export function batchOf(batch: Batch) {
  return {
    id: batch.id,
    object: "vector_store.files_batch",
    created_at: seconds(batch.createdAt),
    vector_store_id: batch.vectorStoreId,
    status: batchStatus(batch.counts),
    file_counts: countsOf(batch.counts),
    task_id: batch.taskId,
  };
}

/** What a batch has come to: cancelled when some of it was, failed when nothing of it could be done. */
export function batchStatus({ in_progress, completed, failed, cancelled }: Counts): MemberStatus {
  if (in_progress > 0) return "in_progress";
  if (cancelled > 0) return "cancelled";
  return failed > 0 && completed === 0 ? "failed" : "completed";
}
