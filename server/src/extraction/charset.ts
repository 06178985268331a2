/** Text out of bytes in whichever charset they are: by its mark, as UTF-8 when it is that, else by what is likely. */
import { analyse } from "chardet";

export type Decoded = {
  text: string;
  /** As the WHATWG Encoding Standard names it. */
  encoding: string;
};

/** Bytes that a guess looks at. */
const SAMPLE_BYTES = 256 * 1024;
/** Of a text in UTF-16 of a European language every other byte is 0. */
const ZEROS_SHARE_MIN = 0.3;

/**
 * Never throws: what no charset explains is read as Windows-1252, which knows nearly every byte. `declared`: the charset
 * that the text names itself; what is whole UTF-8 is that all the same.
 */
export function decode(bytes: Uint8Array, declared: string | null = null): Decoded {
  const encoding = markedEncoding(bytes) ?? utf16Encoding(bytes);
  if (encoding) return decodeAs(encoding, bytes);
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), encoding: "utf-8" };
  } catch {
    return decodeAs(declared !== null && isKnown(declared) ? declared : guessedEncoding(bytes), bytes);
  }
}

/** By its byte order mark, or by the zeros between the letters. */
export function utfOf(bytes: Uint8Array): string | null {
  return markedEncoding(bytes) ?? utf16Encoding(bytes);
}

function decodeAs(label: string, bytes: Uint8Array): Decoded {
  const decoder = new TextDecoder(label);
  return { text: decoder.decode(bytes), encoding: decoder.encoding };
}

function markedEncoding(bytes: Uint8Array): string | null {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return "utf-8";
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  return null;
}

function utf16Encoding(bytes: Uint8Array): string | null {
  const sample = bytes.subarray(0, Math.min(bytes.length - (bytes.length % 2), SAMPLE_BYTES));
  const zeros = [0, 0];
  for (let at = 0; at < sample.length; at++) if (sample[at] === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  const least = (sample.length / 2) * ZEROS_SHARE_MIN;
  if (odd > least && even < odd / 20) return "utf-16le";
  if (even > least && odd < even / 20) return "utf-16be";
  return null;
}

function guessedEncoding(bytes: Uint8Array): string {
  const sample = sampleOf(bytes);
  // UTF-8 was tried, and UTF-16 and UTF-32 are not guessed from bytes without a mark and without zeros.
  const guesses = analyse(sample).filter(({ name }) => !name.startsWith("UTF-") && isKnown(name));
  return guesses.find(({ name }) => explains(name, sample))?.name ?? "windows-1252";
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
