/** Items of people's work, each looked at alone: one that lies on a damaged page keeps no other from being found and counted. */
import type { Database } from "better-sqlite3";
import { numberIn } from "../column.ts";
import { isCorrupt } from "../database.ts";
import { isUnreadable } from "../mending/indexes.ts";
import type { Where } from "../where.ts";
import { inTime } from "./work-ranges.ts";

/** The numbers of their tasks; `lost` are those of items that cannot be read, which fit or not. */
export type ReadableWork = { fitting: number[]; lost: number[] };

/** For statements that read those that fit and no other: one parameter, their numbers as JSON. */
export const READABLE = "json_each(?) r CROSS JOIN assignments a ON a.task = r.value";

/** What `read` finds; where it meets damage, what `oneByOne` finds: null where it is not of the items, and may be made anew. */
export function orOneByOne<Found>(read: () => Found, oneByOne: () => Found | null): Found {
  try {
    return read();
  } catch (error) {
    const found = isCorrupt(error) ? oneByOne() : null;
    if (found === null) throw error;
    return found;
  }
}

/** Of a tenant, those that fit `where`; null where each item can be read. They are numbered by an index. */
export function readableWork(db: Database, tenant: string, { sql, values }: Where): ReadableWork | null {
  const items = db.prepare<unknown[], unknown>(
    "SELECT task FROM assignments INDEXED BY assignments_by_tenant WHERE tenant = ?",
  );
  const item = db.prepare<unknown[]>("SELECT * FROM assignments WHERE task = ?");
  const fits = db.prepare<unknown[]>(`SELECT 1 FROM assignments a WHERE a.task = ? AND ${sql} AND ${inTime("a.task")}`);
  const found: ReadableWork = { fitting: [], lost: [] };
  for (const task of items.pluck().all(tenant).map(numberIn)) {
    if (isUnreadable(() => item.get(task))) found.lost.push(task);
    else if (fits.get(task, ...values) !== undefined) found.fitting.push(task);
  }
  return found.lost.length === 0 ? null : found;
}
