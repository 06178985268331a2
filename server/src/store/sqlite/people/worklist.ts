/**
 * Worklists: the items of people's work that fit, in any order, with their exact number. Where few items fit one of the
 * conditions, its index has them, see `work-conditions.ts`; else those of somebody come out of the index of who takes part, see
 * `work-ranges.ts`, and of everybody's, and of those that somebody has submitted, each is looked at.
 */
import type { Database } from "better-sqlite3";
import type { WorkFilter, WorkOrder } from "../../human-store.ts";
import { ANSWER_BYTES_MAX, bytesOfText } from "../bounds.ts";
import { numberIn } from "../column.ts";
import { isTenantAside } from "../doctor/set-aside.ts";
import { OF_PEOPLE } from "../migrations/029-compared-values.ts";
import { queries } from "../queries.ts";
import { listedRow } from "../tasks/listed-row.ts";
import { taskRows } from "../tasks/task-rows.ts";
import { allOf, type Where } from "../where.ts";
import { orOneByOne, READABLE, readableWork } from "./readable-work.ts";
import { fewest, restOf } from "./work-conditions.ts";
import { orderOf } from "./work-order.ts";
import { inTime, OPEN_STATES, WorkRanges } from "./work-ranges.ts";

type Listed = { filter: WorkFilter; limit: number; offset: number; order: readonly WorkOrder[] };

/** `lost` are of items that cannot be read. */
type Numbers = { numbers: number[]; total: number; lost?: number[] };

/** A page of 200 items with what people have to know of them. */
const PAGE_BYTES_MAX = 8 * ANSWER_BYTES_MAX;

export const ATTACHMENT_COLUMNS = "name, sha256, bytes, media_type, scope, by, at";
const ONE = "one";
const OF_TASK = "(SELECT n FROM tasks WHERE id = ? AND deleted_at IS NULL)";

export function humanReads(db: Database) {
  const { rows, page } = queries(db);
  const rowsOf = taskRows(db);
  const { numbersOf, workCounts } = workReads(db);
  return {
    worklist: (listed: Listed) => {
      const { numbers, total, lost = [] } = numbersOf(listed);
      const found: { n: number; row: unknown[] | null }[] = [];
      let bytes = 0;
      for (const { n, row } of rowsOf(numbers)) {
        const shown = listedRow(row);
        // Put out of the way by whoever looks after the data.
        if (typeof shown?.[2] === "string" && isTenantAside(shown[2])) continue;
        bytes += bytesOfText(shown);
        if (found.length > 0 && bytes > PAGE_BYTES_MAX) break;
        found.push({ n, row: shown });
      }
      return { rows: [...found, ...lost.map((n) => ({ n, row: null }))], total };
    },
    workCounts,
    attachments: rows(
      `SELECT ${ATTACHMENT_COLUMNS} FROM attachments WHERE task = ${OF_TASK} ORDER BY at, name`,
      ({ id }: { id: string }) => [id],
    ),
    humanEvents: page(
      `SELECT seq, at, type, data FROM events INDEXED BY events_of_people
       WHERE task = ${OF_TASK} AND seq > ? AND ${OF_PEOPLE}
       ORDER BY seq LIMIT ?`,
      ANSWER_BYTES_MAX,
      ({ id, after, limit }: { id: string; after: number; limit: number }) => [id, after, limit],
    ),
  };
}

/** Which items of work there are. */
function workReads(db: Database) {
  const all = (sql: string, values: unknown[]) =>
    db
      .prepare<unknown[], unknown[]>(sql)
      .raw()
      .all(...values);
  const ranges = new WorkRanges(db);
  /** The index with fewer items than there are in the ranges; null where there is none. */
  const shortWay = (filter: WorkFilter): string | null => {
    const found = fewest(db, filter);
    return found === null || ranges.hasAtMost(filter, found.count) ? null : found.index;
  };
  /** Of those that fit, by looking at each: of all, or of those of an index. */
  const walked = ({ filter, limit, offset, order }: Listed, index: string | null) => {
    const { sql, values } = whereOf(filter, index);
    const from = `assignments a ${index === null ? "" : `INDEXED BY ${index}`}`;
    // Both in one pass: what takes the time is to look at each item that fits.
    const numbers = all(
      `SELECT a.task, count(*) OVER () FROM ${from} WHERE ${sql} AND ${inTime("a.task")}
       ORDER BY ${orderOf(order)} LIMIT ? OFFSET ?`,
      [...values, limit, offset],
    );
    const [counted] =
      numbers.length > 0
        ? numbers.map(([, total]) => [total])
        : all(`SELECT count(*) FROM ${from} WHERE ${sql} AND ${inTime("a.task")}`, values);
    return { numbers: numbers.map(([task]) => numberIn(task)), total: numberIn(counted?.[0]) };
  };
  const together = (listed: Listed): Numbers => {
    const { filter } = listed;
    const index = shortWay(filter);
    return (index === null ? ranges.page(filter, listed, restOf(filter)) : null) ?? walked(listed, index);
  };
  const oneByOne = ({ filter, limit, offset, order }: Listed): Numbers | null => {
    const found = readableWork(db, filter.tenant, whereOf(filter, ONE));
    if (found === null) return null;
    const { fitting, lost } = found;
    const sql = `SELECT a.task FROM ${READABLE} ORDER BY ${orderOf(order)} LIMIT ? OFFSET ?`;
    const numbers = all(sql, [JSON.stringify(fitting), limit, offset]).map(([task]) => numberIn(task));
    return { numbers, total: fitting.length, lost: lost.slice(0, limit) };
  };
  return {
    numbersOf: (listed: Listed) =>
      orOneByOne(
        () => together(listed),
        () => oneByOne(listed),
      ),
    workCounts: ({ filter, now }: { filter: WorkFilter; now: number }) =>
      orOneByOne(
        () => {
          const ranged = restOf(filter) === null ? ranges.numbers(filter, now) : null;
          if (ranged !== null) return ranged;
          const index = shortWay(filter);
          const { sql, values } = whereOf(filter, index);
          const from = `assignments a ${index === null ? "" : `INDEXED BY ${index}`}`;
          return all(counted(`${from} WHERE ${sql} AND ${inTime("a.task")}`), [now, ...values]);
        },
        () => {
          const found = readableWork(db, filter.tenant, whereOf(filter, ONE));
          return found && all(counted(READABLE), [now, JSON.stringify(found.fitting)]);
        },
      ),
  };
}

function counted(from: string): string {
  return `SELECT a.state, a.priority, coalesce(a.due_at < ? AND a.state IN (${OPEN_STATES}), 0) AS late, count(*)
    FROM ${from} GROUP BY a.state, a.priority, late`;
}

/** Of few items, and of one, each is asked who takes part in it. */
function whereOf(filter: WorkFilter, index: string | typeof ONE | null): Where {
  const { tenant, whose, freeFor, states } = filter;
  const wheres: Where[] = [{ sql: "a.tenant = ?", values: [tenant] }];
  const add = (sql: string, ...values: unknown[]) => wheres.push({ sql, values });
  if (whose) wheres.push(whoseOf(tenant, whose, states, index === null ? "a.task IN" : "EXISTS"));
  if (freeFor !== undefined) add("(a.claimed_by IS NULL OR a.claimed_by = ?)", freeFor);
  if (states) add("a.state IN (SELECT value FROM json_each(?))", JSON.stringify(states));
  return allOf([...wheres, restOf(filter) ?? { sql: "true", values: [] }]);
}

function whoseOf(
  tenant: string,
  { as, creator }: NonNullable<WorkFilter["whose"]>,
  states: WorkFilter["states"],
  among: "a.task IN" | "EXISTS",
): Where {
  const takesPart = `${among} (
    SELECT p.task FROM json_each(?) w CROSS JOIN participants p
    WHERE p.tenant = ? AND p.type = w.value ->> 'type' AND p.identity = w.value ->> 'id' AND p.part = w.value ->> 'part'
      ${states ? "AND p.state IN (SELECT value FROM json_each(?))" : ""}
      ${among === "EXISTS" ? "AND p.task = a.task" : ""})`;
  const values: unknown[] = [JSON.stringify(as), tenant, ...(states ? [JSON.stringify(states)] : [])];
  return creator === undefined
    ? { sql: takesPart, values }
    : { sql: `(${takesPart} OR a.creator = ?)`, values: [...values, creator] };
}
