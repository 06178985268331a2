/**
 * The work on documents, in an engine over a store in memory: real readers and threads, and a provider of embeddings that
 * is told how to fail.
 */
import { Readable } from "node:stream";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startEmbeddingServer } from "../../../test/providers/embedding-server.ts";
import { type ProviderServer, startProviderServer } from "../../../test/providers/provider-server.ts";
import { SystemClock } from "../../engine/clock.ts";
import { EmbeddedEngine } from "../../engine/embedded/embedded-engine.ts";
import { Ids, systemRandomBytes } from "../../engine/ids.ts";
import type { Extraction } from "../../extraction/extraction.ts";
import { ProcessExtraction } from "../../extraction/process-extraction.ts";
import type { Embedder } from "../../models/embedding.ts";
import { createEmbedder } from "../../models/embeddings/embedders.ts";
import { questionEmbedder } from "../../models/embeddings/question-embedder.ts";
import { ModelError, type Models } from "../../models/model.ts";
import { createModels } from "../../models/models.ts";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import type { Store } from "../../store/store.ts";
import { AUTO_CHUNKING } from "../../task/documents/chunk.ts";
import type { Analysis, DocumentRecord } from "../../task/documents/document.ts";
import { type Principal, SCOPES } from "../../task/principal.ts";
import type { Task } from "../../task/task.ts";
import { createVerbs } from "../../verbs/implementation/create-verbs.ts";
import { VectorStoreVerbs } from "../../verbs/implementation/vector-store-verbs.ts";
import type { Verbs } from "../../verbs/verbs.ts";
import { documentHandlers } from "./documents.ts";
import { type TextProcesses, textProcesses } from "./text-processes.ts";

const ada: Principal = { tenant: "acme", user: "ada", scopes: new Set(SCOPES), keyId: "key_ada" };

let store: Store;
let extraction: ProcessExtraction;
let text: TextProcesses;
let engine: EmbeddedEngine;
let verbs: Verbs;
let stores: VectorStoreVerbs;

beforeAll(() => {
  extraction = new ProcessExtraction();
  text = textProcesses();
});

afterAll(async () => {
  await extraction.close();
  await text.close();
});

beforeEach(async () => {
  store = await openSqliteStore(":memory:");
});

afterEach(async () => {
  await engine.stop(0);
  await store.close();
});

/** Counts letters: near texts have near vectors. It refuses what the test names. */
function letters(model = "lab:letters", refuses: (text: string) => boolean = () => false): Embedder {
  return {
    model,
    dimensions: 26,
    batchMax: 8,
    price: null,
    async embed(texts) {
      if (texts.some(refuses)) throw new ModelError("refused", "It does not take that.");
      return texts.map((each) => {
        const counts = new Float32Array(26);
        for (const letter of each.toLowerCase()) {
          const at = letter.charCodeAt(0) - 97;
          if (at >= 0 && at < 26) counts[at] = (counts[at] ?? 0) + 1;
        }
        const length = Math.hypot(...counts) || 1;
        return counts.map((count) => count / length);
      });
    },
  };
}

type Setup = {
  usual?: Embedder;
  older?: readonly Embedder[];
  reader?: Extraction;
  models?: Models;
  usdPerDay?: number;
};

async function start(setup: Setup = {}): Promise<void> {
  const { usual = letters(), older = [], reader = extraction, models = createModels(), usdPerDay = null } = setup;
  const ids = new Ids(systemRandomBytes);
  const clock = new SystemClock();
  const embedders = { usual, named: (model: string) => [usual, ...older].find((each) => each.model === model) ?? null };
  const handlers = documentHandlers({
    documents: store.documents,
    chunks: store.chunks,
    files: store.files,
    extraction: reader,
    embedders,
    models,
    text,
    download: null,
  });
  const log = { warn: () => {} };
  const daysMoney = () => ({ user: usdPerDay, tenant: null });
  engine = new EmbeddedEngine({ store, handlers, clock, random: Math.random, ids, log, daysMoney });
  const retrieval = {
    chunks: store.chunks,
    embedders: {
      usual: questionEmbedder(usual),
      named: (model: string) => {
        const embedder = embedders.named(model);
        return embedder && questionEmbedder(embedder);
      },
    },
    summarize: async () => ({ text: "", model: "", tokens: 0 }),
  };
  const parts = { engine, store, clock, ids, random: Math.random, retrieval };
  verbs = createVerbs(parts);
  stores = new VectorStoreVerbs(parts, retrieval);
  await engine.start();
}

type Asked = Partial<{ analyses: Analysis[]; vectorize: boolean }>;

/** Uploads a file; its id is made of its name. */
async function add(filename: string, content: string | Buffer, asked: Asked = {}): Promise<DocumentRecord> {
  const from = await verbs.uploads.receive(ada, Readable.from([Buffer.from(content)]), { bytesMax: 1 << 28 });
  const options = { analyses: [], vectorize: false, outlineAsJson: false, unknown: [], recognize: true, ...asked };
  const {
    document: { id, key },
  } = await verbs.documents.upload(ada, "documents", {
    id: filename.replace(/\W/g, "-"),
    filename,
    purpose: "general",
    mediaType: "application/octet-stream",
    from,
    skipExisting: false,
    options,
  });
  await from.release();
  const document = await store.documents.document(key);
  if (!document) throw new Error(`There is no document ${id}.`);
  return document;
}

/** The task that clients know by this name, once it has ended. */
async function ended(name: string): Promise<Task> {
  const { id } = await verbs.tasks.named(ada, "documents", name);
  return verbs.tasks.settled(ada, id, 60_000, new AbortController().signal);
}

const processed = ({ id }: DocumentRecord) => ended(`upload-${id}`);

const HANDBOOK = `# Handbook of the harbour

The harbour of Aldermouth opens at six in the morning. Every ship reports to Maria Keller before it lands.

## Fees

| ship | fee |
| --- | --- |
| ferry | 120 |
| yacht | 40 |

Fees are paid on the day of the landing. A ship that does not pay may not leave before it has.
`;

describe("processing a file", () => {
  test("keeps its pages, its language, its chunks and what it says of itself, and tells how far it is", async () => {
    await start();
    const document = await add("handbook.md", HANDBOOK);
    const { key } = document;
    const task = await processed(document);
    expect(task).toMatchObject({
      state: "completed",
      title: "Read handbook.md",
      progress: 1,
      details: {
        file_id: "handbook-md",
        bytes: HANDBOOK.length,
        chunks_created: 1,
        page_count: 1,
        language: "en",
        phase: null,
      },
    });
    expect(await store.documents.document(key)).toMatchObject({
      status: "processed",
      reading: { fileType: "markdown", paged: false, pageCount: 1, language: "en", chunks: 1 },
    });
    const [page] = await store.documents.pages(key, 0, 10);
    expect(page?.content).toContain("| ferry | 120 |");
    expect(await store.chunks.chunkCount({ document: key, chunking: AUTO_CHUNKING })).toBe(1);
  });

  test("does what else was asked for as tasks of its own, and is complete once they are", async () => {
    await start();
    const analyses: Analysis[] = ["abstract", "keywords", "outline"];
    const document = await add("handbook.md", HANDBOOK, { analyses, vectorize: true });
    const { key } = document;
    const task = await processed(document);
    expect(task).toMatchObject({ state: "completed" });
    const { produced } = (await store.documents.document(key)) ?? {};
    expect(produced).toMatchObject({ method: "extractive", outline: "- Handbook of the harbour\n  - Fees" });
    expect(produced?.abstract).toContain("Maria Keller");
    expect(await store.chunks.unembedded({ document: key, chunking: AUTO_CHUNKING }, "lab:letters", 9)).toEqual([]);
    const { tasks } = await verbs.tasks.list(ada, { kinds: ["document_analysis", "vectorization"] }, { limit: 9 });
    expect(tasks.map(({ parent }) => parent)).toEqual([task.id, task.id]);
  });

  test("is complete with a warning when only what was asked for beside it fails", async () => {
    await start({ usual: letters("lab:letters", () => true) });
    const task = await processed(await add("handbook.md", HANDBOOK, { vectorize: true }));
    expect(task).toMatchObject({
      state: "completed",
      details: {
        warnings: [{ code: "vectorization_failed", message: expect.stringContaining("It does not take that.") }],
      },
    });
  });

  test.each([
    ["noise.bin", Buffer.from(Array.from({ length: 4_000 }, (_, at) => (at * 7919) % 256)), "unsupported_file"],
    ["blank.txt", "   \n\n \t ", "empty_document"],
    ["cut.docx", Buffer.from("504b0304140000000800", "hex"), "invalid_file"],
  ])(
    "fails by the machine word of what is wrong with %s, and keeps it with the document",
    async (name, bytes, word) => {
      await start();
      const document = await add(name, bytes);
      const { key } = document;
      const task = await processed(document);
      expect(task).toMatchObject({ state: "failed", error: { code: word } });
      expect(await store.documents.document(key)).toMatchObject({
        status: "error",
        error: expect.stringMatching(new RegExp(`^${word}: .+`)),
        reading: null,
      });
      expect(await store.documents.pages(key, 0, 9)).toEqual([]);
    },
  );

  test("goes on at the page after the last one that was kept", async () => {
    const asked: number[] = [];
    const reader: Extraction = {
      languageOf: (sample) => extraction.languageOf(sample),
      open: async (file, options) => {
        const reading = await extraction.open(file, options);
        return {
          facts: reading.facts,
          warnings: () => reading.warnings(),
          close: () => reading.close(),
          async *pages(from) {
            asked.push(from);
            for await (const page of reading.pages(from)) {
              yield page;
              if (asked.length === 1 && page.index === 2) throw new Error("the reader broke");
            }
          },
        };
      },
    };
    await start({ reader });
    const chapters = Array.from({ length: 6 }, (_, at) => `# Chapter ${at + 1}\n\n${`Sentence ${at}. `.repeat(280)}`);
    const document = await add("book.md", chapters.join("\n\n"));
    const { key } = document;
    const task = await processed(document);
    expect(task).toMatchObject({ state: "completed" });
    const pages = await store.documents.pages(key, 0, 100);
    expect(asked[0]).toBe(0);
    expect(asked).toHaveLength(2);
    expect(pages.map(({ index }) => index)).toEqual(pages.map((_, at) => at));
    expect(pages.map(({ content }) => content).join("\n")).toContain("# Chapter 6");
  });

  test("leaves nothing of a file whose task is cancelled", async () => {
    const reading = Promise.withResolvers<void>();
    const reader: Extraction = {
      languageOf: (sample) => extraction.languageOf(sample),
      open: (_file, { signal }) => {
        reading.resolve();
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      },
    };
    await start({ reader });
    const { key, task } = await add("handbook.md", HANDBOOK);
    await reading.promise;
    await verbs.tasks.cancel(ada, task ?? "");
    await expect.poll(async () => (await store.documents.document(key))?.status).toBe("error");
  });
});

describe("embedding a vector store", () => {
  const storeOf = async (documents: readonly DocumentRecord[]) => {
    const { store } = await verbs.vectorStores.create(ada, "documents", {
      id: "vs_1",
      name: "",
      description: "",
      metadata: {},
      documentIds: documents.map(({ id }) => id),
      expiresAfterMs: null,
    });
    return store;
  };

  test("waits for files that are being read, and settles each by what became of it", async () => {
    await start({ usual: letters("lab:letters", (each) => each.includes("forbidden")) });
    const good = await add("handbook.md", HANDBOOK);
    const refused = await add("secret.md", "This text is forbidden to the provider.");
    const broken = await add("cut.docx", Buffer.from("504b0304140000000800", "hex"));
    const { key } = await storeOf([good, refused, broken]);
    const task = await ended("create-vs_1");
    expect(task).toMatchObject({
      state: "completed",
      details: {
        vector_store_id: "vs_1",
        file_counts: { in_progress: 0, completed: 1, failed: 2, cancelled: 0, total: 3 },
        chunks_embedded: 1,
        dimensions: 26,
        model: "lab:letters",
      },
    });
    expect(await store.documents.member(key, broken.key)).toMatchObject({
      status: "failed",
      error: expect.stringMatching(/^invalid_file: /),
    });
  });

  test("counts what a provider's embeddings have cost as the task's own", async () => {
    const provider = await startEmbeddingServer();
    const lab = { type: "openai-compatible" as const, baseUrl: `${provider.url}/v1` };
    await start({ usual: createEmbedder({ model: "lab:m" }, { lab }, { "lab:m": { input: 1_000, output: 0 } }) });
    await storeOf([await add("handbook.md", HANDBOOK)]);
    expect(await ended("create-vs_1")).toMatchObject({
      state: "completed",
      usage: { calls: provider.calls.length, inputTokens: 5 * provider.calls.length, costUsd: 0.005 },
    });
    await provider.close();
  });

  test("embeds nothing more once the money of a day is spent, and waits for somebody to let it go on", async () => {
    const provider = await startEmbeddingServer();
    const lab = { type: "openai-compatible" as const, baseUrl: `${provider.url}/v1` };
    const usual = createEmbedder({ model: "lab:m" }, { lab }, { "lab:m": { input: 1_000, output: 0 } });
    await start({ usual, usdPerDay: 0.004 });
    await storeOf([await add("one.md", HANDBOOK), await add("two.md", `# Two\n\n${HANDBOOK}`)]);
    const { id } = await verbs.tasks.named(ada, "documents", "create-vs_1");
    for await (const batch of verbs.tasks.follow(ada, id, 0, AbortSignal.timeout(20_000)))
      if (batch.some(({ type }) => type === "task.paused")) break;
    expect((await verbs.tasks.get(ada, id)).pausedBy?.reason).toMatch(/\$0\.005 of the \$0\.004 .* one day \(UTC\)/);
    expect(provider.calls).toHaveLength(1);
    await provider.close();
  });

  test("moves a store to another model while the old vectors still answer", async () => {
    const old = letters("lab:old");
    await start({ usual: old });
    const good = await add("handbook.md", HANDBOOK);
    const { key } = await storeOf([good]);
    await ended("create-vs_1");
    await engine.stop(0);
    await start({ usual: letters("lab:new"), older: [old] });
    expect(await store.documents.vectorStore(key)).toMatchObject({ model: "lab:old" });
    const search = { queries: ["Maria Keller"], filter: null, scoreMin: 0, limit: 3 };
    const [found] = await verbs.vectorStores.search(ada, "vs_1", search, new AbortController().signal);
    expect(found).toMatchObject({ documentId: good.id, highlights: expect.any(Array) });
    await stores.moveToUsualModel();
    expect(await ended("vectorize-vs_1")).toMatchObject({
      state: "completed",
      details: { model: "lab:new", chunks_embedded: 1 },
    });
    expect(await store.documents.vectorStore(key)).toMatchObject({ model: "lab:new" });
  });
});

describe("an analysis by a model", () => {
  let provider: ProviderServer;
  beforeEach(async () => {
    provider = await startProviderServer();
    const lab = { type: "openai-compatible" as const, baseUrl: `${provider.url}/v1` };
    await start({ models: createModels({ default: "lab:m1", providers: { lab } }) });
  });
  afterEach(() => provider.close());

  const ABSTRACT = "A harbour that opens at six, and what a landing costs.";
  const said = (value: object) => ({ kind: "answer" as const, text: `Here it is:\n${JSON.stringify(value)}` });
  const asked = () => provider.requests.map(({ body }) => JSON.stringify(body["messages"]));
  const producedOf = async ({ key }: DocumentRecord) => (await store.documents.document(key))?.produced;
  const analysisOf = async () => {
    const { tasks } = await verbs.tasks.list(ada, { kinds: ["document_analysis"] }, { limit: 1 });
    return tasks[0];
  };

  test("says what a short document says in one call, whose cost is counted, and leaves its real headings", async () => {
    provider.script(said({ abstract: ABSTRACT, keywords: ["harbour", "fees"] }));
    const document = await add("handbook.md", HANDBOOK, { analyses: ["abstract", "keywords", "outline"] });
    await processed(document);
    expect(await producedOf(document)).toMatchObject({
      abstract: ABSTRACT,
      keywords: ["harbour", "fees"],
      outline: "- Handbook of the harbour\n  - Fees",
      method: "m1",
    });
    expect(asked()).toHaveLength(1);
    expect(asked()[0]).toContain("Every ship reports to Maria Keller");
    expect(await analysisOf()).toMatchObject({ details: { method: "m1" }, usage: { calls: 1, inputTokens: 20 } });
  });

  test("reads a long document passage by passage, and puts together what it noted", async () => {
    const chapters = Array.from(
      { length: 3 },
      (_, at) => `# Chapter ${at}\n\n${`Word of chapter ${at}. `.repeat(1_100)}`,
    );
    const notes = ["first", "second", "third"].map((note) => ({ kind: "answer" as const, text: `The ${note} note.` }));
    provider.script(...notes, said({ summary: "All three." }));
    const document = await add("book.md", chapters.join("\n\n"), { analyses: ["summary"] });
    await processed(document);
    expect(await producedOf(document)).toMatchObject({ summary: "All three.", method: "m1" });
    expect(asked()).toHaveLength(4);
    expect(asked()[3]).toContain("The first note.\\n\\nThe second note.\\n\\nThe third note.");
  });

  test("is the document's own sentences, with a warning, where the model does not answer in the asked form or fails", async () => {
    provider.script({ kind: "answer", text: "I would rather not." }, { kind: "status", status: 400, body: "{}" });
    for (const name of ["one.md", "two.md"]) {
      const document = await add(name, HANDBOOK, { analyses: ["abstract"] });
      expect(await processed(document)).toMatchObject({ state: "completed" });
      const produced = await producedOf(document);
      expect(produced?.abstract).toContain("opens at six in the morning");
      expect(produced?.method).toBe("extractive");
    }
    const { tasks } = await verbs.tasks.list(ada, { kinds: ["document_analysis"] }, { limit: 2 });
    expect(tasks.map(({ details }) => details["warnings"])).toEqual([
      [{ code: "model_failed", message: expect.stringContaining("lab:m1") }],
      [{ code: "model_answer", message: "m1 gave no usable abstract; it is extractive." }],
    ]);
  });
});
