/**
 * The one who reads. Synchronous, and unaware of whose thread it runs in. What goes wrong with one question, such as a
 * damaged page, is the answer to that question alone.
 */
import type { Database } from "better-sqlite3";
import { QUERY_MS_MAX, QueryTimer } from "../bounds.ts";
import { answerTo, type Call, failedOutcome, type Outcome, SLOW_CALL_MS, timed } from "./call.ts";
import { type Reads, reads } from "./reads.ts";
import type { Work } from "./work-through.ts";

/** What has been answered goes out after this, and is not held for the rest of its batch. */
const BATCH_MS_MAX = 5;

export class Reader implements Work {
  /** Nothing is written, so nothing is synced. */
  readonly commitMs = 0;
  readonly #db: Database;
  readonly #reads: Reads;
  readonly #timer: QueryTimer;
  readonly #consistently;
  readonly #slowMs: number;

  constructor(db: Database, slowMs = SLOW_CALL_MS) {
    this.#db = db;
    this.#slowMs = slowMs;
    // Before any statement names its function.
    this.#timer = new QueryTimer(db);
    this.#reads = reads(db);
    this.#consistently = db.transaction((calls: Call[]) => this.#outcomes(calls));
  }

  /** All answered calls of a batch see the database at one moment, unless the database cannot even begin or end that. */
  batch(calls: Call[]): Outcome[] {
    try {
      return this.#consistently.deferred(calls);
    } catch {
      return this.#outcomes(calls);
    }
  }

  /** Those of the first calls, as long as they take no longer than one should wait for another's. */
  #outcomes(calls: Call[]): Outcome[] {
    const until = performance.now() + BATCH_MS_MAX;
    const outcomes: Outcome[] = [];
    for (const call of calls) {
      outcomes.push(timed(call[0], this.#slowMs, () => this.#outcome(call)));
      if (performance.now() > until) break;
    }
    return outcomes;
  }

  close(): void {
    this.#db.close();
  }

  #outcome(call: Call): Outcome {
    this.#timer.start(QUERY_MS_MAX);
    try {
      return { answer: answerTo(this.#reads, call) };
    } catch (error) {
      return failedOutcome(error);
    } finally {
      this.#timer.stop();
    }
  }
}
