/**
 * One process owns a data folder. The lock is a write transaction held open on a small database of its own: the
 * operating system drops it with the process, however that ends, so there is no stale lock to clean up. Others can
 * still read the file, and find there who holds it.
 */
import { truncateSync } from "node:fs";
import path from "node:path";
import Sqlite, { type Database, SqliteError } from "better-sqlite3";
import { Refusal } from "../../task/errors.ts";
import { isDiskTrouble } from "../disk-trouble.ts";
import { isCorrupt } from "./database.ts";
import { LOCK_FILE } from "./folder.ts";

/** Two processes that start at once may each write their name before one of them holds the lock. */
const ROUNDS_MAX = 10;

/** Takes the folder for this process, or refuses and names the process that has it. Returns how to give it back. */
export function lockFolder(folder: string): () => void {
  try {
    return lock(folder);
  } catch (error) {
    if (!isCorrupt(error) && !(error instanceof SqliteError && error.code === "SQLITE_NOTADB")) throw error;
    // Nobody's data is in it. What the system has locked of a file stays locked, whatever becomes of its bytes.
    truncateSync(path.join(folder, LOCK_FILE));
    return lock(folder);
  }
}

function lock(folder: string): () => void {
  const db = new Sqlite(path.join(folder, LOCK_FILE), { timeout: 200 });
  try {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      db.exec("BEGIN IMMEDIATE");
      if (holder(db) === process.pid || !writeHolder(db)) return () => db.close();
    }
    throw inUse(folder, holder(db));
  } catch (error) {
    const busy = error instanceof SqliteError && error.code.startsWith("SQLITE_BUSY");
    const refusal = busy ? inUse(folder, holder(db)) : error;
    db.close();
    throw refusal;
  }
}

/** False when the disk has no room for the name: the lock, which is then still held, needs none. */
function writeHolder(db: Database): boolean {
  try {
    db.exec("CREATE TABLE IF NOT EXISTS holder (one INTEGER PRIMARY KEY CHECK (one = 1), pid INTEGER NOT NULL)");
    db.prepare("INSERT OR REPLACE INTO holder (one, pid) VALUES (1, ?)").run(process.pid);
    db.exec("COMMIT");
    return true;
  } catch (error) {
    if (!(error instanceof SqliteError) || !isDiskTrouble(error.code) || error.code.startsWith("SQLITE_BUSY"))
      throw error;
    if (db.inTransaction) db.exec("ROLLBACK");
    db.exec("BEGIN IMMEDIATE");
    return false;
  }
}

function holder(db: Database): number | null {
  const known = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'holder'").get() !== undefined;
  const pid: unknown = known ? db.prepare("SELECT pid FROM holder").pluck().get() : null;
  return typeof pid === "number" ? pid : null;
}

function inUse(folder: string, pid: number | null): Refusal {
  const who = pid === null ? "another process" : `process ${pid}`;
  return new Refusal(
    "unavailable",
    `The data folder ${folder} is in use by ${who}: stop that Waybill first, or start this one on another folder.`,
  );
}
