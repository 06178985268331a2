/**
 * What is made from rows: indexes, the index of texts, what is counted, who takes part in people's work, and what metadata tasks are found
 * by. Where a page of one is damaged it is made anew from them. So are the table of facts, the audit log and idempotency keys, with what
 * can be read of them, as no server could go on without those, and no retention behind them.
 */
import { type Database, SqliteError } from "better-sqlite3";
import { goOnBehind } from "../audit/audit-chain.ts";
import { numberIn, textIn } from "../column.ts";
import { isOfARow, withDatabase } from "../database.ts";
import type { IsOver } from "../slices.ts";
import { hasManyRows, shadowOfIndex, shadowOfKeyed, shadowOfNumbered } from "./copied-shadow.ts";
import {
  conditionOf,
  indexesOf,
  isUnreadable,
  itself,
  readThrough,
  rebuildIndex,
  unlessDamaged,
  wrongIndexes,
} from "./indexes.ts";
import { shadowOfMetadata, shadowOfParticipants } from "./listed.ts";
import { rebuildTables, sqlOf } from "./schema-edits.ts";
import { dropShadow, type Rebuild } from "./shadow.ts";
import { shadowOfStoredBytes, shadowOfTotals } from "./sums.ts";

/** Tables that are made anew, beside all indexes. */
export const REBUILT_TABLES: ReadonlySet<string> = new Set([
  "totals",
  "stored_bytes",
  "participants",
  "metadata",
  "facts",
  "audit",
  "idempotency",
]);

/** The index of texts is filled again behind what is done meanwhile. */
export const FILL_SEARCH = "INSERT OR REPLACE INTO search_progress (one, n) VALUES (1, 0)";

type Derived = { what: string; isDamaged: () => boolean; begin: () => Rebuild };

/**
 * Each by what it is called. By a connection that only reads: a look takes seconds for millions of tasks, and holds no writer. Where every page
 * is whole, it is an index without entries of its rows, or with those of rows that are gone, which takes a longer look. `isOver` is asked
 * between two things: who closes the store waits for the look.
 */
export function damagedIn(database: string, isOver: IsOver): string[] {
  const look = (db: Database) => {
    const damaged = derivedIn(db).filter((each) => !isOver() && each.isDamaged());
    if (damaged.length > 0 || isOver()) return damaged.map(({ what }) => what);
    return wrongIndexes(db, isOver).map(indexCalled);
  };
  return withDatabase(database, look, { readonly: true });
}

const indexCalled = (name: string) => `index ${name}`;

/** Something that is being made anew, between transactions of others: what is large, a slice at a time. */
export class DerivedRebuild {
  readonly what: string;
  readonly #db: Database;
  #rebuild: Rebuild | null = null;

  constructor(db: Database, what: string) {
    this.#db = db;
    this.what = what;
  }

  /**
   * True once it is made, null while more is to be done. False where what it is made from is damaged too, or there is no room: it is
   * as it was then, and whoever met it says so.
   */
  goOn(isOver: IsOver): boolean | null {
    try {
      this.#rebuild ??= this.#begin();
      if (this.#rebuild === null) return false;
      return this.#rebuild.goOn(isOver) || null;
    } catch (error) {
      // Rows of the transaction that failed are not there: what goes on behind them would lack them. A full disk may keep what there is.
      this.end();
      dropShadow(this.#db);
      if (error instanceof SqliteError || isOfARow(error)) return false;
      throw error;
    }
  }

  /** It is not made by this one any more. */
  end(): void {
    this.#rebuild?.end();
    this.#rebuild = null;
  }

  #begin(): Rebuild | null {
    dropShadow(this.#db);
    const found = derivedIn(this.#db).find(({ what }) => what === this.what);
    return found?.begin() ?? null;
  }
}

/** In the order in which they are made: what is counted is read by indexes. */
function derivedIn(db: Database): Derived[] {
  const indexes = indexesOf(db).map((index) => ({
    what: indexCalled(index.name),
    isDamaged: () => isUnreadable(() => readThrough(db, index)),
    begin: () => {
      const isSmall = unlessDamaged(() => !hasManyRows(db, index)) ?? false;
      return isSmall ? atOnce(() => rebuildIndex(db, index)) : shadowOfIndex(db, index);
    },
  }));
  return [
    ...indexes,
    counted(db, { table: "totals", count: "count" }, shadowOfTotals),
    counted(db, { table: "stored_bytes", count: "bytes" }, shadowOfStoredBytes),
    filled(db, "participants", shadowOfParticipants),
    filled(db, "metadata", shadowOfMetadata),
    facts(db),
    search(db),
    audit(db),
    idempotency(db),
  ];
}

function atOnce(rebuild: () => void): Rebuild {
  const goOn = () => {
    rebuild();
    return true;
  };
  return { goOn, end: () => {} };
}

type MakeShadow = (db: Database) => Rebuild;

/** Damaged as well where a count is no whole number. */
function counted(db: Database, { table, count }: { table: string; count: string }, makeShadow: MakeShadow): Derived {
  const wrong = `SELECT 1 FROM ${itself(db, table)} WHERE typeof(${count}) <> 'integer' LIMIT 1`;
  const isDamaged = () => {
    let isWrong = false;
    return (
      isUnreadable(() => {
        isWrong = db.prepare(wrong).get() !== undefined;
      }) || isWrong
    );
  };
  return { ...filled(db, table, makeShadow), isDamaged };
}

/** A table that is filled from others, with its indexes. */
function filled(db: Database, table: string, makeShadow: MakeShadow): Derived {
  return {
    what: `table ${table}`,
    isDamaged: () => isUnreadable(() => db.prepare(`SELECT sum(1) FROM ${itself(db, table)}`).get()),
    begin: () => makeShadow(db),
  };
}

/** What nothing else says is lost with its page: whoever asks for the secret of tokens makes another one. */
function facts(db: Database): Derived {
  return {
    what: "table facts",
    isDamaged: () => isUnreadable(() => db.prepare("SELECT sum(length(value)) FROM facts").get()),
    begin: () =>
      atOnce(() => {
        const readable = [...readableFacts(db, "ASC"), ...readableFacts(db, "DESC")];
        rebuildTable(db, "facts", () => {
          const put = db.prepare<unknown[]>("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)");
          for (const fact of readable) put.run(...fact);
        });
      }),
  };
}

/** From one end up to a damaged page. */
function readableFacts(db: Database, way: "ASC" | "DESC"): unknown[][] {
  const found: unknown[][] = [];
  isUnreadable(() => {
    const facts = db.prepare<unknown[], unknown[]>(`SELECT name, value FROM facts ORDER BY name ${way}`).raw();
    for (const fact of facts.iterate()) found.push(fact);
  });
  return found;
}

function rebuildTable(db: Database, table: string, fill: () => void): void {
  const indexes = indexesOf(db).filter((index) => index.table === table);
  const sql = [sqlOf(db, table), ...indexes.flatMap(({ sql }) => sql ?? [])].join(";\n");
  rebuildTables(db, [table, ...indexes.map(({ name }) => name)], sql, fill);
}

/**
 * Every act adds to its end, so that a damaged one would stop all of them. Numbers go on behind the last that is known, so that whoever looks
 * through it finds which are missing.
 */
function audit(db: Database): Derived {
  return {
    what: "table audit",
    // The last column is behind all pages of a long one.
    isDamaged: () => isUnreadable(() => db.prepare(`SELECT sum(length(hash)) FROM ${itself(db, "audit")}`).get()),
    begin: () => {
      const isReadable = (n: number) => unlessDamaged(() => db.prepare("SELECT hash FROM audit WHERE n = ?").get(n));
      for (const n of lastNumbers(db)) if (!isReadable(n)) goOnBehind(db, n);
      return shadowOfNumbered(db, "audit", "n");
    },
  };
}

/** Has every key of idempotency, and says when it came. */
export const KEYS_BY_TIME = "idempotency_by_time";
/** What an `INSERT` says of such an entry that stands for a record which cannot be read. */
export const KEY_ALONE = "(at, scope, key, hash, task) VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), '', '')";

/** The index of times says which keys there were, so that nothing is begun again by one that is known no more: it is refused. */
function idempotency(db: Database): Derived {
  const known = { by: KEYS_BY_TIME, unique: "scope, key", instead: KEY_ALONE };
  return {
    what: "table idempotency",
    isDamaged: () => isUnreadable(() => db.prepare(`SELECT sum(at) FROM ${itself(db, "idempotency")}`).get()),
    begin: () => shadowOfKeyed(db, "idempotency", ["at", "scope", "key"], known),
  };
}

/** By its indexes, which have numbers of entries on damaged pages. */
function lastNumbers(db: Database): number[] {
  return indexesOf(db)
    .filter(({ table }) => table === "audit")
    .flatMap(({ name, sql }) => {
      const last = `SELECT max(n) FROM audit INDEXED BY "${name}" WHERE ${conditionOf(sql)}`;
      return unlessDamaged(() => numberIn(db.prepare(last).pluck().get() ?? 0)) ?? [];
    });
}

function search(db: Database): Derived {
  const shadows = "SELECT name FROM pragma_table_list WHERE type = 'shadow' AND name GLOB 'search_*'";
  return {
    what: "search index",
    // The check that the index has of its own is a write.
    isDamaged: () => String(db.pragma("quick_check('search')", { simple: true })).includes("malformed"),
    begin: () =>
      atOnce(() => {
        const tables = db.prepare<unknown[], unknown>(shadows).pluck().all().map(textIn);
        rebuildTables(db, ["search", ...tables], sqlOf(db, "search"), () => db.exec(FILL_SEARCH));
      }),
  };
}
