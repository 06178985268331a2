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
const HEADER_BYTES = 8;
const LENGTHS_BYTES = SLICE_CHUNKS * Uint32Array.BYTES_PER_ELEMENT;
/** Of a term: its hash, and where its entries end. */
const TERM_BYTES = Float64Array.BYTES_PER_ELEMENT + Uint32Array.BYTES_PER_ELEMENT;

/** Bytes of the words of at most `SLICE_CHUNKS` texts, by their places in the slice. */
export function encodePostings(texts: ReadonlyMap<number, string>): Uint8Array {
  const lengths = new Uint32Array(SLICE_CHUNKS);
  const often = new Map<string, Uint8Array>();
  for (const [place, text] of texts) {
    eachTerm(text, (term) => {
      lengths[place] = (lengths[place] ?? 0) + 1;
      const ofTerm = often.get(term) ?? new Uint8Array(SLICE_CHUNKS);
      if (!often.has(term)) often.set(term, ofTerm);
      ofTerm[place] = Math.min((ofTerm[place] ?? 0) + 1, OFTEN_MAX);
    });
  }
  const terms = [...often].map(([term, counts]) => ({ hash: hashOf(term), counts }));
  terms.sort((a, b) => a.hash - b.hash);
  const ends = new Uint32Array(terms.length);
  const entries: number[] = [];
  for (const [at, { counts }] of terms.entries()) {
    for (const [place, count] of counts.entries()) if (count > 0) entries.push(place, count);
    ends[at] = entries.length;
  }
  const header = Uint32Array.of(terms.length, 0);
  const hashes = Float64Array.from(terms, ({ hash }) => hash);
  const parts = [header, lengths, hashes, ends].map(({ buffer }) => new Uint8Array(buffer));
  return Buffer.concat([...parts, Uint8Array.from(entries)]);
}

/** A slice as its bytes say. */
export class Postings {
  /** Words of each chunk, by its place. */
  readonly lengths: Uint32Array;
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
    this.bytes = buffer.byteLength;
  }

  /** The number of a term; -1 when no chunk has it. */
  find(hash: number): number {
    let low = 0;
    let high = this.#hashes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#hashes[middle] ?? 0) < hash) low = middle + 1;
      else high = middle;
    }
    return this.#hashes[low] === hash ? low : -1;
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

  #end(term: number): number {
    return term < 0 ? 0 : (this.#ends[term] ?? 0);
  }
}
