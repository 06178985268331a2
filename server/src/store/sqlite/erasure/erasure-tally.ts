/** What an erasure has removed so far: added up in a slice, and written into its record in the same commit. */
import type { Database } from "better-sqlite3";
import { ERASED, type Erasure } from "../../../task/erasure.ts";
import { numberIn, textIn } from "../column.ts";
import { lateRows, lateRun } from "../late-statements.ts";

/** The part of an erasure that a slice needs. */
export type Erasing = Pick<Erasure, "id" | "tenant" | "subject" | "requestedAt">;

export class ErasureTally {
  readonly #find;
  readonly #count;
  readonly #setSince;

  constructor(db: Database) {
    this.#find = lateRows(
      db,
      `SELECT tenant, requested_at, record ->> '$.subject.type', record ->> '$.subject.id' FROM erasures
       WHERE id = ? AND state = 'running'`,
    );
    this.#count = lateRun(
      db,
      "UPDATE erasures SET record = json_set(record, @path, coalesce(record ->> @path, 0) + @more) WHERE id = @id",
    );
    this.#setSince = lateRun(
      db,
      "UPDATE erasures SET record = json_set(record, '$.since', min(@since, coalesce(record ->> '$.since', @since))) WHERE id = @id",
    );
  }

  /** Null when it has ended, or never began. */
  find(id: string): Erasing | null {
    const [tenant, requestedAt, erased, of] = this.#find.get(id) ?? [];
    const type = ERASED.find((known) => known === erased);
    if (type === undefined) return null;
    return { id, tenant: textIn(tenant), requestedAt: numberIn(requestedAt), subject: { type, id: textIn(of) } };
  }

  /** `since`: the time of the oldest counted thing. */
  add({ id }: Erasing, counts: ReadonlyMap<string, number>, since: number | null): void {
    for (const [kind, more] of counts)
      if (more > 0) this.#count.run({ id, more, path: `$.removed.${JSON.stringify(kind)}` });
    if (since !== null) this.#setSince.run({ id, since });
  }
}
