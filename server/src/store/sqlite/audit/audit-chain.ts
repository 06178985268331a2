/**
 * The writer's end of the audit log. Within a transaction of the one who writes it gives an entry the next number and the
 * hash that makes it a link of the chain: numbers are in the order of commits and have no gap, also where several processes
 * write into one store. How far the log has come is noted beside it now and then, so that entries which are cut off its
 * end are missed: with a batch at most each second, and when the writer is idle.
 */
import type { Database } from "better-sqlite3";
import { NO_HASH } from "../../../task/audit-line.ts";
import { auditHash } from "../../codec/audit-hash.ts";
import type { Noted, PreparedAudit } from "../../codec/prepared.ts";
import { numberIn, textIn } from "../column.ts";
import { lateInserts, lateRows, lateRun } from "../late-statements.ts";

/** The facts that hold the last entry which retention has removed, and the last one that is known to have been written. */
export const ANCHOR_FACT = "audit:anchor";
export const HEAD_FACT = "audit:head";
/** Begins the name of the fact of each gap: of the last entry before numbers that none has, and of the last of those. The name ends in the first. */
export const GAP_FACT = "audit:gap:";
const HEAD_EVERY_MS = 1_000;
/** Numbers that may be given behind one that is noted, and that may be missing where the end of the log is lost. */
const NUMBERS_AHEAD = 1_000;
/** More entries than a database has, of 300 bytes each. */
const ENTRIES_MAX = 1e9;
/** A number that no log has come to: 30 years of 1,000 entries a second. */
const FAR = 1e12;
const COLUMNS = ["n", "tenant", "at", "user", "key_id", "act", "task", "origin", "detail", "hash"];

/** A verb whose entry, where one came with it, commits with what it did. What answers `false` or `null` has done nothing. */
export function noting<Given, Answer>(chain: AuditChain, act: (given: Given) => Answer) {
  return (given: Given & Noted): Answer => {
    const answer = act(given);
    if (given.audit !== undefined && answer !== false && answer !== null) chain.add(given.audit);
    return answer;
  };
}

type End = { n: number; hash: string };

export class AuditChain {
  readonly #insert;
  readonly #last;
  readonly #fact;
  readonly #put;
  /** Entries of this transaction. They are written together at its end, which costs each half as much. */
  #added: PreparedAudit[] = [];
  /** The last entry of this transaction. */
  #end: End | null = null;
  /** The one that was noted with its batch, and one that has not been noted yet. */
  #noted: End | null = null;
  #unnoted: End | null = null;
  #notedAt = Number.NEGATIVE_INFINITY;

  constructor(db: Database) {
    this.#insert = lateInserts(db, `INSERT INTO audit (${COLUMNS.join(", ")})`, COLUMNS.length);
    this.#last = lateRows(db, "SELECT n, coalesce(hash, '') FROM audit ORDER BY n DESC LIMIT 1");
    // One that says no number is written over by the next note, and stops nobody until then.
    this.#fact = lateRows(
      db,
      `SELECT value ->> 'n', value ->> 'hash', value ->> 'upTo' FROM facts
       WHERE name = ? AND CASE WHEN json_valid(value) THEN json_type(value, '$.n') IN ('integer', 'real') END`,
    );
    this.#put = lateRun(
      db,
      "INSERT OR REPLACE INTO facts (name, value) VALUES (?, json_object('n', ?, 'hash', ?, 'upTo', ?))",
    );
  }

  add(entry: PreparedAudit): void {
    this.#added.push(entry);
  }

  /**
   * Before a commit: writes what was added, and notes how far the log has come, unless that was done a moment ago. No number is given
   * twice: where the end of the log is lost, it goes on behind the last that may have been given.
   */
  settle(): void {
    if (this.#added.length === 0) return;
    const last = this.#lastEntry();
    const [noted, upTo = noted] = this.#headNumbers();
    let { n, hash } = last;
    if (n < noted) {
      n = upTo;
      this.#put.run(GAP_FACT + last.n, last.n, last.hash, n);
    }
    const values: unknown[] = [];
    for (const [tenant, at, user, keyId, act, task, origin, detail] of this.#added) {
      n += 1;
      hash = auditHash({ n, tenant, at, user, keyId, act, task, origin, detail }, hash);
      values.push(n, tenant, at, user, keyId, act, task, origin, detail, hash);
    }
    this.#insert(values);
    this.#added = [];
    this.#end = { n, hash };
    if (n <= upTo && performance.now() - this.#notedAt < HEAD_EVERY_MS) return;
    this.#put.run(HEAD_FACT, n, hash, n + NUMBERS_AHEAD);
    this.#notedAt = performance.now();
    this.#noted = this.#end;
  }

  /** Whoever else writes may write before the next transaction. */
  committed(): void {
    if (this.#end !== null) this.#unnoted = this.#end === this.#noted ? null : this.#end;
    this.#end = null;
  }

  rolledBack(): void {
    this.#added = [];
    this.#end = null;
    this.#notedAt = Number.NEGATIVE_INFINITY;
  }

  get isNoted(): boolean {
    return this.#unnoted === null;
  }

  /** Notes how far the log has come, by whichever process. Within the caller's transaction; `ahead` is 0 where this one gives no number any more. */
  note(ahead = NUMBERS_AHEAD): void {
    if (this.#unnoted === null) return;
    const { n, hash } = this.#lastEntry();
    this.#put.run(HEAD_FACT, n, hash, n + ahead);
    this.#unnoted = null;
  }

  #lastEntry(): End {
    const [n = 0, hash = NO_HASH] = this.#last.get() ?? this.#fact.get(ANCHOR_FACT) ?? [];
    return { n: numberIn(n), hash: textIn(hash) };
  }

  /** Of the last entry that was noted, and the last that may have been given since; that one is not there in what an older version has noted. */
  #headNumbers(): [noted: number, upTo?: number] {
    const [noted = 0, , upTo] = this.#fact.get(HEAD_FACT) ?? [];
    return typeof upTo === "number" ? [numberIn(noted), upTo] : [numberIn(noted)];
  }

  /**
   * Where entries are lost: the next one has a number that none of them had. `last` is that of the last, null where no index says it any
   * more; `known` is one of them, 0 where there is none. Within the caller's transaction.
   */
  goOnBehindLost(last: number | null, known: number): void {
    const [noted, upTo] = this.#headNumbers();
    const one = Math.max(known, noted);
    const n = Math.max(last ?? upTo ?? (one > 0 ? one + ENTRIES_MAX : FAR), noted);
    this.#put.run(HEAD_FACT, n, "", n);
  }
}
