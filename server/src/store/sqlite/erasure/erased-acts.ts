/**
 * Tasks of others that a user has steered without taking part: the audit log knows them. Effects of such an act in tasks below say the
 * same name, and so do its answers in tasks above.
 */
import type { Database } from "better-sqlite3";
import { maybeNumberIn, numberIn, textIn } from "../column.ts";
import { lateRows } from "../late-statements.ts";
import type { IsOver } from "../slices.ts";
import type { ErasurePlaces } from "./erasure-places.ts";
import type { Erasing } from "./erasure-tally.ts";

/** Entries of the audit log that one look goes over. */
const LOOKED_AT = 2_000;
/** Before the tree below a task. */
const ABOVE = -1;

export class ErasedActs {
  readonly #places: ErasurePlaces;
  readonly #next;
  readonly #firstAct;
  readonly #above;
  readonly #find;
  readonly #isNamed;
  readonly #firstChild;
  readonly #nextSiblings;
  readonly #place;

  constructor(db: Database, places: ErasurePlaces) {
    this.#places = places;
    this.#next = lateRows(db, "SELECT min(n) FROM audit WHERE n > ?");
    // A task is looked at once, however many acts there were.
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
    this.#find = lateRows(db, "SELECT n FROM tasks WHERE id = ? AND tenant = ?");
    this.#isNamed = lateRows(
      db,
      `SELECT 1 FROM tasks t WHERE t.n = ? AND t.ended_at IS NOT NULL
         AND (CASE WHEN json_valid(t.record) THEN t.record ->> '$.cancelledBy.by' END = ?
           OR EXISTS (SELECT 1 FROM inbox i WHERE i.task = t.n AND i.by = ?))`,
    );
    this.#firstChild = lateRows(
      db,
      `SELECT c.n FROM tasks t JOIN tasks c ON c.parent = t.id WHERE t.n = ? ORDER BY c.created_at, c.n LIMIT 1`,
    );
    // Two statements: the index continues by number among equal times too, as of children that came together.
    this.#nextSiblings = ["created_at = ? AND n > ?", "created_at > ? AND ? IS NOT NULL"].map((behind) =>
      lateRows(db, `SELECT n FROM tasks WHERE parent = ? AND ${behind} ORDER BY created_at, n LIMIT 1`),
    );
    this.#place = lateRows(
      db,
      "SELECT t.parent, t.created_at, p.n FROM tasks t LEFT JOIN tasks p ON p.id = t.parent WHERE t.n = ?",
    );
  }

  /** `rename` replaces the name in one ended task; false when the time is over before it is done. */
  goOver(of: Erasing, isOver: IsOver, rename: (task: number) => boolean): boolean {
    const user = of.subject.id;
    const first = this.#before(0);
    if (first === null) return true;
    return this.#places.goOver({ erasure: of.id, look: "acts", first, isOver }, (after) => {
      const upTo = after + LOOKED_AT;
      const [n, task] = this.#firstAct.get(after, upTo, of.tenant, user) ?? [];
      if (n === undefined) return this.#before(upTo);
      return this.#isRenamed(textIn(task), of, isOver, rename) && numberIn(n);
    });
  }

  /** The number before the next entry behind this one: if the end of the log was lost, many numbers have none. */
  #before(after: number): number | null {
    const next = maybeNumberIn(this.#next.get(after)?.[0] ?? null);
    return next === null ? null : next - 1;
  }

  /** A tree may be large: false when the time is over before all of it was looked at. */
  #isRenamed(task: string, of: Erasing, isOver: IsOver, rename: (task: number) => boolean): boolean {
    const user = of.subject.id;
    const root = this.#find.get(task, of.tenant)?.[0];
    if (root === undefined) return true;
    const look = `tasks of ${task}`;
    const isDone = this.#places.goOver({ erasure: of.id, look, first: ABOVE, isOver }, (at) => {
      if (at === ABOVE) {
        const above = this.#above.all(task, of.tenant);
        return above.every(([n]) => rename(numberIn(n))) && numberIn(root);
      }
      if (this.#isNamed.get(at, user, user) && !rename(at)) return false;
      return this.#behind(at, numberIn(root));
    });
    if (isDone) this.#places.forgetLook(of.id, look);
    return isDone;
  }

  /** The next task: each before those below it. Null behind the last. */
  #behind(task: number, root: number): number | null {
    const child = this.#firstChild.get(task)?.[0];
    if (child !== undefined) return numberIn(child);
    for (let at = task; at !== root; ) {
      const [parent, createdAt, above] = this.#place.get(at) ?? [];
      // It, or a task above it, was removed meanwhile.
      if (above === undefined || above === null) return root;
      for (const siblings of this.#nextSiblings) {
        const next = siblings.get(parent, createdAt, at)?.[0];
        if (next !== undefined) return numberIn(next);
      }
      at = numberIn(above);
    }
    return null;
  }
}
