/**
 * The words of up to 16,384 chunks in lists, one for each term: the chunks that have it, and how often. Terms whose hashes
 * are near each other share a bucket, which is what a search reads: some kilobytes a term, however many chunks there are.
 */
import { HASHES, type Postings } from "./postings.ts";

/** Chunks whose lists are merged: their places have two bytes. */
export const MERGED_CHUNKS_MAX = 16_384;
export const BUCKETS = 4_096;

const HEADER_BYTES = 8;
const TERM_BYTES = Float64Array.BYTES_PER_ELEMENT + Uint32Array.BYTES_PER_ELEMENT;
const ENTRY_BYTES = Uint16Array.BYTES_PER_ELEMENT + 1;
/** Terms between two pauses. */
const TURN_TERMS = 2_000;

export function bucketOf(hash: number): number {
  return Math.floor(hash / (HASHES / BUCKETS));
}

/** Words of one slice, whose place 0 is `first` among the merged chunks. */
export type MergedSlice = { postings: Postings; first: number };

/** Yields null every few milliseconds, to pause. Goes over the slices twice; those of lower places come first. */
export function* mergedLists(
  slices: () => Iterable<MergedSlice>,
): Generator<[bucket: number, lists: Uint8Array] | null, void> {
  const termOf = new Map<number, number>();
  const having: number[] = [];
  for (const { postings } of slices()) {
    for (let at = 0; at < postings.terms; at++) {
      const hash = postings.hash(at);
      let term = termOf.get(hash);
      if (term === undefined) {
        term = having.length;
        termOf.set(hash, term);
        having.push(0);
      }
      having[term] = (having[term] ?? 0) + postings.having(at);
    }
    yield null;
  }
  const hashes = Float64Array.from(termOf.keys()).sort();
  const next = new Uint32Array(having.length);
  let entries = 0;
  for (const hash of hashes) {
    const term = termOf.get(hash) ?? 0;
    next[term] = entries;
    entries += having[term] ?? 0;
  }
  yield null;
  const places = new Uint16Array(entries);
  const often = new Uint8Array(entries);
  for (const { postings, first } of slices()) {
    for (let at = 0; at < postings.terms; at++) {
      const term = termOf.get(postings.hash(at)) ?? 0;
      next[term] = postings.copyEntries(at, first, { places, often, from: next[term] ?? 0 });
    }
    yield null;
  }
  yield* inBuckets(hashes, (hash) => having[termOf.get(hash) ?? 0] ?? 0, { places, often });
}

function* inBuckets(
  hashes: Float64Array,
  having: (hash: number) => number,
  { places, often }: { places: Uint16Array; often: Uint8Array },
): Generator<[bucket: number, lists: Uint8Array] | null, void> {
  let entry = 0;
  let paused = 0;
  for (let from = 0; from < hashes.length; ) {
    const bucket = bucketOf(hashes[from] ?? 0);
    const ends: number[] = [];
    let end = entry;
    let to = from;
    for (; to < hashes.length && bucketOf(hashes[to] ?? 0) === bucket; to++) {
      end += having(hashes[to] ?? 0);
      ends.push(end - entry);
    }
    yield [bucket, encoded(hashes.subarray(from, to), ends, places.subarray(entry, end), often.subarray(entry, end))];
    if (to - paused > TURN_TERMS) {
      paused = to;
      yield null;
    }
    entry = end;
    from = to;
  }
}

function encoded(hashes: Float64Array, ends: readonly number[], places: Uint16Array, often: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + hashes.length * TERM_BYTES + often.length * ENTRY_BYTES);
  const { buffer } = bytes;
  new Uint32Array(buffer, 0, 1)[0] = hashes.length;
  const endsAt = HEADER_BYTES + hashes.byteLength;
  new Float64Array(buffer, HEADER_BYTES, hashes.length).set(hashes);
  new Uint32Array(buffer, endsAt, ends.length).set(ends);
  const placesAt = HEADER_BYTES + hashes.length * TERM_BYTES;
  new Uint16Array(buffer, placesAt, places.length).set(places);
  bytes.set(often, placesAt + places.byteLength);
  return bytes;
}

/** A bucket as its bytes say. */
export class TermLists {
  readonly bytes: number;
  readonly #hashes: Float64Array;
  readonly #ends: Uint32Array;
  readonly #places: Uint16Array;
  readonly #often: Uint8Array;

  constructor(encoded: Uint8Array) {
    // At a place of its own: numbers of several bytes cannot begin anywhere.
    const { buffer } = new Uint8Array(encoded);
    const terms = new Uint32Array(buffer, 0, 1)[0] ?? 0;
    const placesAt = HEADER_BYTES + terms * TERM_BYTES;
    this.#hashes = new Float64Array(buffer, HEADER_BYTES, terms);
    this.#ends = new Uint32Array(buffer, HEADER_BYTES + this.#hashes.byteLength, terms);
    const entries = this.#ends[terms - 1] ?? 0;
    this.#places = new Uint16Array(buffer, placesAt, entries);
    this.#often = new Uint8Array(buffer, placesAt + this.#places.byteLength, entries);
    this.bytes = buffer.byteLength;
  }

  /** The number of a term; -1 when no chunk has it. */
  find(hash: number): number {
    return this.#hashes.indexOf(hash);
  }

  /** In how many of the searched chunks the term is. */
  having(term: number, first: number, isSearched: Uint8Array): number {
    let count = 0;
    for (let at = this.#end(term - 1), end = this.#end(term); at < end; at++) {
      count += isSearched[first + (this.#places[at] ?? 0)] ?? 0;
    }
    return count;
  }

  /** As `Postings.addScores`; chunks that are not searched get a score too. */
  addScores(term: number, rarity: number, first: number, paid: Float32Array, scores: Float32Array): void {
    const places = this.#places;
    const counts = this.#often;
    for (let at = this.#end(term - 1), end = this.#end(term); at < end; at++) {
      const chunk = first + (places[at] ?? 0);
      const often = counts[at] ?? 0;
      scores[chunk] = (scores[chunk] ?? 0) + (rarity * often) / (often + (paid[chunk] ?? 0));
    }
  }

  #end(term: number): number {
    return term < 0 ? 0 : (this.#ends[term] ?? 0);
  }
}
