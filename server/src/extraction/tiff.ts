/**
 * The directories of a TIFF file, one for each of its pages, whichever way round its numbers stand and whether they take 32
 * or 64 bits. What a camera notes in other pictures (EXIF) is such a file too.
 */

export type TiffPage = {
  /** Where its directory lies. */
  at: number;
  width: number | undefined;
  height: number | undefined;
  /** 1 is upright, 2 to 8 are turned or mirrored. */
  held: number | undefined;
  /** How its dots are packed, by number; 1 is not at all. */
  packing: number;
};

const WIDTH = 256;
const HEIGHT = 257;
const PACKING = 259;
const ORIENTATION = 274;
const SHORT = 3;
const USUAL = 42;
/** With 64 bits for all places and counts. */
const BIG = 43;

/** At most so many. Null when it is none; throws a `RangeError` where it leads beyond its end. */
export function tiffPages(bytes: Buffer, most: number): TiffPage[] | null {
  const order = orderOf(bytes);
  if (order === null) return null;
  const { isLittle, isBig } = order;
  const short = (at: number) => (isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const long = (at: number) => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const huge = (at: number) => Number(isLittle ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
  const place = isBig ? huge : long;
  const [countBytes, entryBytes, placeBytes] = isBig ? [8, 20, 8] : [2, 12, 4];
  const found = new Map<number, TiffPage>();
  for (let at = place(order.firstAt); at !== 0 && !found.has(at) && found.size < most; ) {
    const tags = new Map<number, number>();
    const entries = at + countBytes;
    const end = entries + (isBig ? huge(at) : short(at)) * entryBytes;
    for (let entry = entries; entry < end; entry += entryBytes) {
      const value = entry + entryBytes - placeBytes;
      tags.set(short(entry), short(entry + 2) === SHORT ? short(value) : long(value));
    }
    const [width, height, held] = [WIDTH, HEIGHT, ORIENTATION].map((tag) => tags.get(tag));
    found.set(at, { at, width, height, held, packing: tags.get(PACKING) ?? 1 });
    at = end + placeBytes <= bytes.length ? place(end) : 0;
  }
  return [...found.values()];
}

/** The same file with another page as its first: whoever decodes it reads that one. */
export function withFirstPage(bytes: Buffer, page: number): Buffer {
  const result = Buffer.from(bytes);
  const order = orderOf(bytes);
  if (order === null) return result;
  const { isLittle, isBig, firstAt } = order;
  if (isBig && isLittle) result.writeBigUInt64LE(BigInt(page), firstAt);
  else if (isBig) result.writeBigUInt64BE(BigInt(page), firstAt);
  else if (isLittle) result.writeUInt32LE(page, firstAt);
  else result.writeUInt32BE(page, firstAt);
  return result;
}

/** `firstAt`: where the place of the first directory is written. */
function orderOf(bytes: Buffer): { isLittle: boolean; isBig: boolean; firstAt: number } | null {
  const mark = bytes.toString("latin1", 0, 2);
  if (mark !== "II" && mark !== "MM") return null;
  const isLittle = mark === "II";
  const version = isLittle ? bytes.readUInt16LE(2) : bytes.readUInt16BE(2);
  if (version === USUAL) return { isLittle, isBig: false, firstAt: 4 };
  return version === BIG ? { isLittle, isBig: true, firstAt: 8 } : null;
}
