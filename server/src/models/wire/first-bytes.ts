/** The first bytes of an answer, which tell its type. */

/** Blanks and the byte order mark of UTF-8. */
export function withoutBlanks(bytes: Buffer): Buffer {
  const at = bytes.findIndex((byte) => byte > 0x20 && ![0xef, 0xbb, 0xbf].includes(byte));
  return at === -1 ? Buffer.alloc(0) : bytes.subarray(at);
}

/** The beginnings of a line of an event stream. */
const FIELDS = ["data:", "event:", "id:", "retry:", ":"];
export const LONGEST_FIELD = 6;

export function isEventStream(first: Buffer): boolean {
  const text = first.toString("latin1");
  return FIELDS.some((field) => text.startsWith(field));
}
