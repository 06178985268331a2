/** Files of a store in memory. */
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { notFound } from "../task/errors.ts";
import { ByteCount } from "./byte-count.ts";
import { FileOwners } from "./file-owners.ts";
import { type Files, rangeIn, tooLarge } from "./files.ts";

export function memoryFiles(clock: () => number = Date.now): Files {
  const kept = new Map<string, Buffer>();
  const owners = new FileOwners(clock, async (sha256) => {
    kept.delete(sha256);
  });
  const find = (sha256: string): Buffer => {
    const bytes = kept.get(sha256);
    if (!bytes) throw notFound("File");
    return bytes;
  };
  return {
    async put(bytes) {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      owners.put(sha256);
      kept.set(sha256, Buffer.from(bytes));
      return { sha256, size: bytes.length };
    },
    async write(stream, bounds) {
      const count = new ByteCount();
      const chunks: Buffer[] = [];
      for await (const chunk of count.of(stream, bounds)) chunks.push(chunk);
      const held = owners.hold(count.total());
      kept.set(held.sha256, Buffer.concat(chunks));
      return held;
    },
    async read(sha256, bytesMax) {
      const bytes = find(sha256);
      if (bytes.length > bytesMax) throw tooLarge(sha256, bytes.length, bytesMax);
      return bytes;
    },
    async open(sha256, range) {
      const whole = find(sha256);
      const { from, to } = rangeIn(whole.length, range);
      return { size: whole.length, bytes: Readable.from([whole.subarray(from, to)], { objectMode: false }) };
    },
    async local(sha256) {
      const folder = await mkdtemp(path.join(tmpdir(), "waybill-file-"));
      const target = path.join(folder, sha256);
      try {
        await writeFile(target, find(sha256));
      } catch (error) {
        await rm(folder, { recursive: true, force: true });
        throw error;
      }
      return { path: target, release: () => rm(folder, { recursive: true, force: true }) };
    },
    async *old(now) {
      owners.forget(now);
      for (const sha256 of kept.keys()) if (!owners.has(sha256, now)) yield sha256;
    },
    async remove(sha256, now, youngMs) {
      return kept.has(sha256) && owners.remove(sha256, now, youngMs);
    },
  };
}
