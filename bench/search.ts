/**
 * Search over 20,000 chunks while documents are cut, embedded and written, and what others notice of both: reads of tasks
 * meanwhile. Then embedding by the server's threads beside calling the model directly in as many threads.
 *
 *   node bench/search.ts [chunks] [searches]
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { offlineEmbedder } from "../server/src/models/embeddings/offline-embedder.ts";
import type { ChunkQuery, Cut } from "../server/src/store/chunk-store.ts";
import { openSqliteStore } from "../server/src/store/sqlite/store.ts";
import { newDocument, newMember, newVectorStore } from "../server/src/store/suite/documents.suite.ts";
import { submitted } from "../server/src/task/decide.ts";
import { AUTO_CHUNKING, type Chunk } from "../server/src/task/documents/chunk.ts";
import { conditions, median, quantile } from "./conditions.ts";
import { sampleTask } from "./sample-task.ts";

const chunkCount = Number(process.argv[2] ?? 20_000);
const searches = Number(process.argv[3] ?? 400);
const CHUNKS_OF_DOCUMENT = 500;
const WORDS_OF_CHUNK = 450;
/** Documents. */
const COMING = 20;
const WORDS_OF_QUESTION = 9;
const READS = 4_000;
const BATCH = 256;
const EMBED_ROUNDS = 5;
const { signal } = new AbortController();

const table = new URL("../server/assets/glove-100d.bin", import.meta.url);
const vocabulary = readFileSync(table)
  .subarray(256 + 4 * 100_000 + 100 * 100_000)
  .toString("utf8")
  .split("\n")
  .slice(0, 60_000);
let seed = 7;
/** Words as frequent as in a language: by Zipf's law. */
function words(count: number): string {
  const chosen = Array.from({ length: count }, () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return vocabulary[Math.floor(vocabulary.length ** (seed / 2 ** 32)) - 1];
  });
  return `${chosen.join(" ")}.`;
}

function texts(count: number): string[] {
  return Array.from({ length: count }, () => words(WORDS_OF_CHUNK));
}

const folder = mkdtempSync(path.join(tmpdir(), "waybill-bench-"));
const store = await openSqliteStore(folder);
const embedder = offlineEmbedder();
const vectorStore = newVectorStore({ model: embedder.model });
await store.documents.put({ vectorStore });

/** `texts`: of its chunks. */
async function addDocument(texts: readonly string[]): Promise<void> {
  const count = texts.length;
  const document = newDocument();
  await store.documents.put({ document });
  const cut: Cut = { document: document.key, chunking: AUTO_CHUNKING };
  const chunks = texts.map(
    (text, index): Chunk => ({ index, page: index, start: 0, end: text.length, text, tokens: WORDS_OF_CHUNK }),
  );
  for (let from = 0; from < count; from += BATCH) {
    const batch = chunks.slice(from, from + BATCH);
    await store.chunks.putChunks(cut, batch, count);
    const vectors = await embedder.embed(
      batch.map(({ text }) => text),
      { purpose: "passage", signal },
    );
    await store.chunks.putVectors(
      cut,
      embedder.model,
      vectors.map((vector, n) => ({ index: from + n, vector })),
    );
  }
  await store.documents.put({ members: [newMember(vectorStore, document, { status: "completed" })] });
}

const filling = performance.now();
for (let made = 0; made < chunkCount; made += CHUNKS_OF_DOCUMENT) await addDocument(texts(CHUNKS_OF_DOCUMENT));
const perS = Math.round(chunkCount / ((performance.now() - filling) / 1_000));
console.log(`${chunkCount.toLocaleString("en")} chunks written and embedded, ${perS}/s (${conditions()})`);

const indexing = performance.now();
await store.chunks.whenIndexed();
console.log(`the index was ready ${((performance.now() - indexing) / 1_000).toFixed(1)} s later`);

const tasks = Array.from({ length: READS }, () => sampleTask(Date.now(), "What?"));
await store.apply(tasks.map((task) => submitted(task)));

async function search(): Promise<number> {
  const text = words(WORDS_OF_QUESTION);
  const [vector = null] = await embedder.embed([text], { purpose: "query", signal });
  const query: ChunkQuery = {
    vectorStore: vectorStore.key,
    queries: [{ text, vector }],
    model: embedder.model,
    filter: null,
    scoreMin: 0,
    limit: 10,
  };
  const start = performance.now();
  const hits = await store.chunks.search(query);
  if (hits.length !== 10) throw new Error(`${hits.length} hits`);
  return performance.now() - start;
}

const row = (name: string, times: readonly number[]) =>
  console.log(name.padEnd(44), ...[0.5, 0.99, 1].map((share) => quantile(times, share).toFixed(1).padStart(8)));
console.log("\nms".padEnd(45), ...["p50", "p99", "max"].map((name) => name.padStart(8)));
row("the first search, which reads all", [await search()]);
for (let n = 0; n < 20; n++) await search();
const alone: number[] = [];
for (let n = 0; n < searches; n++) alone.push(await search());
row("a search, nothing else", alone);

// Made before: in a server they come from another process, and making them would hold up whoever reads.
const coming = Array.from({ length: COMING }, () => texts(CHUNKS_OF_DOCUMENT / 5));
let isIngesting = true;
const ingestion = (async () => {
  for (let n = 0; isIngesting; n++) await addDocument(coming[n % COMING] ?? []);
})();
const reads: number[] = [];
const reading = (async () => {
  for (const { id } of tasks) {
    if (!isIngesting) return;
    const start = performance.now();
    await store.task(id);
    reads.push(performance.now() - start);
    await nextTurn();
  }
})();
const busy: number[] = [];
for (let n = 0; n < searches; n++) busy.push(await search());
isIngesting = false;
await Promise.all([ingestion, reading]);
row("a search while documents come in", busy);
row("a read of a task meanwhile", reads);

const embedded = texts(4_096);
const rates: { direct: number; ours: number }[] = [];
for (let round = 0; round < EMBED_ROUNDS; round++) rates.push({ direct: await direct(), ours: await byThreads() });
const rate = (name: "direct" | "ours") => Math.round(median(rates.map((rates) => rates[name]))).toLocaleString("en");
console.log(
  `\nembedding on ${availableParallelism()} cores: ${rate("direct")} chunks/s directly, ${rate("ours")} through the server's threads,`,
);
console.log(`ratio ${(median(rates.map(({ direct, ours }) => ours / direct)) * 100).toFixed(0)} %`);

async function byThreads(): Promise<number> {
  const start = performance.now();
  for (let from = 0; from < embedded.length; from += BATCH)
    await embedder.embed(embedded.slice(from, from + BATCH), { purpose: "passage", signal });
  return embedded.length / ((performance.now() - start) / 1_000);
}

/** The model in as many bare threads, each with its share of the texts in hand, and as nice to others as the server's. */
async function direct(): Promise<number> {
  const count = availableParallelism();
  const code = `const { parentPort, workerData } = require("node:worker_threads");
    const { getPriority, setPriority } = require("node:os");
    if (process.platform === "linux") setPriority(getPriority() + 5);
    import(workerData.module).then(({ WordVectors }) => {
      const vectors = new WordVectors(new Uint8Array(require("node:fs").readFileSync(new URL(workerData.table))));
      parentPort.on("message", () => { for (const text of workerData.texts) vectors.embed(text); parentPort.postMessage("done"); });
      parentPort.postMessage("ready");
    });`;
  const module = new URL("../server/src/models/embeddings/word-vectors.ts", import.meta.url).href;
  const workers = Array.from({ length: count }, (_, n) => {
    const share = embedded.filter((_, at) => at % count === n);
    return new Worker(code, { eval: true, workerData: { module, table: table.href, texts: share } });
  });
  const message = () => Promise.all(workers.map((worker) => new Promise((resolve) => worker.once("message", resolve))));
  await message();
  const start = performance.now();
  const done = message();
  for (const worker of workers) worker.postMessage("go");
  await done;
  const perS = embedded.length / ((performance.now() - start) / 1_000);
  await Promise.all(workers.map((worker) => worker.terminate()));
  return perS;
}

await store.close();
rmSync(folder, { recursive: true });
