/** Items of people's work, each looked at alone: one that lies on a damaged page keeps no other from being found and counted. */
import type { Database } from "better-sqlite3";
import { numberIn } from "../column.ts";
import { isCorrupt } from "../database.ts";
import type { Where } from "../where.ts";
import { inTime } from "./work-ranges.ts";

/** The numbers of their tasks; `lost` are those of items that cannot be read, which fit or not. */
export type ReadableWork = { fitting: number[]; lost: number[] };

/** For statements that read those that fit and no other: one parameter, their numbers as JSON. */
export const READABLE = "json_each(?) r CROSS JOIN assignments a ON a.task = r.value";

/** What `read` finds; where it meets a damaged page, what `oneByOne` finds. */
export function orOneByOne<Found>(read: () => Found, oneByOne: () => Found): Found {
  try {
    return read();
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    return oneByOne();
  }
}

/** Of a tenant, those that fit `where`. They are numbered by an index, which is made anew where a page of it is damaged. */
export function readableWork(db: Database, tenant: string, { sql, values }: Where): ReadableWork {
  const items = db.prepare<unknown[], unknown>(
    "SELECT task FROM assignments INDEXED BY assignments_by_tenant WHERE tenant = ?",
  );
  const one = db.prepare<unknown[]>(`SELECT 1 FROM assignments a WHERE a.task = ? AND ${sql} AND ${inTime("a.task")}`);
  const found: ReadableWork = { fitting: [], lost: [] };
  for (const task of items.pluck().all(tenant).map(numberIn))
    orOneByOne(
      () => {
        if (one.get(task, ...values) !== undefined) found.fitting.push(task);
      },
      () => void found.lost.push(task),
    );
  return found;
}
