/**
 * Tables that say what is still to be done in the background, which a damaged page of one would stop for everybody. Each is rebuilt of what can
 * be read of it, and of what shows by itself that it is to be done.
 */
import type { Database } from "better-sqlite3";
import { maybeNumberIn } from "../column.ts";
import { type IsOver, inSlices } from "../slices.ts";
import { shadowOfNumbered } from "./copied-shadow.ts";
import { onSchema, sqlOf, swapIn } from "./schema-edits.ts";
import { type Rebuild, SHADOW } from "./shadow.ts";

/** Of what a table says that it is removed: what is left of it, by its number. */
const REMOVED = {
  removed_cuts: {
    of: "cuts",
    left: [
      ["postings", "cut"],
      ["chunks", "cut"],
    ],
  },
  removed_embeddings: { of: "embeddings", left: [["vectors", "embedding"]] },
} as const;

export type RemovedTable = keyof typeof REMOVED;
export const REMOVED_TABLES: readonly RemovedTable[] = ["removed_cuts", "removed_embeddings"];

/**
 * Which documents are searched otherwise than before is asked of memory alone, and everybody reads all anew once the schema has changed: it is
 * rebuilt with nothing in it. Its numbers go on.
 */
export function rebuildChanges(db: Database): void {
  const table = "searchable_changes";
  onSchema(db, () => {
    db.exec(sqlOf(db, table).replace(table, SHADOW).replace(" AUTOINCREMENT", ""));
    swapIn(db, SHADOW, table);
  });
}

/** With those that it had, as far as they can be read, and then with all of which something is left. */
export class RemovedRebuild implements Rebuild {
  readonly #db: Database;
  readonly #rows: Rebuild;
  readonly #left;
  readonly #put;
  #areRowsThere = false;
  #at = 0;

  /** Outside a transaction, as is the rest. */
  constructor(db: Database, table: RemovedTable) {
    const { of, left } = REMOVED[table];
    this.#db = db;
    this.#rows = shadowOfNumbered(db, table, "n");
    this.#left = left.map(([table, column]) =>
      db.prepare<unknown[], unknown>(`SELECT min(${column}) FROM ${table} WHERE ${column} > ?`).pluck(),
    );
    this.#put = db.prepare<unknown[]>(
      `INSERT OR IGNORE INTO ${table} SELECT value FROM json_each(json_array(?)) WHERE value NOT IN (SELECT n FROM ${of})`,
    );
  }

  goOn(isOver: IsOver): boolean {
    if (this.#areRowsThere) return this.#db.transaction(() => inSlices(isOver, 1, () => this.#next())).immediate();
    this.#areRowsThere = this.#rows.goOn(isOver);
    return false;
  }

  end(): void {
    this.#rows.end();
  }

  /** Answers 0 behind the last. */
  #next(): 0 | 1 {
    const [left] = this.#left;
    if (left === undefined) return 0;
    const next = maybeNumberIn(left.get(this.#at) ?? null);
    this.#at = next ?? 0;
    if (next === null) this.#left.shift();
    else this.#put.run(next);
    return 1;
  }
}
