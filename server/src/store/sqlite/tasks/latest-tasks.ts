/**
 * Tasks by when their state changed last, latest first. Those that have ended are walked through the index of their ends;
 * those that are open are few, and their records are looked at one by one.
 */
import type { Database } from "better-sqlite3";
import { TERMINAL_STATES } from "../../../task/states.ts";
import type { LatestFilter, LatestPlace } from "../../../task/task-filter.ts";
import type { VisibleTasks } from "../../../task/visibility.ts";
import { numberIn, textIn } from "../column.ts";
import { ASLEEP, AWAKE } from "../migrations/038-families.ts";
import { whereTaskVisible } from "./list.ts";

export type LatestQuery = { visible: VisibleTasks; filter: LatestFilter; limit: number; after: LatestPlace | null };

type Where = { sql: string; values: unknown[] };

const CHANGED_AT = "t.record ->> '$.stateChangedAt'";
/** Of a paused task, what it resumes as. */
const STATE = "CASE t.state WHEN 'paused' THEN t.record ->> '$.resumesAs' ELSE t.state END";
/** What its oldest open question asks. */
const ASKS = `(SELECT w.value ->> '$.prompt.asks' FROM json_each(t.record, '$.waits') w
  WHERE w.value ->> '$.on' = 'input' ORDER BY w.value ->> '$.since' LIMIT 1)`;
/** Each open task is in one of them. */
const OPEN_INDEXES = [
  ["tasks_open", AWAKE],
  ["tasks_asleep", ASLEEP],
] as const;
const ENDS: ReadonlySet<string> = new Set(TERMINAL_STATES);

/** `total` counts the matches of all pages. */
export function latestTasks(db: Database): (query: LatestQuery) => { places: LatestPlace[]; total: number } {
  const rows = (sql: string, values: unknown[]) =>
    db
      .prepare<unknown[], unknown[]>(sql)
      .raw()
      .all(...values);
  return (query) => {
    const branches = branchesOf(query);
    const places = branches.flatMap(({ table, at, where }) => {
      const { sql, values } = before(where, at, query.after);
      return rows(
        `SELECT ${at}, t.id FROM ${table} WHERE ${sql} AND in_time(t.n) ORDER BY ${at} DESC, t.id DESC LIMIT ?`,
        [...values, query.limit],
      ).map(([changedAt, id]) => ({ changedAt: numberIn(changedAt), id: textIn(id) }));
    });
    const total = branches.reduce((sum, { table, where }) => {
      const [row] = rows(`SELECT count(*) FROM ${table} WHERE ${where.sql} AND in_time(t.n)`, where.values);
      return sum + numberIn(row?.[0]);
    }, 0);
    places.sort((a, b) => b.changedAt - a.changedAt || (a.id < b.id ? 1 : -1));
    return { places: places.slice(0, query.limit), total };
  };
}

type Branch = { table: string; at: string; where: Where };

function branchesOf({ visible, filter }: LatestQuery): Branch[] {
  const { states, asks, conversation, changedFrom } = filter;
  const isVisible = whereTaskVisible(visible, "t");
  const common = (at: string): Where[] => [
    isVisible,
    { sql: "t.deleted_at IS NULL", values: [] },
    ...(conversation === undefined ? [] : [{ sql: "t.conversation = ?", values: [conversation] }]),
    ...(changedFrom === undefined ? [] : [{ sql: `${at} >= ?`, values: [changedFrom] }]),
  ];
  const among = (column: string): Where[] =>
    states === undefined
      ? []
      : [{ sql: `${column} IN (SELECT value FROM json_each(?))`, values: [JSON.stringify(states)] }];
  const asked: Where[] =
    asks === undefined
      ? []
      : [{ sql: `${ASKS} ${"is" in asks ? "=" : "<>"} ?`, values: ["is" in asks ? asks.is : asks.not] }];
  const branches: Branch[] = [];
  const mayHaveEnded = asks === undefined && (states === undefined || states.some((state) => ENDS.has(state)));
  if (mayHaveEnded) {
    const table =
      conversation === undefined ? "tasks t INDEXED BY tasks_ended" : "tasks t INDEXED BY tasks_by_conversation";
    const where = all([{ sql: "t.ended_at IS NOT NULL", values: [] }, ...common("t.ended_at"), ...among("t.state")]);
    branches.push({ table, at: "t.ended_at", where });
  }
  if (states === undefined || states.some((state) => !ENDS.has(state))) {
    for (const [index, are] of OPEN_INDEXES) {
      const where = all([{ sql: are, values: [] }, ...common(CHANGED_AT), ...among(STATE), ...asked]);
      branches.push({ table: `tasks t INDEXED BY ${index}`, at: CHANGED_AT, where });
    }
  }
  return branches;
}

function before(where: Where, at: string, after: LatestPlace | null): Where {
  if (after === null) return where;
  return all([where, { sql: `(${at}, t.id) < (?, ?)`, values: [after.changedAt, after.id] }]);
}

function all(wheres: readonly Where[]): Where {
  return { sql: wheres.map(({ sql }) => sql).join(" AND "), values: wheres.flatMap(({ values }) => values) };
}
