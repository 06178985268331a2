/** A page of a b-tree: of a rowid table, or of an index or a WITHOUT ROWID table. */
import { type DatabasePages, HEADER_BYTES } from "./database-pages.ts";
import { Cursor } from "./record.ts";

/** SQLite's bound of a row's bytes. */
const ROW_BYTES_MAX = 1_000_000_000;

/** `child` is the page with the keys before this one. In a rowid table only leaves hold rows: elsewhere `bytes` is 0. */
export type Cell = { child: number; number: number; bytes: number; local: Buffer; overflow: number };
/** A cell is null where it cannot be parsed. `right` is the page with the keys behind all cells. */
export type TreePage = { isNumbered: boolean; isLeaf: boolean; cells: (Cell | null)[]; right: number };

/** Null where the page is no b-tree page. */
export function treePageAt(pages: DatabasePages, number: number): TreePage | null {
  const page = pages.at(number);
  const start = number === 1 ? HEADER_BYTES : 0;
  const type = page?.[start] ?? 0;
  if (page === null || ![2, 5, 10, 13].includes(type)) return null;
  const isLeaf = type > 5;
  const isNumbered = type === 5 || type === 13;
  const count = page.readUInt16BE(start + 3);
  const first = start + (isLeaf ? 8 : 12);
  const end = first + 2 * count;
  if (end > page.length) return null;
  const cells = Array.from({ length: count }, (_, at) => {
    const from = page.readUInt16BE(first + 2 * at);
    return from < end ? null : cellAt(page, from, isNumbered, isLeaf);
  });
  return { isNumbered, isLeaf, cells, right: isLeaf ? 0 : page.readUInt32BE(start + 8) };
}

function cellAt(page: Buffer, from: number, isNumbered: boolean, isLeaf: boolean): Cell | null {
  if (!isLeaf && from + 4 > page.length) return null;
  const child = isLeaf ? 0 : page.readUInt32BE(from);
  const cursor = new Cursor(page, isLeaf ? from : from + 4);
  const hasRow = isLeaf || !isNumbered;
  const bytes = hasRow ? cursor.varint() : 0;
  const number = isNumbered ? cursor.varint() : 0;
  if (!(bytes <= ROW_BYTES_MAX && number >= 0)) return null;
  const length = localBytes(bytes, page.length, isNumbered);
  const end = cursor.at + length;
  const isLong = length < bytes;
  if (end + (isLong ? 4 : 0) > page.length) return null;
  return { child, number, bytes, local: page.subarray(cursor.at, end), overflow: isLong ? page.readUInt32BE(end) : 0 };
}

/** How many bytes of a row are on the page of its cell; the rest is on overflow pages. */
function localBytes(bytes: number, usable: number, isNumbered: boolean): number {
  const most = isNumbered ? usable - 35 : Math.floor(((usable - 12) * 64) / 255) - 23;
  if (bytes <= most) return bytes;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const length = least + ((bytes - least) % (usable - 4));
  return length <= most ? length : least;
}

/** All bytes of a row; null where one of its overflow pages cannot be read. */
export function rowIn(pages: DatabasePages, { bytes, local, overflow }: Cell): Buffer | null {
  const parts = [local];
  const seen = new Set<number>();
  let lacking = bytes - local.length;
  let next = overflow;
  while (lacking > 0) {
    const page = seen.has(next) ? null : pages.at(next);
    if (page === null) return null;
    seen.add(next);
    const part = page.subarray(4, 4 + lacking);
    parts.push(part);
    lacking -= part.length;
    next = page.readUInt32BE(0);
  }
  if (next !== 0) return null;
  return parts.length === 1 ? local : Buffer.concat(parts, bytes);
}
