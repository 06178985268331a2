/**
 * Search in large vector stores: every vector looked at beside the nearest lists alone, by time, by what of the ten nearest
 * is found, and by memory; and how long the index takes when it is made anew. The vectors are random ones around 500
 * topics, the chunks short, so that 300,000 of them are written in minutes.
 *
 *   node bench/chunk-index.ts [chunks...]
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ChunkQuery } from "../server/src/store/chunk-store.ts";
import { INDEX_FILE } from "../server/src/store/sqlite/folder.ts";
import { openSqliteStore } from "../server/src/store/sqlite/store.ts";
import { newDocument, newMember, newVectorStore } from "../server/src/store/suite/documents.suite.ts";
import { AUTO_CHUNKING } from "../server/src/task/documents/chunk.ts";
import { conditions, quantile } from "./conditions.ts";

const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [20_000, 100_000, 300_000];
const MODEL = "local:bench";
const DIMENSIONS = 100;
const TOPICS = 500;
/** Of the noise beside the direction of a topic. */
const SPREAD = 0.7;
const CHUNKS_OF_DOCUMENT = 500;
const WORDS_OF_CHUNK = 60;
const VOCABULARY = 60_000;
const SEARCHES = 200;
const WARM_UP = 20;
const HITS = 10;
type Store = Awaited<ReturnType<typeof openSqliteStore>>;

let seed = 7;
function chance(): number {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
}
const normal = () => Math.sqrt(-2 * Math.log(chance() + 1e-9)) * Math.cos(2 * Math.PI * chance());
const topics = Array.from({ length: TOPICS }, () => Float32Array.from({ length: DIMENSIONS }, normal));
const near = (topic: Float32Array | undefined) =>
  topic?.map((value) => value + SPREAD * normal()) ?? new Float32Array(DIMENSIONS);
const vector = () => near(topics[Math.floor(chance() * TOPICS)]);
/** As frequent as in a language: by Zipf's law. */
const words = (count: number) =>
  Array.from({ length: count }, () => `w${Math.floor(VOCABULARY ** chance())}`).join(" ");

async function addDocument(store: Store, vectorStore: ReturnType<typeof newVectorStore>): Promise<void> {
  const document = newDocument();
  await store.documents.put({ document });
  const cut = { document: document.key, chunking: AUTO_CHUNKING };
  const chunks = Array.from({ length: CHUNKS_OF_DOCUMENT }, (_, index) => {
    const text = words(WORDS_OF_CHUNK);
    return { index, page: 0, start: 0, end: text.length, text, tokens: WORDS_OF_CHUNK };
  });
  await store.chunks.putChunks(cut, chunks, chunks.length);
  await store.chunks.putVectors(
    cut,
    MODEL,
    chunks.map(({ index }) => ({ index, vector: vector() })),
  );
  await store.documents.put({ members: [newMember(vectorStore, document, { status: "completed" })] });
}

type Question = { text: string; vector: Float32Array };

async function measured(store: Store, vectorStore: string, questions: readonly Question[]) {
  const query = { vectorStore, model: MODEL, filter: null, scoreMin: 0, limit: HITS };
  const ask = async (queries: ChunkQuery["queries"]) => {
    const start = performance.now();
    const hits = await store.chunks.search({ ...query, queries });
    return { ms: performance.now() - start, found: hits.map(({ document, chunk }) => `${document} ${chunk.index}`) };
  };
  const first = (await ask([{ text: "w1", vector: vector() }])).ms;
  for (const question of questions.slice(0, WARM_UP)) await ask([question]);
  const times: number[] = [];
  const before = process.cpuUsage();
  for (const question of questions) times.push((await ask([question])).ms);
  const { user, system } = process.cpuUsage(before);
  const nearest: string[][] = [];
  for (const question of questions) nearest.push((await ask([{ ...question, text: "" }])).found);
  const cpuMs = (user + system) / 1_000 / questions.length;
  return { first, times, cpuMs, nearest };
}

console.log(`${conditions()}; ${DIMENSIONS} dimensions, ${WORDS_OF_CHUNK} words a chunk, questions of 5 words`);
const head = ["chunks", "vectors looked at", "first, ms", "p50, ms", "p99, ms", "CPU, ms", "recall@10", "RSS, MB"];
console.log(head.map((name) => name.padStart(18)).join(""));
for (const size of sizes) {
  const folder = mkdtempSync(path.join(tmpdir(), "waybill-bench-"));
  const filling = await openSqliteStore(folder);
  const vectorStore = newVectorStore({ model: MODEL });
  await filling.documents.put({ vectorStore });
  for (let made = 0; made < size; made += CHUNKS_OF_DOCUMENT) await addDocument(filling, vectorStore);
  await filling.close();
  for (const suffix of ["", "-wal", "-shm"]) rmSync(path.join(folder, INDEX_FILE + suffix), { force: true });
  const questions = Array.from({ length: SEARCHES }, () => ({ text: words(5), vector: vector() }));
  let exact: string[][] = [];
  let made = "";
  for (const exactChunksMax of [Number.MAX_SAFE_INTEGER, 0]) {
    const store = await openSqliteStore(folder, { exactChunksMax });
    if (made === "") {
      const start = performance.now();
      const query = { vectorStore: vectorStore.key, model: MODEL, filter: null, scoreMin: 0, limit: 1 };
      const queries = [{ text: "w1", vector: null }];
      const isRefused = await store.chunks.search({ ...query, queries }).then(
        () => false,
        () => true,
      );
      const unindexed = performance.now() - start;
      await store.chunks.whenIndexed();
      const seconds = ((performance.now() - start - unindexed) / 1_000).toFixed(1);
      const bytes = ["", "-wal"].map((suffix) => statSync(path.join(folder, INDEX_FILE + suffix)).size);
      const megabytes = Math.round(Math.max(...bytes) / 2 ** 20);
      made = `made in ${seconds} s, ${megabytes} MB; a search before it is there ${isRefused ? "is refused after" : "takes"} ${unindexed.toFixed(0)} ms`;
    }
    const { first, times, cpuMs, nearest } = await measured(store, vectorStore.key, questions);
    if (exact.length === 0) exact = nearest;
    const found = nearest.map((hits, n) => hits.filter((hit) => exact[n]?.includes(hit)).length);
    const recall = found.reduce((sum, count) => sum + count, 0) / HITS / questions.length;
    const figures = [
      ...[size.toLocaleString("en"), exactChunksMax === 0 ? "in nearest lists" : "all", first.toFixed(0)],
      ...[quantile(times, 0.5).toFixed(1), quantile(times, 0.99).toFixed(1)],
      ...[cpuMs.toFixed(1), recall.toFixed(3)],
      String(Math.round(process.memoryUsage().rss / 2 ** 20)),
    ];
    console.log(figures.map((figure) => figure.padStart(18)).join(""));
    await store.close();
  }
  console.log(`${"".padStart(18)}  the index: ${made}`);
  rmSync(folder, { recursive: true });
}
