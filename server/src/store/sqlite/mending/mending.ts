/**
 * What is made from rows is made anew from them where a page of it is damaged: indexes, the index of texts, and what is counted.
 * By the one who writes, between two transactions, so that whoever met that page goes on behind it.
 */
import { type Database, SqliteError } from "better-sqlite3";
import { textIn } from "../column.ts";
import { isCorrupt } from "../database.ts";
import { KEPT_BYTES, TOTALS } from "../doctor/check.ts";
import { indexesOf, makeIndexAnew, makeTablesAnew, readThrough } from "./indexes.ts";

/** A look takes a second for a million tasks; a damaged row may be met as often as somebody asks for it. */
const LOOKS_ONE_IN = 1_000;

type Derived = { what: string; read: () => void; make: () => void };

/** What the counting tables hold, of all that is counted. */
export const FILL_TOTALS = `INSERT INTO totals (tenant, owner, span, bucket, kind, state, count) ${TOTALS}`;
export const FILL_STORED_BYTES = `INSERT INTO stored_bytes (tenant, owner, bytes) WITH kept AS (${KEPT_BYTES})
  SELECT tenant, '', sum(bytes) FROM kept GROUP BY tenant UNION ALL SELECT tenant, '=' || user, bytes FROM kept`;
/** The index of texts is filled again behind what is done meanwhile. */
export const FILL_SEARCH = "INSERT OR REPLACE INTO search_progress (one, n) VALUES (1, 0)";

export class Mending {
  readonly #db: Database;
  readonly #clock: () => number;
  #notBefore = Number.NEGATIVE_INFINITY;
  /** Whether the last look has made something anew: who met that before asks again. */
  hasMade = false;

  constructor(db: Database, clock = () => performance.now()) {
    this.#db = db;
    this.#clock = clock;
  }

  /** What it has made anew, each by what it is called. None where it has looked lately: of all time, looks take a small share. */
  look(): string[] {
    const from = this.#clock();
    if (from < this.#notBefore) return [];
    const made = this.#derived().filter((each) => this.#isDamaged(each) && this.#isMade(each));
    this.hasMade = made.length > 0;
    const now = this.#clock();
    this.#notBefore = now + (now - from) * LOOKS_ONE_IN;
    return made.map(({ what }) => what);
  }

  #derived(): Derived[] {
    const db = this.#db;
    const indexes = indexesOf(db).map((index) => ({
      what: `index ${index.name}`,
      read: () => readThrough(db, index),
      make: () => makeIndexAnew(db, index),
    }));
    return [
      ...indexes,
      this.#counted("totals", FILL_TOTALS),
      this.#counted("stored_bytes", FILL_STORED_BYTES),
      this.#search(),
    ];
  }

  #counted(table: string, fill: string): Derived {
    return {
      what: `table ${table}`,
      read: () => this.#db.prepare(`SELECT count(*) FROM ${table} NOT INDEXED`).get(),
      make: () => makeTablesAnew(this.#db, [table], this.#sqlOf(table), fill),
    };
  }

  #search(): Derived {
    const shadows = "SELECT name FROM pragma_table_list WHERE type = 'shadow' AND name GLOB 'search_*'";
    return {
      what: "search index",
      read: () => this.#db.exec("INSERT INTO search (search) VALUES ('integrity-check')"),
      make: () => {
        const tables = this.#db.prepare<unknown[], unknown>(shadows).pluck().all().map(textIn);
        makeTablesAnew(this.#db, ["search", ...tables], this.#sqlOf("search"), FILL_SEARCH);
      },
    };
  }

  #sqlOf(table: string): string {
    return textIn(
      this.#db.prepare<unknown[], unknown>("SELECT sql FROM sqlite_schema WHERE name = ?").pluck().get(table),
    );
  }

  #isDamaged({ read }: Derived): boolean {
    try {
      read();
      return false;
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      return true;
    }
  }

  /** False where what it is made from is damaged too, or there is no room: it is as it was, and whoever met it says so. */
  #isMade({ make }: Derived): boolean {
    try {
      make();
      return true;
    } catch (error) {
      if (!(error instanceof SqliteError)) throw error;
      return false;
    }
  }
}
