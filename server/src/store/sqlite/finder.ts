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
  /** As JSON. */
  attributes: string;
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

/** A completed member of the store, whose chunks have the numbers from `first` on. */
type Member = {
  document: string;
  attributes: string;
  cut: number;
  version: number;
  chunks: number;
  first: number;
  embedding: { n: number; version: number; dimensions: number } | null;
};
type Words = { version: number; slices: Postings[]; bytes: number };
type Vectors = { version: number; rows: VectorRows; bytes: number };

export class Finder implements Work {
  readonly commitMs = 0;
  readonly #db: Database;
  readonly #members;
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
    this.#members = rows(
      `SELECT m.document, m.attributes, c.n, c.version, c.total, e.n, e.version, e.dimensions,
         d.annotations -> '$.metadata'
       FROM members m
       JOIN documents d ON d.key = m.document
       JOIN cuts c ON c.document = m.document AND c.max_tokens = m.max_tokens AND c.overlap_tokens = m.overlap_tokens
       LEFT JOIN embeddings e ON e.cut = c.n AND e.model = ?
       WHERE m.vector_store = ? AND m.status = 'completed' AND c.stored = c.total AND c.total > 0
       ORDER BY c.n`,
    );
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
    const members = this.#membersOf(vectorStore, model, filter);
    const last = members.at(-1);
    if (!last) return [];
    const count = last.first + last.chunks;
    const best = new Float32Array(count);
    for (const { text, vector } of queries) {
      const words = lexicalScores(text, { [Symbol.iterator]: () => this.#slices(members) }, count);
      const cosines = vector === null ? null : this.#cosines(members, floatsOf(vector), count);
      const scores = fused(words, cosines, trustIn(model));
      for (let chunk = 0; chunk < count; chunk++) best[chunk] = Math.max(best[chunk] ?? 0, scores[chunk] ?? 0);
    }
    return this.#found(members, best, { queries, scoreMin, limit });
  }

  #membersOf(vectorStore: string, model: string, filter: AttributeFilter | null): Member[] {
    const members: Member[] = [];
    let first = 0;
    for (const row of this.#members.iterate(model, vectorStore)) {
      const [document, own, cut, version, total, embedding, embeddingVersion, dimensions, metadata] = row;
      const attributes = withMetadata(textIn(own), metadata);
      if (filter !== null && !fits(filter, JSON.parse(attributes))) continue;
      const chunks = numberIn(total);
      members.push({
        document: textIn(document),
        attributes,
        cut: numberIn(cut),
        version: numberIn(version),
        chunks,
        first,
        embedding:
          embedding === null
            ? null
            : { n: numberIn(embedding), version: numberIn(embeddingVersion), dimensions: numberIn(dimensions) },
      });
      first += chunks;
    }
    return members;
  }

  *#slices(members: readonly Member[]): Generator<Slice> {
    for (const member of members) {
      this.#lookAtClock();
      for (const [at, postings] of this.#wordsOf(member).slices.entries()) {
        const before = at * SLICE_CHUNKS;
        yield { postings, first: member.first + before, chunks: Math.min(SLICE_CHUNKS, member.chunks - before) };
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

  #cosines(members: readonly Member[], question: Float32Array, count: number): Float32Array {
    const cosines = new Float32Array(count);
    for (const { embedding, chunks, first } of members) {
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

  #found(members: readonly Member[], scores: Float32Array, wanted: Pick<Search, "queries" | "scoreMin" | "limit">) {
    const terms = new Set(wanted.queries.flatMap(({ text }) => [...questionTerms(text)]));
    const found: Found[] = [];
    let characters = 0;
    for (const number of bestOf(scores, wanted.limit, wanted.scoreMin)) {
      const member = memberOf(members, number);
      const chunk = member && this.#chunk.get(member.cut, number - member.first);
      if (!chunk) continue;
      const text = textIn(chunk.at(-1));
      characters += text.length;
      if (found.length > 0 && characters > FOUND_CHARACTERS_MAX) break;
      const { document, attributes } = member;
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

function memberOf(members: readonly Member[], chunk: number): Member | undefined {
  let low = 0;
  let high = members.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((members[middle]?.first ?? 0) <= chunk) low = middle + 1;
    else high = middle;
  }
  return members[low - 1];
}

/** Characters of a text that can be filtered by. */
const FILTERABLE_CHARACTERS_MAX = 512;

/** A member's attributes, and what of its document's metadata can be filtered by; its own come first. */
function withMetadata(attributes: string, metadata: unknown): string {
  if (typeof metadata !== "string") return attributes;
  const said: unknown = JSON.parse(metadata);
  if (typeof said !== "object" || said === null || Array.isArray(said)) return attributes;
  const filterable = Object.entries(said).filter(([, value]) => isFilterable(value));
  return JSON.stringify({ ...Object.fromEntries(filterable), ...JSON.parse(attributes) });
}

function isFilterable(value: unknown): boolean {
  if (typeof value === "string") return value.length <= FILTERABLE_CHARACTERS_MAX;
  return typeof value === "number" || typeof value === "boolean";
}
