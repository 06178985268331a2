/**
 * The writes of chunks and vectors. Both lie in slices of 32 chunks: one call writes a slice, so that the writer is held for some
 * milliseconds, and a search reads one at once. To remove a document or a model only hides its rest, which goes in later slices of the
 * writer's time.
 */
import type { Database } from "better-sqlite3";
import { encodePostings, SLICE_CHUNKS } from "../../../retrieval/postings.ts";
import { AUTO_CHUNKING } from "../../../task/documents/chunk.ts";
import { notFound } from "../../../task/errors.ts";
import { bytesIn, numberIn, textIn } from "../column.ts";
import { lateRows, lateRun } from "../late-statements.ts";

export type CutKey = { document: string; maxTokens: number; overlapTokens: number };
/** Index, page, start, end, tokens, text. */
export type ChunkRow = [index: number, page: number, start: number, end: number, tokens: number, text: string];
/** A byte for each number, as base64. */
export type EncodedVector = { index: number; numbers: string };

/** Rows removed in one slice of time. */
const REMOVED_AT_ONCE = 64;
/** Cuts looked at in one slice of time. */
const LOOKED_AT_ONCE = 200;

export function chunkWrites(db: Database) {
  const cuts = new CutRows(db);
  const vectors = new VectorSlices(db);
  const removal = chunkRemoval(db);
  return {
    /** Chunks of one slice. */
    putChunks: ({ cut, total, chunks }: { cut: CutKey; total: number; chunks: ChunkRow[] }) => {
      cuts.put(cut, total, chunks, vectors);
      return null;
    },
    /** Vectors of one slice. */
    putVectors: (given: { cut: CutKey; model: string; dimensions: number; vectors: EncodedVector[] }) => {
      vectors.put(cuts.numberOf(given.cut), given);
      return null;
    },
    removeVectors: ({ model }: { model: string }) => {
      vectors.remove(model);
      return null;
    },
    /** A slice of the removal; false when nothing is left. */
    sweepChunks: (_: null) => removal(),
  };
}

class CutRows {
  readonly #find;
  readonly #insert;
  readonly #remove;
  readonly #texts;
  readonly #putChunk;
  readonly #putPostings;
  readonly #changed;

  constructor(db: Database) {
    const rows = (sql: string) => lateRows(db, sql);
    const run = (sql: string) => lateRun(db, sql);
    this.#find = rows("SELECT n, total FROM cuts WHERE document = ? AND max_tokens = ? AND overlap_tokens = ?");
    this.#insert = rows(
      `INSERT INTO cuts (document, max_tokens, overlap_tokens, total, stored, version)
       VALUES (?, ?, ?, ?, 0, 0) RETURNING n`,
    );
    this.#remove = run("DELETE FROM cuts WHERE n = ?");
    this.#texts = rows("SELECT chunk, text FROM chunks WHERE cut = ? AND chunk >= ? AND chunk < ?");
    this.#putChunk = run(
      `INSERT OR REPLACE INTO chunks (cut, chunk, page, start_unit, end_unit, tokens, text)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#putPostings = run("INSERT OR REPLACE INTO postings (cut, slice, words) VALUES (?, ?, ?)");
    this.#changed = run("UPDATE cuts SET stored = stored + ?, version = version + 1 WHERE n = ?");
  }

  /** Throws `not_found` if the document was not cut in that way. */
  numberOf({ document, maxTokens, overlapTokens }: CutKey): number {
    const row = this.#find.get(document, maxTokens, overlapTokens);
    if (!row) throw notFound("Chunks");
    return numberIn(row[0]);
  }

  put(cut: CutKey, total: number, chunks: readonly ChunkRow[], vectors: VectorSlices): void {
    const n = this.#begun(cut, total);
    const slice = Math.floor((chunks[0]?.[0] ?? 0) / SLICE_CHUNKS);
    const first = slice * SLICE_CHUNKS;
    const texts = new Map<number, string>();
    for (const [chunk, text] of this.#texts.iterate(n, first, first + SLICE_CHUNKS)) {
      texts.set(numberIn(chunk) - first, textIn(text));
    }
    const stored = texts.size;
    let isNew = false;
    for (const [index, ...rest] of chunks) {
      const [, , , , text] = rest;
      const before = texts.get(index - first);
      if (before !== text) isNew = true;
      if (before !== undefined && before !== text) vectors.forget(n, index);
      texts.set(index - first, text);
      this.#putChunk.run(n, index, ...rest);
    }
    if (isNew) this.#putPostings.run(n, slice, encodePostings(texts));
    this.#changed.run(texts.size - stored, n);
  }

  /** The cut; begun again if it has another number of chunks than before. */
  #begun(cut: CutKey, total: number): number {
    const { document, maxTokens, overlapTokens } = cut;
    const [n, before] = this.#find.get(document, maxTokens, overlapTokens) ?? [];
    if (n !== undefined && before === total) return numberIn(n);
    if (n !== undefined) this.#remove.run(n);
    return numberIn(this.#insert.get(document, maxTokens, overlapTokens, total)?.[0]);
  }
}

class VectorSlices {
  readonly #find;
  readonly #insert;
  readonly #remove;
  readonly #removeOf;
  readonly #ofCut;
  readonly #slice;
  readonly #putSlice;
  readonly #changed;

  constructor(db: Database) {
    const rows = (sql: string) => lateRows(db, sql);
    const run = (sql: string) => lateRun(db, sql);
    this.#find = rows("SELECT n, dimensions FROM embeddings WHERE cut = ? AND model = ?");
    this.#insert = rows(
      "INSERT INTO embeddings (cut, model, dimensions, stored, version) VALUES (?, ?, ?, 0, 0) RETURNING n",
    );
    this.#remove = run("DELETE FROM embeddings WHERE n = ?");
    this.#removeOf = run("DELETE FROM embeddings WHERE model = ?");
    this.#ofCut = rows("SELECT n FROM embeddings WHERE cut = ?");
    this.#slice = rows("SELECT present, numbers FROM vectors WHERE embedding = ? AND slice = ?");
    this.#putSlice = run("INSERT OR REPLACE INTO vectors (embedding, slice, present, numbers) VALUES (?, ?, ?, ?)");
    this.#changed = run("UPDATE embeddings SET stored = stored + ?, version = version + 1 WHERE n = ?");
  }

  put(cut: number, given: { model: string; dimensions: number; vectors: readonly EncodedVector[] }): void {
    const { dimensions, vectors } = given;
    const n = this.#begun(cut, given.model, dimensions);
    const slice = Math.floor((vectors[0]?.index ?? 0) / SLICE_CHUNKS);
    const row = this.#slice.get(n, slice);
    const numbers = row ? Buffer.from(bytesIn(row[1])) : Buffer.alloc(SLICE_CHUNKS * dimensions);
    const before = row ? numberIn(row[0]) : 0;
    let present = before;
    for (const vector of vectors) {
      const place = vector.index - slice * SLICE_CHUNKS;
      numbers.set(Buffer.from(vector.numbers, "base64").subarray(0, dimensions), place * dimensions);
      present |= 1 << place;
    }
    this.#putSlice.run(n, slice, present, numbers);
    this.#changed.run(bitsOf(present) - bitsOf(before), n);
  }

  /** Another text has replaced the chunk's. */
  forget(cut: number, index: number): void {
    const slice = Math.floor(index / SLICE_CHUNKS);
    for (const [embedding] of this.#ofCut.all(cut)) {
      const row = this.#slice.get(embedding, slice);
      if (!row) continue;
      const before = numberIn(row[0]);
      const present = before & ~(1 << (index - slice * SLICE_CHUNKS));
      this.#putSlice.run(embedding, slice, present, row[1]);
      this.#changed.run(bitsOf(present) - bitsOf(before), embedding);
    }
  }

  remove(model: string): void {
    this.#removeOf.run(model);
  }

  /** Vectors of another length are of another model with the same name, and are removed. */
  #begun(cut: number, model: string, dimensions: number): number {
    const [n, before] = this.#find.get(cut, model) ?? [];
    if (n !== undefined && before === dimensions) return numberIn(n);
    if (n !== undefined) this.#remove.run(n);
    return numberIn(this.#insert.get(cut, model, dimensions)?.[0]);
  }
}

/** The number of bits in a slice of 32. */
function bitsOf(present: number): number {
  let count = 0;
  for (let rest = present >>> 0; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

function chunkRemoval(db: Database): () => boolean {
  const steps = [
    ["removed_embeddings", "vectors", "embedding"],
    ["removed_cuts", "postings", "cut"],
    ["removed_cuts", "chunks", "cut"],
  ].map(([removed, table, owner]) =>
    db.prepare<unknown[]>(
      `DELETE FROM ${table} WHERE rowid IN (
         SELECT ${table}.rowid FROM ${removed} JOIN ${table} ON ${table}.${owner} = ${removed}.n LIMIT ${REMOVED_AT_ONCE})`,
    ),
  );
  const forget = ["removed_embeddings", "removed_cuts"].map((removed) =>
    db.prepare<unknown[]>(`DELETE FROM ${removed}`),
  );
  const unused = unusedCuts(db);
  /** The last cut that this sweep has looked at; null once it has seen all. */
  let seen: number | null = 0;
  return () => {
    if (seen !== null) {
      seen = unused(seen);
      return true;
    }
    for (const step of steps) if (step.run().changes > 0) return true;
    for (const each of forget) each.run();
    seen = 0;
    return false;
  };
}

/**
 * Removes unused cuts among the next ones after `after`, and returns the last of these. A document keeps its usual cut; any other is
 * its members'. To look at 100,000 at once would hold up the writer for 90 ms.
 */
function unusedCuts(db: Database): (after: number) => number | null {
  const next = db
    .prepare<unknown[], unknown[]>("SELECT max(n) FROM (SELECT n FROM cuts WHERE n > ? ORDER BY n LIMIT ?)")
    .raw();
  const remove = db.prepare<unknown[]>(
    `DELETE FROM cuts WHERE n > ? AND n <= ? AND (max_tokens, overlap_tokens) <> (?, ?) AND NOT EXISTS (
       SELECT 1 FROM members m WHERE m.document = cuts.document
         AND (m.max_tokens, m.overlap_tokens) = (cuts.max_tokens, cuts.overlap_tokens))`,
  );
  const { maxTokens, overlapTokens } = AUTO_CHUNKING;
  return (after) => {
    const [last = null] = next.get(after, LOOKED_AT_ONCE) ?? [];
    if (last === null) return null;
    remove.run(after, last, maxTokens, overlapTokens);
    return numberIn(last);
  };
}
