/**
 * Makes a database anew from all rows of it that can be read. What is made from rows is made anew too: every index, that of
 * texts, and what is counted. The old one stays as it was, beside it, with all files.
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

/** Made of the rows that are copied. */
const COUNTED: ReadonlySet<string> = new Set(["totals", "stored_bytes"]);

const ROOT = 0;
/** What a copy may be asked for at once. */
const PAGES_MAX = 0x7fff_ffff;

/** Of a log: a number by which more would lack was damaged itself. */
const LOST_EVENTS_MAX = 1_000_000;

/** It is written beside the old one, and what comes at once, such as a whole table, first into a log of its own. */
const ROOM = 2;

/** Whoever calls it has the folder to himself. */
export async function mend(folder: string, freeBytes = freeBytesIn): Promise<Mended> {
  const there = path.join(folder, DATABASE_FILE);
  // Where restores work too. Nobody else does now: what is there is of one that was killed, and takes the room.
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
    // Of one that fails here, or is killed, nothing stays.
    const kept = path.join(staging, "kept");
    await mkdir(kept);
    await link(there, path.join(kept, DATABASE_FILE)).catch(() => copyFile(there, path.join(kept, DATABASE_FILE)));
    // Those that only lost rows name go with the next sweep.
    await linkFiles(folder, kept);
    await leaveToOwnerOf(there, made, kept);
    await syncFolder(kept);
    await rm(path.join(folder, INDEX_FILE), { force: true });
    const aside = path.join(folder, `${ASIDE_PREFIX}${new Date().toISOString().replaceAll(/[:.]/g, "-")}`);
    await rename(kept, aside);
    // The old one has its second name before it loses the first.
    await syncFolder(folder);
    // At once: there is a database at every moment.
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

/** Some file systems do not say how large they are. */
async function freeBytesIn(folder: string): Promise<number> {
  const { blocks, bavail, bsize } = await statfs(folder);
  return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
}

/** Before minutes of work that would come to nothing. */
function refuseWithoutRoom({ used, bytes }: DatabasePages, free: number): void {
  const wanted = ROOM * used * bytes;
  if (free >= wanted) return;
  const [takes, has] = [wanted, free].map((of) => `${Math.ceil(of / 1e6)} MB`);
  throw new Error(
    `to make the database anew takes ${takes} beside it, and its disk has ${has}: make room, and try again`,
  );
}

/**
 * With all that its log holds in it, and no log beside it: that would be taken for the new one's. Nobody else can open it, which
 * a backup, `doctor` and an entry of the audit log may also while a command has the folder.
 */
function openAlone(file: string): Database {
  const db = openDatabase(file, { isDamaged: true });
  try {
    db.pragma("busy_timeout = 0");
    db.pragma("locking_mode = EXCLUSIVE");
    db.pragma("journal_mode = delete");
    strikeHalfMade(db);
    return db;
  } catch (error) {
    db.close();
    if (error instanceof SqliteError && error.code.startsWith("SQLITE_BUSY"))
      throw new Error("another process has it open, such as a backup: try again when that has ended", { cause: error });
    throw error;
  }
}

/** Whose pages they are is to be known of all. Where an index that a server was making cannot be struck off, nobody looks for strays. */
function strikeHalfMade(db: Database): void {
  try {
    dropShadow(db);
  } catch (error) {
    if (!isCorrupt(error)) throw error;
  }
}

/** A server that is no root's has to read what root has mended. */
async function leaveToOwnerOf(file: string, made: string, aside: string): Promise<void> {
  if (process.getuid?.() !== ROOT) return;
  const { uid, gid } = await stat(file);
  const entries = (await readdir(aside, { recursive: true })).map((entry) => path.join(aside, entry));
  for (const entry of [made, aside, ...entries]) await chown(entry, uid, gid);
}

/** The same beside a server that goes on: a copy of all rows that can be read, as they are at one moment. */
export async function copyOfReadable(from: string, to: string): Promise<Lost[]> {
  const raw = `${to}.raw`;
  const old = openDatabase(from, { readonly: true, isDamaged: true });
  let pages: DatabasePages | null = null;
  try {
    // Page by page, whatever is on them, and in one step: what is written meanwhile would have it begin anew.
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
      throw new Error(`it has the schema ${schema}, and one of 1 to ${MIGRATIONS.length} can be made anew`);
    migrateInSteps(db, schema);
    const rows = new CopiedRows(pages, db);
    // What rows were once let in with is no reason to lose them.
    db.pragma("foreign_keys = 0");
    db.pragma("ignore_check_constraints = 1");
    const lost = withoutLateParts(db, () => {
      const found = rows.copy(tablesOf(db).filter((table) => !COUNTED.has(table)));
      if (found.some(({ table }) => table === "idempotency")) rows.readEntries(KEYS_BY_TIME, puttingKeys(db));
      // With its triggers a task only goes forward.
      db.transaction(() => countEvents(db))();
      return found;
    });
    // No page that a step reads is damaged any more.
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

/** Indexes are made quicker of all rows at once, those of what is there once aside, and triggers have done their work on these rows. */
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

/** What rows that are lost have left, and what is counted. Afterwards the database keeps all its rules, so that it can be backed up. */
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
    // Where the other table has no row, nothing at all is among its rows, as SQL has it.
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
 * A document that is cut anew is found again; part of a cut would be taken for all of it. Of chunks whose vector is lost their bits say so, and
 * they are embedded again. What nothing leads to any more goes as that of a removed document does.
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

/** Of records that are lost: nothing begins again by such a key. */
function puttingKeys(db: Database): Each {
  const put = db.prepare<unknown[]>(`INSERT INTO idempotency ${KEY_ALONE} ON CONFLICT DO NOTHING`);
  return (_, key) => void put.run(...key);
}

/** What is behind a damaged number goes. No number that is in a log is given twice, as followers have been told of it. */
function countEvents(db: Database): void {
  db.exec(`WITH odd AS (SELECT task, count(*) AS count FROM events GROUP BY task HAVING max(seq) - count(*) > ${LOST_EVENTS_MAX})
    DELETE FROM events WHERE seq < 1 OR seq > ${LOST_EVENTS_MAX} + (SELECT count FROM odd WHERE odd.task = events.task)`);
  db.exec(`UPDATE tasks SET last_seq = log.last
    FROM (SELECT n, count(seq) AS count, coalesce(max(seq), 0) AS last FROM tasks LEFT JOIN events ON task = n GROUP BY n) AS log
    WHERE log.n = tasks.n AND (last_seq < log.last OR last_seq - log.count > ${LOST_EVENTS_MAX})`);
}

/**
 * Each event of a log that is lost is one that says so, as followers count them and wait for the last; a task whose input is lost
 * has one that cannot be read.
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
