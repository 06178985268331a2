/**
 * Knowledge bases to this wire and back. One is a vector store: those of other APIs are knowledge bases too, as far as
 * their ids are UUIDs, which clients insist on. What of a knowledge base a vector store has no place for lies in its
 * metadata.
 */
import type { ChunkingStrategy } from "../../../task/documents/chunk.ts";
import { isUuid } from "../../../task/id.ts";
import { isJsonObject, type JsonObject } from "../../../task/json/json.ts";
import type { Principal } from "../../../task/principal.ts";
import type { Member, VectorStore, VectorStoreUpdate } from "../../../verbs/vector-stores.ts";
import type { Verbs } from "../../../verbs/verbs.ts";
import { foundAs } from "../errors.ts";
import { wireTime } from "../wire-time.ts";
import type { KnowledgeBaseFields, KnowledgeBaseOut, KnowledgeBaseStatus } from "./schema.ts";

/** The key of the metadata of what was made as a knowledge base. */
export const KEPT = "knowledge_base";
const PAGE_LIMIT = 200;
/** This wire has no pages: a list has so many, and a knowledge base tells of so many files. */
const LISTED_MAX = 1_000;
const CHUNK = { min: 100, max: 4_096 };

export function knowledgeBaseNamed({ vectorStores }: Verbs, principal: Principal, id: string): Promise<VectorStore> {
  return foundAs("Knowledge base", vectorStores.get(principal, id));
}

/** Newest first. */
export async function knowledgeBases({ vectorStores }: Verbs, principal: Principal): Promise<VectorStore[]> {
  const listed: VectorStore[] = [];
  for (let after: string | undefined; listed.length < LISTED_MAX; ) {
    const page = { limit: PAGE_LIMIT, order: "desc" as const, ...(after !== undefined && { after }) };
    const { stores, more } = await vectorStores.list(principal, page);
    listed.push(...stores.filter(({ id }) => isUuid(id)));
    after = stores.at(-1)?.id;
    if (!more) break;
  }
  return listed.slice(0, LISTED_MAX);
}

/** All of them, oldest first. */
export async function* membersOf({ vectorStores }: Verbs, principal: Principal, id: string): AsyncGenerator<Member> {
  for (let after: string | undefined; ; ) {
    const page = { limit: PAGE_LIMIT, order: "asc" as const, ...(after !== undefined && { after }) };
    const { members, more } = await vectorStores.members(principal, id, {}, page);
    yield* members;
    after = members.at(-1)?.documentId;
    if (!more || after === undefined) return;
  }
}

/** What of `given` a vector store has a place for; what was not sent stays away. */
export function storeFieldsOf(given: KnowledgeBaseFields, before: JsonObject = {}): VectorStoreUpdate {
  const { name, description, ...rest } = given ?? {};
  const kept = isJsonObject(before[KEPT]) ? before[KEPT] : {};
  const now = Object.entries(rest).filter(([, value]) => value !== null && value !== undefined);
  const metadata = { ...before, [KEPT]: { ...kept, ...Object.fromEntries(now) } };
  return {
    ...(name !== null && name !== undefined && { name }),
    ...(description !== null && description !== undefined && { description }),
    ...(isJsonObject(metadata) && { metadata }),
  };
}

/** As it was asked for, within what can be; the server's own when it was not. */
export function chunkingOf(given: KnowledgeBaseFields): ChunkingStrategy | undefined {
  const { chunk_size: size = null, chunk_overlap: overlap = null } = given?.vector_index ?? {};
  if (size === null) return undefined;
  const maxTokens = Math.min(CHUNK.max, Math.max(CHUNK.min, size));
  return { maxTokens, overlapTokens: Math.min(overlap ?? 0, Math.floor(maxTokens / 2)) };
}

export function knowledgeBaseOf(store: VectorStore): KnowledgeBaseOut {
  const { id, tenant, user, name, description, metadata, createdAt, lastActiveAt } = store;
  const kept = isJsonObject(metadata[KEPT]) ? metadata[KEPT] : {};
  const { vector_index: index = null, conversational_search_tool: tool = null, representation = null } = kept;
  return {
    id,
    tenant_id: tenant,
    name: name || id,
    description,
    vector_index: isJsonObject(index) ? index : null,
    conversational_search_tool: tool,
    prioritize_built_in_index: true,
    representation: typeof representation === "string" ? representation : null,
    vector_index_id: id,
    created_by: user,
    created_on: wireTime(createdAt),
    updated_at: wireTime(lastActiveAt),
  };
}

/** Clients wait until it is ready, or an error: one of which some files could not be read is ready, and says so. */
export async function statusOf(verbs: Verbs, principal: Principal, store: VectorStore): Promise<KnowledgeBaseStatus> {
  const documents: KnowledgeBaseStatus["documents"] = [];
  for await (const { documentId, filename, status, error, attributes } of membersOf(verbs, principal, store.id)) {
    if (documents.length === LISTED_MAX) break;
    const { url = null } = attributes;
    const metadata = { original_file_name: filename, url: url === null ? null : String(url) };
    documents.push({ id: documentId, status, error, metadata });
  }
  const { id, name, description, created_on, updated_at } = knowledgeBaseOf(store);
  const { status, message } = indexStatusOf(store, documents);
  return {
    id,
    name,
    description,
    ready: status === "ready",
    built_in_index_status: status,
    built_in_index_status_msg: message,
    documents,
    created_on,
    updated_at,
  };
}

function indexStatusOf({ counts, expired }: VectorStore, documents: KnowledgeBaseStatus["documents"]) {
  const { in_progress: open, completed, failed, cancelled } = counts;
  const total = open + completed + failed + cancelled;
  if (expired) return { status: "error" as const, message: "It has expired." };
  if (open > 0) return { status: "rebuilding" as const, message: `${total - open} of ${total} files are done.` };
  if (total === 0) return { status: "not_ready" as const, message: "It has no files." };
  if (completed === total) return { status: "ready" as const, message: "" };
  const why = documents.find(({ error }) => error !== null);
  const said = why === undefined ? "" : ` ${why.metadata.original_file_name}: ${why.error}`;
  const message = `${total - completed} of ${total} files could not be taken in.${said}`;
  return { status: completed > 0 ? ("ready" as const) : ("error" as const), message };
}
