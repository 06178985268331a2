/**
 * Rebuilds a table from the rows of other tables, while others write. Its shadow has the same columns and indexes. Until it has taken the
 * place of the damaged table, calls that met the damage wait.
 */
import type { Database } from "better-sqlite3";
import { numberIn, textIn } from "../column.ts";
import { type IsOver, inSlices } from "../slices.ts";
import { indexesOf } from "./indexes.ts";
import { onSchema, sqlOf, swapIn } from "./schema-edits.ts";
import { dropTriggers, type Rebuild, SHADOW } from "./shadow.ts";

/** A sum may be negative until everything is added. */
const BOUND = /CHECK \(\w+ >= 0\)/;

/** Fills the shadow: `slice` returns how many rows it has read, and is called until these are fewer than `size`. */
export type Filling = { size: number; slice: () => number; end: () => void };

export class DerivedShadow implements Rebuild {
  readonly #db: Database;
  readonly #table: string;
  readonly #indexes: { name: string; shadow: string }[] = [];
  readonly #filling: Filling;

  /** Outside a transaction, after `dropShadow`. `fill` is called once the triggers are there. */
  constructor(db: Database, table: string, { triggers, fill }: { triggers: string; fill: () => Filling }) {
    this.#db = db;
    this.#table = table;
    const begin = () => {
      db.exec(
        sqlOf(db, table)
          .replace(/^CREATE TABLE \S+/, `CREATE TABLE ${SHADOW}`)
          .replace(BOUND, ""),
      );
      for (const { name, sql } of indexesOf(db).filter((index) => index.table === table)) {
        if (sql === null) continue;
        const shadow = `${SHADOW}_${name}`;
        db.exec(sql.replace(/ (INDEX) \S+ ON \S+/, ` $1 ${shadow} ON ${SHADOW}`));
        this.#indexes.push({ name, shadow });
      }
      db.exec(triggers);
    };
    db.transaction(begin).immediate();
    this.#filling = fill();
  }

  goOn(isOver: IsOver): boolean {
    const { size, slice } = this.#filling;
    const isFilled = this.#db.transaction(() => inSlices(isOver, size, slice)).immediate();
    if (!isFilled) return false;
    this.end();
    onSchema(this.#db, () => {
      dropTriggers(this.#db);
      for (const { name, shadow } of this.#indexes) swapIn(this.#db, shadow, name);
      swapIn(this.#db, SHADOW, this.#table);
    });
    return true;
  }

  end(): void {
    this.#filling.end();
  }
}

export function keyOf(db: Database, table: string): string[] {
  const key = db.prepare<unknown[], unknown>("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk");
  return key.pluck().all(table).map(textIn);
}

export function columnsOfTable(db: Database, table: string): string[] {
  const columns = db.prepare<unknown[], unknown>("SELECT name FROM pragma_table_info(?) ORDER BY cid");
  return columns.pluck().all(table).map(textIn);
}

/** Fills by ranges of the numbers of a table's rows, up to the number that the statement `last` selects. */
export function byNumber(
  db: Database,
  { table, number, last, size }: { table: string; number: string; last: string; size: number },
  fill: (behind: number, upTo: number) => void,
): Filling {
  const next = db
    .prepare<unknown[], unknown>(
      `SELECT ${number} FROM ${table} WHERE ${number} > ? AND ${number} <= ? ORDER BY ${number} LIMIT 1 OFFSET ${size - 1}`,
    )
    .pluck();
  const end = numberIn(db.prepare<unknown[], unknown>(last).pluck().get());
  let behind = -1;
  const slice = () => {
    const found = next.get(behind, end);
    const upTo = found === undefined ? end : numberIn(found);
    fill(behind, upTo);
    behind = upTo;
    return found === undefined ? 0 : size;
  };
  return { size, slice, end: () => {} };
}
