/**
 * Totals of tasks and sums of stored bytes, rebuilt while others write.
 *
 * Totals: tasks are walked by their numbers in the writer's own transactions. Triggers count the change of a task that the walk has passed; the
 * walk counts all others when it comes to them. No snapshot is held open: until it is closed the WAL, some gigabytes for a million tasks of
 * many users, cannot be checkpointed.
 *
 * Stored bytes: a change does not say which row it is of, so there is no walk. Another connection reads all rows in one snapshot, and triggers
 * add what changes from the beginning on. What they had added before the snapshot is in its rows too, and is subtracted. Sums are written
 * once the snapshot is closed, or in parts where there are very many.
 */
import type { Database } from "better-sqlite3";
import { sizeIn, textIn } from "../column.ts";
import { openDatabase, schemaOf } from "../database.ts";
import { counted, keptBytes, keptRows, TOTALS } from "../doctor/check.ts";
import { SLICE_ROWS } from "../slices.ts";
import { byNumber, columnsOfTable, DerivedShadow, type Filling, keyOf } from "./derived-shadow.ts";
import { PROGRESS, SHADOW, TRIGGERS } from "./shadow.ts";

/** Each task counts in four rows of totals. */
const SLICE_TASKS = SLICE_ROWS / 4;
/** Sums in memory, some 15 MB. With more users they are written while the snapshot is open. */
const HELD_MAX = 50_000;

/** Fills the empty table of totals from all tasks. */
export const FILL_TOTALS = `INSERT INTO totals (tenant, owner, span, bucket, kind, state, count) ${TOTALS}`;
/** Fills the empty table of stored bytes. `doctor` calls this on databases of older schemas too. */
export function fillStoredBytes(db: Database): string {
  return `INSERT INTO stored_bytes (tenant, owner, bytes) WITH kept AS (${keptBytes(schemaOf(db))})
  SELECT tenant, '', sum(bytes) FROM kept GROUP BY tenant UNION ALL SELECT tenant, '=' || user, bytes FROM kept`;
}

export function shadowOfTotals(db: Database): DerivedShadow {
  const columns = ["tenant", "user", "kind", "state", "created_at", "deleted_at"];
  const of = (row: "OLD" | "NEW") =>
    counted(`(SELECT ${columns.map((name) => `${row}.${name} AS ${name}`).join(", ")})`);
  const sums = new Sums(db, "totals");
  const unlessLeft = (row: "OLD" | "NEW") =>
    `WHEN NOT EXISTS (SELECT 1 FROM ${PROGRESS} WHERE ${row}.n > passed AND ${row}.n <= last)`;
  const minus = `${sums.minus(of("OLD"))} ${sums.dropNothing(of("OLD"))}`;
  const triggers = `
    CREATE TABLE ${PROGRESS} (passed INTEGER NOT NULL, last INTEGER NOT NULL) STRICT;
    INSERT INTO ${PROGRESS} SELECT -1, ifnull(max(n), -1) FROM tasks;
    CREATE TRIGGER ${TRIGGERS.put} AFTER INSERT ON tasks ${unlessLeft("NEW")} BEGIN ${sums.plus(of("NEW"))} END;
    CREATE TRIGGER ${TRIGGERS.changed} AFTER UPDATE OF ${columns.join(", ")} ON tasks ${unlessLeft("NEW")}
      BEGIN ${minus} ${sums.plus(of("NEW"))} END;
    CREATE TRIGGER ${TRIGGERS.gone} AFTER DELETE ON tasks ${unlessLeft("OLD")} BEGIN ${minus} END;`;
  return new DerivedShadow(db, "totals", { triggers, fill: () => walk(db, sums) });
}

function walk(db: Database, sums: Sums): Filling {
  const part = "(SELECT * FROM tasks NOT INDEXED WHERE n > @behind AND n <= @upTo)";
  const count = db.prepare<unknown[]>(sums.plus(counted(part)));
  const pass = db.prepare<unknown[]>(`UPDATE ${PROGRESS} SET passed = ?`);
  const tasks = { table: "tasks", number: "n", last: `SELECT last FROM ${PROGRESS}`, size: SLICE_TASKS };
  return byNumber(db, tasks, (behind, upTo) => {
    count.run({ behind, upTo });
    pass.run(upTo);
  });
}

/** Each change is an INSERT into `stored_bytes`, see `stored_changes`. A BEFORE trigger sees it, whatever the damaged table holds. */
export function shadowOfStoredBytes(db: Database, heldMax = HELD_MAX): DerivedShadow {
  const sums = new Sums(db, "stored_bytes");
  const rows = keptRows(schemaOf(db));
  const triggers = `
    CREATE TRIGGER ${TRIGGERS.put} BEFORE INSERT ON stored_bytes
    BEGIN ${sums.plus("SELECT NEW.tenant, NEW.owner, NEW.bytes AS bytes")} END;
    CREATE TRIGGER ${TRIGGERS.left} AFTER DELETE ON stored_bytes
    BEGIN ${sums.dropNothing("SELECT OLD.tenant AS tenant, OLD.owner AS owner")} END;`;
  const all = `SELECT tenant, owner, -bytes FROM ${SHADOW}
    UNION ALL SELECT tenant, '', bytes FROM (${rows}) UNION ALL SELECT tenant, '=' || user, bytes FROM (${rows})`;
  return new DerivedShadow(db, "stored_bytes", { triggers, fill: () => ofOneMoment(db, sums, all, heldMax) });
}

type Stored = { tenant: string; owner: string; bytes: number };

/** One statement reads one snapshot from its first row on. */
function ofOneMoment(db: Database, sums: Sums, all: string, heldMax: number): Filling {
  const add = db.prepare<unknown[]>(sums.plus("SELECT @tenant, @owner, @bytes AS bytes"));
  const dropNothing = db.prepare<unknown[]>(sums.dropNothing("SELECT @tenant AS tenant, @owner AS owner"));
  const reader = openDatabase(db.name, { readonly: true });
  const rows = reader.prepare<unknown[], unknown[]>(all).raw().iterate();
  const held = new Map<string, Stored>();
  let [isRead, isWriting] = [false, false];
  const end = () => {
    rows.return?.();
    reader.close();
  };
  const read = () => {
    for (let looked = 0; looked < SLICE_ROWS && !isRead; looked++) {
      const { value, done } = rows.next();
      if (done) {
        isRead = true;
        end();
      } else hold(held, value);
    }
  };
  const write = () => {
    let written = 0;
    for (const [name, sum] of held) {
      add.run(sum);
      dropNothing.run({ tenant: sum.tenant, owner: sum.owner });
      held.delete(name);
      written += 1;
      if (written === SLICE_ROWS) break;
    }
  };
  const slice = () => {
    if (isWriting) write();
    else read();
    isWriting = held.size > 0 && (isWriting || isRead || held.size >= heldMax);
    return isRead && !isWriting ? 0 : SLICE_ROWS;
  };
  return { size: SLICE_ROWS, slice, end };
}

function hold(held: Map<string, Stored>, [tenant, owner, bytes]: unknown[]): void {
  const name = JSON.stringify([tenant, owner]);
  const known = held.get(name);
  if (known) known.bytes += sizeIn(bytes);
  else held.set(name, { tenant: textIn(tenant), owner: textIn(owner), bytes: sizeIn(bytes) });
}

/**
 * SQL that adds to the shadow of a table whose last column is a sum and whose other columns are its key. A row whose sum is 0 goes: it may name
 * a user who is erased.
 */
class Sums {
  readonly #key: string;
  readonly #sum: string;

  constructor(db: Database, table: string) {
    this.#key = keyOf(db, table).join(", ");
    this.#sum = columnsOfTable(db, table).at(-1) ?? "";
  }

  plus(rows: string): string {
    return this.#add(`SELECT * FROM (${rows})`);
  }

  minus(rows: string): string {
    return this.#add(`SELECT ${this.#key}, -${this.#sum} FROM (${rows})`);
  }

  dropNothing(rows: string): string {
    return `DELETE FROM ${SHADOW} WHERE ${this.#sum} = 0 AND (${this.#key}) IN (SELECT ${this.#key} FROM (${rows}));`;
  }

  #add(rows: string): string {
    return `INSERT INTO ${SHADOW} ${rows} WHERE true ON CONFLICT DO UPDATE SET ${this.#sum} = ${this.#sum} + excluded.${this.#sum};`;
  }
}
