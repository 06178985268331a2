/**
 * Well-formed text: UTF-8 as Unicode defines it, without NUL, and no half of a surrogate pair. Other text is refused on arrival.
 * Repaired, it would be another text than was sent: two names would become one, and a database, a log and a client would then disagree
 * on it.
 */
import { isUtf8 } from "node:buffer";
import { Refusal } from "../../task/errors.ts";

/** The `field` of an `invalid` about the head of a request: its URL or one of its headers. */
export const HEAD_FIELD = "head";

/** Length of a JSON text within a request that is still parsed in this thread, which takes a millisecond or two. */
export const SMALL_JSON_LENGTH_MAX = 64 << 10;

const NUL = 0;
/** First bytes of gzip, zlib and Zstandard. */
const COMPRESSED = ["1f8b", "789c", "7801", "78da", "28b52ffd"].map((mark) => Buffer.from(mark, "hex"));
/** The only ill-formed text possible in JSON whose bytes are well-formed. */
const SUSPECT_ESCAPE = /\\u(?:0000|[dD][89a-fA-F])/;
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|[^u])/g;
/** In a header's value, in which Node.js makes a character of each byte. */
const NOT_ASCII = /[\x80-\xff]/;

/** `what` begins the sentence of a refusal. Throws `invalid`. */
export function textOf(bytes: Buffer, what = "The body"): string {
  if (!isUtf8(bytes)) {
    const why = COMPRESSED.some((mark) => mark.equals(bytes.subarray(0, mark.length)))
      ? ": it is compressed, which is not taken here"
      : "";
    throw new Refusal("invalid", `${what} is not valid UTF-8${why}.`);
  }
  if (bytes.includes(NUL)) throw new Refusal("invalid", `${what} has a NUL character, which is not accepted.`);
  return bytes.toString("utf8");
}

/** As `JSON.parse`, whose errors it throws, and `invalid` for escapes that are ill-formed text. */
export function jsonOf(text: string, what = "The body"): unknown {
  const value: unknown = JSON.parse(text);
  if (text.includes("\\u") && SUSPECT_ESCAPE.test(text) && hasIllFormedEscape(text)) {
    throw new Refusal("invalid", `${what} has an escape of NUL or of half a surrogate pair, which is not accepted.`);
  }
  return value;
}

/** For valid JSON: every backslash begins an escape. It reads the text and not the value, which may have any depth. */
function hasIllFormedEscape(text: string): boolean {
  /** Where the second half of a pair has to begin. */
  let second = -1;
  for (const { index, 1: digits } of text.matchAll(ESCAPE)) {
    const unit = digits === undefined ? -1 : Number.parseInt(digits, 16);
    const isSecond = unit >= 0xdc00 && unit <= 0xdfff;
    if (unit === NUL || isSecond !== (second === index)) return true;
    if (second !== -1 && second !== index) return true;
    second = unit >= 0xd800 && unit <= 0xdbff ? index + "\\uxxxx".length : -1;
  }
  return second !== -1;
}

/** The fields of `application/x-www-form-urlencoded`. Throws `invalid`. */
export function urlencodedPairs(bytes: Buffer): [name: string, value: string][] {
  const text = textOf(bytes);
  const pairs = [...new URLSearchParams(text)];
  if (!isEncodedText(text)) throw new Refusal("invalid", "The body is not percent-encoded UTF-8.");
  if (pairs.some(([, value]) => value.includes("\0")))
    throw new Refusal("invalid", "A field of the form has a NUL character.");
  return pairs;
}

/** Runs of encoded bytes, and a percent sign that encodes nothing. */
const ENCODED = /(?:%[\da-f]{2})+|%/gi;

/**
 * A URL whose path can be decoded: ill-formed text and NUL are replaced by a mark. Servers of every protocol here read paths so, and
 * nothing is found under such a name.
 */
export function decodablePath(url: string): string {
  const end = url.indexOf("?");
  const path = end === -1 ? url : url.slice(0, end);
  if (!path.includes("%") || (isEncodedText(path) && !path.includes("%00"))) return url;
  const marked = (run: string) => {
    if (run === "%") return "%25";
    const text = Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8");
    return encodeURIComponent(text.replaceAll("\0", "\ufffd"));
  };
  return path.replaceAll(ENCODED, marked) + (end === -1 ? "" : url.slice(end));
}

/** Null if its percent-encoded parts are well-formed text; the rest is ASCII, or the HTTP parser refuses it. */
export function faultOfUrl(url: string): Refusal | null {
  if (!url.includes("%")) return null;
  if (!isEncodedText(url)) return headFault("The URL is not percent-encoded UTF-8.");
  return url.includes("%00") ? headFault("The URL has a NUL character, which is not accepted.") : null;
}

function isEncodedText(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** Names and values in turn, as Node.js has them: a character for each byte. Null if every value is well-formed text. */
export function faultOfHeaders(rawHeaders: readonly string[]): Refusal | null {
  for (let at = 1; at < rawHeaders.length; at += 2) {
    const value = rawHeaders[at] ?? "";
    if (NOT_ASCII.test(value) && !isUtf8(Buffer.from(value, "latin1"))) {
      return headFault(`The header ${rawHeaders[at - 1]} is not valid UTF-8.`);
    }
  }
  return null;
}

function headFault(message: string): Refusal {
  return new Refusal("invalid", message, { field: HEAD_FIELD });
}
