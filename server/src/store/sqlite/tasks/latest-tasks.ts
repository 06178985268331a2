/**
 * Tasks by the last change of their state, latest first. Ended ones are walked through the index of their ends; open ones are few, and
 * their records are looked at one by one.
 */
import type { Database } from "better-sqlite3";
import { TERMINAL_STATES } from "../../../task/states.ts";
import type { LatestFilter, LatestPlace } from "../../../task/task-filter.ts";
import type { VisibleTasks } from "../../../task/visibility.ts";
import { numberIn } from "../column.ts";
import { isOfARow } from "../database.ts";
import { ASLEEP, AWAKE } from "../migrations/038-families.ts";
import { allOf, type Where, whereTaskVisible } from "../where.ts";

export type LatestQuery = { visible: VisibleTasks; filter: LatestFilter; limit: number; after: LatestPlace | null };

const CHANGED_AT = "t.record ->> '$.stateChangedAt'";
/** Of a paused task, the state that it resumes as. */
const STATE = "CASE t.state WHEN 'paused' THEN t.record ->> '$.resumesAs' ELSE t.state END";
/** The kind of its oldest open question. */
const ASKS = `(SELECT w.value ->> '$.prompt.asks' FROM json_each(t.record, '$.waits') w
  WHERE w.value ->> '$.on' = 'input' ORDER BY w.value ->> '$.since' LIMIT 1)`;
/** Each open task is in one of them. */
const OPEN_INDEXES = [
  ["tasks_open", AWAKE],
  ["tasks_asleep", ASLEEP],
] as const;
const ENDS: ReadonlySet<string> = new Set(TERMINAL_STATES);

/** `total` counts the matches of all pages. */
export function latestTasks(db: Database): (query: LatestQuery) => Latest {
  const rows = (sql: string, values: unknown[]) =>
    db
      .prepare<unknown[], unknown[]>(sql)
      .raw()
      .all(...values);
  const together = ({ index, at, where }: Branch, { after, limit }: LatestQuery): Latest => {
    const table = `tasks t INDEXED BY ${index}`;
    const { sql, values } = before(where, at, after);
    const found = rows(
      `SELECT ${at}, t.id FROM ${table} WHERE ${sql} AND in_time(t.n) ORDER BY ${at} DESC, t.id DESC LIMIT ?`,
      [...values, limit],
    );
    const [counted] = rows(`SELECT count(*) FROM ${table} WHERE ${where.sql} AND in_time(t.n)`, where.values);
    return { places: found.flatMap(placeOf), total: numberIn(counted?.[0]), damaged: [] };
  };
  const oneByOne = ({ index, indexed, at, where }: Branch, { after }: LatestQuery): Latest => {
    const one = db
      .prepare<unknown[], unknown[]>(`SELECT ${at}, t.id FROM tasks t WHERE t.n = ? AND ${where.sql} AND in_time(t.n)`)
      .raw();
    const numbers = rows(`SELECT t.n FROM tasks t INDEXED BY ${index} WHERE ${indexed.sql}`, indexed.values);
    const damaged: number[] = [];
    const matches = numbers.flatMap(([n]) => {
      const found = unlessOfARow(() => one.all(n, ...where.values));
      if (found === null) damaged.push(numberIn(n));
      return (found ?? []).flatMap(placeOf);
    });
    const places = matches.filter((place) => after === null || latestFirst(place, after) > 0);
    return { places, total: matches.length, damaged };
  };
  return (query) => {
    const found = branchesOf(query).map((branch) => {
      try {
        return together(branch, query);
      } catch (error) {
        if (!isOfARow(error)) throw error;
        return oneByOne(branch, query);
      }
    });
    const places = found.flatMap(({ places }) => places).sort(latestFirst);
    return {
      places: places.slice(0, query.limit),
      total: found.reduce((sum, { total }) => sum + total, 0),
      damaged: found.flatMap(({ damaged }) => damaged),
    };
  };
}

function latestFirst(one: LatestPlace, other: LatestPlace): number {
  return other.changedAt - one.changedAt || (one.id < other.id ? 1 : -1);
}

/** Empty for a damaged row. */
function placeOf([changedAt, id]: unknown[]): LatestPlace[] {
  return typeof changedAt === "number" && typeof id === "string" ? [{ changedAt, id }] : [];
}

function unlessOfARow(read: () => unknown[][]): unknown[][] | null {
  try {
    return read();
  } catch (error) {
    if (isOfARow(error)) return null;
    throw error;
  }
}

/** `damaged` are numbers of tasks that may be among them, and cannot be read. */
type Latest = { places: LatestPlace[]; total: number; damaged: number[] };
/** `indexed` are the conditions that its index can check. */
type Branch = { index: string; indexed: Where; at: string; where: Where };

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
    const [index, indexed] =
      conversation === undefined
        ? ["tasks_ended", { sql: "t.ended_at IS NOT NULL", values: [] }]
        : ["tasks_by_conversation", { sql: "t.conversation = ?", values: [conversation] }];
    const where = allOf([{ sql: "t.ended_at IS NOT NULL", values: [] }, ...common("t.ended_at"), ...among("t.state")]);
    branches.push({ index, indexed, at: "t.ended_at", where });
  }
  if (states === undefined || states.some((state) => !ENDS.has(state))) {
    for (const [index, are] of OPEN_INDEXES) {
      const indexed = { sql: are, values: [] };
      const where = allOf([indexed, ...common(CHANGED_AT), ...among(STATE), ...asked]);
      branches.push({ index, indexed, at: CHANGED_AT, where });
    }
  }
  return branches;
}

function before(where: Where, at: string, after: LatestPlace | null): Where {
  if (after === null) return where;
  return allOf([where, { sql: `(${at}, t.id) < (?, ?)`, values: [after.changedAt, after.id] }]);
}
