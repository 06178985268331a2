/**
 * A key of a tree (the values that its rows are ordered by, or a row's number) as a text that sorts as the rows do. It
 * holds no page in memory, as bytes of one would: of a large tree whose root is damaged every page has two.
 */
import type { Value } from "./record.ts";

export type Key = string;

/** Sort before all keys, and behind them. */
export const FIRST: Key = "";
export const LAST: Key = "\u0003";

const END = "\0\0";
const EIGHT = Buffer.alloc(8);

/** In SQLite's order: null, numbers, then texts and blobs by their bytes. */
export function keyOf(values: readonly Value[]): Key {
  return values.map(partOf).join("");
}

function partOf(value: Value): string {
  if (value === null) return "\0";
  // A shorter value sorts before a longer one that begins with it.
  if (Buffer.isBuffer(value)) return `\u0002${value.toString("latin1").replaceAll("\0", "\0\u00ff")}${END}`;
  return `\u0001${ofNumber(Number(value))}${typeof value === "bigint" ? ofRest(value) : NO_REST}`;
}

/** The bits of a negative number are inverted, so that they sort upwards too. */
function ofNumber(value: number): string {
  EIGHT.writeDoubleBE(value + 0);
  const first = EIGHT.readUInt8(0);
  if (first < 128) EIGHT.writeUInt8(first + 128);
  else for (const [at, byte] of EIGHT.entries()) EIGHT.writeUInt8(255 - byte, at);
  return EIGHT.toString("latin1");
}

/** The difference of a 64-bit integer from the nearest double: up to 512 to either side. */
function ofRest(value: bigint): string {
  const rest = Number(value - BigInt(Number(value))) + 1_024;
  return String.fromCharCode(rest >> 8, rest & 255);
}
const NO_REST = ofRest(0n);
