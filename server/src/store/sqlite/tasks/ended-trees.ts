/**
 * Tasks that may be removed: they ended long ago, and no task above or below them is open. A tree may be as wide as it is and stay for
 * years, so one call looks at a bounded number of rows, and the next goes on after them.
 */
import type { Database } from "better-sqlite3";
import { Damaged } from "../../damage.ts";
import { maybeNumberIn, maybeTextIn, numberIn, textIn } from "../column.ts";
import { isOfARow } from "../database.ts";
import { notAside } from "../doctor/set-aside.ts";
import { PassedOver } from "../passed-over.ts";

/** Rows that one call reads: about 10 ms. */
const ROWS_MAX = 2_500;
/** Candidates that one call considers. */
const CANDIDATES_MAX = 500;

type Place = { endedAt: number; n: number };
const START: Place = { endedAt: -1, n: 0 };

/** How far the descendants of a task have been looked at: the children of one up to a place, then those of all other `parents`. */
type Walk = { id: string; parent: string; after: { createdAt: number; n: number }; parents: string[] };
type Below = { is: "open" | "ended" | "unknown"; rows: number };
const NOTHING_BELOW: Below = { is: "ended", rows: 0 };
const FIRST_CHILD = { createdAt: -1, n: 0 };

const CANDIDATE = "n, id, parent, ended_at, EXISTS (SELECT 1 FROM tasks WHERE parent = t.id) FROM tasks t";
// The newest task stays, so that no number is given twice.
const IS_NEXT = "ended_at < ? AND (ended_at, n) > (?, ?) AND n < (SELECT max(n) FROM tasks)";
/** Stands for a row that cannot be read: whether it has ended is not known, so its tree stays. */
const UNREADABLE = [null, null];

export class EndedTrees {
  readonly #candidates;
  readonly #places;
  readonly #candidate;
  readonly #relative;
  readonly #children;
  readonly #passed = new PassedOver();
  /** After a statement for many rows has failed, each row is read alone. */
  #isOneDamaged = false;
  #after = START;
  #walk: Walk | null = null;

  constructor(db: Database) {
    this.#candidates = db
      .prepare<unknown[], unknown[]>(
        `SELECT ${CANDIDATE} WHERE ${IS_NEXT} AND ${notAside("t")} ORDER BY ended_at, n LIMIT ${CANDIDATES_MAX}`,
      )
      .raw();
    this.#places = db
      .prepare<unknown[], unknown>(
        `SELECT n FROM tasks INDEXED BY tasks_ended WHERE ${IS_NEXT} ORDER BY ended_at, n LIMIT ${CANDIDATES_MAX}`,
      )
      .pluck();
    this.#candidate = db.prepare<unknown[], unknown[]>(`SELECT ${CANDIDATE} WHERE n = ? AND ${notAside("t")}`).raw();
    this.#relative = db.prepare<unknown[], unknown[]>("SELECT parent, ended_at FROM tasks WHERE id = ?").raw();
    this.#children = db
      .prepare<unknown[], unknown[]>(
        `SELECT id, ended_at, created_at, n FROM tasks WHERE parent = ? AND (created_at, n) > (?, ?)
         ORDER BY created_at, n LIMIT ?`,
      )
      .raw();
  }

  /**
   * The numbers of the next of them, the longest ended first, at most `limit`. Begins anew once it has been through all. `goesOn` says that
   * it has looked at as much as one call does and is not through: there may be more, whatever it has found.
   *
   * Throws `Damaged` once for each row that cannot be read. The next call passes it over: it stays, with its tree.
   */
  next({ endedBefore, limit }: { endedBefore: number; limit: number }): { found: number[]; goesOn: boolean } {
    const found: number[] = [];
    const open = new Map<string, boolean>();
    let rows = 0;
    const { candidates, isThrough } = this.#nextCandidates(endedBefore);
    for (const row of candidates) {
      if (found.length === limit) return { found, goesOn: false };
      if (rows >= ROWS_MAX) return { found, goesOn: true };
      const [n, id, parent, endedAt, isParent] = row;
      rows += 1;
      if (!this.#isOpenAbove(maybeTextIn(parent), open)) {
        const below = isParent === 1 ? this.#lookBelow(textIn(id), ROWS_MAX - rows) : NOTHING_BELOW;
        rows += below.rows;
        if (below.is === "unknown") return { found, goesOn: true };
        if (below.is === "ended") found.push(numberIn(n));
      }
      this.#after = { endedAt: numberIn(endedAt), n: numberIn(n) };
    }
    if (isThrough) this.#after = START;
    return { found, goesOn: !isThrough && found.length < limit };
  }

  #nextCandidates(endedBefore: number): { candidates: unknown[][]; isThrough: boolean } {
    const next = [endedBefore, this.#after.endedAt, this.#after.n];
    if (!this.#isOneDamaged) {
      const candidates = this.#together(next);
      return { candidates, isThrough: candidates.length < CANDIDATES_MAX };
    }
    const places = this.#places.all(...next);
    const candidates = places.flatMap((n) => {
      const row = this.#passed.attempt(`task of row ${numberIn(n)}`, () => this.#candidate.get(n), undefined);
      return row ? [row] : [];
    });
    return { candidates, isThrough: places.length < CANDIDATES_MAX };
  }

  #together(next: readonly number[]): unknown[][] {
    try {
      return this.#candidates.all(...next);
    } catch (error) {
      if (!isOfARow(error)) throw error;
      this.#isOneDamaged = true;
      throw new Damaged("task that ended long ago", error);
    }
  }

  /** `known` are parents that were looked at before. */
  #isOpenAbove(parent: string | null, known: Map<string, boolean>): boolean {
    const path: string[] = [];
    let isOpen = false;
    for (let at = parent; at !== null; ) {
      const before = known.get(at);
      const row = before === undefined ? this.#relativeOf(at) : undefined;
      if (before !== undefined) isOpen = before;
      if (!row) break;
      path.push(at);
      isOpen = maybeNumberIn(row[1]) === null;
      at = isOpen ? null : maybeTextIn(row[0]);
    }
    for (const each of path) known.set(each, isOpen);
    return isOpen;
  }

  #relativeOf(id: string): unknown[] | undefined {
    return this.#passed.attempt(`task ${id}`, () => this.#relative.get(id), UNREADABLE);
  }

  /** Null where one of them cannot be read. */
  #childrenOf({ parent, after }: Walk, most: number): unknown[][] | null {
    const read = () => this.#children.all(parent, after.createdAt, after.n, most);
    return this.#passed.attempt(`children of task ${parent}`, read, null);
  }

  /** Looks at about `limit` of its descendants, on from where the last call stopped: those had ended, and stay so. */
  #lookBelow(id: string, limit: number): Below {
    const walk = this.#walk?.id === id ? this.#walk : { id, parent: id, after: FIRST_CHILD, parents: [] };
    this.#walk = null;
    for (let rows = 0; ; ) {
      const most = limit - rows;
      if (most <= 0) {
        this.#walk = walk;
        return { is: "unknown", rows };
      }
      const children = this.#childrenOf(walk, most);
      if (children === null) return { is: "open", rows: rows + 1 };
      rows += 1 + children.length;
      for (const [child, endedAt, createdAt, n] of children) {
        if (endedAt === null) return { is: "open", rows };
        walk.parents.push(textIn(child));
        walk.after = { createdAt: numberIn(createdAt), n: numberIn(n) };
      }
      if (children.length === most) continue;
      const parent = walk.parents.pop();
      if (parent === undefined) return { is: "ended", rows };
      walk.parent = parent;
      walk.after = FIRST_CHILD;
    }
  }
}
