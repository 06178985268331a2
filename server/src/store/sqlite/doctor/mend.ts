/**
 * Rebuilds a database from all rows that can be read, with everything that is derived from them: indexes, the search index, totals and
 * stored bytes. The old database stays beside it as it was, with all files.
 */
import { chown, copyFile, link, mkdir, mkdtemp, readdir, rename, rm, stat, statfs } from "node:fs/promises";
import path from "node:path";
import { type Database, SqliteError } from "better-sqlite3";
import { syncFolder } from "../../folder-files.ts";
import type { Lost, Mended } from "../../storage.ts";
import { linkFiles } from "../archive/linked-files.ts";
import { textIn } from "../column.ts";
import { isCorrupt, openDatabase } from "../database.ts";
import { ASIDE_PREFIX, DATABASE_FILE, INDEX_FILE } from "../folder.ts";
import { removeLeftBehind } from "../left-behind.ts";
import { FILL_SEARCH, KEY_ALONE, KEYS_BY_TIME } from "../mending/derived.ts";
import { dropShadow } from "../mending/shadow.ts";
import { FILL_TOTALS, fillStoredBytes } from "../mending/sums.ts";
import { MIGRATIONS, migrate, migrateInSteps } from "../migrate.ts";
import { removeMark } from "../refused-mark.ts";
import { REFERRING } from "../tasks/task-removal.ts";
import { MEMBER_COLUMNS, MEMBER_COUNTS } from "./check.ts";
import { CopiedRows } from "./copied-rows.ts";
import { goOnBehindLost } from "./last-numbers.ts";
import { fillListings } from "./listings.ts";
import { DatabasePages } from "./pages/database-pages.ts";
import type { Each } from "./pages/readable-tree.ts";

/** Tables that are not copied but counted again. */
const COUNTED: ReadonlySet<string> = new Set(["totals", "stored_bytes"]);

const ROOT = 0;
/** More pages than a database has: the backup copies all in one step. */
const PAGES_MAX = 0x7fff_ffff;

/** If more events than this were lost of a task, its last number must be damaged itself. */
const LOST_EVENTS_MAX = 1_000_000;

/** Times the size of the old database that must be free: the new one, and its WAL, into which a whole table may go at once. */
const ROOM = 2;

/** The caller holds the folder's lock. */
export async function mend(folder: string, freeBytes = freeBytesIn): Promise<Mended> {
  const there = path.join(folder, DATABASE_FILE);
  // Restores work there too. None does now: a killed one may have left its files, which take room.
  await removeLeftBehind(folder, "restore-", 0);
  const staging = await mkdtemp(path.join(folder, "restore-"));
  let old: Database | null = null;
  let pages: DatabasePages | null = null;
  try {
    const made = path.join(staging, DATABASE_FILE);
    old = openAlone(there);
    pages = new DatabasePages(there);
    refuseWithoutRoom(pages, await freeBytes(folder));
    const lost = copyReadable(pages, made);
    // A mend that fails from here on, or is killed, leaves nothing.
    const kept = path.join(staging, "kept");
    await mkdir(kept);
    await link(there, path.join(kept, DATABASE_FILE)).catch(() => copyFile(there, path.join(kept, DATABASE_FILE)));
    // Files that only lost rows have named go with the next sweep of the folder.
    await linkFiles(folder, kept);
    await leaveToOwnerOf(there, made, kept);
    await syncFolder(kept);
    await rm(path.join(folder, INDEX_FILE), { force: true });
    const aside = path.join(folder, `${ASIDE_PREFIX}${new Date().toISOString().replaceAll(/[:.]/g, "-")}`);
    await rename(kept, aside);
    // The old database has its second name before it loses the first one.
    await syncFolder(folder);
    // An atomic rename: there is a database at every moment.
    await rename(made, there);
    removeMark(folder);
    await syncFolder(folder);
    return { lost, aside };
  } finally {
    old?.close();
    // To close a file gives up the locks that a process has on it.
    pages?.close();
    await rm(staging, { recursive: true, force: true });
  }
}

/** Infinite for file systems that do not say their size. */
async function freeBytesIn(folder: string): Promise<number> {
  const { blocks, bavail, bsize } = await statfs(folder);
  return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
}

/** Refuses early, before minutes of work that would end on a full disk. */
function refuseWithoutRoom({ used, bytes }: DatabasePages, free: number): void {
  const wanted = ROOM * used * bytes;
  if (free >= wanted) return;
  const [takes, has] = [wanted, free].map((of) => `${Math.ceil(of / 1e6)} MB`);
  throw new Error(
    `to rebuild the database takes ${takes} beside it, and its disk has ${has}: make room, and try again`,
  );
}

/**
 * Opens the old database exclusively and checkpoints it until there is no WAL beside it: the new database would take that for its own.
 * A backup, `doctor` or an entry of the audit log may have it open even while a command has the folder.
 */
function openAlone(file: string): Database {
  const db = openDatabase(file, { isDamaged: true });
  try {
    db.pragma("busy_timeout = 0");
    db.pragma("locking_mode = EXCLUSIVE");
    db.pragma("journal_mode = delete");
    dropHalfMade(db);
    return db;
  } catch (error) {
    db.close();
    if (error instanceof SqliteError && error.code.startsWith("SQLITE_BUSY"))
      throw new Error("another process has it open, such as a backup: try again when that has ended", { cause: error });
    throw error;
  }
}

/** Drops a shadow table, so that all pages belong to a known tree. Where that is damaged too, no stray pages are read. */
function dropHalfMade(db: Database): void {
  try {
    dropShadow(db);
  } catch (error) {
    if (!isCorrupt(error)) throw error;
  }
}

/** Where root mends: gives the new files to the old file's owner, as whom the server runs. */
async function leaveToOwnerOf(file: string, made: string, aside: string): Promise<void> {
  if (process.getuid?.() !== ROOT) return;
  const { uid, gid } = await stat(file);
  const entries = (await readdir(aside, { recursive: true })).map((entry) => path.join(aside, entry));
  for (const entry of [made, aside, ...entries]) await chown(entry, uid, gid);
}

/** The same beside a running server: a copy of all rows that can be read, of one snapshot. */
export async function copyOfReadable(from: string, to: string): Promise<Lost[]> {
  const raw = `${to}.raw`;
  const old = openDatabase(from, { readonly: true, isDamaged: true });
  let pages: DatabasePages | null = null;
  try {
    // Page by page, whatever is on them, and in one step: between two, a write would make it begin again.
    await old.backup(raw, { progress: () => PAGES_MAX });
    openAlone(raw).close();
    pages = new DatabasePages(raw);
    return copyReadable(pages, to);
  } finally {
    pages?.close();
    old.close();
    await rm(raw, { force: true });
  }
}

function copyReadable(pages: DatabasePages, to: string): Lost[] {
  const db = openDatabase(to);
  try {
    const { schema } = pages;
    if (schema < 1 || schema > MIGRATIONS.length)
      throw new Error(`it has the schema ${schema}, and one of 1 to ${MIGRATIONS.length} can be rebuilt`);
    migrateInSteps(db, schema);
    const rows = new CopiedRows(pages, db);
    // Rows of older versions may break rules of today, and are kept all the same.
    db.pragma("foreign_keys = 0");
    db.pragma("ignore_check_constraints = 1");
    const lost = withoutLateParts(db, () => {
      const found = rows.copy(tablesOf(db).filter((table) => !COUNTED.has(table)));
      if (found.some(({ table }) => table === "idempotency")) rows.readEntries(KEYS_BY_TIME, puttingKeys(db));
      // Before the triggers: one of them refuses a lower `last_seq`.
      db.transaction(() => countEvents(db))();
      return found;
    });
    // Migrations read this new database alone, in which no page is damaged.
    migrate(db);
    db.transaction(() => goOnBehindLost(db, rows, lost))();
    db.transaction(() =>
      settle(
        db,
        lost.map(({ table }) => table),
      ),
    )();
    db.pragma("wal_checkpoint(TRUNCATE)");
    return lost;
  } finally {
    db.close();
  }
}

/**
 * Runs `act` without triggers, which have already done their work on the copied rows, and without indexes, except unique ones: to
 * create an index of all rows at once is faster.
 */
function withoutLateParts<Result>(db: Database, act: () => Result): Result {
  const late = db
    .prepare<unknown[], { type: string; name: string; sql: string }>(
      "SELECT type, name, sql FROM sqlite_schema WHERE type IN ('index', 'trigger') AND sql NOT LIKE 'CREATE UNIQUE%'",
    )
    .all();
  for (const { type, name } of late) db.exec(`DROP ${type} ${name}`);
  const result = act();
  for (const { sql } of late) db.exec(sql);
  return result;
}

function tablesOf(db: Database): string[] {
  const names = db.prepare<unknown[], unknown>(
    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT GLOB 'sqlite_*'",
  );
  return names.pluck().all().map(textIn);
}

/** Removes what lost rows have left behind, and counts again. Afterwards the database keeps all its rules, so that it can be backed up. */
function settle(db: Database, lost: readonly string[]): void {
  for (const [table, column] of REFERRING)
    db.exec(`DELETE FROM ${table} WHERE task IS NOT NULL AND task NOT IN (SELECT ${column} FROM tasks)`);
  db.exec("UPDATE tasks SET conversation = NULL WHERE conversation NOT IN (SELECT id FROM conversations)");
  for (const name of tablesOf(db)) {
    const references = db
      .prepare<[string], { table: string; from: string; to: string }>(
        `SELECT "table", "from", "to" FROM pragma_foreign_key_list(?)`,
      )
      .all(name);
    // NOT IN of an empty table is true, so that rows which refer to it go too.
    for (const { table, from, to } of references)
      db.exec(`DELETE FROM ${name} WHERE ${from} IS NOT NULL AND ${from} NOT IN (SELECT ${to} FROM ${table})`);
  }
  fillListings(db, lost);
  sayWhatIsLost(db);
  settleCuts(db);
  db.exec(`UPDATE vector_stores SET ${MEMBER_COLUMNS} = ${MEMBER_COUNTS}`);
  db.exec(`DELETE FROM totals; ${FILL_TOTALS}`);
  db.exec(`DELETE FROM stored_bytes; ${fillStoredBytes(db)}`);
  db.exec(FILL_SEARCH);
}

/**
 * Cuts of which chunks are lost go, as a part of one would pass for the whole: the document is cut again. Chunks whose vectors are lost
 * have bits that say so, and are embedded again. Rows that nothing refers to are swept like those of a removed document.
 */
function settleCuts(db: Database): void {
  db.exec(`DELETE FROM cuts WHERE stored <> (SELECT count(*) FROM chunks WHERE cut = cuts.n)
    OR document NOT IN (SELECT key FROM documents)`);
  db.exec("DELETE FROM embeddings WHERE cut NOT IN (SELECT n FROM cuts)");
  for (const table of ["chunks", "postings"])
    db.exec(
      `INSERT OR IGNORE INTO removed_cuts (n) SELECT DISTINCT cut FROM ${table} WHERE cut NOT IN (SELECT n FROM cuts)`,
    );
  db.exec(`INSERT OR IGNORE INTO removed_embeddings (n)
    SELECT DISTINCT embedding FROM vectors WHERE embedding NOT IN (SELECT n FROM embeddings)`);
}

/** Inserts the keys of lost idempotency records, so that no request with one of them runs again. */
function puttingKeys(db: Database): Each {
  const put = db.prepare<unknown[]>(`INSERT INTO idempotency ${KEY_ALONE} ON CONFLICT DO NOTHING`);
  return (_, key) => void put.run(...key);
}

/**
 * Removes events with damaged numbers, and sets `last_seq` to the last event where it is lower, or damaged: followers know the last number,
 * which must not be given twice.
 */
function countEvents(db: Database): void {
  db.exec(`WITH odd AS (SELECT task, count(*) AS count FROM events GROUP BY task HAVING max(seq) - count(*) > ${LOST_EVENTS_MAX})
    DELETE FROM events WHERE seq < 1 OR seq > ${LOST_EVENTS_MAX} + (SELECT count FROM odd WHERE odd.task = events.task)`);
  db.exec(`UPDATE tasks SET last_seq = log.last
    FROM (SELECT n, count(seq) AS count, coalesce(max(seq), 0) AS last FROM tasks LEFT JOIN events ON task = n GROUP BY n) AS log
    WHERE log.n = tasks.n AND (last_seq < log.last OR last_seq - log.count > ${LOST_EVENTS_MAX})`);
}

/**
 * A lost event is replaced by one that says so, as followers count events and wait for the last. A lost input is replaced by one that
 * cannot be read.
 */
function sayWhatIsLost(db: Database): void {
  db.exec(`WITH RECURSIVE
      lacking (task, last, born) AS (SELECT n, last_seq, created_at FROM tasks
        WHERE last_seq - (SELECT count(*) FROM events WHERE task = n) BETWEEN 1 AND ${LOST_EVENTS_MAX}),
      numbers (task, seq, last, born) AS (SELECT task, 1, last, born FROM lacking
        UNION ALL SELECT task, seq + 1, last, born FROM numbers WHERE seq < last)
    INSERT INTO events (task, seq, type, data, at)
      SELECT task, seq, 'task.event_lost', '{}',
        coalesce((SELECT at FROM events e WHERE e.task = numbers.task AND e.seq < numbers.seq ORDER BY e.seq DESC LIMIT 1), born)
      FROM numbers WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.task = numbers.task AND e.seq = numbers.seq)`);
  db.exec(
    "INSERT INTO submissions (task, fixed, input) SELECT n, '{}', 'null' FROM tasks WHERE true ON CONFLICT DO NOTHING",
  );
}
