/**
 * How many bytes the JSON of a value has, without making it: of 32 MB that takes a third of the time. A number with a
 * fraction, or beyond 15 digits, counts as the most that one can take. For plain JSON of whole characters.
 */
const NUMBER_BYTES_MAX = 24;
const EXACT_MAX = 1e15;
/** A text is looked through by so many characters at a time. */
const WINDOW_CHARACTERS = 32_768;
const SHORT_CHARACTERS = 64;

const window = Buffer.alloc(2 * WINDOW_CHARACTERS);
const units = new Uint16Array(window.buffer, window.byteOffset, WINDOW_CHARACTERS);
/** What each character takes more than its own byte: those that JSON writes with a backslash. */
const escapes = Uint8Array.from({ length: 128 }, (_, code) => JSON.stringify(String.fromCharCode(code)).length - 3);

export function jsonBytes(value: unknown): number {
  if (typeof value === "string") return textBytes(value);
  if (typeof value === "number") return numberBytes(value);
  if (typeof value !== "object" || value === null) return value === false ? 5 : 4;
  let bytes = 2;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) bytes += typeof item === "number" ? numberBytes(item) : jsonBytes(item);
    count = value.length;
  } else
    for (const key of Object.keys(value)) {
      const inner: unknown = Reflect.get(value, key);
      if (inner === undefined) continue;
      bytes += textBytes(key) + 1 + jsonBytes(inner);
      count += 1;
    }
  return bytes + Math.max(0, count - 1);
}

function numberBytes(value: number): number {
  if (!Number.isInteger(value)) return NUMBER_BYTES_MAX;
  const size = Math.abs(value);
  if (size >= EXACT_MAX) return NUMBER_BYTES_MAX;
  let digits = 1;
  for (let least = 10; size >= least; least *= 10) digits += 1;
  return value < 0 ? digits + 1 : digits;
}

function textBytes(text: string): number {
  if (text.length <= SHORT_CHARACTERS) return shortTextBytes(text);
  const bytes = Buffer.byteLength(text);
  const isAscii = bytes === text.length;
  let more = 2;
  for (let from = 0; from < text.length; from += WINDOW_CHARACTERS) {
    const piece = text.length <= WINDOW_CHARACTERS ? text : text.slice(from, from + WINDOW_CHARACTERS);
    more += isAscii ? escapesOfAscii(piece) : escapesOf(piece);
  }
  return bytes + more;
}

/** A buffer takes longer than a short text. */
function shortTextBytes(text: string): number {
  let bytes = 2;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    // Each half of a character of four bytes is two of them.
    if (unit < 0x80) bytes += 1 + (escapes[unit] ?? 0);
    else bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
  }
  return bytes;
}

function escapesOfAscii(piece: string): number {
  let more = 0;
  const { length } = piece;
  window.write(piece, 0, length, "latin1");
  for (let at = 0; at < length; at++) more += escapes[window[at] ?? 0] ?? 0;
  return more;
}

function escapesOf(piece: string): number {
  let more = 0;
  const { length } = piece;
  window.write(piece, 0, 2 * length, "utf16le");
  for (let at = 0; at < length; at++) more += escapes[units[at] ?? 0] ?? 0;
  return more;
}
