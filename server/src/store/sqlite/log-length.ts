/**
 * How long the log of a database is, and when it is written back: most of it by the checkpointer, beside the writer, which does
 * what is left. A log begins anew only when all of it is written back at a moment, and while somebody writes no one else ever
 * comes to its end.
 */
import { type Database, SqliteError } from "better-sqlite3";
import { numberIn } from "./column.ts";

/** From here on the log is to be written back. The writer does all of it itself from `CHECKPOINT_BYTES` on. */
const LONG_BYTES = 12 << 20;
/** The writer writes back so much in the time of a commit. */
const REST_BYTES = 512 << 10;
/** Commits between two looks: a few of some megabytes each would be all that SQLite leaves before its own bound. */
const UNSEEN_MAX = 4;

/**
 * Whether the checkpointer is at work, in memory of all threads. What it has written it syncs last of all: a writer who did the
 * rest before that would wait for the disk to have it all.
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
  /** How long it was when this was told last. */
  #toldAt = 0;
  /** How long it was at the last look, and the commits between that and the next one. */
  #length = 0;
  #between = 0;
  /** Those that are still to come. */
  #commitsAway = 0;

  constructor(db: Database, pass: WriteBackPass) {
    this.#pass = pass;
    this.#pageBytes = Number(db.pragma("page_size", { simple: true }));
    this.#lengths = db.prepare<unknown[], unknown[]>("PRAGMA wal_checkpoint(NOOP)").raw();
    this.#checkpoint = db.prepare<unknown[], unknown[]>("PRAGMA wal_checkpoint(PASSIVE)").raw();
  }

  /**
   * After a commit: does what is left of a long log, and answers whether that is too much. The commit stands, whatever comes of
   * this: what is not written back stays in the log.
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
    // Whoever was told has begun by then, or cannot.
    if (length - this.#toldAt <= REST_BYTES) return false;
    this.#toldAt = length;
    return true;
  }

  /** Commits that need no look, as they do not make it long if each writes as much as those before, or as the rest may be. */
  #unseen(length: number): number {
    const each = Math.max(REST_BYTES, (length - this.#length) / (this.#between + 1));
    return Math.max(0, Math.min(Math.floor((LONG_BYTES - length) / each) - 1, UNSEEN_MAX));
  }
}
