import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AUTO_CHUNKING } from "../../../../task/documents/chunk.ts";
import { newDocument, newMember, newVectorStore } from "../../../suite/documents.suite.ts";
import { openDatabase } from "../../database.ts";
import { INDEX_FILE } from "../../folder.ts";
import { openSqliteStore } from "../../store.ts";
import type { Member } from "../membership.ts";
import { Membership } from "../membership.ts";
import { coverageOf, MERGED_CHUNKS_MIN, nextMerge, type Part, partOf } from "./coverage.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-index-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const MODEL = "local:test";
type Store = Awaited<ReturnType<typeof openSqliteStore>>;

/** One document of many chunks, the last of which is about a walrus. */
async function filled(store: Store) {
  const vectorStore = newVectorStore({ model: MODEL });
  const document = newDocument();
  await store.documents.put({ vectorStore, document });
  const cut = { document: document.key, chunking: AUTO_CHUNKING };
  const chunks = Array.from({ length: MERGED_CHUNKS_MIN }, (_, index) => {
    const text = index === MERGED_CHUNKS_MIN - 1 ? "a walrus" : "a fish";
    return { index, page: 0, start: 0, end: text.length, text, tokens: 2 };
  });
  await store.chunks.putChunks(cut, chunks, chunks.length);
  const vector = Float32Array.of(1, 0, 0);
  await store.chunks.putVectors(
    cut,
    MODEL,
    chunks.map(({ index }) => ({ index, vector })),
  );
  await store.documents.put({ members: [newMember(vectorStore, document, { status: "completed" })] });
  await store.chunks.whenIndexed();
  return { vectorStore: vectorStore.key, document: document.key };
}

async function walruses(store: Store, vectorStore: string): Promise<number[]> {
  const queries = [{ text: "walrus", vector: null }];
  const hits = await store.chunks.search({ vectorStore, queries, model: MODEL, filter: null, scoreMin: 0, limit: 5 });
  return hits.map(({ chunk }) => chunk.index);
}

function segmentsIn(): number {
  const index = openDatabase(path.join(folder, INDEX_FILE), { readonly: true });
  const count = Number(index.prepare<unknown[], unknown>("SELECT count(*) FROM segments").pluck().get());
  index.close();
  return count;
}

test("an index is there again after a start", async () => {
  const store = await openSqliteStore(folder);
  const { vectorStore } = await filled(store);
  await store.close();
  expect(segmentsIn()).toBe(1);
  const again = await openSqliteStore(folder);
  expect(await walruses(again, vectorStore)).toEqual([MERGED_CHUNKS_MIN - 1]);
  await again.chunks.whenIndexed();
  await again.close();
  expect(segmentsIn()).toBe(1);
});

test("an index that cannot be read is made anew, and nobody who searches notices", async () => {
  const store = await openSqliteStore(folder);
  const { vectorStore } = await filled(store);
  await store.close();
  const file = path.join(folder, INDEX_FILE);
  await writeFile(file, "This was a database once.".repeat(1_000));
  const again = await openSqliteStore(folder);
  // Before any thread has looked for it.
  expect(existsSync(file) ? readFileSync(file, "latin1").slice(0, 15) : "").not.toBe("This was a data");
  expect(await walruses(again, vectorStore)).toEqual([MERGED_CHUNKS_MIN - 1]);
  await again.chunks.whenIndexed();
  expect(await walruses(again, vectorStore)).toEqual([MERGED_CHUNKS_MIN - 1]);
  await again.close();
  expect(segmentsIn()).toBe(1);
});

test("an index that is missing is made at the start, before anybody searches", async () => {
  const store = await openSqliteStore(folder);
  await filled(store);
  await store.close();
  for (const suffix of ["", "-wal", "-shm"]) await rm(path.join(folder, INDEX_FILE) + suffix, { force: true });
  const again = await openSqliteStore(folder);
  await again.chunks.whenIndexed();
  await again.close();
  expect(segmentsIn()).toBe(1);
});

test("what belonged to a vector store that is gone leaves the index with the next turn", async () => {
  const store = await openSqliteStore(folder);
  const { vectorStore } = await filled(store);
  await store.documents.removeVectorStore(vectorStore);
  await filled(store);
  await store.close();
  expect(segmentsIn()).toBe(1);
});

test("small stores have no index, and no file for one before the first search", async () => {
  const store = await openSqliteStore(folder);
  const vectorStore = newVectorStore({ model: MODEL });
  const document = newDocument();
  await store.documents.put({ vectorStore, document });
  await store.documents.put({ members: [newMember(vectorStore, document, { status: "completed" })] });
  await store.close();
  expect(existsSync(path.join(folder, INDEX_FILE))).toBe(false);
});

test("where there can be no index a search finds the same without", async () => {
  const store = await openSqliteStore(folder);
  const { vectorStore } = await filled(store);
  await store.close();
  const file = path.join(folder, INDEX_FILE);
  for (const suffix of ["", "-wal", "-shm"]) await rm(file + suffix, { force: true });
  const again = await openSqliteStore(folder);
  // The thread of the index may have made its file by now.
  rmSync(file, { force: true });
  mkdirSync(file);
  expect(await walruses(again, vectorStore)).toEqual([MERGED_CHUNKS_MIN - 1]);
  await again.chunks.whenIndexed();
  expect(await walruses(again, vectorStore)).toEqual([MERGED_CHUNKS_MIN - 1]);
  await again.close();
  expect(statSync(file).isDirectory()).toBe(true);
});

/** Members of so many chunks each. */
function membershipOf(...sizes: readonly number[]): Membership {
  const members: Member[] = sizes.map((chunks, n) => ({
    document: `document-${n}`,
    attributes: {},
    cut: n + 1,
    version: 1,
    chunks,
    embedding: { n: n + 1, version: 1, dimensions: 4 },
  }));
  return new Membership(members);
}

test("the segments of a store that grows little by little stay few, and each chunk is written a few times", () => {
  const sizes: number[] = [];
  let segments: { parts: Part[]; chunks: number }[] = [];
  let written = 0;
  for (let documents = 0; documents < 1_200; documents++) {
    sizes.push(50 + ((documents * 37) % 100));
    const membership = membershipOf(...sizes);
    for (let merge = nextMerge(coverageOf(membership, segments)); merge; ) {
      const { pieces, replaced } = merge;
      const chunks = pieces.reduce((sum, piece) => sum + piece.chunks, 0);
      written += chunks;
      segments = [...segments.filter((segment) => !replaced.includes(segment)), { parts: pieces.map(partOf), chunks }];
      merge = nextMerge(coverageOf(membership, segments));
    }
  }
  const all = sizes.reduce((sum, size) => sum + size, 0);
  expect(segments.length).toBeLessThan(all / 8_000);
  expect(written).toBeLessThan(4 * all);
});

test("a document of more chunks than a segment takes is in several", () => {
  const membership = membershipOf(40_000);
  const segments: { parts: Part[]; chunks: number }[] = [];
  for (let turn = 0; turn < 3; turn++) {
    const pieces = nextMerge(coverageOf(membership, segments))?.pieces ?? [];
    segments.push({ parts: pieces.map(partOf), chunks: pieces.reduce((sum, piece) => sum + piece.chunks, 0) });
  }
  expect(segments.map(({ chunks }) => chunks)).toEqual([16_384, 16_384, 7_232]);
  expect(nextMerge(coverageOf(membership, segments))).toBeNull();
});
