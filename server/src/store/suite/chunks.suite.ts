/** Chunks, their vectors, and the search over both: how every store keeps and finds them. */
import { describe, expect, test } from "vitest";
import { AUTO_CHUNKING, type Chunk } from "../../task/documents/chunk.ts";
import type { DocumentRecord, MemberRecord, VectorStoreRecord } from "../../task/documents/document.ts";
import type { JsonObject } from "../../task/json/json.ts";
import type { AttributeFilter, ChunkQuery, Cut } from "../chunk-store.ts";
import type { Store } from "../store.ts";
import { newDocument, newMember, newVectorStore } from "./documents.suite.ts";
import { code } from "./life.suite.ts";

const MODEL = "local:suite";

export function chunkStories(setup: () => Promise<Store>): void {
  describe("a cut", () => cuts(setup));
  describe("vectors", () => vectors(setup));
  describe("a search", () => searches(setup));
  describe("several questions and filters", () => mergedSearches(setup));
}

function chunk(index: number, text = `Text ${index}.`): Chunk {
  return { index, page: 0, start: index * 10, end: index * 10 + text.length, text, tokens: 3 };
}

function chunksOf(count: number, textOf = (index: number) => `Text ${index}.`): Chunk[] {
  return Array.from({ length: count }, (_, index) => chunk(index, textOf(index)));
}

async function newCut({ documents }: Store): Promise<Cut> {
  const document = newDocument();
  await documents.put({ document });
  return { document: document.key, chunking: AUTO_CHUNKING };
}

/** In the direction of one axis. */
function axis(n: number): Float32Array {
  return Float32Array.from({ length: 8 }, (_, at) => (at === n ? 1 : 0));
}

/** A vector store with these texts, each as a document of one chunk that points along its axis. */
async function library(
  { documents, chunks }: Store,
  texts: readonly (string | { text: string; member: Partial<MemberRecord> })[],
): Promise<{ vectorStore: VectorStoreRecord; documents: DocumentRecord[] }> {
  const vectorStore = newVectorStore({ model: MODEL });
  const kept: DocumentRecord[] = [];
  await documents.put({ vectorStore });
  for (const [n, each] of texts.entries()) {
    const { text, member } = typeof each === "string" ? { text: each, member: {} } : each;
    const document = newDocument();
    await documents.put({ document });
    const cut = { document: document.key, chunking: AUTO_CHUNKING };
    await chunks.putChunks(cut, [chunk(0, text)], 1);
    await chunks.putVectors(cut, MODEL, [{ index: 0, vector: axis(n) }]);
    await documents.put({ members: [newMember(vectorStore, document, { status: "completed", ...member })] });
    kept.push(document);
  }
  return { vectorStore, documents: kept };
}

function ask(store: VectorStoreRecord, text: string, more: Partial<ChunkQuery> = {}): ChunkQuery {
  const queries = [{ text, vector: null }];
  return { vectorStore: store.key, queries, model: MODEL, filter: null, scoreMin: 0, limit: 10, ...more };
}

async function textsFound({ chunks }: Store, query: ChunkQuery): Promise<string[]> {
  return (await chunks.search(query)).map(({ chunk }) => chunk.text);
}

function cuts(setup: () => Promise<Store>): void {
  test("is kept in parts that come in any order, and counted once it is whole", async () => {
    const store = await setup();
    const cut = await newCut(store);
    const all = chunksOf(70);
    expect(await store.chunks.chunkCount(cut)).toBeNull();
    await store.chunks.putChunks(cut, all.slice(40), 70);
    expect(await store.chunks.chunkCount(cut)).toBeNull();
    await store.chunks.putChunks(cut, all.slice(0, 50), 70);
    expect(await store.chunks.chunkCount(cut)).toBe(70);
    expect(await store.chunks.chunks(cut, 0, 100)).toEqual(all);
    expect(await store.chunks.chunks(cut, 33, 2)).toEqual(all.slice(33, 35));
    expect(await store.check()).toEqual([]);
  });

  test("of a document without text has no chunks, which is known", async () => {
    const store = await setup();
    const cut = await newCut(store);
    await store.chunks.putChunks(cut, [], 0);
    expect(await store.chunks.chunkCount(cut)).toBe(0);
    expect(await store.chunks.chunks(cut, 0, 10)).toEqual([]);
  });

  test("is another one for another strategy", async () => {
    const store = await setup();
    const cut = await newCut(store);
    const finer = { ...cut, chunking: { maxTokens: 100, overlapTokens: 0 } };
    await store.chunks.putChunks(cut, chunksOf(1), 1);
    await store.chunks.putChunks(finer, chunksOf(3), 3);
    expect(await store.chunks.chunkCount(cut)).toBe(1);
    expect(await store.chunks.chunkCount(finer)).toBe(3);
  });

  test("begins anew when it comes out at another number of chunks", async () => {
    const store = await setup();
    const cut = await newCut(store);
    await store.chunks.putChunks(cut, chunksOf(5), 5);
    await store.chunks.putChunks(cut, chunksOf(2), 2);
    await store.chunks.sweep();
    expect(await store.chunks.chunks(cut, 0, 10)).toEqual(chunksOf(2));
    expect(await store.check()).toEqual([]);
  });

  test("goes with its document", async () => {
    const store = await setup();
    const cut = await newCut(store);
    await store.chunks.putChunks(cut, chunksOf(200), 200);
    await store.documents.removeDocument(cut.document);
    expect(await store.chunks.chunkCount(cut)).toBeNull();
    await store.chunks.sweep();
    expect(await store.check()).toEqual([]);
  });

  test("of a strategy of its own stays as long as a member of any vector store has it, and that of all others as long as its document", async () => {
    const store = await setup();
    const { document } = await newCut(store);
    const own = { document, chunking: { maxTokens: 100, overlapTokens: 20 } };
    const auto = { document, chunking: AUTO_CHUNKING };
    for (const cut of [own, auto]) await store.chunks.putChunks(cut, chunksOf(100), 100);
    await store.chunks.putVectors(own, MODEL, [{ index: 0, vector: axis(0) }]);
    const stores = [newVectorStore(), newVectorStore()];
    const record = await store.documents.document(document);
    for (const vectorStore of stores) {
      const members = record ? [newMember(vectorStore, record, { chunking: own.chunking })] : [];
      await store.documents.put({ vectorStore, members });
    }
    const counts = async () => {
      await store.chunks.sweep();
      return [await store.chunks.chunkCount(own), await store.chunks.chunkCount(auto)];
    };
    const [first, second] = stores;
    expect(await counts()).toEqual([100, 100]);
    await store.documents.removeVectorStore(first?.key ?? "");
    expect(await counts()).toEqual([100, 100]);
    await store.documents.removeMembers(second?.key ?? "", [document]);
    expect(await counts()).toEqual([null, 100]);
    expect(await store.chunks.unembedded(auto, MODEL, 1)).toHaveLength(1);
    expect(await store.check()).toEqual([]);
  });

  test("is read by the megabyte, each page with one chunk at least", async () => {
    const store = await setup();
    const cut = await newCut(store);
    const large = chunksOf(3, (index) => `${index}`.repeat(700_000));
    await store.chunks.putChunks(cut, large, 3);
    expect((await store.chunks.chunks(cut, 0, 10)).map(({ index }) => index)).toEqual([0]);
    expect((await store.chunks.chunks(cut, 2, 10)).map(({ index }) => index)).toEqual([2]);
  });
}

function vectors(setup: () => Promise<Store>): void {
  test("are wanted for each chunk once, for each model by itself", async () => {
    const store = await setup();
    const cut = await newCut(store);
    await store.chunks.putChunks(cut, chunksOf(70), 70);
    const indexes = async (model: string, limit: number) =>
      (await store.chunks.unembedded(cut, model, limit)).map(({ index }) => index);
    expect(await indexes(MODEL, 3)).toEqual([0, 1, 2]);
    const some = chunksOf(70).filter(({ index }) => index !== 35);
    await store.chunks.putVectors(
      cut,
      MODEL,
      some.map(({ index }) => ({ index, vector: axis(0) })),
    );
    expect(await indexes(MODEL, 10)).toEqual([35]);
    expect(await indexes("local:other", 100)).toHaveLength(70);
    await store.chunks.putVectors(cut, MODEL, [{ index: 35, vector: axis(1) }]);
    expect(await indexes(MODEL, 10)).toEqual([]);
  });

  test("are of one text: another one in its place is embedded anew", async () => {
    const store = await setup();
    const cut = await newCut(store);
    await store.chunks.putChunks(cut, chunksOf(2), 2);
    const both = [0, 1].map((index) => ({ index, vector: axis(index) }));
    await store.chunks.putVectors(cut, MODEL, both);
    await store.chunks.putChunks(cut, [chunk(0), chunk(1, "Rewritten.")], 2);
    expect(await store.chunks.unembedded(cut, MODEL, 10)).toEqual([chunk(1, "Rewritten.")]);
  });

  test("of what was never cut are refused", async () => {
    const store = await setup();
    const put = store.chunks.putVectors(await newCut(store), MODEL, [{ index: 0, vector: axis(0) }]);
    expect(await code(put)).toBe("not_found");
  });

  test("of two models stand side by side, and those of one go without the others", async () => {
    const store = await setup();
    const { vectorStore, documents } = await library(store, ["apples", "pears"]);
    const cut = { document: documents[0]?.key ?? "", chunking: AUTO_CHUNKING };
    await store.chunks.putVectors(cut, "local:new", [{ index: 0, vector: axis(5) }]);
    const near = (model: string, n: number) =>
      textsFound(store, ask(vectorStore, "?", { model, queries: [{ text: "?", vector: axis(n) }], scoreMin: 0.5 }));
    expect(await near(MODEL, 1)).toEqual(["pears"]);
    expect(await near("local:new", 5)).toEqual(["apples"]);
    await store.chunks.removeVectors("local:new");
    expect(await store.chunks.unembedded(cut, "local:new", 10)).toHaveLength(1);
    expect(await near(MODEL, 1)).toEqual(["pears"]);
  });
}

function searches(setup: () => Promise<Store>): void {
  const texts = [
    "The pump of the cooling circuit must be inspected every year.",
    "Order the seal under part number XR-4471/B from the store.",
    "Inspecting pumps: open the lid, then look at the seal.",
    "Die Übersicht der Größen steht auf Seite drei.",
    "東京の天気は晴れです。明日は雨が降るでしょう。",
  ];

  test("finds by words, whatever their form, accents and case", async () => {
    const store = await setup();
    const { vectorStore } = await library(store, texts);
    expect((await textsFound(store, ask(vectorStore, "pump inspections"))).sort()).toEqual([texts[2], texts[0]]);
    expect(await textsFound(store, ask(vectorStore, "ubersicht"))).toEqual([texts[3]]);
    expect(await textsFound(store, ask(vectorStore, "天気"))).toEqual([texts[4]]);
  });

  test("finds the one chunk with a part number first, however it is written", async () => {
    const store = await setup();
    const { vectorStore } = await library(store, texts);
    for (const question of ["XR-4471/B", "xr4471b", "seal seal seal pump XR 4471", "Which seal is XR-4471/B?"]) {
      expect((await textsFound(store, ask(vectorStore, question)))[0], question).toBe(texts[1]);
    }
  });

  test("finds by meaning what has none of the words", async () => {
    const store = await setup();
    const { vectorStore } = await library(store, texts);
    const queries = [{ text: "unrelated words", vector: axis(3) }];
    const [best, ...others] = await store.chunks.search(ask(vectorStore, "", { queries }));
    expect(best?.chunk.text).toBe(texts[3]);
    expect(others.every(({ score }) => score < (best?.score ?? 0))).toBe(true);
  });

  test("says what it found where, with scores between 0 and 1 that stay the same", async () => {
    const store = await setup();
    const attributes = { year: 2024, draft: false };
    const { vectorStore, documents } = await library(store, [
      "nothing",
      { text: "Old pumps leak.", member: { attributes } },
    ]);
    const query = ask(vectorStore, "leaking pump");
    const [hit] = await store.chunks.search(query);
    expect(hit).toEqual({
      document: documents[1]?.key,
      chunk: chunk(0, "Old pumps leak."),
      score: hit?.score,
      attributes,
      highlights: [
        { start: 4, end: 9 },
        { start: 10, end: 14 },
      ],
    });
    expect(hit?.score).toBeGreaterThan(0);
    expect(hit?.score).toBeLessThanOrEqual(1);
    expect(await store.chunks.search(query)).toEqual(await store.chunks.search(query));
  });

  test("looks at completed members of this store alone, whole and cut as the member says", async () => {
    const store = await setup();
    const { vectorStore } = await library(store, [
      { text: "pump one", member: { status: "in_progress" } },
      { text: "pump two", member: { chunking: { maxTokens: 100, overlapTokens: 0 } } },
      "pump three",
    ]);
    await library(store, ["pump of another store"]);
    expect(await textsFound(store, ask(vectorStore, "pump"))).toEqual(["pump three"]);
    expect(await textsFound(store, ask(newVectorStore(), "pump"))).toEqual([]);
  });

  test("sees what has changed since the last one", async () => {
    const store = await setup();
    const { vectorStore, documents } = await library(store, ["a lathe"]);
    expect(await textsFound(store, ask(vectorStore, "drill"))).toEqual([]);
    const cut = { document: documents[0]?.key ?? "", chunking: AUTO_CHUNKING };
    await store.chunks.putChunks(cut, [chunk(0, "a drill")], 1);
    expect(await textsFound(store, ask(vectorStore, "drill"))).toEqual(["a drill"]);
    await store.documents.removeDocument(cut.document);
    expect(await textsFound(store, ask(vectorStore, "drill"))).toEqual([]);
  });

  test("sees each change of what it searches in, whoever is looked at again for it", async () => {
    const store = await setup();
    const { vectorStore, documents } = await library(store, ["a pump", "a pump too", "a valve"]);
    const [one = newDocument(), other = newDocument(), third = newDocument()] = documents;
    const red: AttributeFilter = { type: "eq", key: "colour", value: "red" };
    const found = async (text: string, filter: AttributeFilter | null = null) =>
      (await textsFound(store, ask(vectorStore, text, { filter }))).sort();
    expect(await found("pump", red)).toEqual([]);
    await store.documents.annotateDocument(one.key, { metadata: { colour: "red" } }, 1);
    expect(await found("pump", red)).toEqual(["a pump"]);
    await store.documents.setAttributes({ vectorStore: vectorStore.key, document: other.key }, { colour: "red" });
    expect(await found("pump", red)).toEqual(["a pump", "a pump too"]);
    await store.documents.put({ left: { vectorStore: vectorStore.key, documents: [one.key] } });
    expect(await found("pump")).toEqual(["a pump too"]);
    await store.documents.put({ members: [newMember(vectorStore, one, { status: "completed" })] });
    expect(await found("pump")).toEqual(["a pump", "a pump too"]);
    const cut = { document: third.key, chunking: AUTO_CHUNKING };
    await store.chunks.putChunks(
      cut,
      chunksOf(2, (n) => `pump ${n}`),
      2,
    );
    expect(await found("pump")).toEqual(["a pump", "a pump too", "pump 0", "pump 1"]);
    const near = ask(vectorStore, "?", { queries: [{ text: "?", vector: axis(6) }], scoreMin: 0.9 });
    expect(await textsFound(store, near)).toEqual([]);
    await store.chunks.putVectors(cut, MODEL, [{ index: 1, vector: axis(6) }]);
    expect(await textsFound(store, near)).toEqual(["pump 1"]);
  });

  test("is refused once the store is closed", async () => {
    const store = await setup();
    const { vectorStore } = await library(store, ["pump"]);
    await store.close();
    expect(await code(store.chunks.search(ask(vectorStore, "pump")))).toBe("unavailable");
  });

  test("for nothing but marks finds nothing", async () => {
    const store = await setup();
    const { vectorStore } = await library(store, texts);
    expect(await textsFound(store, ask(vectorStore, '"" OR * ( NEAR'))).toEqual([]);
    expect(await textsFound(store, ask(vectorStore, "?!\0"))).toEqual([]);
  });
}

function mergedSearches(setup: () => Promise<Store>): void {
  test("merges what several questions find, each chunk once with its best score", async () => {
    const store = await setup();
    const { vectorStore } = await library(store, ["red apples", "green pears", "blue plums"]);
    const queries = ["apples", "red apples", "pears"].map((text) => ({ text, vector: null }));
    const hits = await store.chunks.search(ask(vectorStore, "", { queries }));
    expect(hits.map(({ chunk }) => chunk.text).sort()).toEqual(["green pears", "red apples"]);
    const scores = hits.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  });

  test("filters by the document's own metadata too, which the attributes in the store come before", async () => {
    const store = await setup();
    const { vectorStore, documents } = await library(store, [
      { text: "a pump of steel", member: { attributes: { year: 2025 } } },
      "a pump of brass",
    ]);
    const [steel, brass] = documents.map(({ key }) => key);
    const annotate = (key: string, metadata: JsonObject) => store.documents.annotateDocument(key, { metadata }, 1);
    await annotate(steel ?? "", { year: 1999, maker: "Keller" });
    await annotate(brass ?? "", { year: 2024, parts: ["seal"], notes: "x".repeat(600) });
    const found = async (filter: AttributeFilter) =>
      (await store.chunks.search(ask(vectorStore, "pump", { filter }))).map(({ attributes }) => attributes);
    expect(await found({ type: "eq", key: "year", value: 2025 })).toEqual([{ year: 2025, maker: "Keller" }]);
    expect(await found({ type: "lt", key: "year", value: 2025 })).toEqual([{ year: 2024 }]);
  });

  test("filters before it cuts off, so that a page is full", async () => {
    const store = await setup();
    const { vectorStore } = await library(
      store,
      Array.from({ length: 12 }, (_, n) => ({
        text: n < 9 ? "pump pump pump" : `a pump among many other words ${n}`,
        member: { attributes: { rare: n >= 9, n } },
      })),
    );
    const found = await textsFound(
      store,
      ask(vectorStore, "pump", { limit: 3, filter: { type: "eq", key: "rare", value: true } }),
    );
    expect(found.sort()).toEqual([9, 10, 11].map((n) => `a pump among many other words ${n}`).sort());
  });

  test("answers with no more than it is asked for, and nothing under the threshold", async () => {
    const store = await setup();
    const { vectorStore } = await library(store, ["pump", "pump and much else that nobody has asked for", "valve"]);
    expect(await textsFound(store, ask(vectorStore, "pump valve", { limit: 1 }))).toHaveLength(1);
    const all = await store.chunks.search(ask(vectorStore, "pump valve"));
    const scoreMin = all[1]?.score ?? 1;
    expect(await store.chunks.search(ask(vectorStore, "pump valve", { scoreMin }))).toEqual(all.slice(0, 2));
  });

  const red = { colour: "red", year: 2020 };
  const blue = { colour: "blue", year: 2021, old: true };
  const filters: [AttributeFilter, string[]][] = [
    [{ type: "eq", key: "colour", value: "red" }, ["red"]],
    [{ type: "ne", key: "colour", value: "red" }, ["blue", "none"]],
    [{ type: "in", key: "year", value: [2020, 2022] }, ["red"]],
    [{ type: "nin", key: "year", value: [2020, 2022] }, ["blue", "none"]],
    [{ type: "gt", key: "year", value: 2020 }, ["blue"]],
    [{ type: "gte", key: "year", value: 2020 }, ["blue", "red"]],
    [{ type: "lt", key: "year", value: 2021 }, ["red"]],
    [{ type: "lte", key: "year", value: 2021 }, ["blue", "red"]],
    [{ type: "gt", key: "colour", value: 5 }, []],
    [{ type: "eq", key: "year", value: "2020" }, []],
    [{ type: "eq", key: "constructor", value: "x" }, []],
    [
      {
        type: "and",
        filters: [
          { type: "ne", key: "old", value: true },
          { type: "gt", key: "year", value: 1 },
        ],
      },
      ["red"],
    ],
    [
      {
        type: "or",
        filters: [
          { type: "eq", key: "old", value: true },
          { type: "eq", key: "year", value: 2020 },
        ],
      },
      ["blue", "red"],
    ],
  ];
  test("filters by every kind of condition; a missing key fits only what it should not be", async () => {
    const store = await setup();
    const { vectorStore } = await library(store, [
      { text: "pump red", member: { attributes: red } },
      { text: "pump blue", member: { attributes: blue } },
      "pump none",
    ]);
    for (const [filter, names] of filters) {
      const found = await textsFound(store, ask(vectorStore, "pump", { filter }));
      expect(found.sort(), JSON.stringify(filter)).toEqual(names.map((name) => `pump ${name}`));
    }
  });
}
