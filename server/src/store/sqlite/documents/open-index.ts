/**
 * The indexes of open tasks, those that sleep in one of their own, which every start goes over and every change of an open
 * task writes to. Where a page of one is damaged no server could go on, though every row may be whole: it is made anew
 * from them.
 */
import { type Database, SqliteError } from "better-sqlite3";
import { Damaged } from "../../damage.ts";
import { ASKS } from "../migrations/034-asked.ts";
import { ASLEEP, AWAITING, AWAKE, BELOW, UNCLAIMED_ASLEEP } from "../migrations/038-families.ts";

type Index = { name: string; where: string; of: string };

const INDEXES: readonly Index[] = [
  { name: "tasks_open", where: AWAKE, of: "open tasks" },
  { name: "tasks_asleep", where: ASLEEP, of: "tasks that sleep" },
  { name: "tasks_unclaimed", where: UNCLAIMED_ASLEEP, of: "tasks that nobody has claimed" },
  { name: "tasks_asking", where: ASKS, of: "tasks that ask somebody" },
  { name: "tasks_open_below", where: BELOW, of: "open tasks that have a parent" },
  { name: "tasks_awaiting", where: AWAITING, of: "tasks that wait for others" },
];

/** Tells `onDamage` when it had to. Throws a sentence that says what to do when the rows cannot be read either. */
export function mendOpenIndexes(db: Database, onDamage: (damage: Damaged) => void = () => {}): void {
  for (const index of INDEXES) {
    try {
      readThrough(db, index);
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      makeAnew(db, index);
      onDamage(new Damaged(`index of ${index.of}, which has been made anew,`, error));
    }
  }
}

/** SQLite cannot drop what it cannot read: the index is struck off the schema, and its pages are given back by a VACUUM. */
function makeAnew(db: Database, index: Index): void {
  try {
    const { sql } = db
      .prepare<unknown[], { sql: string }>("SELECT sql FROM sqlite_schema WHERE name = ?")
      .get(index.name) ?? {
      sql: "",
    };
    db.unsafeMode(true);
    db.pragma("writable_schema = ON");
    db.transaction(() => {
      db.prepare("DELETE FROM sqlite_schema WHERE name = ?").run(index.name);
      db.pragma("writable_schema = RESET");
      db.exec(sql);
    }).immediate();
    db.unsafeMode(false);
    db.exec("VACUUM");
    readThrough(db, index);
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    throw new Error(
      `its index of ${index.of} is damaged, and so is what it is made from. What can still be read: waybill doctor. To put a ` +
        "backup in its place: waybill restore --force. To go on with all rows that can be read: waybill doctor --mend",
      { cause: error },
    );
  }
}

function readThrough(db: Database, { name, where }: Index): void {
  db.prepare(`SELECT count(*) FROM tasks INDEXED BY ${name} WHERE ${where}`).get();
}

function isCorrupt(error: unknown): boolean {
  return error instanceof SqliteError && error.code.startsWith("SQLITE_CORRUPT");
}
