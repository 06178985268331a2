/** What is made from rows: indexes, the index of texts, and what is counted. Where a page of one is damaged it is made anew from them. */
import { type Database, SqliteError } from "better-sqlite3";
import { textIn } from "../column.ts";
import { isCorrupt, openDatabase } from "../database.ts";
import { KEPT_BYTES, TOTALS } from "../doctor/check.ts";
import { indexesOf, makeIndexAnew, makeTablesAnew, readThrough } from "./indexes.ts";

/** What the counting tables hold, of all that is counted. */
export const FILL_TOTALS = `INSERT INTO totals (tenant, owner, span, bucket, kind, state, count) ${TOTALS}`;
export const FILL_STORED_BYTES = `INSERT INTO stored_bytes (tenant, owner, bytes) WITH kept AS (${KEPT_BYTES})
  SELECT tenant, '', sum(bytes) FROM kept GROUP BY tenant UNION ALL SELECT tenant, '=' || user, bytes FROM kept`;
/** The index of texts is filled again behind what is done meanwhile. */
export const FILL_SEARCH = "INSERT OR REPLACE INTO search_progress (one, n) VALUES (1, 0)";

type Derived = { what: string; isDamaged: () => boolean; make: () => void };

/** Each by what it is called. By a connection that only reads: a look takes seconds for millions of tasks, and holds no writer. */
export function damagedIn(database: string): string[] {
  const db = openDatabase(database, { readonly: true });
  try {
    return derivedIn(db)
      .filter((each) => each.isDamaged())
      .map(({ what }) => what);
  } finally {
    db.close();
  }
}

/** False where what it is made from is damaged too, or there is no room: it is as it was, and whoever met it says so. */
export function makeAnew(db: Database, what: string): boolean {
  const found = derivedIn(db).find((each) => each.what === what);
  try {
    found?.make();
    return found !== undefined;
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
    return false;
  }
}

/** In the order in which they are made: what is counted is read by indexes. */
function derivedIn(db: Database): Derived[] {
  const indexes = indexesOf(db).map((index) => ({
    what: `index ${index.name}`,
    isDamaged: () => isUnreadable(() => readThrough(db, index)),
    make: () => makeIndexAnew(db, index),
  }));
  return [...indexes, counted(db, "totals", FILL_TOTALS), counted(db, "stored_bytes", FILL_STORED_BYTES), search(db)];
}

function counted(db: Database, table: string, fill: string): Derived {
  return {
    what: `table ${table}`,
    isDamaged: () => isUnreadable(() => db.prepare(`SELECT count(*) FROM ${table} NOT INDEXED`).get()),
    make: () => makeTablesAnew(db, [table], sqlOf(db, table), fill),
  };
}

function search(db: Database): Derived {
  const shadows = "SELECT name FROM pragma_table_list WHERE type = 'shadow' AND name GLOB 'search_*'";
  return {
    what: "search index",
    // The check that the index has of its own is a write.
    isDamaged: () => String(db.pragma("quick_check('search')", { simple: true })).includes("malformed"),
    make: () => {
      const tables = db.prepare<unknown[], unknown>(shadows).pluck().all().map(textIn);
      makeTablesAnew(db, ["search", ...tables], sqlOf(db, "search"), FILL_SEARCH);
    },
  };
}

function sqlOf(db: Database, table: string): string {
  return textIn(db.prepare<unknown[], unknown>("SELECT sql FROM sqlite_schema WHERE name = ?").pluck().get(table));
}

/** What cannot be read for another reason, as where the disk does not answer, may be whole. */
function isUnreadable(read: () => void): boolean {
  try {
    read();
    return false;
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
    return isCorrupt(error);
  }
}
