/**
 * The database's log (its WAL) as a killed process has left it. What SQLite cannot read of it, it takes for never written: with a
 * damaged header all, with a damaged frame all from there on. So a start looks first. The format: sqlite.org/fileformat2.html, 4.1-4.2.
 */
import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { Damaged, DamagedWal, Rebuilt } from "../damage.ts";
import { ASIDE_PREFIX, DATABASE_FILE } from "./folder.ts";

const LOG_FILE = `${DATABASE_FILE}-wal`;
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** With the lowest bit of `magic`, checksums are of big-endian words. */
const MAGIC = 0x377f0682;
const VERSION = 3_007_000;
/** Where a database's first page says how long its pages are. */
const PAGE_BYTES_AT = 16;
const PAGE_BYTES_MIN = 512;
/** The first page of a database says 1 in its place. */
const PAGE_BYTES_MAX = 65_536;

type Sums = [number, number];

/**
 * Looks through the log of a folder that this process owns, before anybody opens its database. A header is rebuilt from the first
 * frame, and nothing is lost. Where acknowledged rows are, a copy of the log is put aside. The damage is told.
 */
export function repairWal(folder: string, tell: (damage: Damaged) => void = () => {}): void {
  const damage = mended(folder);
  if (damage !== null) tell(damage);
}

function mended(folder: string): Damaged | null {
  const file = path.join(folder, LOG_FILE);
  const pageBytes = pageBytesOf(path.join(folder, DATABASE_FILE));
  if (pageBytes === null || !existsSync(file)) return null;
  const log = openSync(file, "r+");
  try {
    const { size } = fstatSync(log);
    if (size <= HEADER_BYTES) return null;
    const header = bytesAt(log, HEADER_BYTES, 0);
    if (isHeader(header)) return isCutShort(log, header, size) ? lost(folder, "a page in it is damaged") : null;
    const made = headerBefore(bytesAt(log, FRAME_HEADER_BYTES + pageBytes, HEADER_BYTES), pageBytes);
    if (made === null) return lost(folder, "its beginning is damaged");
    writeSync(log, made, 0, HEADER_BYTES, 0);
    fsyncSync(log);
    return new Rebuilt("header of the database's log");
  } finally {
    closeSync(log);
  }
}

/** For whoever is no start: to open the database and close it again would remove a log that SQLite takes for empty. */
export function refuseDamagedWal(folder: string): void {
  const file = path.join(folder, LOG_FILE);
  if (!existsSync(file)) return;
  const log = openSync(file, "r");
  try {
    if (fstatSync(log).size <= HEADER_BYTES || isHeader(bytesAt(log, HEADER_BYTES, 0))) return;
    throw new DamagedWal();
  } finally {
    closeSync(log);
  }
}

function lost(folder: string, why: string): Damaged {
  const aside = path.join(folder, `${ASIDE_PREFIX}${new Date().toISOString().replaceAll(/[:.]/g, "-")}`);
  mkdirSync(aside, { mode: 0o700 });
  const copy = path.join(aside, LOG_FILE);
  copyFileSync(path.join(folder, LOG_FILE), copy);
  // SQLite writes over the log next.
  const copied = openSync(copy, "r+");
  fsyncSync(copied);
  closeSync(copied);
  const says = `${why}: what was acknowledged in the last minutes before the end may be lost, and a copy of the log is in ${aside}`;
  return new Damaged("end of the database's log", new Error(says));
}

function isHeader(header: Buffer): boolean {
  const magic = header.readUInt32BE(0);
  if ((magic & ~1) >>> 0 !== MAGIC || header.readUInt32BE(4) !== VERSION) return false;
  if (!isPageSize(header.readUInt32BE(8))) return false;
  return isSummed(sum(header.subarray(0, 24), [0, 0], magic), header, 24);
}

/**
 * The header before a first frame, or null. Sums can be undone word by word: the frame's own, without its bytes, is the header's.
 * Of that all is known but the number of write-backs, in its last word; the sum of its first three words proves the rest.
 */
function headerBefore(frame: Buffer, pageBytes: number): Buffer | null {
  if (frame.length < FRAME_HEADER_BYTES + pageBytes) return null;
  for (const magic of [MAGIC, MAGIC + 1]) {
    const header = Buffer.alloc(HEADER_BYTES);
    for (const [at, word] of [magic, VERSION, pageBytes].entries()) header.writeUInt32BE(word, at * 4);
    frame.copy(header, 16, 8, 16);
    const ofHeader = unsum(
      frame.subarray(0, 8),
      unsum(frame.subarray(FRAME_HEADER_BYTES), sumsAt(frame, 16), magic),
      magic,
    );
    ofHeader.forEach((word, at) => void header.writeUInt32BE(word, 24 + at * 4));
    const [, withCount] = unsum(header.subarray(16, 24), ofHeader, magic);
    const [, without] = sum(header.subarray(0, 16), [0, 0], magic);
    const count = (withCount - without) >>> 0;
    if (isBig(magic)) header.writeUInt32BE(count, 12);
    else header.writeUInt32LE(count, 12);
    if (isHeader(header)) return header;
  }
  return null;
}

/**
 * Whether frames that were synced are behind one that is damaged. The last commit may be half on disk after a power cut, and nobody was
 * told of it; behind a commit that was synced the next one begins. Frames from before the last write-back have other salts.
 */
function isCutShort(log: number, header: Buffer, size: number): boolean {
  const magic = header.readUInt32BE(0);
  const frameBytes = FRAME_HEADER_BYTES + header.readUInt32BE(8);
  let sums: Sums = sumsAt(header, 24);
  let [isWhole, hasCommit] = [true, false];
  for (let at = HEADER_BYTES; at + frameBytes <= size; at += frameBytes) {
    const frame = bytesAt(log, isWhole ? frameBytes : FRAME_HEADER_BYTES, at);
    const isOfThisLog = frame.compare(header, 16, 24, 8, 16) === 0;
    if (hasCommit && isOfThisLog) return true;
    if (isWhole) {
      sums = sum(frame.subarray(FRAME_HEADER_BYTES), sum(frame.subarray(0, 8), sums, magic), magic);
      isWhole = isOfThisLog && isSummed(sums, frame, 16);
    }
    if (!isWhole) hasCommit ||= isOfThisLog && frame.readUInt32BE(4) !== 0;
  }
  return false;
}

function sum(bytes: Buffer, [first, second]: Sums, magic: number): Sums {
  const word = wordsOf(bytes, magic);
  for (let at = 0; at < bytes.length; at += 8) {
    first = (first + word(at) + second) | 0;
    second = (second + word(at + 4) + first) | 0;
  }
  return [first >>> 0, second >>> 0];
}

/** The sums before these bytes were added to them. */
function unsum(bytes: Buffer, [first, second]: Sums, magic: number): Sums {
  const word = wordsOf(bytes, magic);
  for (let at = bytes.length - 8; at >= 0; at -= 8) {
    second = (second - word(at + 4) - first) | 0;
    first = (first - word(at) - second) | 0;
  }
  return [first >>> 0, second >>> 0];
}

function isBig(magic: number): boolean {
  return (magic & 1) === 1;
}

function wordsOf(bytes: Buffer, magic: number): (at: number) => number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isLittle = !isBig(magic);
  return (at) => view.getInt32(at, isLittle);
}

function sumsAt(bytes: Buffer, at: number): Sums {
  return [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)];
}

function isSummed([first, second]: Sums, bytes: Buffer, at: number): boolean {
  const [ofFirst, ofSecond] = sumsAt(bytes, at);
  return first === ofFirst && second === ofSecond;
}

/** Null where there is no database, or none that says it. */
function pageBytesOf(file: string): number | null {
  if (!existsSync(file)) return null;
  const database = openSync(file, "r");
  try {
    const said = bytesAt(database, 2, PAGE_BYTES_AT);
    if (said.length < 2) return null;
    const bytes = said.readUInt16BE(0) === 1 ? PAGE_BYTES_MAX : said.readUInt16BE(0);
    return isPageSize(bytes) ? bytes : null;
  } finally {
    closeSync(database);
  }
}

function isPageSize(bytes: number): boolean {
  return bytes >= PAGE_BYTES_MIN && bytes <= PAGE_BYTES_MAX && Number.isInteger(Math.log2(bytes));
}

/** Fewer at the end of the file. */
function bytesAt(file: number, length: number, at: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(file, bytes, 0, length, at));
}
