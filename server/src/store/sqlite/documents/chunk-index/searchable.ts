/**
 * The chunks of one search, numbered from 0: those of segments first, with gaps for chunks that are not searched, then those in rows
 * only.
 */
import { bestOf } from "../../../../retrieval/best.ts";
import type { ChunkNumbers, WordSource } from "../../../../retrieval/lexical.ts";
import type { Direction } from "../../../../retrieval/quantised.ts";
import type { Member } from "../membership.ts";
import type { ChunkIndex } from "./chunk-index.ts";
import type { Coverage, Piece } from "./coverage.ts";
import { listsOf, type Segment } from "./segments.ts";

/** Up to so many chunks, every vector is compared. */
export const EXACT_CHUNKS_MAX = 100_000;
/**
 * The share of further vectors that is compared, in the nearest lists: they have .96 to .98 of the ten nearest on the labelled sets,
 * whose questions are unlike their texts, and all of them where vectors lie in groups.
 */
const PROBED_SHARE = 0.4;
/** Chunks whose words fit best: their vectors are compared wherever they are. */
const BY_WORDS = 128;

/** More than any has. */
const CHUNKS_OF_CUT_MAX = 2 ** 24;

export type Span = { piece: Piece; first: number };
type Block = { segment: Segment; first: number };

export class Searchable implements ChunkNumbers {
  readonly count: number;
  readonly searched: number;
  readonly isSearched: Uint8Array;
  readonly #index: ChunkIndex;
  readonly #exactMax: number;
  /** Called before each larger part of the work; throws when the search takes too long. */
  readonly #goOn: () => void;
  readonly #blocks: Block[] = [];
  readonly #spans: Span[] = [];
  /** From this place on, spans are of rows. */
  readonly #firstOfRows: number;
  #lastAsked = 0;

  constructor(
    index: ChunkIndex,
    { segments, rest }: Coverage<Segment>,
    isMember: (member: Member) => boolean,
    { exactMax, goOn }: { exactMax: number; goOn: () => void },
  ) {
    this.#index = index;
    this.#exactMax = exactMax;
    this.#goOn = goOn;
    let next = 0;
    for (const { segment, parts } of segments) {
      const before = this.#spans.length;
      for (const { piece, place } of parts) {
        if (isMember(piece.member)) this.#spans.push({ piece, first: next + place });
      }
      if (this.#spans.length === before) continue;
      this.#blocks.push({ segment, first: next });
      next += segment.chunks;
    }
    this.#firstOfRows = this.#spans.length;
    for (const piece of rest) {
      if (!isMember(piece.member)) continue;
      this.#spans.push({ piece, first: next });
      next += piece.chunks;
    }
    this.count = next;
    this.isSearched = new Uint8Array(next);
    let searched = 0;
    for (const { piece, first } of this.#spans) {
      this.isSearched.fill(1, first, first + piece.chunks);
      searched += piece.chunks;
    }
    this.searched = searched;
  }

  *words(): Generator<WordSource> {
    const { segments } = this.#index;
    for (const { segment, first } of this.#blocks) {
      this.#goOn();
      yield { first, lengths: segment.lengths, listsWith: (hash) => segments.termLists(segment, hash) };
    }
    for (const { piece, first } of this.#rows()) {
      this.#goOn();
      for (const { postings, first: place, chunks } of this.#index.words(piece)) {
        yield { first: first + place, lengths: postings.lengths.subarray(0, chunks), listsWith: () => postings };
      }
    }
  }

  /** Of all chunks, or of those that can matter: the others count as far away. `words` are the scores of their words. */
  cosines(question: Direction, words: Float32Array): Float32Array {
    const cosines = new Float32Array(this.count);
    const isExact = this.searched <= this.#exactMax;
    if (!isExact) cosines.fill(Number.NaN);
    for (const { piece, first } of this.#rows()) {
      const { embedding } = piece.member;
      if (embedding?.dimensions !== question.numbers.length) continue;
      this.#goOn();
      this.#index.vectors(piece, embedding).writeCosines(question, first, cosines, this.isSearched);
    }
    if (isExact) this.#writeAll(question, cosines);
    else this.#writeNearest(question, words, cosines);
    return cosines;
  }

  /** Fast near the last one asked for. */
  spanOf(chunk: number): Span | undefined {
    if (!this.#isAt(this.#lastAsked, chunk)) {
      let low = 0;
      let high = this.#spans.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((this.#spans[middle]?.first ?? 0) <= chunk) low = middle + 1;
        else high = middle;
      }
      this.#lastAsked = low - 1;
    }
    return this.#spans[this.#lastAsked];
  }

  /** A chunk's place in the order of cuts, whatever its number in this search. */
  orderOf(chunk: number): number {
    const span = this.spanOf(chunk);
    return span ? span.piece.member.cut * CHUNKS_OF_CUT_MAX + span.piece.from + chunk - span.first : 0;
  }

  #isAt(place: number, chunk: number): boolean {
    const next = this.#spans[place + 1]?.first ?? Number.POSITIVE_INFINITY;
    return (this.#spans[place]?.first ?? next) <= chunk && chunk < next;
  }

  *#rows(): Generator<Span> {
    for (let at = this.#firstOfRows; at < this.#spans.length; at++) {
      const span = this.#spans[at];
      if (span) yield span;
    }
  }

  #writeAll(question: Direction, cosines: Float32Array): void {
    for (const { segment, first } of this.#blocks) {
      if (segment.dimensions !== question.numbers.length) continue;
      for (let list = 0; list < listsOf(segment); list++) {
        if (list % 16 === 0) this.#goOn();
        const rows = this.#index.segments.vectorList(segment, list);
        rows?.writeCosines(question, first, cosines, this.isSearched);
      }
    }
  }

  #writeNearest(question: Direction, words: Float32Array, cosines: Float32Array): void {
    const lists = this.#listsByNearness(question);
    let wanted = this.searched * PROBED_SHARE;
    for (const { block, list } of lists) {
      if (wanted <= 0) break;
      this.#goOn();
      const rows = this.#index.segments.vectorList(block.segment, list);
      wanted -= rows?.writeCosines(question, block.first, cosines, this.isSearched) ?? 0;
    }
    for (const chunk of bestOf(words, BY_WORDS, 0, (chunk) => chunk)) {
      if (!Number.isNaN(cosines[chunk])) continue;
      const span = this.spanOf(chunk);
      const embedding = span?.piece.member.embedding;
      if (!span || embedding?.dimensions !== question.numbers.length) continue;
      const vector = this.#index.vector(span.piece, chunk - span.first, embedding);
      vector.writeCosines(question, chunk, cosines, this.isSearched);
    }
    let farthest = lists.at(-1)?.nearness ?? 0;
    for (let chunk = 0; chunk < cosines.length; chunk++) {
      const cosine = cosines[chunk] ?? 0;
      if (cosine < farthest) farthest = cosine;
    }
    for (let chunk = 0; chunk < cosines.length; chunk++) if (Number.isNaN(cosines[chunk])) cosines[chunk] = farthest;
  }

  #listsByNearness({ numbers, length }: Direction): { block: Block; list: number; nearness: number }[] {
    const lists = [];
    for (const block of this.#blocks) {
      const { middles, dimensions } = block.segment;
      if (dimensions !== numbers.length) continue;
      for (let list = 0; list < listsOf(block.segment); list++) {
        let sum = 0;
        for (let at = 0; at < dimensions; at++) sum += (middles[list * dimensions + at] ?? 0) * (numbers[at] ?? 0);
        lists.push({ block, list, nearness: length === 0 ? 0 : sum / length });
      }
    }
    return lists.sort((a, b) => b.nearness - a.nearness);
  }
}
