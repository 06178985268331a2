/** Segments in the index file: those of a store, and their lists, of which a few megabytes are cached. */
import type { Database } from "better-sqlite3";
import type { Lists } from "../../../../retrieval/lexical.ts";
import { VectorRows } from "../../../../retrieval/quantised.ts";
import { BUCKETS, bucketOf, TermLists } from "../../../../retrieval/term-lists.ts";
import { ByteCache } from "../../byte-cache.ts";
import { bytesIn, numberIn } from "../../column.ts";
import type { Part } from "./coverage.ts";

export type Segment = {
  n: number;
  chunks: number;
  dimensions: number;
  /** In the order of their places. */
  parts: Part[];
  /** Words of each chunk. */
  lengths: Uint32Array;
  /** Centres of its lists of vectors. */
  middles: Float32Array;
  readonly bytes: number;
};

/** A list of vectors: the places of the chunks, and a row for each. */
export type VectorList = { places: Uint16Array; rows: Int8Array };

const NO_LISTS: Lists & { bytes: number } = { find: () => -1, having: () => 0, addScores: () => {}, bytes: 0 };
/** More than any segment has. */
const LISTS_MAX = 1_024;
const PART_NUMBERS = 7;
const PART_BYTES = 200;
const HEADER_BYTES = 8;
const META_BYTES_MAX = 48 << 20;
const TERMS_BYTES_MAX = 32 << 20;
/** 100,000 vectors of 1,536 numbers, as many as are compared exactly. */
const VECTORS_BYTES_MAX = 160 << 20;

export const termListNumber = (segment: number, bucket: number) => segment * BUCKETS + bucket;
export const vectorListNumber = (segment: number, list: number) => segment * LISTS_MAX + list;

export class Segments {
  readonly #numbers;
  readonly #segment;
  readonly #terms;
  readonly #vectors;
  readonly #known = new ByteCache<number, Segment>(META_BYTES_MAX);
  readonly #termLists = new ByteCache<number, Lists & { bytes: number }>(TERMS_BYTES_MAX);
  readonly #vectorLists = new ByteCache<number, VectorRows>(VECTORS_BYTES_MAX);

  constructor(db: Database) {
    const rows = (sql: string) => db.prepare<unknown[], unknown[]>(sql).raw();
    this.#numbers = rows("SELECT n FROM segments WHERE vector_store = ? AND model = ? AND ready = 1 ORDER BY n");
    this.#segment = rows("SELECT chunks, dimensions, parts, lengths, middles FROM segments WHERE n = ?");
    this.#terms = rows("SELECT lists FROM term_lists WHERE n = ?");
    this.#vectors = rows("SELECT rows FROM vector_lists WHERE n = ?");
  }

  /** Their numbers, which are never given again. */
  numbersOf(vectorStore: string, model: string): number[] {
    return this.#numbers.all(vectorStore, model).map(([n]) => numberIn(n));
  }

  segment(n: number): Segment {
    const known = this.#known.get(n);
    if (known) return known;
    const [chunks, dimensions, parts, lengths, middles] = this.#segment.get(n) ?? [];
    const segment = {
      n,
      chunks: numberIn(chunks),
      dimensions: numberIn(dimensions),
      parts: decodedParts(bytesIn(parts)),
      lengths: new Uint32Array(new Uint8Array(bytesIn(lengths)).buffer),
      middles: new Float32Array(new Uint8Array(bytesIn(middles)).buffer),
    };
    const bytes = segment.parts.length * PART_BYTES + segment.lengths.byteLength + segment.middles.byteLength;
    const read = { ...segment, bytes };
    this.#known.set(n, read);
    return read;
  }

  /** Lists of segments with the term. */
  termLists({ n }: Segment, hash: number): Lists {
    const number = termListNumber(n, bucketOf(hash));
    const known = this.#termLists.get(number);
    if (known) return known;
    const row = this.#terms.get(number);
    const lists = row ? new TermLists(bytesIn(row[0])) : NO_LISTS;
    this.#termLists.set(number, lists);
    return lists;
  }

  /** Null for an empty list. */
  vectorList({ n, dimensions }: Segment, list: number): VectorRows | null {
    const number = vectorListNumber(n, list);
    const known = this.#vectorLists.get(number);
    if (known) return known;
    const row = this.#vectors.get(number);
    if (!row) return null;
    const { places, rows } = decodedList(bytesIn(row[0]));
    const read = new VectorRows(rows, dimensions, places);
    this.#vectorLists.set(number, read);
    return read;
  }
}

export function listsOf({ middles, dimensions }: Segment): number {
  return dimensions === 0 ? 0 : middles.length / dimensions;
}

export function encodedParts(parts: readonly Part[]): Uint8Array {
  const numbers = parts.flatMap((part) => [
    ...[part.cut, part.version, part.from, part.chunks],
    ...[part.embedding, part.embeddingVersion, part.mark],
  ]);
  return new Uint8Array(Float64Array.from(numbers).buffer);
}

function decodedParts(bytes: Uint8Array): Part[] {
  const numbers = new Float64Array(new Uint8Array(bytes).buffer);
  return Array.from({ length: numbers.length / PART_NUMBERS }, (_, at) => {
    const [cut = 0, version = 0, from = 0, chunks = 0, embedding = 0, embeddingVersion = 0, mark = 0] =
      numbers.subarray(at * PART_NUMBERS, (at + 1) * PART_NUMBERS);
    return { cut, version, from, chunks, embedding, embeddingVersion, mark };
  });
}

export function encodedList({ places, rows }: VectorList): Uint8Array {
  const header = new Uint8Array(Uint32Array.of(places.length, 0).buffer);
  const numbers = new Uint8Array(places.buffer, places.byteOffset, places.byteLength);
  return Buffer.concat([header, numbers, new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength)]);
}

function decodedList(bytes: Uint8Array): VectorList {
  const { buffer } = new Uint8Array(bytes);
  const count = new Uint32Array(buffer, 0, 1)[0] ?? 0;
  const places = new Uint16Array(buffer, HEADER_BYTES, count);
  return { places, rows: new Int8Array(buffer, HEADER_BYTES + places.byteLength) };
}
