/**
 * The kinds of work on documents in the smallest form that fills a real store: a file is its text, a form feed ends a page,
 * a page is a chunk. What is read, cut and embedded well is other tests' to say: these are for tests of a wire.
 *
 * A file that begins with `hold` is held until it is released, one that begins with `broken` cannot be read.
 */
import { createHash } from "node:crypto";
import type { z } from "zod";
import type { Store } from "../../src/store/store.ts";
import { AUTO_CHUNKING, type Chunk } from "../../src/task/documents/chunk.ts";
import { documentInputs } from "../../src/task/documents/document.ts";
import { type Context, defineHandler, type Handler, TaskFailure } from "../../src/task/handler.ts";

const DIMENSIONS = 64;
export const MODEL = "test:words";

/** Texts with words in common are near each other. */
export function embed(texts: readonly string[]): Promise<Float32Array[]> {
  return Promise.resolve(texts.map(vectorOf));
}

function vectorOf(text: string): Float32Array {
  const vector = new Float32Array(DIMENSIONS);
  for (const word of text.toLowerCase().match(/\p{L}+|\d+/gu) ?? []) {
    const at = createHash("sha256").update(word).digest().readUInt32BE() % DIMENSIONS;
    vector[at] = (vector[at] ?? 0) + 1;
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

export function documentKinds(store: () => Store, held: () => Promise<void>): Handler[] {
  return [
    defineHandler({
      kind: "file_processing",
      input: documentInputs.file_processing,
      run: (ctx, input) => processed(ctx, store(), input, held),
    }),
    defineHandler({
      kind: "document_analysis",
      input: documentInputs.document_analysis,
      run: (ctx, { document, analyses }) => analysed(ctx, store(), document, analyses),
    }),
    defineHandler({
      kind: "vector_store_creation",
      input: documentInputs.vector_store_creation,
      run: (ctx, { vectorStore }) => embedded(ctx, store(), vectorStore, held),
    }),
    defineHandler({
      kind: "vectorization",
      input: documentInputs.vectorization,
      run: (ctx, input) =>
        "vectorStore" in input
          ? embedded(ctx, store(), input.vectorStore, held)
          : ctx.step("embed", () => vectors(store(), input.document)),
    }),
    defineHandler({
      kind: "vector_store_deletion",
      input: documentInputs.vector_store_deletion,
      run: async () => ({}),
    }),
  ];
}

type Processing = z.infer<typeof documentInputs.file_processing>;

async function processed(
  ctx: Context,
  store: Store,
  { document: key, analyses }: Processing,
  held: () => Promise<void>,
) {
  ctx.details({ phase: "extracting" });
  const text = await ctx.step("read", async () => {
    const document = await store.documents.document(key);
    const { bytes } = await store.files.open(document?.sha256 ?? "");
    return Buffer.concat(await bytes.toArray()).toString();
  });
  if (text.startsWith("hold")) await ctx.step("hold", () => held().then(() => null), { timeoutMs: 600_000 });
  if (text.startsWith("broken")) {
    await ctx.step("give up", async () => {
      await store.documents.finishReading(key, { error: "invalid_file: the file is damaged" }, Date.now());
      return null;
    });
    throw new TaskFailure("invalid_file", "the file is damaged");
  }
  const pages = text.split("\f").map((content, index) => ({ index, name: null, content, recognized: false }));
  ctx.progress(0.5, "half");
  await ctx.step("keep", async () => {
    await store.documents.putPages(key, pages);
    const chunks = pages.map(({ index, content }): Chunk => {
      return { index, page: index, start: 0, end: content.length, text: content, tokens: content.split(" ").length };
    });
    await store.chunks.putChunks({ document: key, chunking: AUTO_CHUNKING }, chunks, chunks.length);
    const reading = {
      fileType: "text",
      encoding: "utf-8",
      paged: true,
      pageCount: pages.length,
      title: null,
      author: null,
      properties: {},
      language: "en",
      chunks: pages.length,
    };
    await store.documents.finishReading(key, { reading }, Date.now());
    return null;
  });
  if (analyses.length > 0) await analysed(ctx, store, key, analyses);
  const { length } = Buffer.from(text);
  return { chunksCreated: pages.length, pageCount: pages.length, language: "en", bytes: length };
}

async function analysed(ctx: Context, store: Store, key: string, analyses: Processing["analyses"]) {
  await ctx.step("analyse", async () => {
    const produced = { abstract: "Short.", keywords: ["word"], method: "extractive" };
    await store.documents.putProduced(key, produced, Date.now());
    return null;
  });
  return { produced: analyses, method: "extractive" };
}

async function vectors(store: Store, document: string) {
  const cut = { document, chunking: AUTO_CHUNKING };
  const chunks = await store.chunks.unembedded(cut, MODEL, 1_000);
  const made = chunks.map(({ index, text }) => ({ index, vector: vectorOf(text) }));
  await store.chunks.putVectors(cut, MODEL, made);
  return { chunksEmbedded: chunks.length, dimensions: DIMENSIONS, model: MODEL };
}

async function embedded(ctx: Context, store: Store, vectorStore: string, held: () => Promise<void>) {
  const counts = await ctx.step("embed", async () => {
    const page = { limit: 100, order: "asc" } as const;
    const { members } = await store.documents.members(vectorStore, { status: "in_progress" }, page);
    for (const member of members) {
      if (member.filename.startsWith("hold")) await held();
      await vectors(store, member.document);
      const { bytes = 0 } = (await store.documents.document(member.document)) ?? {};
      await store.documents.moveMember(member, "in_progress", { status: "completed", error: null, bytes });
    }
    const { counts } = (await store.documents.vectorStore(vectorStore)) ?? {};
    return { ...counts };
  });
  return { counts, chunksEmbedded: 1, dimensions: DIMENSIONS, model: MODEL };
}
