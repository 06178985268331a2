/**
 * Everything that is derived from rows: indexes, the search index, totals, stored bytes, participants and metadata. Where a page of one is
 * damaged it is rebuilt from those rows. The tables of facts, of the audit log and of idempotency keys are rebuilt as well, from those of their own
 * rows that can be read: without the first two no server could go on, and a damaged page of keys would end their retention.
 */
import { type Database, SqliteError } from "better-sqlite3";
import { AuditChain } from "../audit/audit-chain.ts";
import { GIVEN_MAX, numberIn, textIn } from "../column.ts";
import { isOfARow, withDatabase } from "../database.ts";
import type { IsOver } from "../slices.ts";
import { hasManyRows, shadowOfIndex, shadowOfKeyed, shadowOfNumbered } from "./copied-shadow.ts";
import { indexesOf, isUnreadable, itself, readThrough, rebuildIndex, unlessDamaged, wrongIndexes } from "./indexes.ts";
import { shadowOfMetadata, shadowOfParticipants } from "./listed.ts";
import { rebuildTables, sqlOf } from "./schema-edits.ts";
import { rebuildSequences } from "./sequences.ts";
import { dropShadow, type Rebuild } from "./shadow.ts";
import { shadowOfStoredBytes, shadowOfTotals } from "./sums.ts";
import { REMOVED_TABLES, RemovedRebuild, rebuildChanges } from "./work-lists.ts";

/** Tables that are rebuilt, beside all indexes. */
export const REBUILT_TABLES: ReadonlySet<string> = new Set([
  "totals",
  "stored_bytes",
  "participants",
  "metadata",
  "facts",
  "audit",
  "idempotency",
  "searchable_changes",
  "removed_cuts",
  "removed_embeddings",
  "erased_files",
  "sqlite_sequence",
]);

/** Rows from one end of a small table, which take 10 ms to write. */
const READABLE_MAX = 5_000;
/** Has the search index filled again from its beginning, in the background. */
export const FILL_SEARCH = "INSERT OR REPLACE INTO search_progress (one, n) VALUES (1, 0)";

type Derived = { what: string; isDamaged: () => boolean; begin: () => Rebuild };

/**
 * The names of all that is damaged. A scan takes seconds for millions of tasks, so its connection only reads and holds up no writer. Where
 * every page is whole, indexes are compared with their rows, which takes longer. `isOver` ends it before the next thing: whoever closes the store
 * waits for the scan.
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

/** The rebuild of one thing by its name, between the transactions of others: of a large one, slice by slice. */
export class DerivedRebuild {
  readonly what: string;
  readonly #db: Database;
  #rebuild: Rebuild | null = null;

  constructor(db: Database, what: string) {
    this.#db = db;
    this.what = what;
  }

  /**
   * True once it is done, null while there is more to do. False where the rows are damaged too, or the disk is full: then nothing is changed,
   * and the call that met the damage reports it.
   */
  goOn(isOver: IsOver): boolean | null {
    try {
      this.#rebuild ??= this.#begin();
      if (this.#rebuild === null) return false;
      return this.#rebuild.goOn(isOver) || null;
    } catch (error) {
      // The rows of the failed transaction are lacking, so this shadow is dropped. A full disk may refuse even that.
      this.end();
      dropShadow(this.#db);
      if (error instanceof SqliteError || isOfARow(error)) return false;
      throw error;
    }
  }

  /** Gives it up. */
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

/** In the order of their rebuilds: the indexes of the audit log say which entries it has lost, and totals are counted by indexes. */
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
    keyed(db, "facts", ["name", "value"], 1),
    audit(db),
    ...indexes,
    counted(db, { table: "totals", count: "count" }, shadowOfTotals),
    counted(db, { table: "stored_bytes", count: "bytes" }, shadowOfStoredBytes),
    filled(db, "participants", shadowOfParticipants),
    filled(db, "metadata", shadowOfMetadata),
    search(db),
    idempotency(db),
    keyed(db, "erased_files", ["erasure", "sha256"], 2),
    filled(db, "searchable_changes", (db) => atOnce(() => rebuildChanges(db))),
    filled(db, "sqlite_sequence", (db) => atOnce(() => rebuildSequences(db))),
    ...REMOVED_TABLES.map((table) => filled(db, table, (db) => new RemovedRebuild(db, table))),
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

/** A table of sums. It is damaged as well where a sum is no integer. */
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

/** A table that is filled from others. */
function filled(db: Database, table: string, makeShadow: MakeShadow): Derived {
  return {
    what: `table ${table}`,
    isDamaged: () => isUnreadable(() => db.prepare(`SELECT sum(1) FROM ${itself(db, table)}`).get()),
    begin: () => makeShadow(db),
  };
}

/**
 * A small table whose rows lie by a key. Rows on a damaged page are lost: whoever next needs the secret of tokens makes another one, and
 * files that an erasure was to remove go with the next sweep.
 */
function keyed(db: Database, table: string, columns: readonly string[], keyLength: number): Derived {
  const named = columns.join(", ");
  const key = columns.slice(0, keyLength);
  const rowsBy = (way: "ASC" | "DESC") =>
    readableRows(db, `SELECT ${named} FROM ${table} ORDER BY ${key.map((column) => `${column} ${way}`).join(", ")}`);
  return {
    what: `table ${table}`,
    isDamaged: () => isUnreadable(() => db.prepare(`SELECT sum(length(${columns.at(-1)})) FROM ${table}`).get()),
    begin: () =>
      atOnce(() => {
        const readable = [...rowsBy("ASC"), ...rowsBy("DESC")];
        rebuildTable(db, table, () => {
          const places = columns.map(() => "?").join(", ");
          const put = db.prepare<unknown[]>(`INSERT OR REPLACE INTO ${table} (${named}) VALUES (${places})`);
          for (const row of readable) put.run(...row);
        });
      }),
  };
}

/** From one end up to a damaged page. */
function readableRows(db: Database, sql: string): unknown[][] {
  const found: unknown[][] = [];
  isUnreadable(() => {
    for (const row of db.prepare<unknown[], unknown[]>(`${sql} LIMIT ${READABLE_MAX}`).raw().iterate()) found.push(row);
  });
  return found;
}

function rebuildTable(db: Database, table: string, fill: () => void): void {
  const indexes = indexesOf(db).filter((index) => index.table === table);
  const sql = [sqlOf(db, table), ...indexes.flatMap(({ sql }) => sql ?? [])].join(";\n");
  rebuildTables(db, [table, ...indexes.map(({ name }) => name)], sql, fill);
}

/** Every act appends to it, so that a damaged end would refuse all of them. Numbers go on behind the last known one: the check finds the gap. */
function audit(db: Database): Derived {
  return {
    what: "table audit",
    // The last column: a long row has overflow pages before it.
    isDamaged: () => isUnreadable(() => db.prepare(`SELECT sum(length(hash)) FROM ${itself(db, "audit")}`).get()),
    begin: () => {
      goOnBehindLostEntries(db);
      return shadowOfNumbered(db, "audit", "n");
    },
  };
}

/** The index that has every entry of the audit log. */
export const ENTRIES_BY_TENANT = "audit_by_tenant";
/** The index that has every idempotency key, and its time. */
export const KEYS_BY_TIME = "idempotency_by_time";
/** Inserts a key by an entry of that index, in the place of a record that cannot be read. */
export const KEY_ALONE = "(at, scope, key, hash, task) VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), '', '')";

/** A key whose record cannot be read stays known by the index: its request is refused, and never run twice. */
function idempotency(db: Database): Derived {
  const keys = { index: KEYS_BY_TIME, unique: "scope, key", insert: KEY_ALONE };
  return {
    what: "table idempotency",
    isDamaged: () => isUnreadable(() => db.prepare(`SELECT sum(at) FROM ${itself(db, "idempotency")}`).get()),
    begin: () => shadowOfKeyed(db, "idempotency", ["at", "scope", "key"], keys),
  };
}

/** The index of all entries has numbers of those on damaged pages. */
function goOnBehindLostEntries(db: Database): void {
  const numberOf = (end: string, by: string) =>
    unlessDamaged(() =>
      numberIn(db.prepare(`SELECT ${end}(n) FROM audit ${by} WHERE n <= ${GIVEN_MAX}`).pluck().get() ?? 0),
    ) ?? null;
  const last = numberOf("max", `INDEXED BY ${ENTRIES_BY_TENANT}`);
  const [first, readable] = [numberOf("min", "NOT INDEXED"), numberOf("max", "NOT INDEXED")];
  if (readable !== null && readable >= (last ?? 0)) return;
  db.transaction(() => new AuditChain(db).goOnBehindLost(last, first ?? 0)).immediate();
}

function search(db: Database): Derived {
  const shadows = "SELECT name FROM pragma_table_list WHERE type = 'shadow' AND name GLOB 'search_*'";
  return {
    what: "search index",
    // Not FTS5's own `integrity-check`: it is an INSERT.
    isDamaged: () => String(db.pragma("quick_check('search')", { simple: true })).includes("malformed"),
    begin: () =>
      atOnce(() => {
        const tables = db.prepare<unknown[], unknown>(shadows).pluck().all().map(textIn);
        rebuildTables(db, ["search", ...tables], sqlOf(db, "search"), () => db.exec(FILL_SEARCH));
      }),
  };
}
