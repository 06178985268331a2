import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type Files, folderFiles, memoryFiles, YOUNG_MS } from "./files.ts";
import { code } from "./suite/life.suite.ts";

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "waybill-files-"));
  folders.push(folder);
  return folder;
}

const kinds: Record<string, (clock: () => number) => Promise<Files>> = {
  "files in a folder": async (clock) => folderFiles(await newFolder(), clock),
  "files in memory": async (clock) => memoryFiles(clock),
};

async function oldOnes(files: Files, now: number): Promise<string[]> {
  const old: string[] = [];
  for await (const sha256 of files.old(now)) old.push(sha256);
  return old;
}

for (const [name, open] of Object.entries(kinds)) {
  describe(name, () => {
    test("bytes are read back by their hash, however often and from wherever they are put", async () => {
      const files = await open(Date.now);
      const bytes = Buffer.from("some bytes");
      const puts = await Promise.all(Array.from({ length: 20 }, () => files.put(bytes)));
      expect(new Set(puts.map(({ sha256 }) => sha256)).size).toBe(1);
      const { sha256, size } = await files.put(bytes);
      expect(size).toBe(bytes.length);
      expect(await files.read(sha256, size)).toEqual(bytes);
      await expect(files.read(sha256, size - 1)).rejects.toThrow("more than the 9");
    });

    test("what is not a hash, or of nothing that was put, is not found", async () => {
      const files = await open(Date.now);
      for (const hash of ["a".repeat(64), "", "..", "../../../etc/passwd", `${"a".repeat(63)}/`, "A".repeat(64)]) {
        expect(await code(files.read(hash, 100))).toBe("not_found");
      }
    });

    test("a file that was put within the hour is not removed, even if it was there before", async () => {
      let now = Date.now();
      const files = await open(() => now);
      const { sha256 } = await files.put(Buffer.from("again"));
      expect(await oldOnes(files, now)).toEqual([]);
      now += YOUNG_MS + 1_000;
      expect(await oldOnes(files, now)).toEqual([sha256]);
      await files.put(Buffer.from("again"));
      expect(await files.remove(sha256, now)).toBe(false);
      expect((await files.read(sha256, 10)).toString()).toBe("again");
      now += YOUNG_MS + 1_000;
      expect(await files.remove(sha256, now)).toBe(true);
      expect(await code(files.read(sha256, 10))).toBe("not_found");
    });
  });
}

test("what a crash left half written is gone at the next start, and what was put is there", async () => {
  const folder = await newFolder();
  const files = await folderFiles(folder);
  const { sha256 } = await files.put(Buffer.from("kept"));
  const again = await folderFiles(folder);
  expect((await again.read(sha256, 10)).toString()).toBe("kept");
  expect(await readdir(path.join(folder, "tmp"))).toEqual([]);
});
