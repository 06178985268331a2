/**
 * Writes the totals of tasks. They are kept in the transaction of every transition, so that a list knows its exact total,
 * and which stretches of time hold anything that it wants, without walking a million rows.
 */
import type { Database } from "better-sqlite3";
import { type Counted, type Place, placesOf, TotalsDelta } from "../../codec/totals.ts";

export class Totals extends TotalsDelta {
  readonly #raise;
  readonly #lower;
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
    this.#dropEmpty = db.prepare<unknown[]>(
      "DELETE FROM totals WHERE tenant = ? AND owner = ? AND span = ? AND bucket = ? AND count = 0",
    );
  }

  /** A task is gone for good: totals of its time that count nobody any more go too. A look at all of them takes longer than its removal. */
  left(task: Omit<Counted, "kind">): void {
    for (const place of placesOf(task)) this.#left.set(place.join("\n"), place);
  }

  /** At the end of a transaction: what its moves add up to. */
  write(): void {
    for (const { total, by } of this.take()) {
      if (by > 0) this.#raise.run(...total, by);
      else if (this.#lower.run(-by, ...total).changes !== 1) throw new Error(`No total to lower: ${total}`);
    }
    for (const place of this.#left.values()) this.#dropEmpty.run(...place);
    this.#left.clear();
  }

  override clear(): void {
    super.clear();
    this.#left.clear();
  }
}
