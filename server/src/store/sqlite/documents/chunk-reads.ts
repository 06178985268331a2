/** Reads of chunks by one key; searches over them are the finder's, see `finder.ts`. */
import type { Database } from "better-sqlite3";
import { SLICE_CHUNKS } from "../../../retrieval/postings.ts";
import { ANSWER_BYTES_MAX, fitting } from "../bounds.ts";
import { numberIn, textIn } from "../column.ts";
import { queries } from "../queries.ts";
import type { CutKey } from "./chunk-writes.ts";

export const CHUNK_COLUMNS = "chunk, page, start_unit, end_unit, tokens, text";

/** Every bit of a slice. */
const ALL_PRESENT = -1;
const CUT = "document = ? AND max_tokens = ? AND overlap_tokens = ?";
const keyOf = ({ document, maxTokens, overlapTokens }: CutKey) => [document, maxTokens, overlapTokens];

export function chunkReads(db: Database) {
  const { row, page } = queries(db);
  const cutOf = row(`SELECT n FROM cuts WHERE ${CUT}`, keyOf);
  const totalOf = row(`SELECT total FROM cuts WHERE ${CUT} AND stored = total`, keyOf);
  const present = db
    .prepare<unknown[], unknown[]>(
      `SELECT slice, present FROM vectors JOIN embeddings e ON e.n = embedding
       WHERE e.cut = ? AND e.model = ? ORDER BY slice`,
    )
    .raw();
  const chunks = db
    .prepare<unknown[], unknown[]>(`SELECT ${CHUNK_COLUMNS} FROM chunks WHERE cut = ? AND chunk >= ? ORDER BY chunk`)
    .raw();
  const large = db
    .prepare<unknown[], unknown>(
      `SELECT m.vector_store FROM members m
       JOIN cuts c ON c.document = m.document AND c.max_tokens = m.max_tokens AND c.overlap_tokens = m.overlap_tokens
       WHERE m.status = 'completed' GROUP BY m.vector_store HAVING sum(c.total) >= ?`,
    )
    .pluck();
  return {
    /** Keys of the vector stores with so many chunks or more. */
    largeVectorStores: (chunksMin: number) => large.all(chunksMin).map(textIn),
    chunkCount: (cut: CutKey) => {
      const total = totalOf(cut);
      return total && numberIn(total[0]);
    },
    chunks: page(
      `SELECT ${CHUNK_COLUMNS} FROM chunks WHERE cut = (SELECT n FROM cuts WHERE ${CUT}) AND chunk >= ?
       ORDER BY chunk LIMIT ?`,
      ANSWER_BYTES_MAX,
      ({ cut, from, limit }: { cut: CutKey; from: number; limit: number }) => [...keyOf(cut), from, limit],
    ),
    unembedded: ({ cut, model, limit }: { cut: CutKey; model: string; limit: number }) => {
      const n = cutOf(cut)?.[0];
      if (n === undefined) return [];
      const bits = new Map(present.all(n, model).map(([slice, bits]) => [numberIn(slice), numberIn(bits)]));
      let full = 0;
      while (bits.get(full) === ALL_PRESENT) full += 1;
      const hasVector = (chunk: number) =>
        ((bits.get(Math.floor(chunk / SLICE_CHUNKS)) ?? 0) & (1 << (chunk % SLICE_CHUNKS))) !== 0;
      return fitting(first(limit, without(chunks.iterate(n, full * SLICE_CHUNKS), hasVector)), ANSWER_BYTES_MAX).rows;
    },
  };
}

function* without(rows: Iterable<unknown[]>, hasVector: (chunk: number) => boolean): Generator<unknown[]> {
  for (const row of rows) if (!hasVector(numberIn(row[0]))) yield row;
}

function* first(limit: number, rows: Iterable<unknown[]>): Generator<unknown[]> {
  let taken = 0;
  for (const row of rows) {
    if (taken === limit) return;
    taken += 1;
    yield row;
  }
}
