/**
 * The words of a few chunks turned around: for each term the chunks that have it, and how often. Kept as bytes beside the
 * chunks and read without being unpacked. SQLite's own full-text search ranks at 11 us for each chunk that has any of
 * the words, which is 220 ms for a question of common words over 20,000 chunks; this takes 2 ms, and counts the words of
 * the searched store alone, so that nobody's ranking depends on other people's documents.
 */
import { eachTerm, hashOf } from "./terms.ts";

/** Chunks whose words are kept together. */
export const SLICE_CHUNKS = 32;

/** How often counts, up to this. */
const OFTEN_MAX = 255;
/** How many different hashes there are. */
export const HASHES = 2 ** 53;
/** Different terms that a slice has room for at first. */
const ROWS_FIRST = 8_192;
const HEADER_BYTES = 8;
const LENGTHS_BYTES = SLICE_CHUNKS * Uint32Array.BYTES_PER_ELEMENT;
/** Of a term: its hash, and where its entries end. */
const TERM_BYTES = Float64Array.BYTES_PER_ELEMENT + Uint32Array.BYTES_PER_ELEMENT;

/** Bytes of the words of at most `SLICE_CHUNKS` texts, by their places in the slice. */
export function encodePostings(texts: ReadonlyMap<number, string>): Uint8Array {
  const lengths = new Uint32Array(SLICE_CHUNKS);
  const rows = new Map<string, number>();
  /** A row for each term: how often each chunk has it. */
  let often = new Uint8Array(ROWS_FIRST * SLICE_CHUNKS);
  for (const [place, text] of texts) {
    let length = 0;
    eachTerm(text, (term) => {
      length += 1;
      let row = rows.get(term);
      if (row === undefined) {
        row = rows.size;
        rows.set(term, row);
        if (rows.size * SLICE_CHUNKS > often.length) often = grown(often);
      }
      const at = row * SLICE_CHUNKS + place;
      const count = often[at] ?? 0;
      if (count < OFTEN_MAX) often[at] = count + 1;
    });
    lengths[place] = length;
  }
  return encoded(lengths, rows, often);
}

function grown(often: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(often.length * 2);
  larger.set(often);
  return larger;
}

function encoded(lengths: Uint32Array<ArrayBuffer>, rows: ReadonlyMap<string, number>, often: Uint8Array): Uint8Array {
  const terms = Array.from(rows, ([term, row]) => ({ hash: hashOf(term), row }));
  terms.sort((a, b) => a.hash - b.hash);
  const hashes = new Float64Array(terms.length);
  const ends = new Uint32Array(terms.length);
  const entries: number[] = [];
  for (const [at, { hash, row }] of terms.entries()) {
    hashes[at] = hash;
    for (let place = 0; place < SLICE_CHUNKS; place++) {
      const count = often[row * SLICE_CHUNKS + place] ?? 0;
      if (count > 0) entries.push(place, count);
    }
    ends[at] = entries.length;
  }
  const header = Uint32Array.of(terms.length, 0);
  const parts = [header, lengths, hashes, ends].map(({ buffer }) => new Uint8Array(buffer));
  return Buffer.concat([...parts, Uint8Array.from(entries)]);
}

/** A slice as its bytes say. */
export class Postings {
  /** Words of each chunk, by its place. */
  readonly lengths: Uint32Array;
  /** Different ones; each has a number from 0 on, in the order of their hashes. */
  readonly terms: number;
  readonly bytes: number;
  readonly #hashes: Float64Array;
  readonly #ends: Uint32Array;
  /** Place and number, in turn. */
  readonly #entries: Uint8Array;

  constructor(encoded: Uint8Array) {
    // At a place of its own: numbers of several bytes cannot begin anywhere.
    const { buffer } = Uint8Array.from(encoded);
    const terms = new Uint32Array(buffer, 0, 1)[0] ?? 0;
    const hashesAt = HEADER_BYTES + LENGTHS_BYTES;
    this.lengths = new Uint32Array(buffer, HEADER_BYTES, SLICE_CHUNKS);
    this.#hashes = new Float64Array(buffer, hashesAt, terms);
    this.#ends = new Uint32Array(buffer, hashesAt + terms * Float64Array.BYTES_PER_ELEMENT, terms);
    this.#entries = new Uint8Array(buffer, hashesAt + terms * TERM_BYTES);
    this.terms = terms;
    this.bytes = buffer.byteLength;
  }

  hash(term: number): number {
    return this.#hashes[term] ?? 0;
  }

  /**
   * The number of a term; -1 when no chunk has it. Hashes are spread evenly, so that one stands about where its size says:
   * the search begins there, in few lines of memory.
   */
  find(hash: number): number {
    const hashes = this.#hashes;
    const about = Math.floor((hash / HASHES) * hashes.length);
    const spread = 2 * Math.ceil(Math.sqrt(hashes.length));
    let low = Math.max(about - spread, 0);
    let high = Math.min(about + spread, hashes.length);
    if ((hashes[low] ?? 0) > hash) low = 0;
    if ((hashes[high - 1] ?? 0) < hash) high = hashes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((hashes[middle] ?? 0) < hash) low = middle + 1;
      else high = middle;
    }
    return hashes[low] === hash ? low : -1;
  }

  /** In how many chunks the term is. */
  having(term: number): number {
    return (this.#end(term) - this.#end(term - 1)) / 2;
  }

  /**
   * Adds to the score of each chunk that has the term. `first` is the number of place 0 among all chunks; `paid` what each
   * chunk pays for its length. The one loop that a search spends its time in.
   */
  addScores(term: number, rarity: number, first: number, paid: Float32Array, scores: Float32Array): void {
    const entries = this.#entries;
    const end = this.#end(term);
    for (let at = this.#end(term - 1); at < end; at += 2) {
      const chunk = first + (entries[at] ?? 0);
      const often = entries[at + 1] ?? 0;
      scores[chunk] = (scores[chunk] ?? 0) + (rarity * often) / (often + (paid[chunk] ?? 0));
    }
  }

  /** Writes the chunks that have the term, and how often, to where `from` says; returns where the next one goes. */
  copyEntries(term: number, first: number, to: { places: Uint16Array; often: Uint8Array; from: number }): number {
    let next = to.from;
    for (let at = this.#end(term - 1); at < this.#end(term); at += 2) {
      to.places[next] = first + (this.#entries[at] ?? 0);
      to.often[next] = this.#entries[at + 1] ?? 0;
      next += 1;
    }
    return next;
  }

  #end(term: number): number {
    return term < 0 ? 0 : (this.#ends[term] ?? 0);
  }
}
