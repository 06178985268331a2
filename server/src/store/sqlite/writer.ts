/**
 * The one who writes. Commits a batch of requests in one transaction, so that many callers share one sync. Synchronous,
 * and unaware of whose thread it runs in.
 */
import { type Database, SqliteError } from "better-sqlite3";
import { Applier } from "./apply.ts";
import { isDiskTrouble } from "./disk-trouble.ts";
import type { Answer, Request } from "./request.ts";
import { SearchIndex } from "./search.ts";
import { type WriterStatements, writerStatements } from "./statements.ts";
import { sweep } from "./sweep.ts";
import type { Work } from "./work-through.ts";

const COMMITS_AVERAGED = 8;

export class Writer implements Work<Request> {
  readonly #db: Database;
  readonly #sql: WriterStatements;
  readonly #applier: Applier;
  readonly #index: SearchIndex;
  readonly #begin;
  readonly #commit;
  readonly #rollback;
  #commitMs = 0;

  constructor(db: Database, filesFolder: string | null) {
    this.#db = db;
    this.#sql = writerStatements(db);
    this.#applier = new Applier(db, this.#sql);
    this.#index = new SearchIndex(db, filesFolder);
    this.#begin = db.prepare<unknown[]>("BEGIN IMMEDIATE");
    this.#commit = db.prepare<unknown[]>("COMMIT");
    this.#rollback = db.prepare<unknown[]>("ROLLBACK");
  }

  /** What the last commits cost beside their writes, the older ones counting less. */
  get commitMs(): number {
    return this.#commitMs;
  }

  /** One answer per request, in their order. What is not an error is committed when this returns. */
  batch(requests: Request[]): Answer[] {
    try {
      this.#begin.run();
      const answers = requests.map((request) => ({ answer: this.#answer(request) }));
      this.#applier.writeDeltas();
      this.#commitTimed();
      return answers;
    } catch (error) {
      this.#applier.clearDeltas();
      if (this.#db.inTransaction) this.#rollback.run();
      if (requests.length === 1 || isDiskTrouble(codeOf(error))) return requests.map(() => failed(error));
      // Something unforeseen in one of them: each on its own, so that only that one fails.
      return requests.flatMap((request) => this.batch([request]));
    }
  }

  #commitTimed(): void {
    const start = performance.now();
    this.#commit.run();
    this.#commitMs += (performance.now() - start - this.#commitMs) / COMMITS_AVERAGED;
  }

  close(): void {
    this.#db.close();
  }

  #answer(request: Request): unknown {
    switch (request.do) {
      case "apply":
        return this.#applier.apply(request.writes);
      case "appendMessage": {
        const n = this.#applier.appendMessage(request.conversation, request.message, null, request.at);
        if (n !== null) {
          for (const sha256 of request.files) this.#sql.insertConversationFile.run(request.conversation, sha256);
        }
        return n;
      }
      case "renameConversation":
        this.#sql.renameConversation.run(request.title, request.at, request.id);
        return null;
      case "deleteConversation":
        this.#sql.deleteConversation.run(request.at, request.id);
        this.#sql.dropMessages.run(request.id, Number.MAX_SAFE_INTEGER);
        this.#sql.dropConversationFiles.run(request.id);
        return null;
      case "putKey":
        this.#sql.putKey.run(...request.key);
        this.#sql.insertAudit.run(...request.audit);
        return null;
      case "putSetting":
        this.#sql.putSetting.run(request.name, request.value);
        return null;
      case "sweep":
        return sweep(this.#db, request);
      case "index":
        return this.#index.catchUp(request.limit);
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof SqliteError ? error.code : "";
}

function failed(error: unknown): Answer {
  return { error: { code: codeOf(error), message: error instanceof Error ? error.message : String(error) } };
}
