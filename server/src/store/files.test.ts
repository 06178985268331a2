import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { afterAll, expect, test } from "vitest";
import { filesSuite } from "./files.suite.ts";
import { folderFiles } from "./folder-files.ts";
import { memoryFiles } from "./memory-files.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "waybill-files-"));
  folders.push(folder);
  return folder;
}

filesSuite("files in a folder", (clock) => folderFiles(newFolder(), clock));
filesSuite("files in memory", async (clock) => memoryFiles(clock));

const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

test("a stream is on the disk as it comes: no more than a few chunks of it are in memory", async () => {
  const folder = newFolder();
  const files = await folderFiles(folder);
  const chunk = 64 << 10;
  const bytesMax = 64 << 20;
  let given = 0;
  let aheadMax = 0;
  const stream = Readable.from(
    (function* () {
      for (; given < bytesMax; given += chunk) {
        const [aside] = filesIn(folder);
        if (aside) aheadMax = Math.max(aheadMax, given - statSync(path.join(aside.parentPath, aside.name)).size);
        yield Buffer.alloc(chunk, given / chunk);
      }
    })(),
  );
  expect((await files.write(stream, { bytesMax })).bytes).toBe(bytesMax);
  expect(aheadMax).toBeGreaterThan(0);
  expect(aheadMax).toBeLessThan(2 << 20);
});

test("what broke, was too long or was dropped has left no file, aside or in place", async () => {
  const folder = newFolder();
  const files = await folderFiles(folder);
  const chunks = () => Readable.from([Buffer.from("a"), Buffer.from("b")]);
  await expect(files.write(chunks(), { bytesMax: 1 })).rejects.toThrow("1 bytes at most");
  const broken = chunks();
  const breaking = files.write(broken, { bytesMax: 9 });
  broken.destroy(new Error("the cable"));
  await expect(breaking).rejects.toThrow("the cable");
  await (await files.write(chunks(), { bytesMax: 9 })).drop();
  expect(filesIn(folder)).toEqual([]);
});

test("what a crash left half written is gone at the next start; what it had put is there, and old unless it is put again", async () => {
  const folder = newFolder();
  const files = await folderFiles(folder);
  const { sha256 } = await files.put(Buffer.from("kept"));
  const { sha256: written } = await files.write(Readable.from([Buffer.from("written")]), { bytesMax: 10 });
  await writeFile(path.join(folder, "tmp", "half"), "half");
  const again = await folderFiles(folder);
  expect(readdirSync(path.join(folder, "tmp"))).toEqual([]);
  expect((await again.read(sha256, 10)).toString()).toBe("kept");
  const old: string[] = [];
  for await (const each of again.old(Date.now())) old.push(each);
  expect(old.toSorted()).toEqual([sha256, written].toSorted());
});
