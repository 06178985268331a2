/** The segments and rows of a vector store for a search, with a cache of the parts of both that were read last. */
import type { Database } from "better-sqlite3";
import type { Postings } from "../../../../retrieval/postings.ts";
import { VectorRows } from "../../../../retrieval/quantised.ts";
import { ByteCache } from "../../byte-cache.ts";
import type { OrLeftOut } from "../left-out.ts";
import { type Member, type Membership, Memberships } from "../membership.ts";
import { type Coverage, coverageOf, type Piece, partOf } from "./coverage.ts";
import { PieceReader, type WordSlice } from "./piece-reader.ts";
import { type Segment, Segments } from "./segments.ts";

/** Words take 1.2 KB a chunk: many times the chunks outside segments. */
const WORDS_BYTES_MAX = 48 << 20;
const VECTORS_BYTES_MAX = 48 << 20;
/** Stores that were searched last. */
const COVERAGES_MAX = 64;

type Words = { version: number; slices: WordSlice[]; bytes: number };
type Vectors = { version: number; rows: VectorRows; bytes: number };
type Known = { membership: Membership; version: number; segments: string; coverage: Coverage<Segment> };

export class ChunkIndex {
  readonly segments: Segments;
  readonly #orLeftOut: OrLeftOut;
  readonly #memberships: Memberships;
  readonly #reader: PieceReader;
  readonly #coverages = new Map<string, Known>();
  readonly #words = new ByteCache<string, Words>(WORDS_BYTES_MAX);
  readonly #vectors = new ByteCache<string, Vectors>(VECTORS_BYTES_MAX);

  constructor(db: Database, index: Database, orLeftOut: OrLeftOut) {
    this.segments = new Segments(index);
    this.#orLeftOut = orLeftOut;
    this.#memberships = new Memberships(db, orLeftOut);
    this.#reader = new PieceReader(db);
  }

  coverage(vectorStore: string, model: string): Coverage<Segment> {
    const key = `${vectorStore} ${model}`;
    const membership = this.#memberships.of(vectorStore, model);
    const numbers = this.segments.numbersOf(vectorStore, model);
    const segments = numbers.join();
    const known = this.#coverages.get(key);
    this.#coverages.delete(key);
    const coverage =
      known?.membership === membership && known.version === membership.version && known.segments === segments
        ? known.coverage
        : coverageOf(
            membership,
            numbers.map((n) => this.segments.segment(n)),
          );
    this.#coverages.set(key, { membership, version: membership.version, segments, coverage });
    for (const [oldest] of this.#coverages) if (this.#coverages.size > COVERAGES_MAX) this.#coverages.delete(oldest);
    return coverage;
  }

  words(piece: Piece): readonly WordSlice[] {
    const { version } = partOf(piece);
    const known = this.#words.get(keyOf(piece));
    if (known?.version === version) return known.slices;
    const slices = this.#orLeftOut(`words of ${called(piece)}`, () => [...this.#reader.words(piece)], null);
    if (slices === null) return [];
    const bytes = slices.reduce((sum, { postings }: { postings: Postings }) => sum + postings.bytes, 0);
    this.#words.set(keyOf(piece), { version, slices, bytes });
    return slices;
  }

  vectors(piece: Piece, { version, dimensions }: NonNullable<Member["embedding"]>): VectorRows {
    const key = `${keyOf(piece)} ${piece.member.embedding?.n}`;
    const known = this.#vectors.get(key);
    if (known?.version === version) return known.rows;
    const numbers = new Int8Array(piece.chunks * dimensions);
    const isWhole = this.#written(piece, () => this.#reader.writeVectors(piece, numbers, 0));
    const rows = new VectorRows(numbers, dimensions);
    if (isWhole) this.#vectors.set(key, { version, rows, bytes: rows.bytes });
    return rows;
  }

  /** The vector of one chunk of a piece, by its place there; all zeros when it has none. */
  vector(piece: Piece, place: number, { dimensions }: NonNullable<Member["embedding"]>): VectorRows {
    const numbers = new Int8Array(dimensions);
    this.#written(piece, () => this.#reader.writeVector(piece, place, numbers));
    return new VectorRows(numbers, dimensions);
  }

  #written(piece: Piece, write: () => void): boolean {
    const written = () => {
      write();
      return true;
    };
    return this.#orLeftOut(`vectors of ${called(piece)}`, written, false);
  }
}

function called({ member }: Piece): string {
  return `document ${member.document}, cut ${member.cut}`;
}

function keyOf({ member, from }: Piece): string {
  return `${member.cut} ${from}`;
}
