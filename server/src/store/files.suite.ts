/** How files behave, wherever they are kept. Each implementation calls this with a way to open empty ones. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { type Files, YOUNG_MS } from "./files.ts";
import { code } from "./suite/life.suite.ts";

type Open = (clock: () => number) => Promise<Files>;

const HOUR_LATER_MS = YOUNG_MS + 1_000;

export function filesSuite(name: string, open: Open): void {
  describe(name, () => {
    describe("as values", () => valueStories(open));
    describe("as streams", () => streamStories(open));
    describe("and who owns them", () => ownerStories(open));
  });
}

async function oldOnes(files: Files, now: number): Promise<string[]> {
  const old: string[] = [];
  for await (const sha256 of files.old(now)) old.push(sha256);
  return old;
}

const bytesOf = async (files: Files, sha256: string, from: number, to: number) =>
  (await buffer((await files.open(sha256, { from, to })).bytes)).toString();

function valueStories(open: Open): void {
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
      expect(await code(files.open(hash))).toBe("not_found");
    }
  });
}

function streamStories(open: Open): void {
  test("a stream is kept under the hash of its bytes, with their number and their MD5", async () => {
    const files = await open(Date.now);
    const bytes = Buffer.alloc(300_000, "stream");
    const chunks = [bytes.subarray(0, 7), bytes.subarray(7, 200_000), bytes.subarray(200_000)];
    const written = await files.write(Readable.from(chunks), { bytesMax: 300_000 });
    expect(written).toMatchObject({
      sha256: createHash("sha256").update(bytes).digest("hex"),
      md5: createHash("md5").update(bytes).digest("hex"),
      bytes: 300_000,
    });
    expect(await files.read(written.sha256, 300_000)).toEqual(bytes);
    expect((await files.put(bytes)).sha256).toBe(written.sha256);
  });

  test("a file is read as a stream, whole or in a range", async () => {
    const files = await open(Date.now);
    const { sha256 } = await files.write(Readable.from([Buffer.from("0123456789")]), { bytesMax: 10 });
    const whole = await files.open(sha256);
    expect([whole.size, (await buffer(whole.bytes)).toString()]).toEqual([10, "0123456789"]);
    expect(await bytesOf(files, sha256, 3, 6)).toBe("345");
    expect(await bytesOf(files, sha256, 9, 10)).toBe("9");
    expect(await bytesOf(files, sha256, 10, 10)).toBe("");
    for (const [from, to] of [
      [-1, 3],
      [0, 11],
      [5, 4],
    ] as const) {
      expect(await code(files.open(sha256, { from, to }))).toBe("invalid");
    }
  });

  test("a file has a path for as long as another process needs it", async () => {
    const files = await open(Date.now);
    const { sha256 } = await files.put(Buffer.from("to be read elsewhere"));
    const { path, release } = await files.local(sha256);
    expect(await readFile(path, "utf8")).toBe("to be read elsewhere");
    await release();
    expect((await files.read(sha256, 100)).toString()).toBe("to be read elsewhere");
    await expect(files.local("0".repeat(64))).rejects.toMatchObject({ code: "not_found" });
  });

  test("a file without bytes is a file", async () => {
    const files = await open(Date.now);
    const { sha256, bytes } = await files.write(Readable.from([]), { bytesMax: 0 });
    expect(bytes).toBe(0);
    expect(await buffer((await files.open(sha256)).bytes)).toHaveLength(0);
  });

  test("a stream beyond its bound is too large, and is read no further", async () => {
    const files = await open(Date.now);
    let given = 0;
    const endless = Readable.from(
      (function* () {
        for (;;) {
          given += 1_000;
          yield Buffer.alloc(1_000);
        }
      })(),
    );
    expect(await code(files.write(endless, { bytesMax: 5_000 }))).toBe("too_large");
    expect(endless.destroyed).toBe(true);
    expect(given).toBeLessThan(100_000);
    expect(await oldOnes(files, Number.MAX_SAFE_INTEGER)).toEqual([]);
  });

  test("a stream that breaks, is cut or is broken off leaves nothing", async () => {
    const files = await open(Date.now);
    const begun = () => new Readable({ read() {} });
    const broken = begun();
    const breaking = files.write(broken, { bytesMax: 100 });
    broken.push("half");
    broken.destroy(new Error("the cable"));
    await expect(breaking).rejects.toThrow("the cable");

    const cut = begun();
    const cutting = files.write(cut, { bytesMax: 100 });
    cut.push("half");
    cut.destroy();
    expect(await code(cutting)).toBe("invalid");

    const stalled = begun();
    const leaving = new AbortController();
    const waiting = files.write(stalled, { bytesMax: 100, signal: leaving.signal });
    stalled.push("half");
    leaving.abort(new Error("nobody waits for it any more"));
    await expect(waiting).rejects.toThrow("nobody waits");
    expect(stalled.destroyed).toBe(true);
    await expect(files.write(begun(), { bytesMax: 9, signal: leaving.signal })).rejects.toThrow("nobody waits");
    expect(await oldOnes(files, Number.MAX_SAFE_INTEGER)).toEqual([]);
  });
}

function ownerStories(open: Open): void {
  test("a file that was put within the hour is not removed, even if it was there before", async () => {
    let now = Date.now();
    const files = await open(() => now);
    const { sha256 } = await files.put(Buffer.from("again"));
    expect(await oldOnes(files, now)).toEqual([]);
    now += HOUR_LATER_MS;
    expect(await oldOnes(files, now)).toEqual([sha256]);
    await files.put(Buffer.from("again"));
    expect(await files.remove(sha256, now)).toBe(false);
    expect((await files.read(sha256, 10)).toString()).toBe("again");
    now += HOUR_LATER_MS;
    expect(await files.remove(sha256, now)).toBe(true);
    expect(await code(files.read(sha256, 10))).toBe("not_found");
  });

  test("a file that was written is held for as long as its owner takes, and young once he has kept it", async () => {
    let now = Date.now();
    const files = await open(() => now);
    const held = await files.write(Readable.from([Buffer.from("held")]), { bytesMax: 10 });
    now += 10 * YOUNG_MS;
    expect(await oldOnes(files, now)).toEqual([]);
    expect(await files.remove(held.sha256, now)).toBe(false);
    held.keep();
    expect(await files.remove(held.sha256, now)).toBe(false);
    now += HOUR_LATER_MS;
    expect(await oldOnes(files, now)).toEqual([held.sha256]);
    await held.drop();
    expect((await files.read(held.sha256, 10)).toString()).toBe("held");
    expect(await files.remove(held.sha256, now)).toBe(true);
  });

  test("a file that its owner drops is gone, unless somebody else holds the same bytes or has just put them", async () => {
    const files = await open(Date.now);
    const write = (text: string) => files.write(Readable.from([Buffer.from(text)]), { bytesMax: 10 });
    const [mine, yours] = await Promise.all([write("ours"), write("ours")]);
    await mine.drop();
    await mine.drop();
    expect((await files.read(mine.sha256, 10)).toString()).toBe("ours");
    await yours.drop();
    expect(await code(files.read(mine.sha256, 10))).toBe("not_found");

    const put = await files.put(Buffer.from("put"));
    await (await write("put")).drop();
    expect((await files.read(put.sha256, 10)).toString()).toBe("put");
  });
}
