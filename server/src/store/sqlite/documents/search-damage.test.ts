/** A search among documents of which one cannot be read whole. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { damageLeafOf } from "../../../../test/lose-text.ts";
import { AUTO_CHUNKING } from "../../../task/documents/chunk.ts";
import { newDocument, newMember, newVectorStore } from "../../suite/documents.suite.ts";
import { openSqliteStore } from "../store.ts";

const DOCUMENTS = 20;
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-search-damage-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("what lies on a damaged page is left out of what is found, and told", async () => {
  const damages: string[] = [];
  const opened = () => openSqliteStore(folder, { onDamage: ({ what }) => damages.push(what) });
  const vectorStore = newVectorStore();
  const before = await opened();
  await before.documents.put({ vectorStore });
  for (let n = 0; n < DOCUMENTS; n++) {
    const document = newDocument();
    const text = `A letter of ${n}. ${"It rains. ".repeat(60)}`;
    await before.documents.put({ document });
    const chunk = { index: 0, page: 0, start: 0, end: text.length, text, tokens: 3 };
    await before.chunks.putChunks({ document: document.key, chunking: AUTO_CHUNKING }, [chunk], 1);
    await before.documents.put({ members: [newMember(vectorStore, document, { status: "completed" })] });
  }
  await before.close();
  await damageLeafOf(folder, "chunks", 0.5);
  const store = await opened();
  const queries = [{ text: "letter", vector: null }];
  const asked = {
    vectorStore: vectorStore.key,
    queries,
    model: vectorStore.model,
    filter: null,
    scoreMin: 0,
    limit: 50,
  };
  const found = await store.chunks.search(asked);
  expect(found.length).toBeGreaterThan(DOCUMENTS / 2);
  expect(found.length).toBeLessThan(DOCUMENTS);
  const told = damages.filter((what) => what.startsWith("chunk 0 of document"));
  expect(told.length).toBe(DOCUMENTS - found.length);
  await store.close();
});
