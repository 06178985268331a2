/**
 * An archive, read where it lies: its directory first, then the entries that are asked for, in memory. Nothing is ever
 * written, so that a name can do no harm, and no archive inside it is opened. What comes out is counted as it comes out:
 * what the directory declares is believed of no entry.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { crc32, inflateRawSync } from "node:zlib";
import { ExtractionError } from "./extraction.ts";
import type { Source } from "./formats/format.ts";
import type { Limits } from "./limits.ts";

type Entry = { method: number; encrypted: boolean; packedBytes: number; headerAt: number; checksum: number };

const END_BYTES = 22;
const COMMENT_BYTES_MAX = 65_535;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const IN_DIRECTORY = 0x02014b50;
const LOCAL = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;
/** A small entry may be packed as well as it likes. */
const RATIO_FREE_BYTES = 16 * 1024 * 1024;
const DIRECTORY_BYTES_MAX = 16 * 1024 * 1024;

export class Zip {
  readonly #file: number;
  readonly #limits: Limits;
  readonly #entries: ReadonlyMap<string, Entry>;
  #unpackedBytes = 0;

  /** Throws `ExtractionError`: `invalid_file` without a whole directory, `too_large` with too many entries. */
  constructor(source: Pick<Source, "path" | "size">, limits: Limits) {
    this.#file = openSync(source.path, "r");
    this.#limits = limits;
    try {
      this.#entries = entriesOf(this.#file, source.size, limits);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** In the order of the directory. */
  names(): string[] {
    return [...this.#entries.keys()];
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** Throws `ExtractionError`: `invalid_file` when it is not there or damaged, `encrypted_file`, `too_large`. */
  bytes(name: string): Buffer {
    const entry = this.#entries.get(name);
    if (!entry) throw new ExtractionError("invalid_file", `The archive has no part ${JSON.stringify(name)}.`);
    if (entry.encrypted) throw new ExtractionError("encrypted_file", "The archive is protected by a password.");
    const bytes = this.#unpacked(entry);
    if (crc32(bytes) !== entry.checksum) throw damaged();
    this.#unpackedBytes += bytes.length;
    return bytes;
  }

  /** As UTF-8 or, when it has a byte order mark that says so, UTF-16. Throws as `bytes` does. */
  text(name: string): string {
    const bytes = this.bytes(name);
    const encoding =
      bytes[0] === 0xff && bytes[1] === 0xfe
        ? "utf-16le"
        : bytes[0] === 0xfe && bytes[1] === 0xff
          ? "utf-16be"
          : "utf-8";
    return new TextDecoder(encoding).decode(bytes);
  }

  close(): void {
    closeSync(this.#file);
  }

  #unpacked(entry: Entry): Buffer {
    const header = read(this.#file, entry.headerAt, 30);
    if (header.length < 30 || header.readUInt32LE(0) !== LOCAL) throw damaged();
    const dataAt = entry.headerAt + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    const left = this.#limits.unpackedBytes - this.#unpackedBytes;
    const byRatio = Math.max(RATIO_FREE_BYTES, entry.packedBytes * this.#limits.unpackedRatio);
    const bytesMax = Math.min(left, byRatio, this.#limits.entryBytes);
    if (bytesMax <= 0 || entry.packedBytes > this.#limits.entryBytes) throw tooLarge();
    const packed = read(this.#file, dataAt, entry.packedBytes);
    if (packed.length < entry.packedBytes) throw damaged();
    if (entry.method === STORED) {
      if (packed.length > bytesMax) throw tooLarge();
      return packed;
    }
    if (entry.method !== DEFLATED)
      throw new ExtractionError("invalid_file", "The archive is packed by an unknown method.");
    try {
      return inflateRawSync(packed, { maxOutputLength: bytesMax });
    } catch (error) {
      throw error instanceof RangeError ? tooLarge() : damaged();
    }
  }
}

function tooLarge(): ExtractionError {
  return new ExtractionError("too_large", "Far more comes out of the archive than a document holds.");
}

function damaged(): ExtractionError {
  return new ExtractionError("invalid_file", "The archive is damaged.");
}

function read(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let got = 0;
  while (got < length) {
    const more = readSync(file, bytes, got, length - got, at + got);
    if (more === 0) break;
    got += more;
  }
  return bytes.subarray(0, got);
}

function entriesOf(file: number, size: number, limits: Limits): Map<string, Entry> {
  const { at, count, bytes } = directoryOf(file, size);
  if (count > limits.zipEntries)
    throw new ExtractionError("too_large", `The archive has ${count} parts; ${limits.zipEntries} are read.`);
  if (bytes > DIRECTORY_BYTES_MAX) throw tooLarge();
  if (at + bytes > size) throw damaged();
  const directory = read(file, at, bytes);
  const entries = new Map<string, Entry>();
  let offset = 0;
  while (offset + 46 <= directory.length && directory.readUInt32LE(offset) === IN_DIRECTORY) {
    if (entries.size >= limits.zipEntries) throw tooLarge();
    const nameBytes = directory.readUInt16LE(offset + 28);
    const extraBytes = directory.readUInt16LE(offset + 30);
    const name = directory.toString("utf8", offset + 46, offset + 46 + nameBytes);
    const extra = directory.subarray(offset + 46 + nameBytes, offset + 46 + nameBytes + extraBytes);
    entries.set(name, {
      method: directory.readUInt16LE(offset + 10),
      checksum: directory.readUInt32LE(offset + 16),
      encrypted: (directory.readUInt16LE(offset + 8) & 1) === 1,
      ...placeOf(directory, offset, extra),
    });
    offset += 46 + nameBytes + extraBytes + directory.readUInt16LE(offset + 32);
  }
  if (entries.size === 0 && count > 0) throw damaged();
  return entries;
}

/** What does not fit into 32 bits stands in an extra field, in the order: unpacked, packed, place. */
function placeOf(directory: Buffer, offset: number, extra: Buffer): Pick<Entry, "packedBytes" | "headerAt"> {
  let packedBytes = directory.readUInt32LE(offset + 20);
  let headerAt = directory.readUInt32LE(offset + 42);
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let field = at + 4 + (directory.readUInt32LE(offset + 24) === 0xffffffff ? 8 : 0);
    const next = () => {
      if (field + 8 > extra.length) throw damaged();
      field += 8;
      return Number(extra.readBigUInt64LE(field - 8));
    };
    if (packedBytes === 0xffffffff) packedBytes = next();
    if (headerAt === 0xffffffff) headerAt = next();
  }
  return { packedBytes, headerAt };
}

function directoryOf(file: number, size: number): { at: number; count: number; bytes: number } {
  const tailAt = Math.max(0, size - END_BYTES - COMMENT_BYTES_MAX);
  const tail = read(file, tailAt, size - tailAt);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END) continue;
    const found = {
      count: tail.readUInt16LE(at + 10),
      bytes: tail.readUInt32LE(at + 12),
      at: tail.readUInt32LE(at + 16),
    };
    const large = found.count === 0xffff || found.bytes === 0xffffffff || found.at === 0xffffffff;
    return large ? (largeDirectory(file, tailAt + at) ?? found) : found;
  }
  throw new ExtractionError("invalid_file", "The archive has lost its end.");
}

function largeDirectory(file: number, endAt: number): { at: number; count: number; bytes: number } | null {
  if (endAt < 20) return null;
  const locator = read(file, endAt - 20, 20);
  if (locator.readUInt32LE(0) !== LOCATOR_64) return null;
  const end = read(file, Number(locator.readBigUInt64LE(8)), 56);
  if (end.length < 56 || end.readUInt32LE(0) !== END_64) throw damaged();
  return {
    count: Number(end.readBigUInt64LE(32)),
    bytes: Number(end.readBigUInt64LE(40)),
    at: Number(end.readBigUInt64LE(48)),
  };
}
