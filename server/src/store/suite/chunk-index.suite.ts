/** Searches in vector stores that are large enough for an index: how they compare with going over every chunk by hand. */
import { expect, test } from "vitest";
import { bestOf } from "../../retrieval/best.ts";
import { fused, trustIn } from "../../retrieval/fusion.ts";
import { lexicalScores } from "../../retrieval/lexical.ts";
import { encodePostings, Postings, SLICE_CHUNKS } from "../../retrieval/postings.ts";
import { Direction, quantised, VectorRows } from "../../retrieval/quantised.ts";
import { AUTO_CHUNKING } from "../../task/documents/chunk.ts";
import type { VectorStoreRecord } from "../../task/documents/document.ts";
import type { AttributeFilter } from "../chunk-store.ts";
import type { StoreOptions } from "../storage.ts";
import type { Store } from "../store.ts";
import { newDocument, newMember, newVectorStore } from "./documents.suite.ts";

const MODEL = "local:suite";
const DIMENSIONS = 16;
/** Enough for a first segment and a second one. */
const DOCUMENTS = 22;
const CHUNKS_OF_DOCUMENT = 300;
const TOPICS = 40;
const HITS = 10;

type Text = { document: string; text: string; vector: Float32Array; odd: boolean };

export function chunkIndexStories(setup: (options?: StoreOptions) => Promise<Store>): void {
  test("finds what going over every chunk finds, also after documents have come, changed and gone", async () => {
    const store = await setup();
    const shelf = await newShelf(store, DOCUMENTS);
    await store.chunks.whenIndexed();
    await expectAllFound(store, shelf);
    const [gone = "", rewritten = ""] = new Set(shelf.texts.map(({ document }) => document));
    await store.documents.removeDocument(gone);
    const words = shelf.chance;
    const left = shelf.texts.filter(({ document }) => document !== gone && document !== rewritten);
    shelf.texts = [...left, ...textsOf(rewritten, true, words, CHUNKS_OF_DOCUMENT + 5)];
    await putTexts(store, rewritten, shelf.texts);
    for (let more = 0; more < 3; more++) await addDocument(store, shelf);
    await expectAllFound(store, shelf);
    await store.chunks.whenIndexed();
    await expectAllFound(store, shelf);
  });
}

/** The index is asked for many vectors, each of which is compared with all there are. */
export function comparedChunks(setup: (options?: StoreOptions) => Promise<Store>): void {
  test("of more chunks than are all looked at finds nearly all that is near, everything by its words, and nothing that a filter leaves out", async () => {
    const store = await setup({ exactChunksMax: 1_000 });
    const shelf = await newShelf(store, DOCUMENTS);
    await store.chunks.whenIndexed();
    await expectNearlyAllFound(store, shelf);
    const { text = "" } = shelf.texts[777] ?? {};
    const [number = ""] = text.match(/part-\d+/) ?? [];
    const far = { text: number, vector: (shelf.texts[5]?.vector ?? axis(0)).map((value) => -value) };
    expect((await found(store, shelf, far))[0]).toBe(text);
    await expectFilterKept(store, shelf);
  });
}

async function expectNearlyAllFound(store: Store, shelf: Shelf): Promise<void> {
  const judge = judgeOver(shelf.texts);
  let near = 0;
  const asked = questions(shelf, 30);
  for (const question of asked) {
    const wanted = new Set(judge({ ...question, text: "" }));
    near += (await found(store, shelf, { ...question, text: "" })).filter((text) => wanted.has(text)).length;
  }
  expect(near / asked.length / HITS).toBeGreaterThanOrEqual(0.95);
}

/** Also where it leaves one document of all. */
async function expectFilterKept(store: Store, shelf: Shelf): Promise<void> {
  const [one = ""] = shelf.texts.map(({ document }) => document);
  await store.documents.annotateDocument(one, { metadata: { single: true } }, 1);
  const judge = judgeOver(shelf.texts.filter(({ document }) => document === one));
  const all = new Set(shelf.texts.filter((text) => text.odd).map(({ text }) => text));
  for (const question of questions(shelf, 10)) {
    const single = await found(store, shelf, question, { type: "eq", key: "single", value: true });
    expect(single).toEqual(judge(question));
    const odd = await found(store, shelf, question, { type: "eq", key: "odd", value: true });
    expect(odd).toHaveLength(HITS);
    expect(odd.every((text) => all.has(text))).toBe(true);
  }
}

type Chance = () => number;
type Shelf = { vectorStore: VectorStoreRecord; texts: Text[]; chance: Chance };
type Question = { text: string; vector: Float32Array };

/** The same numbers each time. */
function chanceFrom(seed: number): Chance {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

async function newShelf(store: Store, documents: number): Promise<Shelf> {
  const vectorStore = newVectorStore({ model: MODEL });
  await store.documents.put({ vectorStore });
  const shelf: Shelf = { vectorStore, texts: [], chance: chanceFrom(7) };
  for (let n = 0; n < documents; n++) await addDocument(store, shelf);
  return shelf;
}

async function addDocument(store: Store, shelf: Shelf): Promise<void> {
  const document = newDocument();
  const odd = shelf.chance() < 0.5;
  await store.documents.put({ document });
  const texts = textsOf(document.key, odd, shelf.chance, CHUNKS_OF_DOCUMENT);
  shelf.texts.push(...texts);
  await putTexts(store, document.key, texts);
  const member = newMember(shelf.vectorStore, document, { status: "completed", attributes: { odd } });
  await store.documents.put({ members: [member] });
}

async function putTexts(store: Store, document: string, all: readonly Text[]): Promise<void> {
  const texts = all.filter((text) => text.document === document);
  const cut = { document, chunking: AUTO_CHUNKING };
  const chunks = texts.map(({ text }, index) => ({ index, page: 0, start: 0, end: text.length, text, tokens: 9 }));
  await store.chunks.putChunks(cut, chunks, chunks.length);
  await store.chunks.putVectors(
    cut,
    MODEL,
    texts.map(({ vector }, index) => ({ index, vector })),
  );
}

function axis(n: number): Float32Array {
  return Float32Array.from({ length: DIMENSIONS }, (_, at) => (at === n % DIMENSIONS ? 1 : 0));
}

/** About one of some topics, in its direction. */
function textsOf(document: string, odd: boolean, chance: Chance, count: number): Text[] {
  return Array.from({ length: count }, () => {
    const topic = Math.floor(chance() * TOPICS);
    const words = Array.from({ length: 8 }, () => `w${Math.floor(300 ** chance())}`);
    const text = `${words.join(" ")} topic${topic} part-${Math.floor(chance() * 1e9)}`;
    const [own, next] = [axis(topic), axis(topic * 7 + 3)];
    const vector = own.map((value, at) => value + 0.6 * (next[at] ?? 0) + 0.4 * (chance() - 0.5));
    return { document, text, vector, odd };
  });
}

function questions({ chance, texts }: Shelf, count: number): Question[] {
  return Array.from({ length: count }, () => {
    const { text = "", vector = axis(0) } = texts[Math.floor(chance() * texts.length)] ?? {};
    return {
      text: text.split(" ").slice(3, 7).join(" "),
      vector: vector.map((value) => value + 0.2 * (chance() - 0.5)),
    };
  });
}

async function found({ chunks }: Store, shelf: Shelf, question: Question, filter: AttributeFilter | null = null) {
  const query = { vectorStore: shelf.vectorStore.key, queries: [question], model: MODEL, filter, scoreMin: 0 };
  return (await chunks.search({ ...query, limit: HITS })).map(({ chunk }) => chunk.text);
}

async function expectAllFound(store: Store, shelf: Shelf): Promise<void> {
  const judge = judgeOver(shelf.texts);
  for (const question of questions(shelf, 10)) {
    expect((await found(store, shelf, question)).sort()).toEqual(judge(question).sort());
  }
}

/** Who goes over all of these texts by hand: the best of them, for each question that it is asked. */
function judgeOver(texts: readonly Text[]): (question: Question) => string[] {
  const numbers = { count: texts.length, searched: texts.length, isSearched: new Uint8Array(texts.length).fill(1) };
  const firsts = Array.from({ length: Math.ceil(texts.length / SLICE_CHUNKS) }, (_, slice) => slice * SLICE_CHUNKS);
  const sources = firsts.map((first) => {
    const own = texts.slice(first, first + SLICE_CHUNKS).map((each) => each.text);
    const postings = new Postings(encodePostings(new Map(own.entries())));
    return { first, lengths: postings.lengths.subarray(0, own.length), listsWith: () => postings };
  });
  const rows = new VectorRows(Int8Array.from(texts.flatMap((each) => [...quantised(each.vector)])), DIMENSIONS);
  return ({ text, vector }) => {
    const cosines = new Float32Array(texts.length);
    rows.writeCosines(new Direction(vector), 0, cosines, numbers.isSearched);
    const scores = fused(lexicalScores(text, sources, numbers), cosines, numbers, trustIn(MODEL, text));
    return bestOf(scores, HITS, 0, (chunk) => chunk).map((chunk) => texts[chunk]?.text ?? "");
  };
}
