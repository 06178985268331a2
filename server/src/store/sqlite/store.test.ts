import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll } from "vitest";
import { storeSuite } from "../store.suite.ts";
import { openSqliteStore } from "./store.ts";

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

storeSuite("SQLite in memory", (options) => openSqliteStore(":memory:", options), { compared: false });

storeSuite("SQLite on disk", async (options) => {
  const folder = await mkdtemp(path.join(tmpdir(), "waybill-store-"));
  folders.push(folder);
  return openSqliteStore(folder, options);
});
