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
/** What each unit of UTF-16 takes: some have a backslash in JSON, and each half of a character of four bytes is two of them. */
const weights = Uint8Array.from({ length: 0x1_0000 }, (_, unit) => {
  if (unit < 0x80) return JSON.stringify(String.fromCharCode(unit)).length - 2;
  return unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
});

/** What two characters of ASCII take, which lie in one unit. */
const pairWeights = Uint8Array.from(
  { length: 0x1_0000 },
  (_, unit) => asciiWeight(unit & 0xff) + asciiWeight(unit >> 8),
);

function asciiWeight(code: number): number {
  return code < 0x80 ? (weights[code] ?? 0) : 0;
}

export function jsonBytes(value: unknown): number {
  if (typeof value === "string") return textBytes(value);
  if (typeof value === "number") return numberBytes(value);
  if (typeof value !== "object" || value === null) return value === false ? 5 : 4;
  let bytes = 2;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) bytes += typeof item === "number" ? numberBytes(item) : jsonBytes(item);
    count = value.length;
  } else if (isObject(value))
    for (const key of Object.keys(value)) {
      const inner = value[key];
      if (inner === undefined) continue;
      bytes += textBytes(key) + 1 + jsonBytes(inner);
      count += 1;
    }
  return bytes + Math.max(0, count - 1);
}

/** An index is read in a fraction of the time that `Reflect` takes. */
function isObject(value: object): value is Record<string, unknown> {
  return !Array.isArray(value);
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
  const { length } = text;
  let bytes = 2;
  if (length <= SHORT_CHARACTERS) {
    // A window takes longer than a short text.
    for (let at = 0; at < length; at++) bytes += weights[text.charCodeAt(at)] ?? 0;
    return bytes;
  }
  // Most texts are ASCII from end to end; to try each window of another one would take longer than to count it.
  let isAscii = true;
  for (let from = 0; from < length; from += WINDOW_CHARACTERS) {
    const piece = length <= WINDOW_CHARACTERS ? text : text.slice(from, from + WINDOW_CHARACTERS);
    isAscii &&= window.write(piece) === piece.length;
    bytes += isAscii ? asciiBytes(piece.length) : unitsBytes(piece);
  }
  return bytes;
}

/** Of so many characters of ASCII in the window. */
function asciiBytes(length: number): number {
  let bytes = 0;
  for (let at = 0; at < length >> 1; at++) bytes += pairWeights[units[at] ?? 0] ?? 0;
  return length % 2 === 0 ? bytes : bytes + asciiWeight(window[length - 1] ?? 0);
}

function unitsBytes(piece: string): number {
  const { length } = piece;
  window.write(piece, 0, 2 * length, "utf16le");
  let bytes = 0;
  for (let at = 0; at < length; at++) bytes += weights[units[at] ?? 0] ?? 0;
  return bytes;
}
