/**
 * Makes segments in a thread of its own that reads the rows and writes the index file, so that neither the writer nor a search ever
 * waits for it. It works in slices of some milliseconds, between which it hears other calls and its end.
 */
import type { Database } from "better-sqlite3";
import { numberIn, textIn } from "../../column.ts";
import { answerTo, type Call, failedOutcome, type Outcome } from "../../thread/call.ts";
import type { Work } from "../../thread/work-through.ts";
import { Memberships } from "../membership.ts";
import { coverageOf, nextMerge } from "./coverage.ts";
import { PieceReader } from "./piece-reader.ts";
import { SegmentBuilder } from "./segment-builder.ts";
import { Segments } from "./segments.ts";

/** Time of one slice. */
const TURN_MS = 40;

export type Indexing = {
  /** A slice of the work for this store; false when nothing is left. */
  index: (indexed: { vectorStore: string }) => boolean;
};

export class Indexer implements Work {
  readonly commitMs = 0;
  readonly #db: Database;
  readonly #index: Database;
  readonly #turnMs: number;
  readonly #memberships;
  readonly #segments;
  readonly #builder;
  readonly #model;
  readonly #strays;
  #underWay: { vectorStore: string; steps: Generator<void> } | null = null;

  constructor(db: Database, index: Database, turnMs = TURN_MS) {
    this.#db = db;
    this.#index = index;
    this.#turnMs = turnMs;
    this.#memberships = new Memberships(db);
    this.#segments = new Segments(index);
    this.#builder = new SegmentBuilder(index, new PieceReader(db));
    this.#model = db.prepare<unknown[], unknown[]>("SELECT model FROM vector_stores WHERE key = ?").raw();
    this.#strays = index.prepare<unknown[], unknown[]>("SELECT n, vector_store, model, ready FROM segments").raw();
  }

  batch(calls: Call[]): Outcome[] {
    return calls.slice(0, 1).map((call) => {
      try {
        return { answer: answerTo({ index: (given: { vectorStore: string }) => this.#turn(given.vectorStore) }, call) };
      } catch (error) {
        this.#drop();
        return failedOutcome(error);
      }
    });
  }

  close(): void {
    this.#drop();
    this.#index.close();
    this.#db.close();
  }

  #turn(vectorStore: string): boolean {
    if (this.#underWay?.vectorStore !== vectorStore) {
      this.#drop();
      this.#removeStrays();
      const steps = this.#begun(vectorStore);
      if (!steps) return false;
      this.#underWay = { vectorStore, steps };
    }
    const { steps } = this.#underWay;
    const until = performance.now() + this.#turnMs;
    while (performance.now() < until) {
      if (!steps.next().done) continue;
      this.#underWay = null;
      break;
    }
    return true;
  }

  #begun(vectorStore: string): Generator<void> | null {
    const row = this.#model.get(vectorStore);
    if (!row) return null;
    const model = textIn(row[0]);
    const membership = this.#memberships.of(vectorStore, model);
    const segments = this.#segments.numbersOf(vectorStore, model).map((n) => this.#segments.segment(n));
    const merge = nextMerge(coverageOf(membership, segments));
    if (!merge) return null;
    return this.#builder.build({
      vectorStore,
      model,
      pieces: merge.pieces,
      replaced: merge.replaced.map(({ n }) => n),
    });
  }

  #drop(): void {
    this.#underWay?.steps.return(undefined);
    this.#underWay = null;
  }

  /** Segments of removed stores, of former models, and unfinished ones. */
  #removeStrays(): void {
    for (const [n, vectorStore, model, ready] of this.#strays.all()) {
      if (ready === 0 || this.#model.get(vectorStore)?.[0] !== model) this.#builder.remove(numberIn(n));
    }
  }
}
