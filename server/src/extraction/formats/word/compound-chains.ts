/**
 * Whether the file system inside an older office file is sound: each of its chains of sectors ends, its directory is a
 * tree, and no stream is larger than the file. The libraries that read these files follow what they find: a circle would
 * have them read for ever, and they make room for what a stream says that it has.
 */
import { ExtractionError } from "../../extraction.ts";

const HEADER_BYTES = 512;
const HEADER_FAT_SECTORS = 109;
const ENTRY_BYTES = 128;
/** A kind of entry; the others hold no bytes. */
const STREAM = 2;
/** Numbers from here on are no sectors but signs, such as the end of a chain. */
const SECTORS_MAX = 0xfffffffa;
const NO_ENTRY = 0xffffffff;

/** Throws `invalid_file`. */
export function refuseEndless(bytes: Buffer): void {
  try {
    check(bytes);
  } catch (error) {
    // What lies outside the file cannot be read.
    if (error instanceof RangeError) throw damaged();
    throw error;
  }
}

function check(bytes: Buffer): void {
  const sectorBytes = 2 ** bytes.readUInt16LE(30);
  if (sectorBytes !== 512 && sectorBytes !== 4096) throw damaged();
  const numbers = (sector: number) => {
    const at = (sector + 1) * sectorBytes;
    const count = Math.max(0, Math.floor((Math.min(bytes.length, at + sectorBytes) - at) / 4));
    return Array.from({ length: count }, (_, index) => bytes.readUInt32LE(at + index * 4));
  };
  const sectors = Math.ceil((bytes.length - HEADER_BYTES) / sectorBytes);
  const fat = fatSectors(bytes, sectors, numbers).flatMap(numbers);
  refuseCircles(fat);
  const chain = (start: number) => {
    const found: number[] = [];
    for (let sector = start; sector < SECTORS_MAX && found.length <= sectors; sector = fat[sector] ?? NO_ENTRY)
      found.push(sector);
    return found;
  };
  refuseCircles(chain(bytes.readUInt32LE(60)).flatMap(numbers));
  const directory = chain(bytes.readUInt32LE(48)).map((sector) => (sector + 1) * sectorBytes);
  refuseSharedEntries(bytes, directory, sectorBytes);
}

/**
 * The first of them are named in the header, the others in a chain of their own. One that is no sector would move those
 * behind it to other places than where a reader looks for them.
 */
function fatSectors(bytes: Buffer, sectors: number, numbers: (sector: number) => number[]): number[] {
  const count = bytes.readUInt32LE(44);
  if (count > sectors) throw damaged();
  const found = Array.from({ length: HEADER_FAT_SECTORS }, (_, at) => bytes.readUInt32LE(76 + at * 4));
  let more = bytes.readUInt32LE(68);
  for (let seen = 0; more < SECTORS_MAX; seen++) {
    if (seen > sectors) throw damaged();
    const listed = numbers(more);
    more = listed.pop() ?? NO_ENTRY;
    found.push(...listed);
  }
  const named = found.slice(0, count);
  if (new Set(named).size !== count || named.some((sector) => sector >= sectors)) throw damaged();
  return named;
}

/** Each number says which one follows: none may come back to where it was. */
function refuseCircles(following: readonly number[]): void {
  const walked = new Uint32Array(following.length);
  for (let start = 0; start < following.length; start++) {
    for (let at = start; at < following.length && walked[at] !== start + 1; ) {
      if (walked[at] !== 0) break;
      walked[at] = start + 1;
      at = following[at] ?? NO_ENTRY;
      if (at < following.length && walked[at] === start + 1) throw damaged();
    }
  }
}

function refuseSharedEntries(bytes: Buffer, directory: readonly number[], sectorBytes: number): void {
  const seen = new Set<number>();
  for (const at of directory)
    for (let entry = at; entry < at + sectorBytes && entry + ENTRY_BYTES <= bytes.length; entry += ENTRY_BYTES) {
      if (bytes[entry + 66] === 0) continue;
      if (bytes[entry + 66] === STREAM && bytes.readUInt32LE(entry + 120) > bytes.length) throw damaged();
      for (const field of [68, 72, 76]) {
        const other = bytes.readUInt32LE(entry + field);
        if (other === NO_ENTRY) continue;
        if (seen.has(other)) throw damaged();
        seen.add(other);
      }
    }
}

function damaged(): ExtractionError {
  return new ExtractionError("invalid_file", "The file is damaged.");
}
