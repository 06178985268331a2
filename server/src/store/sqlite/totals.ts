/**
 * How many tasks of each kind and state were created in each span of time: whole days and whole ten minutes, for a
 * tenant and for each of its users. Kept in the transaction of every transition, so that a list knows its exact total,
 * and which stretches of time hold anything that it wants, without walking a million rows.
 */
import type { Database } from "better-sqlite3";
import type { State } from "../../task/states.ts";
import type { Visible } from "../../task/visibility.ts";

export const DAY_MS = 86_400_000;
export const TEN_MINUTES_MS = 600_000;
const SPANS = [DAY_MS, TEN_MINUTES_MS] as const;

/** The key of a tenant's own totals, beside those of its users. */
const WHOLE_TENANT = "";
const ownerOfUser = (user: string) => `=${user}`;

export function ownerOf(visible: Visible): string {
  return visible.user === null ? WHOLE_TENANT : ownerOfUser(visible.user);
}

export function bucketOf(at: number, span: number): number {
  return at - (at % span);
}

/** What a task is counted under. */
export type Counted = { tenant: string; user: string; kind: string; createdAt: number };

type Key = Omit<Counted, "createdAt"> & { bucket: number; state: State };

/** Collects what the transitions of one transaction change, and writes the sums at its end. */
export class TotalsDelta {
  readonly #deltas = new Map<string, { key: Key; count: number }>();
  readonly #raise;
  readonly #lower;

  constructor(db: Database) {
    this.#raise = db.prepare<unknown[]>(
      `INSERT INTO totals (tenant, owner, span, bucket, kind, state, count) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET count = count + excluded.count`,
    );
    this.#lower = db.prepare<unknown[]>(
      "UPDATE totals SET count = count - ? WHERE tenant = ? AND owner = ? AND span = ? AND bucket = ? AND kind = ? AND state = ?",
    );
  }

  /** A task moves from one state to another; null is before its submit and after its deletion. */
  move(task: Counted, from: State | null, to: State | null): void {
    if (from === to) return;
    if (from !== null) this.#add(task, from, -1);
    if (to !== null) this.#add(task, to, 1);
  }

  write(): void {
    const rows = new Map<string, { row: [string, string, number, number, string, string]; count: number }>();
    for (const { key, count } of this.#deltas.values()) {
      if (count === 0) continue;
      for (const owner of [WHOLE_TENANT, ownerOfUser(key.user)]) {
        for (const span of SPANS) {
          const row: [string, string, number, number, string, string] = [
            key.tenant,
            owner,
            span,
            bucketOf(key.bucket, span),
            key.kind,
            key.state,
          ];
          const name = row.join("\n");
          const known = rows.get(name);
          if (known) known.count += count;
          else rows.set(name, { row, count });
        }
      }
    }
    this.clear();
    for (const { row, count } of rows.values()) {
      if (count > 0) this.#raise.run(...row, count);
      if (count < 0 && this.#lower.run(-count, ...row).changes !== 1) throw new Error(`No total to lower: ${row}`);
    }
  }

  clear(): void {
    this.#deltas.clear();
  }

  #add(task: Counted, state: State, count: number): void {
    const bucket = bucketOf(task.createdAt, TEN_MINUTES_MS);
    const name = `${task.tenant}\n${task.user}\n${task.kind}\n${bucket}\n${state}`;
    const known = this.#deltas.get(name);
    if (known) known.count += count;
    else {
      const { tenant, user, kind } = task;
      this.#deltas.set(name, { key: { tenant, user, kind, bucket, state }, count });
    }
  }
}
