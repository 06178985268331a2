/** The lock of a data folder whose file the disk has damaged. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LOCK_FILE } from "./folder.ts";
import { lockFolder } from "./folder-lock.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-lock-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const damage = () => writeFile(path.join(folder, LOCK_FILE), Buffer.alloc(3_000, 0x5a));

test("a lock that is damaged keeps nobody from the folder", async () => {
  lockFolder(folder)();
  await damage();
  lockFolder(folder)();
  lockFolder(folder)();
});

const HOLD = `import { lockFolder } from ${JSON.stringify(new URL("./folder-lock.ts", import.meta.url).href)};
  globalThis.unlock = lockFolder(process.argv[1]);
  console.log("held");
  process.stdin.resume();`;

test("one that is damaged while another process holds it is still that one's", async () => {
  const args = ["--disable-warning=ExperimentalWarning", "--conditions=waybill-source", "--input-type=module", "-e"];
  const other = spawn(process.execPath, [...args, HOLD, folder], { stdio: ["pipe", "pipe", "inherit"] });
  try {
    await once(other.stdout, "data");
    await damage();
    expect(() => lockFolder(folder)).toThrow("is in use by another process");
    expect(() => lockFolder(folder)).toThrow("is in use by another process");
  } finally {
    other.kill();
    await once(other, "exit");
  }
  lockFolder(folder)();
});
