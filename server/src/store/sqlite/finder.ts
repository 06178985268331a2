/**
 * The one who finds: a reader with a thread of its own, so that lists and tasks never wait behind a search. It goes over
 * every chunk of a vector store, whose words and vectors it keeps in memory up to a bound; what is longest unused is read
 * again when it is wanted.
 */
import type { Database } from "better-sqlite3";
import { fused, trustIn } from "../../retrieval/fusion.ts";
import { highlightsOf, type Range } from "../../retrieval/highlights.ts";
import { lexicalScores, type Slice } from "../../retrieval/lexical.ts";
import { Postings, SLICE_CHUNKS } from "../../retrieval/postings.ts";
import { VectorRows } from "../../retrieval/quantised.ts";
import { questionTerms } from "../../retrieval/terms.ts";
import { Refusal } from "../../task/errors.ts";
import { fits } from "../attribute-filter.ts";
import type { AttributeFilter } from "../chunk-store.ts";
import { ByteCache } from "./byte-cache.ts";
import { answerTo, type Call, failedOutcome, type Outcome } from "./call.ts";
import { CHUNK_COLUMNS } from "./chunk-reads.ts";
import { bytesIn, numberIn, textIn } from "./column.ts";
import { type Attributes, type Member, Memberships } from "./membership.ts";
import type { Work } from "./work-through.ts";

export type Search = {
  vectorStore: string;
  /** Vectors as base64 of 32-bit floats. */
  queries: { text: string; vector: string | null }[];
  model: string;
  filter: AttributeFilter | null;
  scoreMin: number;
  limit: number;
};

export type Found = {
  document: string;
  attributes: Attributes;
  score: number;
  chunk: unknown[];
  highlights: Range[];
};

export type Searches = { search: (search: Search) => Found[] };

/** Of one search. */
const SEARCH_MS_MAX = 5_000;
/** Texts of one answer; what is found beyond them is left out. */
const FOUND_CHARACTERS_MAX = 4 << 20;
/** Words take 1.2 KB a chunk, vectors a byte for each number: about 150,000 chunks of the offline model. */
const WORDS_BYTES_MAX = 192 << 20;
const VECTORS_BYTES_MAX = 64 << 20;

/** A member whose chunks have the numbers from `first` on. */
type Span = { member: Member; first: number };
type Words = { version: number; slices: Postings[]; bytes: number };
type Vectors = { version: number; rows: VectorRows; bytes: number };

export class Finder implements Work {
  readonly commitMs = 0;
  readonly #db: Database;
  readonly #memberships;
  readonly #words;
  readonly #vectors;
  readonly #chunk;
  readonly #wordsOfCuts = new ByteCache<number, Words>(WORDS_BYTES_MAX);
  readonly #vectorsOfEmbeddings = new ByteCache<number, Vectors>(VECTORS_BYTES_MAX);
  readonly #consistently;
  #until = Number.POSITIVE_INFINITY;

  constructor(db: Database) {
    const rows = (sql: string) => db.prepare<unknown[], unknown[]>(sql).raw();
    this.#db = db;
    this.#memberships = new Memberships(db);
    this.#words = rows("SELECT words FROM postings WHERE cut = ? ORDER BY slice");
    this.#vectors = rows("SELECT slice, present, numbers FROM vectors WHERE embedding = ? ORDER BY slice");
    this.#chunk = rows(`SELECT ${CHUNK_COLUMNS} FROM chunks WHERE cut = ? AND chunk = ?`);
    // What a search reads is of one moment.
    this.#consistently = db.transaction((search: Search) => this.#search(search));
  }

  batch(calls: Call[]): Outcome[] {
    // One at a time: nobody's answer waits for the next one's search.
    return calls.slice(0, 1).map((call) => {
      this.#until = performance.now() + SEARCH_MS_MAX;
      try {
        return { answer: answerTo({ search: (search: Search) => this.#consistently.deferred(search) }, call) };
      } catch (error) {
        return failedOutcome(error);
      }
    });
  }

  close(): void {
    this.#db.close();
  }

  #search({ vectorStore, queries, model, filter, scoreMin, limit }: Search): Found[] {
    const spans = this.#spansOf(vectorStore, model, filter);
    const last = spans.at(-1);
    if (!last) return [];
    const count = last.first + last.member.chunks;
    const best = new Float32Array(count);
    for (const { text, vector } of queries) {
      const words = lexicalScores(text, { [Symbol.iterator]: () => this.#slices(spans) }, count);
      const cosines = vector === null ? null : this.#cosines(spans, floatsOf(vector), count);
      const scores = fused(words, cosines, trustIn(model));
      for (let chunk = 0; chunk < count; chunk++) best[chunk] = Math.max(best[chunk] ?? 0, scores[chunk] ?? 0);
    }
    return this.#found(spans, best, { queries, scoreMin, limit });
  }

  #spansOf(vectorStore: string, model: string, filter: AttributeFilter | null): Span[] {
    const spans: Span[] = [];
    let first = 0;
    for (const member of this.#memberships.of(vectorStore, model).members) {
      if (filter !== null && !fits(filter, member.attributes)) continue;
      spans.push({ member, first });
      first += member.chunks;
    }
    return spans;
  }

  *#slices(spans: readonly Span[]): Generator<Slice> {
    for (const { member, first } of spans) {
      this.#lookAtClock();
      for (const [at, postings] of this.#wordsOf(member).slices.entries()) {
        const before = at * SLICE_CHUNKS;
        yield { postings, first: first + before, chunks: Math.min(SLICE_CHUNKS, member.chunks - before) };
      }
    }
  }

  #wordsOf({ cut, version }: Member): Words {
    const known = this.#wordsOfCuts.get(cut);
    if (known?.version === version) return known;
    const slices: Postings[] = [];
    let bytes = 0;
    for (const [words] of this.#words.iterate(cut)) {
      const postings = new Postings(bytesIn(words));
      slices.push(postings);
      bytes += postings.bytes;
    }
    const read = { version, slices, bytes };
    this.#wordsOfCuts.set(cut, read);
    return read;
  }

  #cosines(spans: readonly Span[], question: Float32Array, count: number): Float32Array {
    const cosines = new Float32Array(count);
    for (const { member, first } of spans) {
      const { embedding, chunks } = member;
      if (embedding?.dimensions !== question.length) continue;
      this.#lookAtClock();
      this.#vectorsOf(embedding, chunks).rows.writeCosines(question, first, cosines);
    }
    return cosines;
  }

  #vectorsOf({ n, version, dimensions }: NonNullable<Member["embedding"]>, chunks: number): Vectors {
    const known = this.#vectorsOfEmbeddings.get(n);
    if (known?.version === version) return known;
    const all = new Int8Array(chunks * dimensions);
    for (const [slice, present, numbers] of this.#vectors.iterate(n)) {
      const first = numberIn(slice) * SLICE_CHUNKS;
      const bytes = bytesIn(numbers);
      const own = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let place = 0; place < SLICE_CHUNKS && first + place < chunks; place++) {
        if ((numberIn(present) & (1 << place)) === 0) continue;
        all.set(own.subarray(place * dimensions, (place + 1) * dimensions), (first + place) * dimensions);
      }
    }
    const rows = new VectorRows(all, dimensions);
    const read = { version, rows, bytes: rows.bytes };
    this.#vectorsOfEmbeddings.set(n, read);
    return read;
  }

  #found(spans: readonly Span[], scores: Float32Array, wanted: Pick<Search, "queries" | "scoreMin" | "limit">) {
    const terms = new Set(wanted.queries.flatMap(({ text }) => [...questionTerms(text)]));
    const found: Found[] = [];
    let characters = 0;
    for (const number of bestOf(scores, wanted.limit, wanted.scoreMin)) {
      const span = spanOf(spans, number);
      const chunk = span && this.#chunk.get(span.member.cut, number - span.first);
      if (!chunk) continue;
      const text = textIn(chunk.at(-1));
      characters += text.length;
      if (found.length > 0 && characters > FOUND_CHARACTERS_MAX) break;
      const { document, attributes } = span.member;
      found.push({ document, attributes, score: scores[number] ?? 0, chunk, highlights: highlightsOf(text, terms) });
    }
    return found;
  }

  #lookAtClock(): void {
    if (performance.now() <= this.#until) return;
    throw new Refusal("unavailable", `This search takes longer than ${SEARCH_MS_MAX / 1_000} s: filter for less.`, {
      retryAfterS: 60,
    });
  }
}

function floatsOf(base64: string): Float32Array {
  const { buffer } = Uint8Array.from(Buffer.from(base64, "base64"));
  return new Float32Array(buffer);
}

/** Numbers of the best chunks that have any score, best first; of equals the earlier. */
function bestOf(scores: Float32Array, limit: number, scoreMin: number): number[] {
  const best: number[] = [];
  let least = Math.max(scoreMin, Number.MIN_VALUE);
  for (let chunk = 0; chunk < scores.length; chunk++) {
    const score = scores[chunk] ?? 0;
    if (score < least) continue;
    const worse = best.findIndex((other) => (scores[other] ?? 0) < score);
    if (worse === -1 && best.length === limit) continue;
    best.splice(worse === -1 ? best.length : worse, 0, chunk);
    if (best.length > limit) best.pop();
    if (best.length === limit) least = Math.max(least, scores[best.at(-1) ?? 0] ?? 0);
  }
  return best;
}

function spanOf(spans: readonly Span[], chunk: number): Span | undefined {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((spans[middle]?.first ?? 0) <= chunk) low = middle + 1;
    else high = middle;
  }
  return spans[low - 1];
}
