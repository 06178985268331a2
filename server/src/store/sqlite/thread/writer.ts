/**
 * The one who writes. Commits a batch of calls in one transaction, so that many callers share one sync. Synchronous,
 * and unaware of whose thread it runs in.
 */
import { type Database, SqliteError } from "better-sqlite3";
import type { PreparedWrite } from "../../codec/prepared.ts";
import { Damaged } from "../../damage.ts";
import { isDiskTrouble } from "../../disk-trouble.ts";
import { Applier } from "../apply.ts";
import type { AuditChain } from "../audit/audit-chain.ts";
import { isCorrupt } from "../database.ts";
import { DocumentApplier } from "../documents/document-writes.ts";
import { SearchIndex } from "../documents/search.ts";
import { LogLength, type WriteBackPass, writeBackPass } from "../log-length.ts";
import { DerivedRebuild } from "../mending/derived.ts";
import { damagedEnd } from "../mending/ends.ts";
import { TURN_MS } from "../slices.ts";
import { writerStatements } from "../statements.ts";
import { answerTo, type Call, failedOutcome, type Outcome, SLOW_CALL_MS, timed } from "./call.ts";
import { Pace } from "./pace.ts";
import type { Work } from "./work-through.ts";
import { type Writes, writes } from "./writes.ts";

/** The verbs of the writing thread: all writes, and `mend`, a turn of the `DerivedRebuild` of this name. */
export type WriterVerbs = Writes & { mend: (what: string) => boolean | null };

const COMMITS_AVERAGED = 8;
/**
 * Verbs that go on for as long as nobody waits. They begin a batch of their own, so that calls before them need not wait for them, and
 * so that totals have those calls' changes before a removal of tasks lowers them.
 */
const GIVING_WAY: ReadonlySet<string> = new Set<keyof WriterVerbs>([
  ...(["sweep", "sweepRecords", "index", "eraseTasks", "eraseRecords", "eraseWords"] as const),
  ...(["emptyConversation", "emptyDocument", "emptyPages", "mend"] as const),
]);

/** Verbs of background work. They are told of damage as it is, since they pass over it. */
const GOING_PAST: ReadonlySet<string> = new Set<string>([...GIVING_WAY, "sweepChunks" satisfies keyof WriterVerbs]);

/** A call that takes `slowMs` is reported; `pass` is shared with the checkpointer, if there is one. */
type WriterParts = { slowMs?: number | undefined; pass?: WriteBackPass };

export class Writer implements Work {
  readonly #db: Database;
  readonly #applier: Applier;
  readonly #audit: AuditChain;
  readonly #log: LogLength;
  readonly #makeWrites: () => Writes;
  #writes: Writes;
  readonly #begin;
  readonly #commit;
  readonly #rollback;
  readonly #slowMs: number;
  readonly #pace = new Pace(() => this.#commitMs);
  #commitMs = 0;
  #anew: DerivedRebuild | null = null;
  /** Where nobody can add anything; undefined while that was not looked for. A page that is whole may be damaged by the next batch. */
  #end: string | null | undefined;

  constructor(
    db: Database,
    filesFolder: string | null,
    { slowMs = SLOW_CALL_MS, pass = writeBackPass() }: WriterParts = {},
  ) {
    this.#db = db;
    this.#slowMs = slowMs;
    const sql = writerStatements(db);
    const documents = new DocumentApplier(db);
    this.#audit = sql.audit;
    this.#log = new LogLength(db, pass);
    this.#applier = new Applier(db, sql, documents);
    this.#makeWrites = () =>
      writes({ db, sql, applier: this.#applier, documents, index: new SearchIndex(db, filesFolder), pace: this.#pace });
    this.#writes = this.#makeWrites();
    this.#begin = db.prepare<unknown[]>("BEGIN IMMEDIATE");
    this.#commit = db.prepare<unknown[]>("COMMIT");
    this.#rollback = db.prepare<unknown[]>("ROLLBACK");
  }

  /** What the last commits cost beside their writes, the older ones counting less. */
  get commitMs(): number {
    return this.#commitMs;
  }

  /** One outcome per call, in their order. What is not an error is committed when this returns. */
  batch(calls: Call[], isWaitedFor: () => boolean = () => false): Outcome[] {
    if (this.#end === null) this.#end = undefined;
    const outcomes = this.#some(calls, isWaitedFor);
    const [first] = outcomes;
    const from = performance.now();
    const isLogLong = this.#log.isTooLong();
    const ms = performance.now() - from;
    if (isLogLong && first) first.isLogLong = true;
    if (ms >= this.#slowMs && first && !first.slow)
      first.slow = { call: "end of the log", ms: Math.round(ms), rows: null };
    return outcomes;
  }

  #some(calls: Call[], isWaitedFor: () => boolean): Outcome[] {
    const giving = calls.findIndex(([name], at) => at > 0 && GIVING_WAY.has(name));
    const some = giving === -1 ? calls : calls.slice(0, giving);
    this.#pace.begin(calls.length > 1 ? () => true : isWaitedFor);
    const [first] = some;
    if (first?.[0] === "mend") return [timed("mend", this.#slowMs, () => this.#mend(first))];
    return this.#commitAll(some);
  }

  #commitAll(calls: Call[]): Outcome[] {
    let latest: Call | null = null;
    try {
      this.#begin.run();
      this.#applier.begin(calls.length);
      const outcomes = calls.map((call) =>
        timed(call[0], this.#slowMs, () => {
          latest = call;
          const isElse = call[0] !== "apply";
          if (isElse) this.#applier.writeRows();
          const answer = answerTo(this.#writes, call);
          if (isElse) this.#applier.wroteElse();
          return { answer };
        }),
      );
      const from = performance.now();
      this.#applier.writeDeltas();
      this.#audit.settle();
      if (calls.some(writesElsewhere)) this.#applier.forgetBytes();
      this.#commitTimed();
      this.#audit.committed();
      const [first] = outcomes;
      const ms = performance.now() - from;
      if (ms >= this.#slowMs && first && !first.slow) first.slow = { call: "commit", ms: Math.round(ms), rows: null };
      return outcomes;
    } catch (error) {
      this.#applier.clearDeltas();
      this.#audit.rolledBack();
      if (this.#db.inTransaction) this.#rollback.run();
      if (calls.length === 1 || isDiskTrouble(codeOf(error))) return calls.map((call) => this.#failed(call, error));
      // Something unforeseen in one of them: each on its own, so that only that one fails. What has found damage would now pass over it.
      const isTold = (call: Call) => call === latest && error instanceof Damaged;
      return calls.flatMap((call) => (isTold(call) ? [failedOutcome(error)] : this.#commitAll([call])));
    }
  }

  #failed([name]: Call, error: unknown): Outcome {
    if (!isCorrupt(error) || GOING_PAST.has(name)) return failedOutcome(error);
    // Once for all calls of a batch: it takes over a millisecond, for which everybody waits.
    if (this.#end === undefined) this.#end = damagedEnd(this.#db);
    return { damagedEnd: this.#end };
  }

  /** A turn of a rebuild. After its end, what was learned of damaged pages is forgotten. */
  #mend([, what]: Call): Outcome {
    try {
      if (this.#anew?.what !== what) this.#anew = new DerivedRebuild(this.#db, what);
      const answer = this.#anew.goOn(this.#pace.turn(TURN_MS));
      if (answer !== null) this.#anew = null;
      if (answer) this.#writes = this.#makeWrites();
      if (answer) this.#applier.subscribed.forgetDamage();
      if (answer) this.#end = undefined;
      return { answer };
    } catch (error) {
      return failedOutcome(error);
    }
  }

  #commitTimed(): void {
    const start = performance.now();
    this.#commit.run();
    const ms = performance.now() - start;
    this.#commitMs += (ms - this.#commitMs) / COMMITS_AVERAGED;
  }

  close(): void {
    this.#anew?.end();
    this.#noteAudit();
    this.#db.close();
  }

  /** At the end, as far as the disk takes it. */
  #noteAudit(): void {
    if (this.#audit.isNoted) return;
    try {
      this.#begin.run();
      this.#audit.note(0);
      this.#commit.run();
    } catch {
      if (this.#db.inTransaction) this.#rollback.run();
    }
  }
}

/** Whether triggers count bytes of what it writes. */
function writesElsewhere([name, given]: Call): boolean {
  if (name !== "apply") return true;
  const writes: readonly PreparedWrite[] = given;
  return writes.some(({ messages, documents, attached, detached }) => messages || documents || attached || detached);
}

function codeOf(error: unknown): string {
  return error instanceof SqliteError ? error.code : "";
}
