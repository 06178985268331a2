import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { damagePageOf } from "../../test/lose-text.ts";
import { fixture } from "../store/sqlite/fixture.suite.ts";
import { DATABASE_FILE } from "../store/sqlite/folder.ts";
import { folderApiKeys } from "./folder-api-keys.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-keys-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("a command that is the first to open a folder of an older version says what that lacks from then on", async () => {
  await cp(fixture(38), path.join(folder, DATABASE_FILE));
  await damagePageOf(folder, "messages");
  const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  await folderApiKeys(folder, "acme").list();
  const said = written.mock.calls.map(([text]) => String(text));
  written.mockRestore();
  expect(said).toEqual([
    expect.stringContaining("an upgrade meets a damaged page: the database is rebuilt"),
    expect.stringMatching(/rows of .*messages.* cannot be read: .*before-restore-/),
  ]);
});
