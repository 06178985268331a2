/**
 * The one who writes the log back into the database, beside the one who writes. SQLite syncs the database when a checkpoint comes to
 * the end of the log, which none does while somebody writes: all that was written back until then would be synced by the writer
 * that does the rest, and its callers wait. So what is written back is synced here as well.
 */
import { closeSync, fdatasyncSync, openSync } from "node:fs";
import type { Database } from "better-sqlite3";
import { openDatabase } from "../database.ts";
import { setUnderWay, type WriteBackPass } from "../log-length.ts";
import { answerTo, type Call, failedOutcome, type Outcome } from "./call.ts";
import type { Work } from "./work-through.ts";

export type Checkpoints = ReturnType<typeof checkpoints>;

function checkpoints(db: Database, file: number, pass: WriteBackPass) {
  return {
    /** As far as nobody reads what was before it. */
    writeBack: (_: null) => {
      setUnderWay(pass, true);
      try {
        db.pragma("wal_checkpoint(PASSIVE)");
        fdatasyncSync(file);
      } finally {
        setUnderWay(pass, false);
      }
      return null;
    },
    /** Whoever closes a descriptor of a file gives up the locks that its process has on it, those of others too. */
    closeFile: (_: null) => {
      db.close();
      closeSync(file);
      return null;
    },
  };
}

export class Checkpointer implements Work {
  readonly commitMs = 0;
  readonly #db: Database;
  readonly #verbs: Checkpoints;

  constructor(database: string, pass: WriteBackPass) {
    this.#db = openDatabase(database);
    this.#verbs = checkpoints(this.#db, openSync(database, "r+"), pass);
  }

  batch(calls: Call[]): Outcome[] {
    return calls.map((call) => {
      try {
        return { answer: answerTo(this.#verbs, call) };
      } catch (error) {
        return failedOutcome(error);
      }
    });
  }

  /** The descriptor stays open where it was not closed before: somebody else may be at work on the database. */
  close(): void {
    this.#db.close();
  }
}
