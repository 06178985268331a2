/** `doctor` in folders of strangers, in which whatever is opened without a look would be waited for for ever. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { access, cp, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { diagnose } from "../src/cli/diagnosis.ts";
import { openDatabase } from "../src/store/sqlite/database.ts";
import { openSqliteStore } from "../src/store/sqlite/store.ts";
import { submit } from "../src/store/suite/life.suite.ts";
import { newTask } from "../src/store/suite/new-task.suite.ts";

let home = "";
let sound = "";
/** No Waybill, and says so at once: an address that nobody answers at is asked again for a second. */
const stranger = createServer((_, response) => response.writeHead(404).end("{}"));
let url = "";
beforeAll(async () => {
  await once(stranger.listen(0, "127.0.0.1"), "listening");
  url = `http://127.0.0.1:${portOf(stranger.address())}`;
  home = await mkdtemp(path.join(tmpdir(), "waybill-hostile-"));
  sound = path.join(home, "sound");
  const store = await openSqliteStore(sound);
  await submit(store, newTask({ input: { text: "large ".repeat(20_000) } }));
  await store.close();
});
afterAll(async () => {
  stranger.close();
  await rm(home, { recursive: true, force: true });
});
const portOf = (address: AddressInfo | string | null) => (typeof address === "object" ? address?.port : 0);

const pipe = async (at: string) => void execFileSync("mkfifo", [at]);
const endless = async (at: string) => void (await symlink("/dev/zero", at));
const huge = async (at: string) => {
  await writeFile(at, "");
  await truncate(at, 3 * 1024 ** 3);
};
const replaced = (by: (at: string) => Promise<unknown>) => async (at: string) => {
  await rm(at, { recursive: true, force: true });
  await by(at);
};

/** What doctor says of what is wrong. */
async function found(here: string): Promise<string[]> {
  const bad = [];
  for await (const { what, is, says } of diagnose(path.join(here, "data"), { url }, {}, here))
    if (is === "bad") bad.push(`${what}: ${says}`);
  return bad.filter((each) => !each.startsWith("Server: "));
}

async function newFolder(): Promise<string> {
  const here = await mkdtemp(path.join(home, "here-"));
  await cp(sound, path.join(here, "data"), { recursive: true });
  return here;
}

describe.skipIf(process.platform === "win32")("doctor", () => {
  it("finds nothing wrong with what is sound, whatever else somebody keeps there", async () => {
    const here = await newFolder();
    for (const name of ["backup-monday.tar", "restore-notes.txt", "waybill.sqlite.old"])
      await writeFile(path.join(here, "data", name), "");
    await mkdir(path.join(here, "data/waybill.sqlite-copies"));
    expect(await found(here)).toEqual([]);
    await (await openSqliteStore(path.join(here, "data"))).close();
  });

  it.each<[string, (at: string) => Promise<unknown>, string]>([
    ["a pipe", pipe, "is no file"],
    ["a device", endless, "is no file"],
    ["a folder", (at) => mkdir(at), "is no file"],
    ["a file of 3 GB", huge, "has more than 16 MB"],
    ["a program's link", (at) => symlink("waybill.config.ts", at), "no"],
  ])("says that the configuration is %s", async (_what, make, says) => {
    const here = await newFolder();
    await make(path.join(here, "waybill.config.json"));
    if (says === "no") return expect(await found(here)).toEqual([]);
    expect(await found(here)).toEqual([expect.stringMatching(new RegExp(`^Configuration: .*${says}`))]);
  });

  it.each<[string, string, (at: string) => Promise<unknown>, string]>([
    ["waybill.sqlite", "a pipe", pipe, "is no file"],
    ["waybill.sqlite", "a folder", (at) => mkdir(at), "is no file"],
    ["waybill.sqlite", "a link to a device", endless, "is a link"],
    ["waybill.sqlite", "a link to itself", (at) => symlink(path.basename(at), at), "is a link"],
    ["waybill.sqlite-wal", "a pipe", pipe, "is no file"],
    ["lock.sqlite", "a folder", (at) => mkdir(at), "is no file"],
    ["in-flight", "a pipe", pipe, "is no file"],
    ["files", "a pipe", pipe, "is no folder"],
  ])("says that %s is %s", async (name, _what, make, says) => {
    const here = await newFolder();
    await replaced(make)(path.join(here, "data", name));
    expect(await found(here)).toEqual([expect.stringContaining(`${name} ${says}`)]);
  });

  it("says that the data folder is none", async () => {
    for (const make of [pipe, (at: string) => writeFile(at, "")]) {
      const here = await newFolder();
      await replaced(make)(path.join(here, "data"));
      expect(await found(here)).toEqual([expect.stringMatching(/^Data folder: .*data is no folder$/)]);
    }
  });

  it("says which value cannot be read where a pipe lies in its place", async () => {
    const here = await newFolder();
    const db = openDatabase(path.join(here, "data/waybill.sqlite"));
    const sha256 = String(db.prepare<unknown[], unknown>("SELECT sha256 FROM task_files").pluck().get());
    db.close();
    const file = path.join(here, "data/files", sha256.slice(0, 2), sha256.slice(2));
    await access(file);
    await replaced(pipe)(file);
    const said = await found(here);
    expect(said.join()).toMatch(/^Unreadable: /);
  });

  it("reads no view of a stranger, whose rows never end", async () => {
    const here = await newFolder();
    const db = openDatabase(path.join(here, "data/waybill.sqlite"));
    db.exec(
      `ALTER TABLE keys RENAME TO old_keys;
       CREATE VIEW keys AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT o.* FROM n, old_keys o`,
    );
    db.close();
    expect(await found(here)).toEqual(["Database: it has views that are none of Waybill's: keys"]);
  });
});
