/** A row as SQLite writes it (its "record format"): the kinds of its values, then the values. */

/** `alias` is a column that is the row's number (INTEGER PRIMARY KEY). `any` takes every value. */
export type Kind = "integer" | "real" | "text" | "blob" | "any" | "alias";
export type Column = { name: string; kind: Kind; isOptional: boolean };
/** Texts are buffers. */
export type Value = null | number | bigint | Buffer;
/** A cursor that reads numbers from bytes. */
export class Cursor {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** SQLite's varint of one to nine bytes. NaN beyond the end, and for numbers that are negative or unsafe. */
  varint(): number {
    let value = 0;
    for (let taken = 0; taken < 9; taken++) {
      const byte = this.#bytes[this.at++] ?? Number.NaN;
      if (taken === 8) value = value * 256 + byte;
      else value = value * 128 + (byte & 127);
      if (!(byte >= 0)) return Number.NaN;
      if (byte < 128 && taken < 8) break;
    }
    return Number.isSafeInteger(value) ? value : Number.NaN;
  }
}

/**
 * The first values of a record of so many bytes, of which `record` may only be the beginning. Null where it is none of these
 * columns, and where a value is behind that beginning. One that was written before its table had its last columns has fewer.
 */
export function valuesIn(
  record: Buffer,
  bytes: number,
  columns: readonly Column[],
  first = columns.length,
): Value[] | null {
  const header = new Cursor(record);
  const headerBytes = header.varint();
  if (!(headerBytes <= record.length)) return null;
  const values: Value[] = [];
  let at = headerBytes;
  for (const column of columns) {
    if (header.at >= headerBytes) break;
    const serial = header.varint();
    if (!isOf(column, serial)) return null;
    const length = lengthOf(serial);
    if (values.length < first) {
      if (at + length > record.length) return null;
      values.push(valueAt(record, at, serial));
    }
    at += length;
  }
  return header.at === headerBytes && at === bytes ? values : null;
}

function isOf({ kind, isOptional }: Column, serial: number): boolean {
  if (serial === 0) return isOptional || kind === "alias";
  if (kind === "any") return serial < 10 || serial > 11;
  if (kind === "text") return serial >= 13 && serial % 2 === 1;
  if (kind === "blob") return serial >= 12 && serial % 2 === 0;
  const isWhole = (serial >= 1 && serial <= 6) || serial === 8 || serial === 9;
  return kind === "integer" ? isWhole : kind === "real" && (isWhole || serial === 7);
}

const LENGTHS = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

function lengthOf(serial: number): number {
  return LENGTHS[serial] ?? Math.floor((serial - 12) / 2);
}

function valueAt(record: Buffer, at: number, serial: number): Value {
  if (serial === 0) return null;
  if (serial === 8 || serial === 9) return serial - 8;
  if (serial === 6) return record.readBigInt64BE(at);
  if (serial === 7) return record.readDoubleBE(at);
  const length = lengthOf(serial);
  return serial < 6 ? record.readIntBE(at, length) : record.subarray(at, at + length);
}
