/**
 * What is counted: totals of tasks, and stored bytes. A sum is made anew of all rows as they are at one moment, in which another
 * connection reads them, and of what changes from the beginning on, which triggers add. What they had added by that moment is in
 * those rows too, and is taken off.
 */
import type { Database } from "better-sqlite3";
import { sizeIn } from "../column.ts";
import { openDatabase, schemaOf } from "../database.ts";
import { counted, keptBytes, keptRows, TOTALS } from "../doctor/check.ts";
import { SLICE_ROWS } from "../slices.ts";
import { columnsOfTable, type Filling, keyOf, TableTwin } from "./table-twin.ts";
import { TRIGGERS, TWIN } from "./twin.ts";

/** What the counting tables hold, of all that is counted. */
export const FILL_TOTALS = `INSERT INTO totals (tenant, owner, span, bucket, kind, state, count) ${TOTALS}`;
/** By the schema of the database, whatever this one is. */
export function fillStoredBytes(db: Database): string {
  return `INSERT INTO stored_bytes (tenant, owner, bytes) WITH kept AS (${keptBytes(schemaOf(db))})
  SELECT tenant, '', sum(bytes) FROM kept GROUP BY tenant UNION ALL SELECT tenant, '=' || user, bytes FROM kept`;
}

export function totalsTwin(db: Database): TableTwin {
  const columns = ["tenant", "user", "kind", "state", "created_at", "deleted_at"];
  const of = (row: "OLD" | "NEW") =>
    counted(`(SELECT ${columns.map((name) => `${row}.${name} AS ${name}`).join(", ")})`);
  const sums = new Sums(db, "totals");
  const triggers = `
    CREATE TRIGGER ${TRIGGERS.put} AFTER INSERT ON tasks BEGIN ${sums.plus(of("NEW"))} END;
    CREATE TRIGGER ${TRIGGERS.changed} AFTER UPDATE OF ${columns.join(", ")} ON tasks
      BEGIN ${sums.minus(of("OLD"))} ${sums.plus(of("NEW"))} END;
    CREATE TRIGGER ${TRIGGERS.gone} AFTER DELETE ON tasks BEGIN ${sums.minus(of("OLD"))} END;`;
  return sums.twin(triggers, counted("tasks"));
}

/** What is inserted there is what changes, see `stored_changes`: a trigger before it hears of that, whatever the damaged table holds. */
export function storedBytesTwin(db: Database): TableTwin {
  const sums = new Sums(db, "stored_bytes");
  const triggers = `CREATE TRIGGER ${TRIGGERS.put} BEFORE INSERT ON stored_bytes
    BEGIN ${sums.plus("SELECT NEW.tenant, NEW.owner, NEW.bytes AS bytes")} END;`;
  const rows = keptRows(schemaOf(db));
  return sums.twin(
    triggers,
    `SELECT tenant, '', bytes FROM (${rows}) UNION ALL SELECT tenant, '=' || user, bytes FROM (${rows})`,
  );
}

/** Of a table whose last column is a sum and whose others are its key. Of what has come to nothing there is no row: it may name somebody who is erased. */
class Sums {
  readonly #db: Database;
  readonly #table: string;
  readonly #key: string;
  readonly #sum: string;

  constructor(db: Database, table: string) {
    this.#db = db;
    this.#table = table;
    this.#key = keyOf(db, table).join(", ");
    this.#sum = columnsOfTable(db, table).at(-1) ?? "";
  }

  plus(rows: string): string {
    return this.#add(`SELECT * FROM (${rows})`);
  }

  minus(rows: string): string {
    return this.#add(`SELECT ${this.#key}, -${this.#sum} FROM (${rows})`);
  }

  twin(triggers: string, rows: string): TableTwin {
    const old = this.#key.replaceAll(/\w+/g, "OLD.$&");
    const left = `CREATE TRIGGER ${TRIGGERS.left} AFTER DELETE ON ${this.#table} BEGIN ${this.#dropNothing(old)}; END;`;
    const all = `SELECT ${this.#key}, -${this.#sum} FROM ${TWIN} UNION ALL ${rows}`;
    return new TableTwin(this.#db, this.#table, { triggers: triggers + left, fill: () => this.#fill(all) });
  }

  #add(rows: string): string {
    return `INSERT INTO ${TWIN} ${rows} WHERE true ON CONFLICT DO UPDATE SET ${this.#sum} = ${this.#sum} + excluded.${this.#sum};`;
  }

  #dropNothing(key: string): string {
    return `DELETE FROM ${TWIN} WHERE (${this.#key}) = (${key}) AND ${this.#sum} = 0`;
  }

  /** One statement sees one moment from its first row on. */
  #fill(all: string): Filling {
    const places = this.#key.replaceAll(/\w+/g, "?");
    const add = this.#db
      .prepare<unknown[], unknown>(`${this.#add(`SELECT ${places}, ?`).replace(/;$/, "")} RETURNING ${this.#sum}`)
      .pluck();
    const dropNothing = this.#db.prepare<unknown[]>(this.#dropNothing(places));
    const reader = openDatabase(this.#db.name, { readonly: true });
    const rows = reader.prepare<unknown[], unknown[]>(all).raw().iterate();
    const slice = () => {
      const sums = new Map<string, { key: unknown[]; sum: number }>();
      let looked = 0;
      for (; looked < SLICE_ROWS; looked++) {
        const { value, done } = rows.next();
        if (done) break;
        const sum = sizeIn(value.pop());
        const name = JSON.stringify(value);
        const known = sums.get(name);
        if (known) known.sum += sum;
        else sums.set(name, { key: value, sum });
      }
      for (const { key, sum } of sums.values()) if (add.get(...key, sum) === 0) dropNothing.run(...key);
      return looked;
    };
    const end = () => {
      rows.return?.();
      reader.close();
    };
    return { size: SLICE_ROWS, slice, end };
  }
}
