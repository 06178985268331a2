/**
 * The indexes of open tasks. Every start reads them, and every change of an open task writes to them, so that no server could go on with
 * a damaged one: a start rebuilds it, from those rows that can be read.
 */
import { type Database, SqliteError } from "better-sqlite3";
import { type Damaged, Rebuilt, WAYS_ON } from "../../damage.ts";
import { isDiskTrouble } from "../../disk-trouble.ts";
import { isCorrupt } from "../database.ts";
import { shadowOfIndex } from "./copied-shadow.ts";
import { type Index, indexesOf, readThrough, rebuildIndex } from "./indexes.ts";
import { dropShadow } from "./shadow.ts";

const CALLED: Readonly<Record<string, string>> = {
  tasks_open: "open tasks",
  tasks_asleep: "tasks that sleep",
  tasks_unclaimed: "tasks that nobody has claimed",
  tasks_asking: "tasks that ask somebody",
  tasks_open_below: "open tasks that have a parent",
  tasks_awaiting: "tasks that wait for others",
};

/** Tells `onDamage` of each that it has rebuilt. Throws a sentence that says what to do where the rows cannot be read either. */
export function mendOpenIndexes(db: Database, onDamage: (damage: Damaged) => void = () => {}): void {
  dropShadowIfPossible(db);
  for (const index of indexesOf(db)) {
    const of = CALLED[index.name];
    if (of === undefined) continue;
    try {
      readThrough(db, index);
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      rebuild(db, index, of);
      onDamage(new Rebuilt(`index of ${of}`));
    }
  }
}

/** To drop a large one takes room that a full disk has not: it may stay until the next start or rebuild. */
function dropShadowIfPossible(db: Database): void {
  try {
    dropShadow(db);
  } catch (error) {
    const mayStay = error instanceof SqliteError && (isCorrupt(error) || isDiskTrouble(error.code));
    if (!mayStay) throw error;
  }
}

function rebuild(db: Database, index: Index, of: string): void {
  try {
    rebuildIndex(db, index);
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    rebuildFromReadable(db, index, of);
  }
}

function rebuildFromReadable(db: Database, index: Index, of: string): void {
  try {
    dropShadow(db);
    const shadow = shadowOfIndex(db, index);
    while (!shadow.goOn(() => false));
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    dropShadow(db);
    throw new Error(`its index of ${of} is damaged, and so is what it is made from. ${WAYS_ON}`, { cause: error });
  }
}
