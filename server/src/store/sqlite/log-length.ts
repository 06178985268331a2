/**
 * How long the WAL is, and when it is checkpointed: most of it by the checkpointer, beside the writer, and the rest by the writer. A
 * WAL starts from its beginning only after a checkpoint of all of it, and while the writer goes on no other connection comes to its
 * end.
 */
import { type Database, SqliteError } from "better-sqlite3";
import { numberIn } from "./column.ts";

/** The checkpointer begins here. From `CHECKPOINT_BYTES` on SQLite has the writer do all of it. */
const LONG_BYTES = 12 << 20;
/** The writer does a rest of so much itself: it takes about the time of a commit. */
const REST_BYTES = 512 << 10;
/** Commits between two looks at the length. Four of some megabytes each reach SQLite's own bound. */
const UNSEEN_MAX = 4;

/**
 * Whether the checkpointer is at work, in memory that all threads share. It syncs at its very end: a writer that did the rest before that
 * would wait for the disk to sync everything.
 */
export type WriteBackPass = Int32Array<SharedArrayBuffer>;

export function writeBackPass(): WriteBackPass {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

function isUnderWay(pass: WriteBackPass): boolean {
  return Atomics.load(pass, 0) === 1;
}

export function setUnderWay(pass: WriteBackPass, isSo: boolean): void {
  Atomics.store(pass, 0, isSo ? 1 : 0);
}

export class LogLength {
  readonly #pageBytes: number;
  readonly #lengths;
  readonly #checkpoint;
  readonly #pass: WriteBackPass;
  /** The length at which the checkpointer was last asked for. */
  #toldAt = 0;
  /** The length at the last look, and the commits from there to the next look. */
  #length = 0;
  #between = 0;
  /** How many of those commits are still to come. */
  #commitsAway = 0;

  constructor(db: Database, pass: WriteBackPass) {
    this.#pass = pass;
    this.#pageBytes = Number(db.pragma("page_size", { simple: true }));
    this.#lengths = db.prepare<unknown[], unknown[]>("PRAGMA wal_checkpoint(NOOP)").raw();
    this.#checkpoint = db.prepare<unknown[], unknown[]>("PRAGMA wal_checkpoint(PASSIVE)").raw();
  }

  /**
   * Called after a commit. Checkpoints a short rest itself; true where there is more, for the checkpointer. An error does not matter:
   * the commit stands, and what is not checkpointed stays in the WAL.
   */
  isTooLong(): boolean {
    try {
      return this.#isTooLong();
    } catch (error) {
      if (error instanceof SqliteError) return false;
      throw error;
    }
  }

  #isTooLong(): boolean {
    // A look costs 10 us: SQLite plans it anew each time.
    if (this.#commitsAway > 0) {
      this.#commitsAway -= 1;
      return false;
    }
    const [, frames, writtenBack] = this.#lengths.get() ?? [];
    const length = numberIn(frames) * this.#pageBytes;
    if (length < this.#toldAt) this.#toldAt = 0;
    if (length < LONG_BYTES) {
      this.#between = this.#unseen(length);
      this.#length = length;
      this.#commitsAway = this.#between;
      return false;
    }
    if (isUnderWay(this.#pass)) return false;
    if (length - numberIn(writtenBack) * this.#pageBytes <= REST_BYTES) {
      this.#checkpoint.get();
      return false;
    }
    // The checkpointer has begun since, or cannot.
    if (length - this.#toldAt <= REST_BYTES) return false;
    this.#toldAt = length;
    return true;
  }

  /** How many commits need no look: if each writes as much as the last ones did, they do not make the WAL long. */
  #unseen(length: number): number {
    const each = Math.max(REST_BYTES, (length - this.#length) / (this.#between + 1));
    return Math.max(0, Math.min(Math.floor((LONG_BYTES - length) / each) - 1, UNSEEN_MAX));
  }
}
