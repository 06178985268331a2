/** A bit that the disk has turned in an index makes an entry lead to the row of another tenant, and no page says so of itself. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Store } from "../store.ts";
import { newDocument, newVectorStore } from "../suite/documents.suite.ts";
import { openDatabase } from "./database.ts";
import { DATABASE_FILE } from "./folder.ts";
import { openSqliteStore } from "./store.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-entries-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const LEADS_ELSEWHERE = "its entry leads to another one";
const OWN = { tenant: "acme", user: "ada", id: "own" };
const ROWS = [{ ...OWN, id: "first" }, OWN, { tenant: "other", user: "eve", id: "secret" }];
const acme = { tenant: "acme", user: null };

async function startLeading(to: number): Promise<Store> {
  const store = await openSqliteStore(folder);
  for (const fields of ROWS)
    await store.documents.put({ document: newDocument(fields), vectorStore: newVectorStore(fields) });
  await store.close();
  // That of the documents, then that of the stores.
  for (const _ of ["documents", "stores"]) await leadElsewhere("acmeadaown", to);
  return openSqliteStore(folder);
}

test("a document and a vector store whose entries lead to those of another tenant are not those", async () => {
  const store = await startLeading(3);
  const { documents } = store;
  await expect(documents.documentById(acme, OWN)).rejects.toThrow(LEADS_ELSEWHERE);
  await expect(documents.vectorStoreById(acme, OWN)).rejects.toThrow(LEADS_ELSEWHERE);
  const first = { ...OWN, id: "first" };
  expect(await documents.documentById(acme, first)).toMatchObject(first);
  // The index is made anew, as after any damage that is met.
  await expect.poll(() => documents.documentById(acme, OWN).catch(() => null)).toMatchObject(OWN);
  await expect.poll(() => documents.vectorStoreById(acme, OWN).catch(() => null)).toMatchObject(OWN);
  await store.close();
});

test("those whose entries lead to no row are not taken for ones that are not there", async () => {
  const store = await startLeading(9);
  const { documents } = store;
  expect(await documents.documentById(acme, OWN)).toMatchObject(OWN);
  expect(await documents.vectorStoreById(acme, OWN)).toMatchObject(OWN);
  await store.close();
});

/** The entry of these columns in an index, which ends with the number of its row: it is that of the second row. */
async function leadElsewhere(columns: string, to: number): Promise<void> {
  const file = path.join(folder, DATABASE_FILE);
  openDatabase(file).pragma("wal_checkpoint(TRUNCATE)");
  const bytes = await readFile(file);
  const at = bytes.indexOf(Buffer.concat([Buffer.from(columns), Buffer.from([2])]));
  expect(at).toBeGreaterThan(0);
  bytes[at + columns.length] = to;
  await writeFile(file, bytes);
}
