/**
 * The places of an erasure in its walks without an index: one slice is too short for all rows of others. A temporary table holds them,
 * so that a slice that does not commit takes its place back too; after a restart the walks begin again.
 */
import type { Database } from "better-sqlite3";
import { textIn } from "../column.ts";
import { lateRows, lateRun } from "../late-statements.ts";
import type { IsOver } from "../slices.ts";

export class ErasurePlaces {
  readonly #db: Database;
  readonly #find;
  readonly #set;
  readonly #forget;
  readonly #forgetLook;

  constructor(db: Database) {
    this.#db = db;
    this.#find = lateRows(db, "SELECT place FROM temp.erasure_places WHERE erasure = ? AND look = ?");
    this.#set = lateRun(db, "INSERT OR REPLACE INTO temp.erasure_places VALUES (?, ?, ?)");
    this.#forget = lateRun(db, "DELETE FROM temp.erasure_places WHERE erasure = ?");
    this.#forgetLook = lateRun(db, "DELETE FROM temp.erasure_places WHERE erasure = ? AND look = ?");
  }

  /** Called in each slice, as the first one may not have committed. */
  open(): void {
    this.#db.exec(
      "CREATE TEMP TABLE IF NOT EXISTS erasure_places (erasure TEXT, look TEXT, place TEXT, PRIMARY KEY (erasure, look))",
    );
  }

  forget(erasure: string): void {
    this.#forget.run(erasure);
  }

  /** Forgets a finished walk. */
  forgetLook(erasure: string, look: string): void {
    this.#forgetLook.run(erasure, look);
  }

  /** `slice` looks at the rows behind a place; it returns where they end, null behind the last, false when the time is over before. */
  goOver<Place>(
    { erasure, look, first, isOver }: { erasure: string; look: string; first: Place; isOver: IsOver },
    slice: (after: Place) => Place | null | false,
  ): boolean {
    const found = this.#find.get(erasure, look)?.[0];
    let after: Place | null = found === undefined ? first : JSON.parse(textIn(found));
    const begun = after;
    while (after !== null) {
      const next: Place | null | false = slice(after);
      if (next !== false) after = next;
      if (next === false || isOver()) break;
    }
    if (after !== begun) this.#set.run(erasure, look, JSON.stringify(after));
    return after === null;
  }
}
