/**
 * Worklists: the items of people's work that fit, in any order, with their exact number. Those of somebody in some states come
 * out of the index of who takes part, see `work-ranges.ts`. For any other condition, whose items they are is found there, and
 * the rest is a look at one row each: its time is that of looking at each item that fits.
 */
import type { Database } from "better-sqlite3";
import type { WorkFilter, WorkOrder } from "../human-store.ts";
import { ANSWER_BYTES_MAX, bytesOfText } from "./bounds.ts";
import { numberIn } from "./column.ts";
import { listedRow } from "./listed-row.ts";
import { queries } from "./queries.ts";
import { isTenantAside } from "./set-aside.ts";
import { TASK_COLUMNS, TASK_TABLES } from "./task-columns.ts";
import { orderOf } from "./work-order.ts";
import { WorkRanges } from "./work-ranges.ts";

type Where = { sql: string; values: unknown[] };
type Listed = { filter: WorkFilter; limit: number; offset: number; order: readonly WorkOrder[] };

/** A page of 200 items with what people have to know of them. */
const PAGE_BYTES_MAX = 8 * ANSWER_BYTES_MAX;

export const ATTACHMENT_COLUMNS = "name, sha256, bytes, media_type, scope, by, at";
const OF_TASK = "(SELECT n FROM tasks WHERE id = ? AND deleted_at IS NULL)";

export function humanReads(db: Database) {
  const { row, rows, page } = queries(db);
  const whole = row(`SELECT ${TASK_COLUMNS} FROM ${TASK_TABLES} WHERE t.n = ?`, (n: number) => [n]);
  const all = (sql: string, values: unknown[]) =>
    db
      .prepare<unknown[], unknown[]>(sql)
      .raw()
      .all(...values);
  const ranges = new WorkRanges(db);
  /** Of those that fit, by looking at each. */
  const walked = ({ filter, limit, offset, order }: Listed) => {
    const { sql, values } = whereOf(filter);
    // Both in one pass: what takes the time is to look at each item that fits.
    const numbers = all(
      `SELECT a.task, count(*) OVER () FROM assignments a WHERE ${sql} AND in_time(a.task)
       ORDER BY ${orderOf(order)} LIMIT ? OFFSET ?`,
      [...values, limit, offset],
    );
    const [counted] =
      numbers.length > 0
        ? numbers.map(([, total]) => [total])
        : all(`SELECT count(*) FROM assignments a WHERE ${sql} AND in_time(a.task)`, values);
    return { numbers: numbers.map(([task]) => numberIn(task)), total: numberIn(counted?.[0]) };
  };
  return {
    worklist: (listed: Listed) => {
      const { numbers, total } = ranges.page(listed.filter, listed) ?? walked(listed);
      const found: { n: number; row: unknown[] | null }[] = [];
      let bytes = 0;
      for (const n of numbers) {
        const read = listedRow(whole(n));
        // Put out of the way by whoever looks after the data.
        if (typeof read?.[2] === "string" && isTenantAside(read[2])) continue;
        bytes += bytesOfText(read);
        if (found.length > 0 && bytes > PAGE_BYTES_MAX) break;
        found.push({ n, row: read });
      }
      return { rows: found, total };
    },
    workCounts: ({ filter, now }: { filter: WorkFilter; now: number }) => {
      const { sql, values } = whereOf(filter);
      return all(
        `SELECT a.state, a.priority, coalesce(a.due_at < ? AND a.state IN (${OPEN_STATES}), 0) AS late, count(*)
         FROM assignments a WHERE ${sql} AND in_time(a.task) GROUP BY a.state, a.priority, late`,
        [now, ...values],
      );
    },
    attachments: rows(
      `SELECT ${ATTACHMENT_COLUMNS} FROM attachments WHERE task = ${OF_TASK} ORDER BY at, name`,
      ({ id }: { id: string }) => [id],
    ),
    humanEvents: page(
      `SELECT seq, at, type, data FROM events INDEXED BY events_of_people
       WHERE task = ${OF_TASK} AND seq > ? AND type IN ('human.acted', 'human.overdue', 'human.commented', 'human.attached', 'human.detached', 'task.input_received')
       ORDER BY seq LIMIT ?`,
      ANSWER_BYTES_MAX,
      ({ id, after, limit }: { id: string; after: number; limit: number }) => [id, after, limit],
    ),
  };
}

const OPEN_STATES = "'assigned', 'voting', 'information', 'alerted', 'suspended'";

function whereOf(filter: WorkFilter): Where {
  const { tenant, whose, freeFor, states, title, dueFrom, dueUntil } = filter;
  const wheres: Where[] = [{ sql: "a.tenant = ?", values: [tenant] }];
  const add = (sql: string, ...values: unknown[]) => wheres.push({ sql, values });
  if (whose) wheres.push(whoseOf(tenant, whose, states));
  if (freeFor !== undefined) add("(a.claimed_by IS NULL OR a.claimed_by = ?)", freeFor);
  if (states) add("a.state IN (SELECT value FROM json_each(?))", JSON.stringify(states));
  if (title !== undefined) add("instr(lower(a.title), lower(?)) > 0", title);
  const exact: [column: string, value: string | number | undefined][] = [
    ["creator", filter.creator],
    ["sender", filter.from],
    ["key", filter.key],
    ["category", filter.category],
    ["definition", filter.definition],
    ["priority", filter.priority],
  ];
  for (const [column, value] of exact) if (value !== undefined) add(`a.${column} = ?`, value);
  if (dueFrom !== undefined) add("a.due_at >= ?", dueFrom);
  if (dueUntil !== undefined) add("a.due_at <= ?", dueUntil);
  return { sql: wheres.map(({ sql }) => sql).join(" AND "), values: wheres.flatMap(({ values }) => values) };
}

function whoseOf(
  tenant: string,
  { as, creator }: NonNullable<WorkFilter["whose"]>,
  states: WorkFilter["states"],
): Where {
  const takesPart = `a.task IN (
    SELECT p.task FROM json_each(?) w CROSS JOIN participants p
    WHERE p.tenant = ? AND p.type = w.value ->> 'type' AND p.identity = w.value ->> 'id' AND p.part = w.value ->> 'part'
      ${states ? "AND p.state IN (SELECT value FROM json_each(?))" : ""})`;
  const values: unknown[] = [JSON.stringify(as), tenant, ...(states ? [JSON.stringify(states)] : [])];
  return creator === undefined
    ? { sql: takesPart, values }
    : { sql: `(${takesPart} OR a.creator = ?)`, values: [...values, creator] };
}
