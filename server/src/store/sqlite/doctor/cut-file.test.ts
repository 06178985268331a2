/** A file that was cut has another length than its row says. */
import { mkdtemp, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import { newDocument } from "../../suite/documents.suite.ts";
import { pathOfFile } from "../folder.ts";
import { sqliteStorage } from "../storage.ts";
import { openSqliteStore } from "../store.ts";

test("a check names a document whose file was cut", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "waybill-cut-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const store = await openSqliteStore(folder);
  const { sha256, bytes } = await store.files.receive(Readable.from([Buffer.from("Hello")]), { bytesMax: 10 });
  const document = newDocument({ sha256, bytes });
  await store.documents.put({ document });
  await store.close();
  expect((await sqliteStorage(folder).health()).unreadable).toEqual([]);
  await truncate(pathOfFile(folder, sha256), 3);
  expect((await sqliteStorage(folder).health()).unreadable).toEqual([
    { task: null, says: `The document ${document.key} cannot be read: its file has 3 bytes in the place of 5` },
  ]);
});
