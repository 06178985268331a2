/** The door for rows of documents and vector stores: both ways between a record and its columns. */
import { z } from "zod";
import type { NamedMember, Produced, VectorStoreRecord } from "../../task/documents/document.ts";
import {
  type ANALYSES,
  type BatchRecord,
  DOCUMENT_STATUSES,
  type DocumentGraph,
  type DocumentPage,
  type DocumentReading,
  type DocumentRecord,
  MEMBER_STATUSES,
  type MemberRecord,
} from "../../task/documents/document.ts";
import { storedObject } from "../../task/json/json.ts";
import { MEMBER_ROW_BYTES } from "../document-store.ts";
import { maybeNumber, maybeText, maybeTime, number, text, time } from "./cells.ts";
import { parseTolerantly } from "./tolerant.ts";

const reading: z.ZodType<DocumentReading> = z.strictObject({
  fileType: text,
  encoding: maybeText,
  paged: z.boolean(),
  pageCount: z.int(),
  title: maybeText,
  author: maybeText,
  properties: z.record(text, text),
  language: text,
  chunks: z.int(),
});

const graph: z.ZodType<DocumentGraph> = z.strictObject({
  entities: z.array(z.strictObject({ name: text, type: text, count: number })),
  relationships: z.array(z.strictObject({ source: text, target: text, weight: number })),
});

const produced = z.strictObject({
  abstract: text.optional(),
  summary: text.optional(),
  outline: text.optional(),
  keywords: z.array(text).optional(),
  contexts: z.array(text).optional(),
  graph: graph.optional(),
  method: text.optional(),
} satisfies Record<(typeof ANALYSES)[number] | "method", z.ZodType>);

export const memberAttributes = z.record(text, z.union([text, number, z.boolean()]));

/** Without what analyses have produced, which may be long. */
export type ListedDocument = Omit<DocumentRecord, "produced">;

const listedDocumentRow = z.tuple([
  text,
  text,
  text,
  text,
  text,
  text,
  maybeText,
  maybeText,
  number,
  text,
  z.enum(DOCUMENT_STATUSES),
  maybeText,
  time,
  time,
  maybeTime,
  maybeText,
  text,
  maybeText,
]);

export function listedDocumentOf(row: unknown): ListedDocument {
  const [key, tenant, user, id, filename, purpose, sha256, md5, bytes, mediaType, ...rest] =
    listedDocumentRow.parse(row);
  const [status, error, createdAt, updatedAt, expiresAt, task, annotations, read] = rest;
  return {
    key,
    tenant,
    user,
    id,
    filename,
    purpose,
    sha256,
    md5,
    bytes,
    mediaType,
    status,
    error,
    createdAt,
    updatedAt,
    expiresAt,
    task,
    annotations: storedObject.parse(JSON.parse(annotations)),
    reading: read === null ? null : parseTolerantly(reading, JSON.parse(read)),
  };
}

export function documentOf(row: readonly unknown[]): DocumentRecord {
  return { ...listedDocumentOf(row.slice(0, -1)), produced: producedOf(row.at(-1)) };
}

function producedOf(stored: unknown): Produced {
  return withoutUndefined(parseTolerantly(produced, JSON.parse(text.parse(stored))));
}

/** In the order of `DOCUMENT_COLUMNS`. */
export function documentValues(document: DocumentRecord): unknown[] {
  const { annotations, reading: read, produced: made } = document;
  const { key, tenant, user, id, filename, purpose, sha256, md5, bytes, mediaType } = document;
  const { status, error, createdAt, updatedAt, expiresAt, task } = document;
  return [
    ...[key, tenant, user, id, filename, purpose, sha256, md5, bytes, mediaType],
    ...[status, error, createdAt, updatedAt, expiresAt, task],
    JSON.stringify(annotations),
    read && JSON.stringify(read),
    JSON.stringify(made),
  ];
}

const pageRow = z.tuple([number, maybeText, text, number]);
export function pageOf(row: unknown): DocumentPage {
  const [index, name, content, recognized] = pageRow.parse(row);
  return { index, name, content, recognized: recognized === 1 };
}

const vectorStoreRow = z.tuple([
  text,
  text,
  text,
  text,
  text,
  text,
  text,
  number,
  number,
  text,
  time,
  time,
  maybeNumber,
  maybeText,
  number,
  number,
  number,
  number,
  number,
]);

export function vectorStoreOf(row: unknown): VectorStoreRecord {
  const [key, tenant, user, id, name, description, metadata, maxTokens, overlapTokens, model, ...rest] =
    vectorStoreRow.parse(row);
  const [createdAt, lastActiveAt, expiresAfterMs, task, in_progress, completed, failed, cancelled, bytes] = rest;
  const members = in_progress + completed + failed + cancelled;
  return {
    key,
    tenant,
    user,
    id,
    name,
    description,
    metadata: storedObject.parse(JSON.parse(metadata)),
    chunking: { maxTokens, overlapTokens },
    model,
    createdAt,
    lastActiveAt,
    expiresAfterMs,
    task,
    counts: { in_progress, completed, failed, cancelled },
    bytes: Math.max(0, bytes - members * MEMBER_ROW_BYTES),
  };
}

/** In the order of `VECTOR_STORE_COLUMNS`, up to the task: what it counts is its members'. */
export function vectorStoreValues(store: VectorStoreRecord): unknown[] {
  const { key, tenant, user, id, name, description, metadata, chunking, model } = store;
  const { createdAt, lastActiveAt, expiresAfterMs, task } = store;
  return [
    ...[key, tenant, user, id, name, description, JSON.stringify(metadata)],
    ...[chunking.maxTokens, chunking.overlapTokens, model, createdAt, lastActiveAt, expiresAfterMs, task],
  ];
}

const memberRow = z.tuple([
  text,
  text,
  z.enum(MEMBER_STATUSES),
  maybeText,
  text,
  number,
  number,
  maybeText,
  maybeText,
  number,
  time,
  text,
  text,
]);

/** What a member counts in its vector store for itself, with its attributes, of which none are two braces. */
function ownBytes(attributes: string): number {
  return Buffer.byteLength(attributes) - 2 + MEMBER_ROW_BYTES;
}

/** A row of `MEMBER_COLUMNS`, and the id and the file name of its document. */
export function memberOf(row: unknown): NamedMember {
  const [vectorStore, document, status, error, stored, maxTokens, overlapTokens, ...rest] = memberRow.parse(row);
  const [batch, task, bytes, createdAt, documentId, filename] = rest;
  return {
    vectorStore,
    document,
    status,
    error,
    attributes: memberAttributes.parse(JSON.parse(stored)),
    chunking: { maxTokens, overlapTokens },
    batch,
    task,
    // An older version has not counted them.
    bytes: Math.max(0, bytes - ownBytes(stored)),
    createdAt,
    documentId,
    filename,
  };
}

/** In the order of `MEMBER_COLUMNS`. */
export function memberValues(member: MemberRecord): unknown[] {
  const { vectorStore, document, status, error, chunking, batch, task, bytes, createdAt } = member;
  const attributes = JSON.stringify(member.attributes);
  return [
    ...[vectorStore, document, status, error, attributes],
    ...[chunking.maxTokens, chunking.overlapTokens, batch, task, bytes + ownBytes(attributes), createdAt],
  ];
}

const batchRow = z.tuple([text, text, time, maybeText]);
export function batchOf(row: unknown): BatchRecord {
  const [id, vectorStore, createdAt, task] = batchRow.parse(row);
  return { id, vectorStore, createdAt, task };
}

/** Optional fields of a schema may hold undefined, which these records never do. */
function withoutUndefined({
  abstract,
  summary,
  outline,
  keywords,
  contexts,
  graph,
  method,
}: z.infer<typeof produced>): Produced {
  return {
    ...(abstract !== undefined && { abstract }),
    ...(summary !== undefined && { summary }),
    ...(outline !== undefined && { outline }),
    ...(keywords && { keywords }),
    ...(contexts && { contexts }),
    ...(graph && { graph }),
    ...(method !== undefined && { method }),
  };
}
