/**
 * What may be removed: tasks that ended long ago, of whose tree no task above or below them is open. A tree may be as wide
 * as it is and stay for years, so one call looks at a bounded number of rows, and the next goes on after them.
 */
import type { Database } from "better-sqlite3";
import { maybeNumberIn, maybeTextIn, numberIn, textIn } from "./column.ts";
import { notAside } from "./set-aside.ts";

/** Rows that one call looks at: about 20 ms. A tree is looked at as a whole, whatever is left of them. */
const ROWS_MAX = 5_000;

type Place = { endedAt: number; n: number };
const START: Place = { endedAt: -1, n: 0 };

export class EndedTrees {
  readonly #candidates;
  readonly #relative;
  readonly #children;
  #after = START;

  constructor(db: Database) {
    // The newest task stays, so that no number is given twice.
    this.#candidates = db
      .prepare<unknown[], unknown[]>(
        `SELECT n, tenant, user, kind, created_at, state, deleted_at, id, parent, ended_at FROM tasks t
         WHERE ended_at < ? AND (ended_at, n) > (?, ?) AND n < (SELECT max(n) FROM tasks) AND ${notAside("t")}
         ORDER BY ended_at, n LIMIT ${ROWS_MAX}`,
      )
      .raw();
    this.#relative = db.prepare<unknown[], unknown[]>("SELECT parent, ended_at FROM tasks WHERE id = ?").raw();
    this.#children = db.prepare<unknown[], unknown[]>("SELECT id, ended_at FROM tasks WHERE parent = ?").raw();
  }

  /**
   * The next of them, the longest ended first, at most `limit`. Begins anew once it has been through all. `goesOn` says that
   * it has looked at as much as one call does and is not through: there may be more, whatever it has found.
   */
  next({ endedBefore, limit }: { endedBefore: number; limit: number }): { found: unknown[][]; goesOn: boolean } {
    const found: unknown[][] = [];
    const open = new Map<string, boolean>();
    let rows = 0;
    const candidates = this.#candidates.all(endedBefore, this.#after.endedAt, this.#after.n);
    for (const row of candidates) {
      if (found.length === limit) return { found, goesOn: false };
      if (rows >= ROWS_MAX) return { found, goesOn: true };
      const [n, , , , , , , id, parent, endedAt] = row;
      this.#after = { endedAt: numberIn(endedAt), n: numberIn(n) };
      rows += 1;
      if (this.#isOpenAbove(maybeTextIn(parent), open)) continue;
      const below = this.#lookBelow(textIn(id));
      rows += below.rows;
      if (!below.isOpen) found.push(row);
    }
    const isThrough = candidates.length < ROWS_MAX;
    if (isThrough) this.#after = START;
    return { found, goesOn: !isThrough && found.length < limit };
  }

  /** `known` are parents that were looked at before. */
  #isOpenAbove(parent: string | null, known: Map<string, boolean>): boolean {
    const path: string[] = [];
    let isOpen = false;
    for (let at = parent; at !== null; ) {
      const before = known.get(at);
      const row = before === undefined ? this.#relative.get(at) : undefined;
      if (before !== undefined) isOpen = before;
      if (!row) break;
      path.push(at);
      isOpen = maybeNumberIn(row[1]) === null;
      at = isOpen ? null : maybeTextIn(row[0]);
    }
    for (const each of path) known.set(each, isOpen);
    return isOpen;
  }

  #lookBelow(id: string): { isOpen: boolean; rows: number } {
    let rows = 0;
    for (let generation = [id]; generation.length > 0; ) {
      const next: string[] = [];
      for (const parent of generation) {
        for (const [child, endedAt] of this.#children.iterate(parent)) {
          rows += 1;
          if (endedAt === null) return { isOpen: true, rows };
          next.push(textIn(child));
        }
      }
      generation = next;
    }
    return { isOpen: false, rows };
  }
}
