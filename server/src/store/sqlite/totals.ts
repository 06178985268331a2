/**
 * Writes the totals of tasks. They are kept in the transaction of every transition, so that a list knows its exact total,
 * and which stretches of time hold anything that it wants, without walking a million rows.
 */
import type { Database } from "better-sqlite3";
import { TotalsDelta } from "../codec/totals.ts";

export class Totals extends TotalsDelta {
  readonly #raise;
  readonly #lower;

  constructor(db: Database) {
    super();
    this.#raise = db.prepare<unknown[]>(
      `INSERT INTO totals (tenant, owner, span, bucket, kind, state, count) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET count = count + excluded.count`,
    );
    this.#lower = db.prepare<unknown[]>(
      "UPDATE totals SET count = count - ? WHERE tenant = ? AND owner = ? AND span = ? AND bucket = ? AND kind = ? AND state = ?",
    );
  }

  /** At the end of a transaction: what its moves add up to. */
  write(): void {
    for (const { total, by } of this.take()) {
      if (by > 0) this.#raise.run(...total, by);
      else if (this.#lower.run(-by, ...total).changes !== 1) throw new Error(`No total to lower: ${total}`);
    }
  }
}
