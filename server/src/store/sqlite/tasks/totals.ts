/**
 * Writes the totals of tasks, in the transaction of every transition. By them a list knows its exact total, and which times hold matches,
 * without a scan of a million rows.
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
  /** Where the removed tasks were counted. */
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
    // A covering index: it reads no row, so that a damaged row counts too.
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

  /** A task was removed: totals of its time that are 0 are dropped. To look for all that are 0 would take longer than the removal. */
  left(task: Omit<Counted, "kind">): void {
    for (const place of placesOf(task)) this.#left.set(place.join("\n"), place);
  }

  /** Called at the end of a transaction. A total that cannot be right is counted again, so that it does not refuse the change of a task. */
  write(): void {
    for (const { total, by } of this.take()) {
      if (this.#isMoved(total, by)) continue;
      const [tenant, owner, span, bucket, kind, state] = total;
      this.#countAnew.run({ tenant, owner, span, bucket, kind, state });
    }
    for (const place of this.#left.values()) this.#dropEmpty.run(...place);
    this.#left.clear();
  }

  /** False where the total is missing, would fall below 0, or is no number. */
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
