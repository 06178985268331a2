/**
 * The index of open tasks, which every start goes over and every change of an open task writes to. Where a page of it is
 * damaged no server could go on, though every row may be whole: it is made anew from them.
 */
import { type Database, SqliteError } from "better-sqlite3";
import { Damaged } from "../damage.ts";

/** Tells `onDamage` when it had to. Throws a sentence that says what to do when the rows cannot be read either. */
export function mendOpenIndex(db: Database, onDamage: (damage: Damaged) => void = () => {}): void {
  try {
    readThrough(db);
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    makeAnew(db);
    onDamage(new Damaged("index of open tasks, which has been made anew,", error));
  }
}

/** SQLite cannot drop what it cannot read: the index is struck off the schema, and its pages are given back by a VACUUM. */
function makeAnew(db: Database): void {
  try {
    const { sql } = db
      .prepare<unknown[], { sql: string }>("SELECT sql FROM sqlite_schema WHERE name = 'tasks_open'")
      .get() ?? {
      sql: "",
    };
    db.unsafeMode(true);
    db.pragma("writable_schema = ON");
    db.transaction(() => {
      db.prepare("DELETE FROM sqlite_schema WHERE name = 'tasks_open'").run();
      db.pragma("writable_schema = RESET");
      db.exec(sql);
    }).immediate();
    db.unsafeMode(false);
    db.exec("VACUUM");
    readThrough(db);
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    throw new Error(
      "its index of open tasks is damaged, and so is what it is made from. What can still be read: waybill doctor. To put a " +
        "backup in its place: waybill restore --force",
      { cause: error },
    );
  }
}

function readThrough(db: Database): void {
  db.prepare("SELECT count(id) FROM tasks INDEXED BY tasks_open WHERE ended_at IS NULL").get();
}

function isCorrupt(error: unknown): boolean {
  return error instanceof SqliteError && error.code.startsWith("SQLITE_CORRUPT");
}
