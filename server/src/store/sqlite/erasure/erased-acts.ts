/**
 * Where a user who took no part has steered the work of others: the audit log knows the tasks. What such an act has ended below
 * a task says the same name, and so does what it has answered above it.
 */
import type { Database } from "better-sqlite3";
import { numberIn, textIn } from "../column.ts";
import { lateRows } from "../late-statements.ts";
import type { ErasurePlaces } from "./erasure-places.ts";
import type { Erasing } from "./erasure-tally.ts";

/** Numbers of the audit log that one look goes over. */
const LOOKED_AT = 2_000;
const TASKS_AT_ONCE = 50;

export class ErasedActs {
  readonly #places: ErasurePlaces;
  readonly #ends;
  readonly #firstAct;
  readonly #above;
  readonly #below;

  constructor(db: Database, places: ErasurePlaces) {
    this.#places = places;
    this.#ends = lateRows(db, "SELECT min(n), max(n) FROM audit");
    // One task is looked at once, whatever was done to it.
    this.#firstAct = lateRows(
      db,
      `SELECT a.n, a.task FROM audit a WHERE a.n > ? AND a.n <= ? AND a.tenant = ? AND a.user = ?
         AND a.task IS NOT NULL AND a.act <> 'submit' AND NOT EXISTS (
           SELECT 1 FROM audit b WHERE b.task = a.task AND b.act <> 'submit' AND b.user = a.user AND b.n < a.n)
       ORDER BY a.n LIMIT 1`,
    );
    this.#above = lateRows(
      db,
      `WITH RECURSIVE above (n, id, parent, ended) AS (
         SELECT n, id, parent, ended_at FROM tasks WHERE id = ? AND tenant = ?
         UNION SELECT t.n, t.id, t.parent, t.ended_at FROM above JOIN tasks t ON t.id = above.parent)
       SELECT n FROM above WHERE ended IS NOT NULL`,
    );
    this.#below = lateRows(
      db,
      `WITH RECURSIVE below (n, id) AS (
         SELECT n, id FROM tasks WHERE id = ? AND tenant = ?
         UNION SELECT t.n, t.id FROM below JOIN tasks t ON t.parent = below.id)
       SELECT t.n FROM below JOIN tasks t ON t.n = below.n
       WHERE t.ended_at IS NOT NULL AND (CASE WHEN json_valid(t.record) THEN t.record ->> '$.cancelledBy.by' END = ?
         OR EXISTS (SELECT 1 FROM inbox i WHERE i.task = t.n AND i.by = ?)) LIMIT ${TASKS_AT_ONCE}`,
    );
  }

  /** `rename` takes the name out of one ended task; false when the time is over before it has. */
  goOver(of: Erasing, until: number, rename: (task: number) => boolean): boolean {
    const user = of.subject.id;
    const [oldest, newest] = this.#ends.get() ?? [];
    if (oldest === null || oldest === undefined) return true;
    return this.#places.goOver({ erasure: of.id, look: "acts", first: numberIn(oldest) - 1, until }, (after) => {
      const upTo = after + LOOKED_AT;
      const [n, task] = this.#firstAct.get(after, upTo, of.tenant, user) ?? [];
      if (n === undefined) return upTo < numberIn(newest) ? upTo : null;
      return this.#isRenamed(textIn(task), of, until, rename) && numberIn(n);
    });
  }

  #isRenamed(task: string, { tenant, subject }: Erasing, until: number, rename: (task: number) => boolean): boolean {
    for (const [n] of this.#above.all(task, tenant)) if (!rename(numberIn(n))) return false;
    for (;;) {
      const some = this.#below.all(task, tenant, subject.id, subject.id);
      for (const [n] of some) if (performance.now() >= until || !rename(numberIn(n))) return false;
      if (some.length < TASKS_AT_ONCE) return true;
    }
  }
}
