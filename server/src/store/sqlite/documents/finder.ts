/**
 * Searches chunks in a thread of its own, so that lists and tasks never wait behind a search. The part of a store in segments is read
 * from there, a few kilobytes per word; the rest is read from its rows. Words are scored exactly, whatever the size. All vectors are
 * compared up to 100,000 chunks; beyond, those in the lists nearest to the question, and those of the chunks whose words fit best.
 */
import type { Database } from "better-sqlite3";
import { bestOf } from "../../../retrieval/best.ts";
import { fused, trustIn } from "../../../retrieval/fusion.ts";
import { highlightsOf, type Range } from "../../../retrieval/highlights.ts";
import { lexicalScores } from "../../../retrieval/lexical.ts";
import { Direction } from "../../../retrieval/quantised.ts";
import { questionTerms } from "../../../retrieval/terms.ts";
import { Refusal } from "../../../task/errors.ts";
import { fits } from "../../attribute-filter.ts";
import type { AttributeFilter } from "../../chunk-store.ts";
import { textIn } from "../column.ts";
import { answerTo, type Call, failedOutcome, type Outcome, SLOW_CALL_MS, timed } from "../thread/call.ts";
import type { Work } from "../thread/work-through.ts";
import { ChunkIndex } from "./chunk-index/chunk-index.ts";
import { nextMerge } from "./chunk-index/coverage.ts";
import { EXACT_CHUNKS_MAX, Searchable } from "./chunk-index/searchable.ts";
import { CHUNK_COLUMNS } from "./chunk-reads.ts";
import { LeftOut } from "./left-out.ts";
import type { Attributes } from "./membership.ts";

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

export type Searches = {
  /** `isIndexed` is false when enough chunks lie outside the segments for another one; `leftOut` names the parts on damaged pages. */
  search: (search: Search) => { found: Found[]; isIndexed: boolean; leftOut: string[] };
};

/** Time of one search. */
const SEARCH_MS_MAX = 5_000;
/** Characters of one answer; further results are left out. */
const FOUND_CHARACTERS_MAX = 4 << 20;

export class Finder implements Work {
  readonly commitMs = 0;
  readonly #db: Database;
  readonly #indexDb: Database;
  readonly #index: ChunkIndex;
  readonly #exactMax: number;
  readonly #slowMs: number;
  readonly #chunk;
  readonly #begin;
  readonly #end;
  readonly #inIndex;
  readonly #leftOut = new LeftOut();
  #until = Number.POSITIVE_INFINITY;

  constructor(db: Database, index: Database, exactMax = EXACT_CHUNKS_MAX, slowMs = SLOW_CALL_MS) {
    this.#db = db;
    this.#indexDb = index;
    this.#index = new ChunkIndex(db, index, this.#leftOut.orLeftOut);
    this.#exactMax = exactMax;
    this.#slowMs = slowMs;
    this.#chunk = db
      .prepare<unknown[], unknown[]>(`SELECT ${CHUNK_COLUMNS} FROM chunks WHERE cut = ? AND chunk = ?`)
      .raw();
    this.#begin = db.prepare<unknown[]>("BEGIN");
    this.#end = db.prepare<unknown[]>("ROLLBACK");
    this.#inIndex = index.transaction((search: Search) => this.#search(search));
  }

  batch(calls: Call[]): Outcome[] {
    // One at a time: no answer waits for the next search.
    return calls.slice(0, 1).map((call) => timed(call[0], this.#slowMs, () => this.#outcome(call)));
  }

  #outcome(call: Call): Outcome {
    this.#until = performance.now() + SEARCH_MS_MAX;
    try {
      return { answer: answerTo({ search: (search: Search) => this.#atOneMoment(search) }, call) };
    } catch (error) {
      return failedOutcome(error);
    }
  }

  /** A search reads one snapshot. Behind a damaged page not even a read-only transaction can be committed. */
  #atOneMoment(search: Search) {
    this.#leftOut.begin();
    this.#begin.run();
    try {
      return { ...this.#inIndex.deferred(search), leftOut: this.#leftOut.told() };
    } finally {
      if (this.#db.inTransaction) this.#end.run();
    }
  }

  close(): void {
    this.#indexDb.close();
    this.#db.close();
  }

  #search({ vectorStore, queries, model, filter, scoreMin, limit }: Search) {
    const coverage = this.#index.coverage(vectorStore, model);
    const isIndexed = nextMerge(coverage) === null;
    const chunks = new Searchable(
      this.#index,
      coverage,
      ({ attributes }) => filter === null || fits(filter, attributes),
      { exactMax: this.#exactMax, goOn: () => this.#lookAtClock() },
    );
    if (chunks.searched === 0) return { found: [], isIndexed };
    const best = new Float32Array(chunks.count);
    for (const { text, vector } of queries) {
      const words = lexicalScores(text, { [Symbol.iterator]: () => chunks.words() }, chunks);
      const cosines = vector === null ? null : chunks.cosines(new Direction(floatsOf(vector)), words.scores);
      keepGreater(best, fused(words, cosines, chunks, trustIn(model, text)));
    }
    return { found: this.#found(chunks, best, { queries, scoreMin, limit }), isIndexed };
  }

  #found(chunks: Searchable, scores: Float32Array, wanted: Pick<Search, "queries" | "scoreMin" | "limit">): Found[] {
    const terms = new Set(wanted.queries.flatMap(({ text }) => [...questionTerms(text)]));
    const found: Found[] = [];
    let characters = 0;
    const orderOf = (chunk: number) => chunks.orderOf(chunk);
    for (const number of bestOf(scores, wanted.limit, wanted.scoreMin, orderOf)) {
      const span = chunks.spanOf(number);
      if (!span) continue;
      const { member, from } = span.piece;
      const at = from + number - span.first;
      const what = `chunk ${at} of document ${member.document}, cut ${member.cut}`;
      const chunk = this.#leftOut.orLeftOut(what, () => this.#chunk.get(member.cut, at), undefined);
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

function keepGreater(best: Float32Array, scores: Float32Array): void {
  for (let chunk = 0; chunk < best.length; chunk++) {
    const score = scores[chunk] ?? 0;
    if (score > (best[chunk] ?? 0)) best[chunk] = score;
  }
}

function floatsOf(base64: string): Float32Array {
  const { buffer } = Uint8Array.from(Buffer.from(base64, "base64"));
  return new Float32Array(buffer);
}
