/**
 * The index of large vector stores: a database of its own, derived from the rows of the main one. So it needs neither backup nor sync,
 * and an unreadable file is rebuilt. One segment holds the words and vectors of up to 16,384 chunks in lists; it never changes, and is
 * not read before it is ready.
 */
import { existsSync, rmSync, statSync } from "node:fs";
import { type Database, SqliteError } from "better-sqlite3";
import { IN_MEMORY, openDatabase } from "../../database.ts";

/** Another number rebuilds all segments. */
const FORMAT = 2;
/** Its rows are long lists, and are written once. */
const PAGE_BYTES = 4_096;

const SCHEMA = `
CREATE TABLE segments (
  n            INTEGER PRIMARY KEY AUTOINCREMENT,
  vector_store TEXT NOT NULL,
  model        TEXT NOT NULL,
  ready        INTEGER NOT NULL DEFAULT 0,
  chunks       INTEGER NOT NULL,
  dimensions   INTEGER NOT NULL,
  parts        BLOB NOT NULL,
  lengths      BLOB NOT NULL,
  middles      BLOB NOT NULL
) STRICT;
CREATE INDEX segments_by_store ON segments (vector_store, model);
-- Numbered by segment and bucket, and by segment and list; see \`segments.ts\`.
CREATE TABLE term_lists (n INTEGER PRIMARY KEY, lists BLOB NOT NULL) STRICT;
CREATE TABLE vector_lists (n INTEGER PRIMARY KEY, rows BLOB NOT NULL) STRICT;
PRAGMA user_version = ${FORMAT};
`;

export function openIndex(file: string): Database {
  const seen = versionOf(file);
  try {
    return opened(file);
  } catch (error) {
    if (!(error instanceof SqliteError) || file === IN_MEMORY || !isUnreadable(error.code)) throw error;
    // The finder and the indexer may find an unreadable file at once: a new one that the other has made meanwhile stays.
    if (versionOf(file) === seen) remove(file);
    return opened(file);
  }
}

/**
 * Before threads look for it: two that find it unreadable at once may remove the new one of the other. It is only read: to close one
 * that was written to may take long.
 */
export function removeUnreadable(file: string): void {
  if (!existsSync(file)) return;
  try {
    const db = openDatabase(file, { readonly: true });
    try {
      db.pragma("user_version");
    } finally {
      db.close();
    }
  } catch (error) {
    if (error instanceof SqliteError && isUnreadable(error.code)) remove(file);
  }
}

function remove(file: string): void {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(file + suffix, { force: true });
}

/** Differs between files; a file that cannot be read as a database is never written to. */
function versionOf(file: string): string {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found ? `${found.ino} ${found.mtimeNs}` : "";
}

/** For a reader that can do without: an empty one in memory if there can be none on disk. */
export function openIndexOrNone(file: string): Database {
  try {
    return openIndex(file);
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
    return openIndex(IN_MEMORY);
  }
}

function isUnreadable(code: string): boolean {
  return code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB";
}

function opened(file: string): Database {
  const db = openDatabase(file, { pageBytes: PAGE_BYTES });
  try {
    db.pragma("synchronous = 1");
    const isPresent = () => Number(db.pragma("user_version", { simple: true })) === FORMAT;
    const create = db.transaction(() => {
      if (isPresent()) return;
      for (const table of ["segments", "term_lists", "vector_lists"]) db.exec(`DROP TABLE IF EXISTS ${table}`);
      db.exec(SCHEMA);
    });
    if (!isPresent()) create.immediate();
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
