/**
 * Makes a segment from pieces, in steps of a few milliseconds with a commit each, so that no lock is held; at the end it replaces
 * others at once. An unfinished one is never ready, and is removed later.
 */
import type { Database } from "better-sqlite3";
import { clustered } from "../../../../retrieval/clusters.ts";
import { lengthOf } from "../../../../retrieval/quantised.ts";
import { type MergedSlice, mergedLists } from "../../../../retrieval/term-lists.ts";
import { numberIn } from "../../column.ts";
import { type Piece, partOf } from "./coverage.ts";
import type { PieceReader } from "./piece-reader.ts";
import { encodedList, encodedParts, termListNumber, vectorListNumber } from "./segments.ts";

export type Merge = { vectorStore: string; model: string; pieces: readonly Piece[]; replaced: readonly number[] };

export class SegmentBuilder {
  readonly #reader: PieceReader;
  readonly #insert;
  readonly #fill;
  readonly #putTerms;
  readonly #putVectors;
  readonly #remove;
  readonly #removeTerms;
  readonly #removeVectors;
  readonly #setReady;
  readonly #replace;

  constructor(index: Database, reader: PieceReader) {
    const run = (sql: string) => index.prepare<unknown[]>(sql);
    this.#reader = reader;
    this.#insert = index
      .prepare<unknown[], unknown[]>(
        `INSERT INTO segments (vector_store, model, chunks, dimensions, parts, lengths, middles)
         VALUES (?, ?, ?, ?, ?, x'', x'') RETURNING n`,
      )
      .raw();
    this.#fill = run("UPDATE segments SET lengths = ?, middles = ? WHERE n = ?");
    this.#putTerms = run("INSERT INTO term_lists (n, lists) VALUES (?, ?)");
    this.#putVectors = run("INSERT INTO vector_lists (n, rows) VALUES (?, ?)");
    this.#remove = run("DELETE FROM segments WHERE n = ?");
    this.#removeTerms = run("DELETE FROM term_lists WHERE n >= ? AND n < ?");
    this.#removeVectors = run("DELETE FROM vector_lists WHERE n >= ? AND n < ?");
    this.#setReady = run("UPDATE segments SET ready = ? WHERE n = ?");
    this.#replace = index.transaction((n: number | null, replaced: readonly number[]) => {
      if (n !== null) this.#setReady.run(1, n);
      for (const other of replaced) this.#setReady.run(0, other);
    });
  }

  *build(merge: Merge): Generator<void> {
    const n = merge.pieces.length === 0 ? null : yield* this.#made(merge);
    this.#replace.immediate(n, merge.replaced);
    for (const other of merge.replaced) {
      yield;
      this.remove(other);
    }
  }

  remove(n: number): void {
    this.#removeTerms.run(termListNumber(n, 0), termListNumber(n + 1, 0));
    this.#removeVectors.run(vectorListNumber(n, 0), vectorListNumber(n + 1, 0));
    this.#remove.run(n);
  }

  *#made({ vectorStore, model, pieces }: Merge): Generator<void, number> {
    const chunks = pieces.reduce((sum, piece) => sum + piece.chunks, 0);
    const dimensions = pieces.find(({ member }) => member.embedding)?.member.embedding?.dimensions ?? 0;
    const parts = encodedParts(pieces.map(partOf));
    const n = numberIn(this.#insert.get(vectorStore, model, chunks, dimensions, parts)?.[0]);
    const lengths = new Uint32Array(chunks);
    for (const step of mergedLists(() => this.#slices(pieces, lengths))) {
      if (step) this.#putTerms.run(termListNumber(n, step[0]), step[1]);
      else yield;
    }
    const middles = yield* this.#fillVectors(n, pieces, chunks, dimensions);
    this.#fill.run(new Uint8Array(lengths.buffer), new Uint8Array(middles.buffer), n);
    return n;
  }

  *#slices(pieces: readonly Piece[], lengths: Uint32Array): Generator<MergedSlice> {
    let place = 0;
    for (const piece of pieces) {
      for (const { postings, first, chunks } of this.#reader.words(piece)) {
        lengths.set(postings.lengths.subarray(0, chunks), place + first);
        yield { postings, first: place + first };
      }
      place += piece.chunks;
    }
  }

  *#fillVectors(
    n: number,
    pieces: readonly Piece[],
    chunks: number,
    dimensions: number,
  ): Generator<void, Float32Array<ArrayBuffer>> {
    if (dimensions === 0) return new Float32Array(0);
    const rows = new Int8Array(chunks * dimensions);
    let place = 0;
    for (const piece of pieces) {
      if (piece.member.embedding?.dimensions === dimensions) this.#reader.writeVectors(piece, rows, place);
      place += piece.chunks;
      yield;
    }
    const { middles, listOf } = yield* clustered(rows, dimensions);
    const byList = new Map<number, number[]>();
    for (let chunk = 0; chunk < chunks; chunk++) {
      if (lengthOf(rows, chunk * dimensions, (chunk + 1) * dimensions) === 0) continue;
      const list = listOf[chunk] ?? 0;
      const own = byList.get(list);
      if (own) own.push(chunk);
      else byList.set(list, [chunk]);
    }
    for (const [list, places] of byList) {
      const own = new Int8Array(places.length * dimensions);
      for (const [at, chunk] of places.entries()) {
        own.set(rows.subarray(chunk * dimensions, (chunk + 1) * dimensions), at * dimensions);
      }
      this.#putVectors.run(vectorListNumber(n, list), encodedList({ places: Uint16Array.from(places), rows: own }));
      yield;
    }
    return middles;
  }
}
