/** Opens a connection with the settings that durability and speed rest on, and reads them back. */
import Sqlite, { type Database, SqliteError } from "better-sqlite3";
import { WrongColumn, WrongCount } from "./column.ts";

/** How long a connection waits for another one's lock, such as that of a checkpoint or a backup. */
const BUSY_TIMEOUT_MS = 10_000;
/** The upper levels of all B-trees of a million tasks, and the pages of the last minutes; an upper bound, not a reservation. */
const CACHE_KIB = 16_384;
/**
 * The same of whoever commits all the time. With a commit for which a B-tree has changed the order of its pages SQLite looks at every
 * page that it has in memory: of 16 MB that is 50 us, a tenth of what thirty submits take.
 */
export const COMMITTING_CACHE_KIB = 4_096;
/**
 * A commit writes whole pages, a dozen of them for one task: these make 40 % fewer bytes of it than SQLite's own 4 KB, and a task
 * takes no more processor time. A database that is there keeps those that it was made with.
 */
const PAGE_BYTES = 2_048;
/** Log between checkpoints: each costs two fsyncs, which the default of 4 MB makes four times as frequent. */
const CHECKPOINT_BYTES = 16 << 20;
/** The log is cut back to this after a burst. */
const LOG_BYTES_KEPT = 64 << 20;

export const IN_MEMORY = ":memory:";

type DatabaseOptions = { readonly?: boolean; pageBytes?: number; cacheKib?: number; isDamaged?: boolean };

/**
 * `from`: where it lies, or the bytes of one, which is then in memory. `pageBytes` are those of a new one, and of a copy; `cacheKib` is
 * its cache. One that is damaged may not even say which tables it has: it is opened for its pages alone.
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
    // What is deleted is overwritten where its page is written anyway: an erasure finds the less to overwrite.
    if (onDisk && !options.readonly) db.pragma("secure_delete = fast");
    if (onDisk) {
      // Mapped pages would count as the memory of this process, which a start that reads every open task then fills.
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

/** What `act` answers, for which alone it is open. */
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

/** Of what a row holds or where it lies: another row may do. */
export function isOfARow(error: unknown): boolean {
  if (isCorrupt(error) || error instanceof WrongColumn) return true;
  if (!(error instanceof SqliteError)) return false;
  return error.code.startsWith("SQLITE_CONSTRAINT") || error.message === "malformed JSON";
}

/** Of a page that the disk has damaged. Within a transaction that writes, all that follows fails by it as well. */
export function isCorrupt(error: unknown): boolean {
  return error instanceof SqliteError && error.code.startsWith("SQLITE_CORRUPT");
}

/** Of a count that is no number: nothing can be added to it. */
export function isOfACount(error: unknown): boolean {
  if (error instanceof WrongCount) return true;
  return error instanceof SqliteError && error.message === "NOT NULL constraint failed: stored_bytes.bytes";
}

/** Of a damaged page or a wrong count, or of what has one for its cause. */
export function isOfDamage(error: unknown): boolean {
  const isIt = (one: unknown) => isCorrupt(one) || isOfACount(one);
  return isIt(error) || (error instanceof Error && isIt(error.cause));
}
