/** The words and vectors of chunks in their rows: in slices, by cut. */
import type { Database } from "better-sqlite3";
import { Postings, SLICE_CHUNKS } from "../../../../retrieval/postings.ts";
import { bytesIn, numberIn } from "../../column.ts";
import type { Piece } from "./coverage.ts";

/** Words of some chunks of a piece, from the place `first` on. */
export type WordSlice = { postings: Postings; first: number; chunks: number };

export class PieceReader {
  readonly #words;
  readonly #vectors;

  constructor(db: Database) {
    const rows = (sql: string) => db.prepare<unknown[], unknown[]>(sql).raw();
    this.#words = rows("SELECT slice, words FROM postings WHERE cut = ? AND slice >= ? AND slice < ? ORDER BY slice");
    this.#vectors = rows(
      "SELECT slice, present, numbers FROM vectors WHERE embedding = ? AND slice >= ? AND slice < ?",
    );
  }

  *words({ member, from, chunks }: Piece): Generator<WordSlice> {
    for (const [slice, words] of this.#words.all(member.cut, ...slicesOf(from, chunks))) {
      const first = numberIn(slice) * SLICE_CHUNKS - from;
      yield { postings: new Postings(bytesIn(words)), first, chunks: Math.min(SLICE_CHUNKS, chunks - first) };
    }
  }

  /** Writes each vector to its place, counted from `first`; a chunk without one is left as it is. */
  writeVectors({ member, from, chunks }: Piece, rows: Int8Array, first: number): void {
    if (!member.embedding) return;
    const { n, dimensions } = member.embedding;
    for (const [slice, present, numbers] of this.#vectors.iterate(n, ...slicesOf(from, chunks))) {
      const begins = numberIn(slice) * SLICE_CHUNKS - from;
      const bytes = bytesIn(numbers);
      const own = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let place = 0; place < SLICE_CHUNKS && begins + place < chunks; place++) {
        if ((numberIn(present) & (1 << place)) === 0) continue;
        rows.set(own.subarray(place * dimensions, (place + 1) * dimensions), (first + begins + place) * dimensions);
      }
    }
  }

  /** The vector of the chunk at this place, if it has one. */
  writeVector({ member, from }: Pick<Piece, "member" | "from">, place: number, row: Int8Array): void {
    const chunk = from + place;
    const begins = chunk - (chunk % SLICE_CHUNKS);
    const rows = new Int8Array(SLICE_CHUNKS * row.length);
    this.writeVectors({ member, from: begins, chunks: SLICE_CHUNKS }, rows, 0);
    row.set(rows.subarray((chunk - begins) * row.length, (chunk - begins + 1) * row.length));
  }
}

/** The first, and the one after the last. */
function slicesOf(from: number, chunks: number): [number, number] {
  return [from / SLICE_CHUNKS, Math.ceil((from + chunks) / SLICE_CHUNKS)];
}
