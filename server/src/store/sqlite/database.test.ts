import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDatabase } from "./database.ts";
import { openIndex } from "./documents/chunk-index/index-file.ts";
import { DATABASE_FILE, INDEX_FILE } from "./folder.ts";
import { sqliteStorage } from "./storage.ts";
import { openSqliteStore } from "./store.ts";

/** Made with pages of SQLite's own size. */
const OLDER = new URL("fixtures/schema-36.sqlite", import.meta.url);
const LOG_BYTES = 16 << 20;

let home = "";
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "waybill-database-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

function pagesOf(file: string): { bytes: number; logBytes: number } {
  const db = openDatabase(file);
  const bytes = Number(db.pragma("page_size", { simple: true }));
  const logBytes = bytes * Number(db.pragma("wal_autocheckpoint", { simple: true }));
  db.close();
  return { bytes, logBytes };
}

test("a new database has small pages, and its index of chunks has not", async () => {
  await openSqliteStore(home).then((store) => store.close());
  openIndex(path.join(home, INDEX_FILE)).close();
  expect(pagesOf(path.join(home, DATABASE_FILE))).toEqual({ bytes: 2_048, logBytes: LOG_BYTES });
  expect(pagesOf(path.join(home, INDEX_FILE))).toEqual({ bytes: 4_096, logBytes: LOG_BYTES });
});

test("an older database keeps its pages and as long a log, and is given small ones by a backup", async () => {
  const folder = path.join(home, "data");
  const archive = path.join(home, "all.tar");
  const restored = path.join(home, "restored");
  await mkdir(folder);
  await cp(OLDER, path.join(folder, DATABASE_FILE));
  await openSqliteStore(folder).then((store) => store.close());
  expect(pagesOf(path.join(folder, DATABASE_FILE))).toEqual({ bytes: 4_096, logBytes: LOG_BYTES });
  await sqliteStorage(folder).backup(archive, "1.2.3", {});
  await sqliteStorage(restored).restore(archive, "1.2.3", {});
  expect(pagesOf(path.join(restored, DATABASE_FILE))).toEqual({ bytes: 2_048, logBytes: LOG_BYTES });
  const store = await openSqliteStore(restored);
  expect(await store.check()).toEqual([]);
  await store.close();
});
