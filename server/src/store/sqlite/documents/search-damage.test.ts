/** A search among documents of which some cannot be read whole. */
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { damageLeafOf, damagePageOf } from "../../../../test/lose-text.ts";
import { AUTO_CHUNKING } from "../../../task/documents/chunk.ts";
import type { ChunkQuery } from "../../chunk-store.ts";
import { newDocument, newMember, newVectorStore } from "../../suite/documents.suite.ts";
import { openDatabase } from "../database.ts";
import { DATABASE_FILE } from "../folder.ts";
import { sqliteStorage } from "../storage.ts";
import { openSqliteStore } from "../store.ts";

const DOCUMENTS = 200;
const MODEL = "offline";
const VECTOR = Float32Array.from({ length: 64 }, () => 1);

let filled = "";
let folder = "";
let damages: string[] = [];
const documents: string[] = [];
let asked: ChunkQuery;
beforeAll(async () => {
  filled = await mkdtemp(path.join(tmpdir(), "waybill-search-filled-"));
  const vectorStore = newVectorStore({ model: MODEL });
  const queries = [{ text: "letter", vector: VECTOR }];
  asked = { vectorStore: vectorStore.key, queries, model: MODEL, filter: null, scoreMin: 0, limit: DOCUMENTS };
  const store = await openSqliteStore(filled);
  await store.documents.put({ vectorStore });
  for (let n = 0; n < DOCUMENTS; n++) {
    const document = newDocument();
    const text = `A letter of ${n}. ${"It rains. ".repeat(20)}`;
    await store.documents.put({ document });
    const cut = cutOf(document.key);
    await store.chunks.putChunks(cut, [{ index: 0, page: 0, start: 0, end: text.length, text, tokens: 3 }], 1);
    await store.chunks.putVectors(cut, MODEL, [{ index: 0, vector: VECTOR }]);
    await store.documents.put({ members: [newMember(vectorStore, document, { status: "completed" })] });
    documents.push(document.key);
  }
  await store.close();
}, 60_000);
afterAll(() => rm(filled, { recursive: true, force: true }));
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-search-damage-"));
  await cp(filled, folder, { recursive: true });
  damages = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const opened = () => openSqliteStore(folder, { onDamage: ({ what }) => damages.push(what) });
const rowsOf = (table: string) => {
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  try {
    return Number(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
  } finally {
    db.close();
  }
};
const cutOf = (document: string) => ({ document, chunking: AUTO_CHUNKING });

test.each([
  ["chunks", "chunk 0 of document"],
  ["postings", "words of document"],
  ["vectors", "vectors of document"],
  ["members", "document"],
  ["documents", "document"],
  ["cuts", "document"],
  ["embeddings", "document"],
])("where a page of %s is damaged, what is on it is left out of what is found, and told", async (table, what) => {
  const store = await opened();
  await damageLeafOf(folder, table, 0.5);
  const found = await store.chunks.search(asked);
  expect(found.length).toBeGreaterThan(DOCUMENTS / 4);
  expect(await store.chunks.search(asked)).toEqual(found);
  const told = damages.filter((each) => each.startsWith(`${what} `));
  expect(told.length).toBeGreaterThan(0);
  // By their words or their vectors they are found all the same.
  if (!["postings", "vectors"].includes(table)) expect(found.length).toBeLessThan(DOCUMENTS);
  await store.close();
});

test.each(["chunks", "postings", "cuts", "members_by_time", "documents"])(
  "where an index that leads to %s is damaged, all is found once it is made anew",
  async (table) => {
    await damagePageOf(folder, table.includes("_") ? table : `sqlite_autoindex_${table}_1`);
    const store = await opened();
    for (const _ of [1, 2]) expect(await store.chunks.search(asked)).toHaveLength(DOCUMENTS);
    await store.close();
  },
);

test.each([
  ["as a whole", null],
  ["at its beginning", 0],
  ["at its end", 0.999],
])("where the list of what is searched otherwise is damaged %s, documents are found, come and go", async (_, leaf) => {
  await (leaf === null ? damagePageOf(folder, "searchable_changes") : damageLeafOf(folder, "searchable_changes", leaf));
  const store = await opened();
  const found = async () => (await store.chunks.search(asked)).length;
  expect(await found()).toBe(DOCUMENTS);
  for (const document of documents.slice(0, 2)) await store.documents.removeDocument(document);
  expect(await found()).toBe(DOCUMENTS - 2);
  await store.documents.removeMembers(asked.vectorStore, documents.slice(2, 3));
  expect(await found()).toBe(DOCUMENTS - 3);
  expect(damages).toContain("table searchable_changes, which has been rebuilt,");
  await store.close();
  expect(await sqliteStorage(folder).health()).toMatchObject({ problems: [], unreadable: [] });
});

test.each(["removed_cuts", "removed_embeddings"])(
  "where %s cannot be read, what is left of removed documents goes all the same",
  async (table) => {
    const before = await opened();
    for (const document of documents.slice(50)) await before.documents.removeDocument(document);
    await before.close();
    await damagePageOf(folder, table);
    const store = await opened();
    await store.chunks.sweep();
    await store.close();
    expect(damages).toContain(`table ${table}, which has been rebuilt,`);
    for (const left of ["chunks", "postings", "vectors"]) expect(rowsOf(left), left).toBe(50);
    expect(await sqliteStorage(folder).health()).toMatchObject({ problems: [], unreadable: [] });
  },
);

test("words that are lost are made anew of their chunks by a mend, and chunks whose vector is lost wait for another", async () => {
  const before = await opened();
  const whole = await before.chunks.search(asked);
  await before.close();
  for (const table of ["postings", "vectors"]) await damageLeafOf(folder, table, 0.5);
  const { lost } = await sqliteStorage(folder).mend();
  expect(lost.map(({ table }) => table).sort()).toEqual(["postings", "vectors"]);
  const store = await opened();
  const byWords = { ...asked, queries: [{ text: "letter", vector: null }] };
  expect(await store.chunks.search(byWords)).toHaveLength(DOCUMENTS);
  let waiting = 0;
  for (const document of documents)
    for (const { index } of await store.chunks.unembedded(cutOf(document), MODEL, 9)) {
      waiting += 1;
      await store.chunks.putVectors(cutOf(document), MODEL, [{ index, vector: VECTOR }]);
    }
  expect(waiting).toBeGreaterThan(0);
  expect(await store.chunks.search(asked)).toEqual(whole);
  await store.close();
});

test("what nothing leads to any more after a mend goes, as that of a removed document does", async () => {
  for (const table of ["documents", "cuts", "embeddings"]) await damageLeafOf(folder, table, 0.5);
  await sqliteStorage(folder).mend();
  const store = await opened();
  await store.chunks.sweep();
  await store.close();
  const kept = rowsOf("documents JOIN cuts ON document = key");
  expect(kept).toBeLessThan(DOCUMENTS);
  for (const table of ["cuts", "chunks", "postings"]) expect(rowsOf(table), table).toBe(kept);
  expect(rowsOf("vectors")).toBe(rowsOf("cuts JOIN embeddings ON cut = cuts.n"));
});
