/** Files that rows name: those that none names go, once nobody is about to. */
import type { Readable } from "node:stream";
import { unlessDiskTrouble } from "./disk-trouble.ts";
import type { FileStore, ReceivedFile } from "./file-store.ts";
import type { ByteRange, Files, HeldFile, LocalFile, WriteBounds } from "./files.ts";

/** A row that names a file commits this soon after the file was put, or its write puts the file again. */
const NAMED_WITHIN_MS = 5_000;
/** Files that one question to the store names: with 600,000 names in it, it takes 3 ms of a thread, 6 at most. */
const SLICE = 500;

export class KeptFiles implements FileStore {
  readonly #files: Files;
  readonly #unnamed: (hashes: string[]) => Promise<string[]>;

  /** `unnamed` picks those that no row names. */
  constructor(files: Files, unnamed: (hashes: string[]) => Promise<string[]>) {
    this.#files = files;
    this.#unnamed = unnamed;
  }

  async receive(bytes: Readable, bounds: WriteBounds): Promise<ReceivedFile> {
    const held = await unlessDiskTrouble(this.#files.write(bytes, bounds));
    const { sha256, md5, bytes: size } = held;
    return { sha256, md5, bytes: size, release: () => this.#release(held) };
  }

  open(sha256: string, range?: ByteRange): Promise<{ size: number; bytes: Readable }> {
    return unlessDiskTrouble(this.#files.open(sha256, range));
  }

  local(sha256: string): Promise<LocalFile> {
    return this.#files.local(sha256);
  }

  async #release(held: HeldFile): Promise<void> {
    try {
      const [unnamed] = await this.#unnamed([held.sha256]);
      if (unnamed === undefined) held.keep();
      else await held.drop();
    } catch {
      // Nobody can tell now: the sweep asks again.
      held.keep();
    }
  }

  /**
   * Removes those of these that no row names any more, also where they were put a moment ago: by then whoever put one has named
   * it. Answers which are settled: gone, or named by another row.
   */
  async removeUnnamed(hashes: readonly string[], now: number): Promise<string[]> {
    const settled: string[] = [];
    for (let from = 0; from < hashes.length; from += SLICE) {
      const slice = hashes.slice(from, from + SLICE);
      const unnamed = new Set(await this.#unnamed(slice));
      for (const sha256 of slice)
        if (!unnamed.has(sha256) || (await this.#files.remove(sha256, now, NAMED_WITHIN_MS))) settled.push(sha256);
    }
    return settled;
  }

  /** Removes what no row names and nobody is about to name. */
  async sweep(now: number): Promise<void> {
    let slice: string[] = [];
    const removeSlice = async () => {
      for (const sha256 of await this.#unnamed(slice)) await this.#files.remove(sha256, now);
      slice = [];
    };
    for await (const sha256 of this.#files.old(now)) {
      slice.push(sha256);
      if (slice.length === SLICE) await removeSlice();
    }
    if (slice.length > 0) await removeSlice();
  }
}
