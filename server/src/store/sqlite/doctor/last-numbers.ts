/**
 * Numbers that are given once. Where rows are lost that may have had the last ones, what is left says how far they had come: the next row has a
 * number that nobody was ever told of another one.
 */
import type { Database } from "better-sqlite3";
import type { Lost } from "../../storage.ts";
import { AuditChain } from "../audit/audit-chain.ts";
import { GIVEN_MAX, numberIn } from "../column.ts";
import { ENTRIES_BY_TENANT } from "../mending/derived.ts";
import { raiseSequences } from "../mending/sequences.ts";
import { TaskNumbers } from "../tasks/task-numbers.ts";
import { REFERRING } from "../tasks/task-removal.ts";
import type { CopiedRows } from "./copied-rows.ts";

/** More than could be lost with their input: 50 GB of them. */
const LOST_TASKS_MAX = 1e8;

/** Before anything goes that hangs on what is lost. */
export function goOnBehindLost(db: Database, rows: CopiedRows, lost: readonly Lost[]): void {
  const isLost = (name: string) => lost.some(({ table }) => table === name);
  if (isLost("audit")) goOnBehindEntries(db, lastRowIn(rows, ENTRIES_BY_TENANT));
  if (isLost("tasks")) goOnBehindTasks(db, lastRowIn(rows, "sqlite_autoindex_tasks_1"), isLost("submissions"));
  raiseSequences(db);
}

function goOnBehindEntries(db: Database, last: number | null): void {
  const readable = numberIn(db.prepare("SELECT ifnull(max(n), 0) FROM audit").pluck().get());
  if (last === null || last > readable) new AuditChain(db).goOnBehindLost(last, readable);
}

/** Each has an input. */
function goOnBehindTasks(db: Database, last: number | null, areInputsLost: boolean): void {
  const tables = REFERRING.filter(([, column]) => column === "n");
  const known = tables.map(([table]) => `ifnull((SELECT max(task) FROM ${table} WHERE task <= ${GIVEN_MAX}), 0)`);
  const readable = numberIn(
    db
      .prepare(`SELECT max(${known.join(", ")})`)
      .pluck()
      .get(),
  );
  new TaskNumbers(db).keep(Math.max(last ?? readable + (areInputsLost ? LOST_TASKS_MAX : 0), readable));
}

/** Of the table that an index has all rows of. Null where it does not say all of them. */
function lastRowIn(rows: CopiedRows, index: string): number | null {
  let last = 0;
  const isWhole = rows.readEntries(index, (_, values) => {
    const n = Number(values.at(-1));
    if (n <= GIVEN_MAX) last = Math.max(last, n);
  });
  return isWhole ? last : null;
}
