/**
 * Makes a table anew while others write. One of the same columns and indexes is filled slice by slice and kept in step by triggers, and
 * takes the place of the damaged one in the schema. Until then whoever meets the damage waits.
 */
import type { Database } from "better-sqlite3";
import { numberIn, textIn } from "../column.ts";
import { type IsOver, inSlices } from "../slices.ts";
import { indexesOf } from "./indexes.ts";
import { onSchema, sqlOf, swapIn } from "./schema-edits.ts";
import { dropTriggers, type Rebuild, SHADOW } from "./shadow.ts";

/** A sum may be below nothing until all is added. */
const BOUND = /CHECK \(\w+ >= 0\)/;

/** What fills it; `slice` answers how many rows it has looked at, and is called until these are fewer than `size`. */
export type Filling = { size: number; slice: () => number; end: () => void };

export class DerivedShadow implements Rebuild {
  readonly #db: Database;
  readonly #table: string;
  readonly #indexes: { name: string; shadow: string }[] = [];
  readonly #filling: Filling;

  /** Outside a transaction, as is the rest. Of another one nothing is left: see `dropShadow`. `fill` begins once triggers hear of changes. */
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

  /** True once it is whole; it is to be called until then. Throws where rows cannot be read that it is made from, or there is no room. */
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

/** Part by part of the rows that a table has by their numbers, up to the last one, which `last` asks for. */
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
