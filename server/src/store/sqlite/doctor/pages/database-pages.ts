/** The raw pages of a database file. Nobody may write meanwhile, and there must be no WAL beside it. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { PageNumbers } from "./page-numbers.ts";

/** The header of the database, before the tree of the first page. */
export const HEADER_BYTES = 100;
/**
 * The `application_id` of a database with orphan pages, whose tables or indexes were removed from the schema alone. Nothing else says
 * that these pages belong to nothing.
 */
export const HAS_ORPHAN_PAGES = 0x7761_7901;
/** In the header 1 stands for this size, which has no room in two bytes. */
const LARGEST_PAGE = 65_536;

export class DatabasePages {
  readonly count: number;
  /** Pages that are not free. */
  readonly used: number;
  /** Usable bytes of a page, without the part that is reserved at its end. */
  readonly bytes: number;
  readonly schema: number;
  readonly hasOrphanPages: boolean;
  readonly #file: number;
  readonly #pageBytes: number;
  readonly #firstTrunk: number;
  readonly #freeCount: number;

  constructor(file: string) {
    this.#file = openSync(file, "r");
    const header = Buffer.alloc(HEADER_BYTES);
    readSync(this.#file, header, 0, HEADER_BYTES, 0);
    const pageBytes = header.readUInt16BE(16);
    this.#pageBytes = pageBytes === 1 ? LARGEST_PAGE : pageBytes;
    this.bytes = this.#pageBytes - header.readUInt8(20);
    this.count = Math.floor(fstatSync(this.#file).size / this.#pageBytes);
    this.#firstTrunk = header.readUInt32BE(32);
    this.#freeCount = header.readUInt32BE(36);
    this.used = Math.max(this.count - this.#freeCount, 0);
    this.schema = header.readUInt32BE(60);
    this.hasOrphanPages = header.readUInt32BE(68) === HAS_ORPHAN_PAGES;
  }

  /** A page; null where there is none. Each page has a buffer of its own. */
  at(number: number): Buffer | null {
    if (number < 1 || number > this.count) return null;
    const page = Buffer.allocUnsafe(this.bytes);
    const read = readSync(this.#file, page, 0, this.bytes, (number - 1) * this.#pageBytes);
    return read === this.bytes ? page : null;
  }

  /** The free pages, which hold deleted rows. Null where their list is damaged: then any page that nothing refers to may be free. */
  free(): PageNumbers | null {
    const free = new PageNumbers(this.count);
    let listed = 0;
    for (let trunk = this.#firstTrunk; trunk !== 0; ) {
      const page = this.at(trunk);
      const leaves = page?.readUInt32BE(4) ?? 0;
      if (page === null || leaves > this.bytes / 4 - 2) return null;
      const numbers = [trunk, ...Array.from({ length: leaves }, (_, at) => page.readUInt32BE(8 + 4 * at))];
      if (!numbers.every((number) => number > 1 && number <= this.count && free.add(number))) return null;
      listed += numbers.length;
      trunk = page.readUInt32BE(0);
    }
    return listed === this.#freeCount ? free : null;
  }

  close(): void {
    closeSync(this.#file);
  }
}
