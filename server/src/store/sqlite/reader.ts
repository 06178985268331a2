/** The one who reads. Synchronous, and unaware of whose thread it runs in. */
import type { Database } from "better-sqlite3";
import { Refusal } from "../../task/errors.ts";
import { answerTo, type Call, type Outcome } from "./call.ts";
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

  /** All calls of a batch see the database at one moment. */
  batch(calls: Call[]): Outcome[] {
    return this.#consistently.deferred(calls);
  }

  close(): void {
    this.#db.close();
  }

  #outcome(call: Call): Outcome {
    try {
      return { answer: answerTo(this.#reads, call) };
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "invalid") throw error;
      return { invalid: { message: error.message, field: error.detail.field ?? "" } };
    }
  }
}
