/**
 * How well a search finds: nDCG@10 on labelled sets, by words alone, by vectors alone and by both, through the store that
 * the server uses. A set is a JSON file `{docs: [{id, text}], queries: [{id, text}], qrels: {query: {doc: grade}}}`.
 *
 *   node scripts/retrieval-quality.mjs FOLDER [--model MODEL]
 *
 * MODEL is what a configuration would say: `provider:model`, with the key of the environment, or a folder. Exits with 1
 * when both together find less than the better of the two alone.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { providersFromEnvironment } from "../server/src/models/configuration.ts";
import { createEmbedder, isFolder } from "../server/src/models/embeddings/embedders.ts";
import { openSqliteStore } from "../server/src/store/sqlite/store.ts";
import { newDocument, newMember, newVectorStore } from "../server/src/store/suite/documents.suite.ts";
import { AUTO_CHUNKING } from "../server/src/task/documents/chunk.ts";

const HITS = 10;
const set = z.object({
  docs: z.array(z.object({ id: z.string(), text: z.string() })),
  queries: z.array(z.object({ id: z.coerce.string(), text: z.string() })),
  qrels: z.record(z.string(), z.record(z.string(), z.number())),
});

const { values, positionals } = parseArgs({
  options: { model: { type: "string", default: "local" } },
  allowPositionals: true,
});
const [folder] = positionals;
if (folder === undefined) {
  console.error("usage: node scripts/retrieval-quality.mjs FOLDER [--model MODEL]");
  process.exit(2);
}
const named = isFolder(values.model) ? path.resolve(values.model) : values.model;
const embedder = createEmbedder({ model: named }, providersFromEnvironment(process.env));
const { signal } = new AbortController();

console.log(`nDCG@${HITS}, ${embedder.model}`);
console.log("set".padEnd(30), ...["words", "vectors", "both", "search, ms"].map((name) => name.padStart(10)));
let isBetter = true;
for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
  const { words, vectors, both, ms } = await measured(
    set.parse(JSON.parse(readFileSync(path.join(folder, file), "utf8"))),
  );
  isBetter &&= both >= Math.max(words, vectors);
  const figures = [words, vectors, both].map((value) => value.toFixed(4).padStart(10));
  console.log(path.basename(file, ".json").padEnd(30), ...figures, ms.toFixed(1).padStart(10));
}
process.exit(isBetter ? 0 : 1);

async function measured({ docs, queries, qrels }) {
  const store = await openSqliteStore(":memory:");
  const { vectorStore, idOf } = await filled(store, docs);
  const asked = queries.filter(({ id }) => Object.keys(qrels[id] ?? {}).length > 0);
  const vectors = await embedded(
    asked.map(({ text }) => text),
    "query",
  );
  const sums = { words: 0, vectors: 0, both: 0, ms: 0 };
  const search = async (text, vector) => {
    const query = { vectorStore, model: embedder.model, filter: null, scoreMin: 0, limit: HITS };
    const hits = await store.chunks.search({ ...query, queries: [{ text, vector }] });
    return hits.map(({ document }) => idOf.get(document));
  };
  for (const [n, { id, text }] of asked.entries()) {
    sums.words += gained(await search(text, null), qrels[id]);
    sums.vectors += gained(await search("", vectors[n]), qrels[id]);
    const start = performance.now();
    sums.both += gained(await search(text, vectors[n]), qrels[id]);
    sums.ms += performance.now() - start;
  }
  await store.close();
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / asked.length]));
}

/** A vector store with each text as a document of one chunk. */
async function filled(store, docs) {
  const vectorStore = newVectorStore({ model: embedder.model });
  await store.documents.put({ vectorStore });
  const vectors = await embedded(
    docs.map(({ text }) => text),
    "passage",
  );
  const idOf = new Map();
  for (const [n, { id, text }] of docs.entries()) {
    const document = newDocument();
    idOf.set(document.key, id);
    await store.documents.put({ document });
    const cut = { document: document.key, chunking: AUTO_CHUNKING };
    await store.chunks.putChunks(cut, [{ index: 0, page: 0, start: 0, end: text.length, text, tokens: 1 }], 1);
    await store.chunks.putVectors(cut, embedder.model, [{ index: 0, vector: vectors[n] }]);
    await store.documents.put({ members: [newMember(vectorStore, document, { status: "completed" })] });
  }
  return { vectorStore: vectorStore.key, idOf };
}

async function embedded(texts, purpose) {
  const vectors = [];
  for (let from = 0; from < texts.length; from += embedder.batchMax) {
    vectors.push(...(await embedder.embed(texts.slice(from, from + embedder.batchMax), { purpose, signal })));
  }
  return vectors;
}

/** What the hits bring, as a share of what the best possible order would. */
function gained(hits, grades) {
  const gain = (grade, at) => (2 ** grade - 1) / Math.log2(at + 2);
  const found = hits.reduce((sum, id, at) => sum + gain(grades[id] ?? 0, at), 0);
  const best = Object.values(grades).toSorted((a, b) => b - a);
  return found / best.slice(0, HITS).reduce((sum, grade, at) => sum + gain(grade, at), 0);
}
