/**
 * The one who reads. Synchronous, and unaware of whose thread it runs in. What goes wrong with one question, such as a
 * damaged page, is the answer to that question alone.
 */
import type { Database } from "better-sqlite3";
import { answerTo, type Call, failedOutcome, type Outcome } from "./call.ts";
import { type Reads, reads } from "./reads.ts";
import type { Work } from "./work-through.ts";

export class Reader implements Work {
  /** Nothing is written, so nothing is synced. */
  readonly commitMs = 0;
  readonly #db: Database;
  readonly #reads: Reads;
  readonly #consistently;

  constructor(db: Database) {
    this.#db = db;
    this.#reads = reads(db);
    this.#consistently = db.transaction((calls: Call[]) => calls.map((call) => this.#outcome(call)));
  }

  /** All calls of a batch see the database at one moment, unless the database cannot even begin or end that. */
  batch(calls: Call[]): Outcome[] {
    try {
      return this.#consistently.deferred(calls);
    } catch {
      return calls.map((call) => this.#outcome(call));
    }
  }

  close(): void {
    this.#db.close();
  }

  #outcome(call: Call): Outcome {
    try {
      return { answer: answerTo(this.#reads, call) };
    } catch (error) {
      return failedOutcome(error);
    }
  }
}
