/**
 * Writes the totals of tasks. They are kept in the transaction of every transition, so that a list knows its exact total,
 * and which stretches of time hold anything that it wants, without walking a million rows.
 */
import type { Database } from "better-sqlite3";
import { type Counted, type Place, placesOf, type Total, TotalsDelta } from "../../codec/totals.ts";
import { isCorrupt, isOfARow } from "../database.ts";
import { lateRun } from "../late-statements.ts";

export class Totals extends TotalsDelta {
  readonly #raise;
  readonly #lower;
  readonly #countAnew;
  readonly #dropEmpty;
  /** Where tasks were counted that are gone, each once. */
  readonly #left = new Map<string, Place>();

  constructor(db: Database) {
    super();
    this.#raise = db.prepare<unknown[]>(
      `INSERT INTO totals (tenant, owner, span, bucket, kind, state, count) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET count = count + excluded.count`,
    );
    this.#lower = db.prepare<unknown[]>(
      "UPDATE totals SET count = count - ? WHERE tenant = ? AND owner = ? AND span = ? AND bucket = ? AND kind = ? AND state = ?",
    );
    // Out of its index alone, which holds all that is asked: a damaged row is counted too.
    this.#countAnew = lateRun(
      db,
      `INSERT OR REPLACE INTO totals (tenant, owner, span, bucket, kind, state, count)
       SELECT @tenant, @owner, @span, @bucket, @kind, @state, count(*) FROM tasks INDEXED BY tasks_by_time
       WHERE tenant = @tenant AND created_at >= @bucket AND created_at < @bucket + @span AND kind = @kind AND state = @state
         AND (@owner = '' OR user = substr(@owner, 2)) AND deleted_at IS NULL`,
    );
    this.#dropEmpty = db.prepare<unknown[]>(
      "DELETE FROM totals WHERE tenant = ? AND owner = ? AND span = ? AND bucket = ? AND count = 0",
    );
  }

  /** A task is gone for good: totals of its time that count nobody any more go too. A look at all of them takes longer than its removal. */
  left(task: Omit<Counted, "kind">): void {
    for (const place of placesOf(task)) this.#left.set(place.join("\n"), place);
  }

  /** At the end of a transaction: what its moves add up to. A total that cannot be so is counted anew: it keeps no task from its change. */
  write(): void {
    for (const { total, by } of this.take()) {
      if (this.#isMoved(total, by)) continue;
      const [tenant, owner, span, bucket, kind, state] = total;
      this.#countAnew.run({ tenant, owner, span, bucket, kind, state });
    }
    for (const place of this.#left.values()) this.#dropEmpty.run(...place);
    this.#left.clear();
  }

  /** False where it is not there to be lowered, would fall below 0, or is no number. */
  #isMoved(total: Total, by: number): boolean {
    try {
      return by > 0 ? this.#raise.run(...total, by).changes === 1 : this.#lower.run(-by, ...total).changes === 1;
    } catch (error) {
      if (!isOfARow(error) || isCorrupt(error)) throw error;
      return false;
    }
  }

  override clear(): void {
    super.clear();
    this.#left.clear();
  }
}
