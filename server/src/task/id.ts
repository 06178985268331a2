/**
 * A task's identity is the 128 bits of a UUIDv7, written `task_` + 26 Crockford base-32 characters. Pure: the random
 * bits and the time come in as arguments.
 */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PREFIX = "task_";
/** Of one id at a time, made and read in one go: a list for each costs more than what is put into it. */
const units = Array.from(`${PREFIX}${"0".repeat(26)}`, (character) => character.charCodeAt(0));
/** Of each byte. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const TASK_ID = /^task_[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export type TaskId = string;

/** The 16 bytes of a UUIDv7 (RFC 9562, 5.7) from Unix milliseconds and 16 random bytes, of which 74 bits are used. */
export function uuidV7Bytes(nowMs: number, random: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(random.subarray(0, 16));
  let time = nowMs;
  for (let at = 5; at >= 0; at--) {
    bytes[at] = time % 256;
    time = Math.floor(time / 256);
  }
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return bytes;
}

/** A UUID of one's own making (version 8, RFC 9562, 5.8) from 16 bytes, as of a hash: the same bytes are the same UUID. */
export function uuidV8(given: Uint8Array): string {
  const bytes = Uint8Array.from(given.subarray(0, 16));
  bytes[6] = 0x80 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return uuidFromBytes(bytes);
}

export function taskIdFromBytes(bytes: Uint8Array): TaskId {
  // 26 characters hold 130 bits: the first carries three, the rest five each.
  let place = PREFIX.length;
  let buffer = 0;
  let bits = 2;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      units[place++] = ALPHABET.charCodeAt((buffer >> bits) & 31);
      buffer &= (1 << bits) - 1;
    }
  }
  return String.fromCharCode(...units);
}

export function uuidFromBytes(bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) hex += HEX[byte];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function isTaskId(text: string): boolean {
  return TASK_ID.test(text);
}

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** The same identity as a UUID, for protocols that demand one. */
export function uuidFromTaskId(id: TaskId): string {
  return uuidFromBytes(bytesFromTaskId(id));
}

/** When it was made, in Unix milliseconds. */
export function timeOfTaskId(id: TaskId): number {
  return Number.parseInt(uuidFromTaskId(id).slice(0, 13).replace("-", ""), 16);
}

/** The inverse, of a UUID in either letter case. */
export function taskIdFromUuid(uuid: string): TaskId {
  return taskIdFromBytes(bytesFromUuid(uuid));
}

function bytesFromUuid(uuid: string): Uint8Array {
  const bytes = new Uint8Array(16);
  let digits = 0;
  for (let place = 0; place < uuid.length; place++) {
    const unit = uuid.charCodeAt(place);
    if (unit === HYPHEN) continue;
    // 0 to 9 as they stand, letters of either case by their low bits.
    const digit = unit < LETTERS ? unit & 15 : (unit & 7) + 9;
    const at = digits++ >> 1;
    bytes[at] = ((bytes[at] ?? 0) << 4) | digit;
  }
  return bytes;
}
const HYPHEN = 45;
/** Where they begin among the units of a text, digits before them. */
const LETTERS = 65;

function bytesFromTaskId(id: TaskId): Uint8Array {
  // 26 characters hold 130 bits; the first two are none of the identity's.
  const bytes = new Uint8Array(16);
  let buffer = 0;
  let bits = -2;
  let at = 0;
  for (let place = PREFIX.length; place < id.length; place++) {
    buffer = (buffer << 5) | ALPHABET.indexOf(id.charAt(place));
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = buffer >> bits;
    buffer &= (1 << bits) - 1;
  }
  return bytes;
}

/**
 * A UUIDv8 that follows from another id, a UUID or a task's, and a whole number: other numbers, other ids. Ids that were
 * made in one millisecond count up, so that the number is spread over 62 bits before it is laid over them.
 */
export function derivedUuid(base: string, n: number): string {
  const bytes = isTaskId(base) ? bytesFromTaskId(base) : bytesFromUuid(base);
  let spread = BigInt.asUintN(62, BigInt(n) * GOLDEN_RATIO_BITS);
  for (let at = 15; at >= 8; at--, spread >>= 8n) bytes[at] = (bytes[at] ?? 0) ^ Number(spread & 0xffn);
  bytes[6] = 0x80 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return uuidFromBytes(bytes);
}
/** Odd, so that no two numbers come out the same. */
const GOLDEN_RATIO_BITS = 0x9e3779b97f4a7c15n;
