/** Opens a connection with the settings that durability and speed rest on, and reads them back. */
import Sqlite, { type Database, SqliteError } from "better-sqlite3";
import { WrongColumn, WrongCount } from "./column.ts";

/** How long a connection waits for another one's lock, such as that of a checkpoint or a backup. */
const BUSY_TIMEOUT_MS = 10_000;
/** The upper levels of all B-trees of a million tasks, and the pages of the last minutes; an upper bound, not a reservation. */
const CACHE_KIB = 16_384;
/**
 * The cache of a connection that commits all the time. At a commit after which a b-tree's pages have another order, SQLite walks over all
 * pages in its cache: with 16 MB that takes 50 us, a tenth of what thirty submits take.
 */
export const COMMITTING_CACHE_KIB = 4_096;
/**
 * Page size of new databases. A commit writes whole pages, a dozen for one task: with 2 KB these are 40 % fewer bytes than with
 * SQLite's own 4 KB, for the same processor time. An existing database keeps its page size.
 */
const PAGE_BYTES = 2_048;
/** WAL between checkpoints. Each costs two fsyncs; with SQLite's default of 4 MB there would be four times as many. */
const CHECKPOINT_BYTES = 16 << 20;
/** The WAL file is truncated to this after a burst. */
const LOG_BYTES_KEPT = 64 << 20;

export const IN_MEMORY = ":memory:";

type DatabaseOptions = { readonly?: boolean; pageBytes?: number; cacheKib?: number; isDamaged?: boolean };

/**
 * `from` is a path, or the bytes of a database that is then in memory. `pageBytes` is for new databases and copies. `isDamaged` opens a
 * database whose schema cannot be read, for its pages alone.
 */
export function openDatabase(from: string | Buffer, options: DatabaseOptions = {}): Database {
  const db = new Sqlite(from, { timeout: BUSY_TIMEOUT_MS, readonly: options.readonly ?? false });
  try {
    if (options.isDamaged) db.unsafeMode(true).pragma("writable_schema = ON");
    const onDisk = typeof from === "string" && from !== IN_MEMORY;
    if (onDisk) db.pragma(`page_size = ${options.pageBytes ?? PAGE_BYTES}`);
    if (onDisk && !options.readonly) set(db, "journal_mode", "wal");
    // The driver's own default in WAL mode is NORMAL, which does not sync at commit.
    if (onDisk) set(db, "synchronous", 2);
    set(db, "foreign_keys", 1);
    set(db, "cache_size", -(options.cacheKib ?? CACHE_KIB));
    set(db, "temp_store", 2);
    // Deleted bytes are overwritten where their page is written anyway, so that an erasure has less to overwrite.
    if (onDisk && !options.readonly) db.pragma("secure_delete = fast");
    if (onDisk) {
      // Mapped pages count as memory of this process, and a start that reads every open task would map many.
      db.pragma("mmap_size = 0");
      const pageBytes = Number(db.pragma("page_size", { simple: true }));
      set(db, "wal_autocheckpoint", CHECKPOINT_BYTES / pageBytes);
      set(db, "journal_size_limit", LOG_BYTES_KEPT);
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Opens a database for `act` alone, and returns its answer. */
export function withDatabase<Result>(
  file: string,
  act: (db: Database) => Result,
  options: Pick<DatabaseOptions, "readonly"> = {},
): Result {
  const db = openDatabase(file, options);
  try {
    return act(db);
  } finally {
    db.close();
  }
}

/** The version of its schema. */
export function schemaOf(db: Database): number {
  return Number(db.pragma("user_version", { simple: true }));
}

/** Sets a pragma and refuses to go on when SQLite did not take it. */
function set(db: Database, name: string, value: string | number): void {
  db.pragma(`${name} = ${value}`);
  const taken = db.pragma(name, { simple: true });
  if (taken !== value) throw new Error(`SQLite did not take ${name} = ${value}: it is ${String(taken)}.`);
}

/** Whether an error is of one row, of its value or its page: other rows may be readable. */
export function isOfARow(error: unknown): boolean {
  if (isCorrupt(error) || error instanceof WrongColumn) return true;
  if (!(error instanceof SqliteError)) return false;
  return error.code.startsWith("SQLITE_CONSTRAINT") || error.message === "malformed JSON";
}

/** Whether an error is of a damaged page. After one, every other statement of a writing transaction fails too. */
export function isCorrupt(error: unknown): boolean {
  return error instanceof SqliteError && error.code.startsWith("SQLITE_CORRUPT");
}

/** Whether an error is of a sum that is no number: nothing can be added to it. */
export function isOfACount(error: unknown): boolean {
  if (error instanceof WrongCount) return true;
  return error instanceof SqliteError && error.message === "NOT NULL constraint failed: stored_bytes.bytes";
}

/** Whether an error, or its cause, is of a damaged page or a wrong sum. */
export function isOfDamage(error: unknown): boolean {
  const isIt = (one: unknown) => isCorrupt(one) || isOfACount(one);
  return isIt(error) || (error instanceof Error && isIt(error.cause));
}
