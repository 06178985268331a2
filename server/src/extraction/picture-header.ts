/**
 * What the first bytes of a picture say of it, before any of its dots is looked at: how large it is, how many pages it has,
 * and which way up its camera was held. Formats: PNG, JPEG, TIFF, WebP.
 */

export type PictureHeader = {
  width: number;
  height: number;
  /** By EXIF: 1 is upright, 2 to 8 are turned or mirrored. */
  held: number;
  /** Of a TIFF: where in the file the directory of each page lies. Else empty. */
  pages: number[];
};

const UPRIGHT = 1;

/** Null of what is no such picture, or is damaged. `pagesMax`: a longer list of pages is not followed further. */
export function headerOf(bytes: Buffer, pagesMax: number): PictureHeader | null {
  try {
    if (bytes.readUInt32BE(0) === 0x89504e47) return pngHeader(bytes);
    if (bytes.readUInt16BE(0) === 0xffd8) return jpegHeader(bytes);
    if (bytes.toString("latin1", 0, 4) === "RIFF") return webpHeader(bytes);
    return tiffHeader(bytes, pagesMax);
  } catch (error) {
    // A number beyond the end.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function pngHeader(bytes: Buffer): PictureHeader {
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), held: UPRIGHT, pages: [] };
}

function jpegHeader(bytes: Buffer): PictureHeader | null {
  let held = UPRIGHT;
  for (let at = 2; ; ) {
    while (bytes.readUInt8(at) === 0xff && bytes.readUInt8(at + 1) === 0xff) at += 1;
    if (bytes.readUInt8(at) !== 0xff) return null;
    const mark = bytes.readUInt8(at + 1);
    const length = bytes.readUInt16BE(at + 2);
    const isFrame = mark >= 0xc0 && mark <= 0xcf && mark !== 0xc4 && mark !== 0xc8 && mark !== 0xcc;
    if (isFrame) return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5), held, pages: [] };
    if (mark === 0xe1 && bytes.toString("latin1", at + 4, at + 8) === "Exif")
      held = heldBy(bytes.subarray(at + 10, at + 2 + length));
    at += 2 + length;
  }
}

function heldBy(exif: Buffer): number {
  const held = directories(exif, 1)?.[0]?.tags.get(ORIENTATION) ?? UPRIGHT;
  return held >= 1 && held <= 8 ? held : UPRIGHT;
}

function webpHeader(bytes: Buffer): PictureHeader | null {
  const size = (width: number, height: number) => ({ width, height, held: UPRIGHT, pages: [] });
  switch (bytes.toString("latin1", 12, 16)) {
    case "VP8 ":
      return size(bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff);
    case "VP8L": {
      const bits = bytes.readUInt32LE(21);
      return size((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
    }
    case "VP8X":
      return size(bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1);
    default:
      return null;
  }
}

const WIDTH = 256;
const HEIGHT = 257;
const ORIENTATION = 274;
const SHORT = 3;

function tiffHeader(bytes: Buffer, pagesMax: number): PictureHeader | null {
  const pages = directories(bytes, pagesMax + 1);
  const [first] = pages ?? [];
  const width = first?.tags.get(WIDTH);
  const height = first?.tags.get(HEIGHT);
  if (!pages || width === undefined || height === undefined) return null;
  // Its library turns it itself.
  return { width, height, held: UPRIGHT, pages: pages.map(({ at }) => at) };
}

/** The directories of a TIFF (also of EXIF), with the numbers that we ask for. Null when it is none. */
function directories(bytes: Buffer, most: number): { at: number; tags: Map<number, number> }[] | null {
  const order = bytes.toString("latin1", 0, 2);
  if (order !== "II" && order !== "MM") return null;
  const short = (at: number) => (order === "II" ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const long = (at: number) => (order === "II" ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  if (short(2) !== 42) return null;
  const found = new Map<number, Map<number, number>>();
  for (let at = long(4); at !== 0 && !found.has(at) && found.size < most; ) {
    const tags = new Map<number, number>();
    found.set(at, tags);
    const entries = short(at);
    for (let entry = at + 2; entry < at + 2 + entries * 12; entry += 12)
      tags.set(short(entry), short(entry + 2) === SHORT ? short(entry + 8) : long(entry + 8));
    const next = at + 2 + entries * 12;
    at = next + 4 <= bytes.length ? long(next) : 0;
  }
  return [...found].map(([at, tags]) => ({ at, tags }));
}

/** The same file with another page as its first: whoever decodes it reads that one. */
export function withFirstPage(bytes: Buffer, page: number): Buffer {
  const result = Buffer.from(bytes);
  if (bytes.toString("latin1", 0, 2) === "II") result.writeUInt32LE(page, 4);
  else result.writeUInt32BE(page, 4);
  return result;
}
