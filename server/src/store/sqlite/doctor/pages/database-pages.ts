/** The pages of a database file as they lie there, whatever is in them. Nobody writes meanwhile, and no log is beside it. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { PageNumbers } from "./page-numbers.ts";

/** Of the first page, before its own tree begins. */
export const HEADER_BYTES = 100;
/**
 * The `application_id` of a database that has pages of what was struck off its schema: nothing else says that they are
 * nobody's.
 */
export const HAS_ORPHAN_PAGES = 0x7761_7901;
/** SQLite's own way to say it in two bytes. */
const LARGEST_PAGE = 65_536;

export class DatabasePages {
  readonly count: number;
  /** Without those that are free. */
  readonly used: number;
  /** Of each page, without what is set aside at its end. */
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

  /** Null where there is none. Whoever reads the next one may still hold it. */
  at(number: number): Buffer | null {
    if (number < 1 || number > this.count) return null;
    const page = Buffer.allocUnsafe(this.bytes);
    const read = readSync(this.#file, page, 0, this.bytes, (number - 1) * this.#pageBytes);
    return read === this.bytes ? page : null;
  }

  /** What is deleted lies on them. Null where their list is damaged: then a page that nothing refers to may be one of them. */
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
