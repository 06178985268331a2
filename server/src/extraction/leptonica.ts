/**
 * The library that Tesseract reads pictures with, called directly: it decodes PNG, JPEG, TIFF and WebP, and lies in the same
 * WebAssembly, so that no other decoder is needed. What it decodes is made gray on white here, in one way for all formats.
 */
import type { GrayPicture } from "./gray-picture.ts";

/** What we use of the module beside Tesseract itself. */
export type Leptonica = {
  _malloc(bytes: number): number;
  _free(at: number): void;
  getValue(at: number, type: "i32"): number;
  setValue(at: number, value: number, type: "i8"): void;
  /** Where the picture lies, 0 when it cannot be read. */
  _pixReadMem(at: number, bytes: number): number;
};

/** In the order of the library's own record of a picture, in words of 32 bits. */
const [WIDTH, HEIGHT, DEPTH, SAMPLES, WORDS_A_LINE, COLORMAP, DATA] = [0, 1, 2, 3, 4, 11, 12] as const;
const WORD_BYTES = 4;

/** The word that lies somewhere in the library's memory. */
type Words = (at: number) => number;

/** Null of what it cannot decode. */
export function decoded(library: Leptonica, file: Uint8Array): GrayPicture | null {
  const from = library._malloc(file.length);
  for (const [at, byte] of file.entries()) library.setValue(from + at, byte, "i8");
  const at = library._pixReadMem(from, file.length);
  library._free(from);
  if (at === 0) return null;
  const word = (place: number) => library.getValue(place, "i32") >>> 0;
  const field = (n: number) => word(at + n * WORD_BYTES);
  const picture = grayOf(word, {
    width: field(WIDTH),
    height: field(HEIGHT),
    depth: field(DEPTH),
    hasAlpha: field(SAMPLES) === 4,
    lineBytes: field(WORDS_A_LINE) * WORD_BYTES,
    data: field(DATA),
    colors: field(COLORMAP) === 0 ? null : word(field(COLORMAP)),
  });
  library._free(field(DATA));
  library._free(at);
  return picture;
}

type Pix = {
  width: number;
  height: number;
  /** Bits of a dot. */
  depth: number;
  hasAlpha: boolean;
  lineBytes: number;
  /** Where the dots begin. */
  data: number;
  /** Where the colors begin, of a picture that has numbers of colors as its dots. */
  colors: number | null;
};

function grayOf(wordAt: Words, pix: Pix): GrayPicture {
  const { width, height, depth, lineBytes, data } = pix;
  const gray = new Uint8Array(width * height);
  const shade = shadeOf(wordAt, pix);
  const perWord = 32 / depth;
  const mask = 2 ** depth - 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x += perWord) {
      const word = wordAt(data + y * lineBytes + (x / perWord) * WORD_BYTES);
      const last = Math.min(perWord, width - x);
      for (let n = 0; n < last; n++) {
        const dot = depth === 32 ? word : (word >>> (32 - depth * (n + 1))) & mask;
        gray[y * width + x + n] = shade(dot);
      }
    }
  }
  return { width, height, gray };
}

/** What is made of a dot. */
function shadeOf(wordAt: Words, { depth, hasAlpha, colors }: Pix): (dot: number) => number {
  // A color of a map is written the other way round than a dot.
  if (colors !== null)
    return (dot) => {
      const color = wordAt(colors + dot * WORD_BYTES);
      return luminance((color >>> 16) & 255, (color >>> 8) & 255, color & 255, 255);
    };
  if (depth === 32)
    return (dot) => luminance(dot >>> 24, (dot >>> 16) & 255, (dot >>> 8) & 255, hasAlpha ? dot & 255 : 255);
  if (depth === 16) return (dot) => dot >>> 8;
  // Of two shades 1 is black.
  if (depth === 1) return (dot) => (dot === 1 ? 0 : 255);
  const white = 2 ** depth - 1;
  return (dot) => (dot * 255) / white;
}

/** As the eye sees them, on white paper. */
function luminance(red: number, green: number, blue: number, alpha: number): number {
  const shade = 0.299 * red + 0.587 * green + 0.114 * blue;
  return (shade * alpha + 255 * (255 - alpha)) / 255;
}
