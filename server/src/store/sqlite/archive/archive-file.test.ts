import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { create, extract } from "tar";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readFileOf } from "./archive-file.ts";

const FILES = 40;
const BYTES = 512 * 200;

let home = "";
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "waybill-archive-file-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

test("a file that turns out to be damaged is refused once all that was read before is written, and nothing more comes", async () => {
  const names = Array.from({ length: FILES }, (_, n) => `file-${n}`);
  for (const name of names) await writeFile(path.join(home, name), Buffer.alloc(BYTES, name));
  const file = path.join(home, "all.tar");
  await create({ file, cwd: home, portable: true }, names);
  const bytes = await readFile(file);
  // The checksum of the last header.
  const last = (512 + BYTES) * (FILES - 1);
  await writeFile(file, bytes.fill("x", last + 148, last + 156));
  const cwd = path.join(home, "out");
  await mkdir(cwd);
  await expect(readFileOf(file, null, extract({ cwd, strict: true }))).rejects.toThrow("checksum");
  const sizes = await Promise.all(names.slice(0, -1).map(async (name) => (await stat(path.join(cwd, name))).size));
  expect(sizes).toEqual(Array(FILES - 1).fill(BYTES));
});
