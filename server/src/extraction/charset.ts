/** Text out of bytes in whichever charset they are: by its mark, as UTF-8 when it is that, else by what is likely. */
import { analyse } from "chardet";
import { byCodePage, oldCharset } from "./old-charsets.ts";

export type Decoded = {
  text: string;
  /** As the WHATWG Encoding Standard names it, which has no names for `ibm850`, `ibm852`, `utf-32le` and `utf-32be`. */
  encoding: string;
};

/** Bytes that a guess looks at. */
const SAMPLE_BYTES = 256 * 1024;
const UTF_SAMPLE_BYTES = 64 * 1024;
/** A text in UTF-16 or UTF-32 without a mark: of fewer characters it cannot be told. */
const CHARACTERS_MIN = 4;
/** Of its characters: what no text holds. */
const UNREADABLE_SHARE_MAX = 0.02;
/** Of its letters: of East Asia, or of one other script beside Latin. */
const SCRIPT_SHARE_MIN = 0.8;
/** Of the letters of a Thai text: beyond ASCII; of these: consonants, and signs. */
const THAI_MIN = 0.5;
const THAI_CONSONANTS_MIN = 0.5;
const THAI_SIGNS_MIN = 0.15;

/**
 * Never throws: what no charset explains is read as Windows-1252, which knows nearly every byte. `declared`: the charset
 * that the text names itself; what is whole UTF-8 is that all the same.
 */
export function decode(bytes: Uint8Array, declared: string | null = null): Decoded {
  const encoding = utfOf(bytes) ?? escapedEncoding(bytes);
  if (encoding) return decodeAs(encoding, bytes);
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), encoding: "utf-8" };
  } catch {
    return decodeAs(declared !== null && isKnown(declared) ? declared : guessedEncoding(bytes), bytes);
  }
}

/** By its byte order mark; a text without one has zeros in it, and makes words of one script in one of four ways alone. */
export function utfOf(bytes: Uint8Array): string | null {
  return markedEncoding(bytes) ?? unmarkedEncoding(bytes);
}

function decodeAs(label: string, bytes: Uint8Array): Decoded {
  if (label === "utf-32le" || label === "utf-32be")
    return { text: utf32(bytes, label === "utf-32le"), encoding: label };
  const old = byCodePage(label, bytes);
  if (old !== null) return { text: old, encoding: label };
  const decoder = new TextDecoder(label);
  return { text: decoder.decode(bytes), encoding: decoder.encoding };
}

function markedEncoding(bytes: Uint8Array): string | null {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return "utf-8";
  if (bytes[0] === 0xff && bytes[1] === 0xfe && bytes[2] === 0 && bytes[3] === 0) return "utf-32le";
  if (bytes[0] === 0 && bytes[1] === 0 && bytes[2] === 0xfe && bytes[3] === 0xff) return "utf-32be";
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  return null;
}

/** Japanese mails write in ASCII alone, and say by an escape sequence when it is none. */
function escapedEncoding(bytes: Uint8Array): string | null {
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  if (!sample.includes(0x1b) || sample.some((byte) => byte >= 0x80)) return null;
  const text = Buffer.from(sample);
  return ["\u001b$@", "\u001b$B", "\u001b(J"].some((sign) => text.includes(sign)) ? "iso-2022-jp" : null;
}

function utf32(bytes: Uint8Array, isLittle: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pieces: string[] = [];
  const isMarked = bytes.length >= 4 && view.getUint32(0, isLittle) === 0xfeff;
  for (let at = isMarked ? 4 : 0; at + 4 <= bytes.length; at += 4) {
    const code = view.getUint32(at, isLittle);
    pieces.push(code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? "\ufffd" : String.fromCodePoint(code));
  }
  return pieces.join("");
}

function unmarkedEncoding(bytes: Uint8Array): string | null {
  const sample = bytes.subarray(0, Math.min(bytes.length - (bytes.length % 2), UTF_SAMPLE_BYTES));
  // A space or the end of a line is enough of them.
  if (!sample.includes(0)) return null;
  let best: { label: string | null; familiar: number } = { label: null, familiar: -1 };
  for (const label of ["utf-16le", "utf-16be", "utf-32le", "utf-32be"]) {
    const { text } = decodeAs(label, sample);
    const familiar = isReadable(text) ? (text.match(FAMILIAR)?.length ?? 0) : -1;
    if (familiar > best.familiar) best = { label, familiar };
  }
  return best.label;
}

/** ASCII, and the signs of East Asian texts: read in the wrong order, they are something else. */
const FAMILIAR = /[\t\n\r -~\u3000-\u3002\uff01-\uff20]/g;
const UNREADABLE = /(?!\s|\p{Cf})[\p{C}\ufffd]/gu;
const EAST_ASIAN = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;

/** It has hardly a character that no text has, and its letters are of a script or two, which lie together in Unicode. */
function isReadable(text: string): boolean {
  if (text.length < CHARACTERS_MIN) return false;
  if ((text.match(UNREADABLE)?.length ?? 0) > text.length * UNREADABLE_SHARE_MAX) return false;
  const letters = text.match(/[\p{L}\p{M}]/gu) ?? [];
  const blocks = new Map<number, number>();
  for (const letter of letters) {
    const block = (letter.codePointAt(0) ?? 0) >> 8;
    blocks.set(block, (blocks.get(block) ?? 0) + 1);
  }
  const latin = blocks.get(0) ?? 0;
  blocks.delete(0);
  const other = Math.max(0, ...blocks.values(), text.match(EAST_ASIAN)?.length ?? 0);
  return latin + other >= letters.length * SCRIPT_SHARE_MIN;
}

function guessedEncoding(bytes: Uint8Array): string {
  const sample = sampleOf(bytes);
  // UTF-8 was tried, and UTF-16 and UTF-32 are not guessed from bytes without a mark and without zeros.
  const guesses = analyse(sample).filter(({ name }) => !name.startsWith("UTF-") && isKnown(name));
  const guess = guesses.find(({ name }) => explains(name, sample))?.name ?? "windows-1252";
  if (/^(windows-125[0247]|iso-8859-[129])$/i.test(guess) && isThai(sample)) return "windows-874";
  return oldCharset(sample, guess) ?? guess;
}

/** Half of it Thai consonants, and signs above and below the line. Asked of what would else be an accented letter at a time. */
function isThai(sample: Uint8Array): boolean {
  const letters = sample.filter((byte) => byte >= 0x80 || (byte >= 0x41 && byte <= 0x7a)).length;
  const beyond = sample.filter((byte) => byte >= 0x80);
  const consonants = beyond.filter((byte) => byte >= 0xa1 && byte <= 0xce).length;
  const signs = beyond.filter(
    (byte) => byte === 0xd1 || (byte >= 0xd4 && byte <= 0xda) || (byte >= 0xe7 && byte <= 0xed),
  );
  return (
    beyond.length > letters * THAI_MIN &&
    beyond.every((byte) => byte >= 0xa0 && byte <= 0xfb) &&
    consonants > beyond.length * THAI_CONSONANTS_MIN &&
    signs.length > beyond.length * THAI_SIGNS_MIN
  );
}

/** It has a character for each byte, and none of them a control character; the last one of a sample may be cut. */
function explains(label: string, sample: Uint8Array): boolean {
  const text = new TextDecoder(label).decode(sample);
  return !/[\ufffd\u0080-\u009f]/.test(text.slice(0, -1));
}

/** From the first byte on that is not ASCII: what stands before it is the same in all charsets. */
function sampleOf(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte >= 0x80 || byte === 0x1b);
  const from = Math.max(0, first - 1024);
  return bytes.subarray(from, from + SAMPLE_BYTES);
}

function isKnown(label: string): boolean {
  try {
    new TextDecoder(label);
    return true;
  } catch {
    return false;
  }
}

const CODE_PAGES: Readonly<Record<number, string>> = {
  874: "windows-874",
  932: "shift_jis",
  936: "gb18030",
  949: "euc-kr",
  950: "big5",
  10000: "macintosh",
  65001: "utf-8",
};

/** By the number that Windows has for it. */
export function charsetOfCodePage(page: number): string {
  return CODE_PAGES[page] ?? (page >= 1250 && page <= 1258 ? `windows-${page}` : "windows-1252");
}
