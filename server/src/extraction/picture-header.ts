/**
 * What the first bytes of a picture say of it, before any of its dots is looked at: how large it is, how many pages it has,
 * and which way up its camera was held. Formats: PNG, JPEG, TIFF, WebP.
 */
import { type TiffPage, tiffPages } from "./tiff.ts";

export type PictureHeader = {
  width: number;
  height: number;
  /** By EXIF: 1 is upright, 2 to 8 are turned or mirrored. */
  held: number;
  /** Of a TIFF; else empty. */
  pages: TiffPage[];
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
  let held = UPRIGHT;
  for (let at = 8; at + 12 <= bytes.length; at += 12 + bytes.readUInt32BE(at))
    if (bytes.toString("latin1", at + 4, at + 8) === "eXIf") held = heldBy(bytes.subarray(at + 8));
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), held, pages: [] };
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
  try {
    const held = tiffPages(exif, 1)?.[0]?.held ?? UPRIGHT;
    return held >= 1 && held <= 8 ? held : UPRIGHT;
  } catch (error) {
    // What a camera notes may be damaged; its picture need not be.
    if (error instanceof RangeError) return UPRIGHT;
    throw error;
  }
}

function webpHeader(bytes: Buffer): PictureHeader | null {
  const size = (width: number, height: number, held = UPRIGHT) => ({ width, height, held, pages: [] });
  switch (bytes.toString("latin1", 12, 16)) {
    case "VP8 ":
      return size(bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff);
    case "VP8L": {
      const bits = bytes.readUInt32LE(21);
      return size((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
    }
    case "VP8X":
      return size(bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1, heldOfWebp(bytes));
    default:
      return null;
  }
}

function heldOfWebp(bytes: Buffer): number {
  for (const { name, content } of webpChunks(bytes, WEBP_CHUNKS_AT)) {
    // Some programs write it as it stands in a JPEG.
    if (name === "EXIF") return heldBy(content.toString("latin1", 0, 4) === "Exif" ? content.subarray(6) : content);
  }
  return UPRIGHT;
}

/** A WebP without movement: of one that moves, its first picture. */
export function stillOf(bytes: Buffer): Buffer {
  if (bytes.toString("latin1", 8, 16) !== "WEBPVP8X") return bytes;
  const frame = [...webpChunks(bytes, WEBP_CHUNKS_AT)].find(({ name }) => name === "ANMF");
  if (frame === undefined) return bytes;
  const picture = [...webpChunks(frame.content, FRAME_HEAD_BYTES)].find(({ name }) => /^VP8[ L]$/.test(name));
  if (picture === undefined) return bytes;
  const head = Buffer.from("RIFF\0\0\0\0WEBP", "latin1");
  head.writeUInt32LE(4 + picture.whole.length, 4);
  return Buffer.concat([head, picture.whole]);
}

const WEBP_CHUNKS_AT = 12;
const FRAME_HEAD_BYTES = 16;

function* webpChunks(bytes: Buffer, from: number): Generator<{ name: string; content: Buffer; whole: Buffer }> {
  for (let at = from; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4);
    // Each begins at an even place.
    const next = at + 8 + length + (length % 2);
    const name = bytes.toString("latin1", at, at + 4);
    yield { name, content: bytes.subarray(at + 8, at + 8 + length), whole: bytes.subarray(at, next) };
    at = next;
  }
}

function tiffHeader(bytes: Buffer, pagesMax: number): PictureHeader | null {
  const pages = tiffPages(bytes, pagesMax + 1) ?? [];
  const [first] = pages;
  if (first?.width === undefined || first.height === undefined) return null;
  // Its library turns it itself.
  return { width: first.width, height: first.height, held: UPRIGHT, pages };
}
