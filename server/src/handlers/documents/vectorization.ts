/**
 * The handlers that embed: `vectorization` of one document or of the waiting files of a vector store, and `vector_store_creation`, the
 * same for a new store. Every file that waits in the store is embedded, in order of arrival; a file that fails is noted in its row, and
 * the others go on.
 */
import type { Embedder } from "../../models/embedding.ts";
import { AUTO_CHUNKING } from "../../task/documents/chunk.ts";
import { documentInputs, type MemberRecord } from "../../task/documents/document.ts";
import { type Context, defineHandler, type Handler, StepError } from "../../task/handler.ts";
import { cutDocument, embedCut } from "./cut.ts";
import { knownDocument, knownVectorStore } from "./known-document.ts";
import type { DocumentParts } from "./parts.ts";
import { reasonOf, StepFailure } from "./step-failure.ts";
import { titled } from "./title.ts";

/** Wait for a file that is still being read; doubled each time. */
const FIRST_WAIT_MS = 250;
const WAIT_MS_MAX = 10_000;
const MEMBERS_AT_ONCE = 100;
/** The size of a file in a store is that of its vectors. */
const BYTES_A_NUMBER = Float32Array.BYTES_PER_ELEMENT;
const CUTTING_TIMEOUT_MS = 3_600_000;

export function vectorization(parts: DocumentParts): Handler {
  return defineHandler({
    kind: "vectorization",
    input: documentInputs.vectorization,
    present: ({ subject }) => titled("Embed", subject),
    run: (ctx, input) =>
      "document" in input ? embedDocument(ctx, parts, input.document) : embedStore(ctx, parts, input.vectorStore),
  });
}

export function vectorStoreCreation(parts: DocumentParts): Handler {
  return defineHandler({
    kind: "vector_store_creation",
    input: documentInputs.vector_store_creation,
    present: ({ subject }) => titled("Make the vector store", subject),
    run: (ctx, { vectorStore }) => embedStore(ctx, parts, vectorStore),
  });
}

async function embedDocument(ctx: Context, parts: DocumentParts, key: string) {
  const embedder = parts.embedders.usual;
  const { id } = await ctx.step("find the file", async () => {
    const { id, status, error } = await knownDocument(parts.documents, key);
    if (status === "error") throw new StepFailure("invalid_file", error ?? "The file could not be read.");
    return { id };
  });
  ctx.details({ file_id: id, phase: "vectorizing", model: embedder.model, dimensions: embedder.dimensions });
  const { chunks, embedded } = await embedInto(ctx, parts, {
    document: key,
    chunking: AUTO_CHUNKING,
    embedder,
    share: 0.99,
  });
  const told = { chunks_embedded: Math.max(chunks, embedded), dimensions: embedder.dimensions, model: embedder.model };
  ctx.details({ ...told, phase: null });
  return { file_id: id, ...told };
}

/** One cut of one document, made and embedded. */
async function embedInto(
  ctx: Context,
  parts: DocumentParts,
  work: Pick<MemberRecord, "document" | "chunking"> & { embedder: Embedder; share: number; from?: number },
): Promise<{ chunks: number; embedded: number }> {
  const { document, chunking, embedder, share, from = 0 } = work;
  const cut = { document, chunking };
  const chunks = await ctx.step("cut", (step) => cutDocument(step, parts, cut), { timeoutMs: CUTTING_TIMEOUT_MS });
  const embedded = await embedCut(ctx, parts, {
    cut,
    embedder,
    told: (step, done) =>
      step.progress(from + share * Math.min(1, done / Math.max(1, chunks)), `chunk ${done} of ${chunks}`),
  });
  return { chunks, embedded };
}

async function embedStore(ctx: Context, parts: DocumentParts, key: string) {
  const { id, model, total } = await ctx.step("find the store", async () => {
    const { id, model, counts } = await knownVectorStore(parts.documents, key);
    return { id, model, total: Math.max(1, counts.in_progress) };
  });
  const embedder = parts.embedders.named(model) ?? parts.embedders.usual;
  ctx.details({ vector_store_id: id, phase: "vectorizing", model: embedder.model, dimensions: embedder.dimensions });
  let embedded = 0;
  let waitMs = FIRST_WAIT_MS;
  for (let done = 0; ; ) {
    const next = await ctx.step("find the next file", () => nextMember(parts, key));
    if (next === "none") break;
    if (next === "not yet") {
      await ctx.sleep("wait for files that are being read", waitMs);
      waitMs = Math.min(WAIT_MS_MAX, 2 * waitMs);
      continue;
    }
    waitMs = FIRST_WAIT_MS;
    const share = 0.99 / Math.max(total, done + 1);
    embedded += await embedMember(ctx, parts, next, { embedder, share, from: share * done });
    done++;
    const file_counts = await ctx.step("count", () => countsOf(parts, key));
    ctx.details({ file_counts, chunks_embedded: embedded });
    ctx.progress(Math.min(0.99, share * done), `file ${done} of ${Math.max(total, done)}`);
  }
  embedded += await moveToUsualModel(ctx, parts, key, model);
  const file_counts = await ctx.step("count", () => countsOf(parts, key));
  const told = { file_counts, chunks_embedded: embedded };
  ctx.details({ ...told, phase: null });
  return { vector_store_id: id, ...told };
}

type NextMember = { vectorStore: string; document: string; chunking: MemberRecord["chunking"]; error: string | null };

/** The first file that waits in the store and has been read; `not yet` when all waiting ones are still being read. */
async function nextMember({ documents }: DocumentParts, vectorStore: string): Promise<NextMember | "none" | "not yet"> {
  let waiting = false;
  for (let after: string | undefined; ; ) {
    const page = { limit: MEMBERS_AT_ONCE, order: "asc", ...(after !== undefined && { after }) } as const;
    const { members, more } = await documents.members(vectorStore, { status: "in_progress" }, page);
    for (const { document: key, chunking, documentId } of members) {
      after = documentId;
      const document = await documents.document(key);
      if (document?.status === "uploaded") waiting = true;
      else
        return {
          vectorStore,
          document: key,
          chunking,
          error: document ? document.error : "not_found: The file was removed.",
        };
    }
    if (!more) return waiting ? "not yet" : "none";
  }
}

/** Returns how many chunks were embedded. A file that fails is marked, and the others are not affected. */
async function embedMember(
  ctx: Context,
  parts: DocumentParts,
  { vectorStore, document, chunking, error }: NextMember,
  work: { embedder: Embedder; share: number; from: number },
): Promise<number> {
  const settle = (to: { status: "completed" | "failed"; error: string | null; bytes: number }) =>
    ctx.step("settle the file", () => parts.documents.moveMember({ vectorStore, document }, "in_progress", to));
  if (error !== null) {
    await settle({ status: "failed", error, bytes: 0 });
    return 0;
  }
  try {
    const { chunks, embedded } = await embedInto(ctx, parts, { document, chunking, ...work });
    await settle({ status: "completed", error: null, bytes: chunks * work.embedder.dimensions * BYTES_A_NUMBER });
    return embedded;
  } catch (failure) {
    if (!(failure instanceof StepError)) throw failure;
    await settle({ status: "failed", error: reasonOf(failure), bytes: 0 });
    return 0;
  }
}

/**
 * If the configured model is not that of the store's vectors: all its files are embedded again, while the old vectors still answer, and
 * then the store changes to the new model.
 */
async function moveToUsualModel(ctx: Context, parts: DocumentParts, key: string, model: string): Promise<number> {
  const embedder = parts.embedders.usual;
  if (model === embedder.model) return 0;
  let embedded = 0;
  ctx.details({ phase: "changing the model", model: embedder.model, dimensions: embedder.dimensions });
  for (let after: string | undefined; ; ) {
    const page = await ctx.step("find files of the old model", async () => {
      const cursor = after === undefined ? {} : { after };
      const { members, more } = await parts.documents.members(
        key,
        { status: "completed" },
        { limit: MEMBERS_AT_ONCE, order: "asc", ...cursor },
      );
      return {
        members: members.map(({ document, chunking, documentId }) => ({ document, chunking, documentId })),
        more,
      };
    });
    for (const { document, chunking } of page.members) {
      embedded += (await embedInto(ctx, parts, { document, chunking, embedder, share: 0 })).embedded;
    }
    after = page.members.at(-1)?.documentId;
    if (!page.more || after === undefined) break;
  }
  await ctx.step("take the new vectors", async () => {
    await parts.documents.changeVectorStore(key, { model: embedder.model });
    return null;
  });
  return embedded;
}

async function countsOf({ documents }: DocumentParts, key: string) {
  const { counts } = await knownVectorStore(documents, key);
  return { ...counts, total: Object.values(counts).reduce((sum, count) => sum + count, 0) };
}
