/**
 * Worklists of somebody in some states, out of the index of who takes part: a range of it has the items of one identity, in
 * one part and one state, claimed or not, in the order of their numbers. So a page by age takes as long as a page, however
 * many there are; what goes on growing is the count of a range, 40 ns an item. By any other order, under further conditions
 * and for numbers by priority the row of each item of the ranges is looked at, 0.3 us of it: 30 ms of 90,000. Where few items fit
 * a condition, its index is the shorter way, see `work-conditions.ts`.
 */
import type { Database } from "better-sqlite3";
import { OPEN_WORK_STATES, WORK_STATES, type WorkState } from "../../../task/people/work-states.ts";
import type { TaskPart, WorkFilter, WorkOrder } from "../../human-store.ts";
import { numberIn } from "../column.ts";
import type { Where } from "../where.ts";
import { orderOf } from "./work-order.ts";

type Range = { type: string; identity: string; part: TaskPart; state: WorkState; free: 0 | 1 };
type Sized = Range & { size: number };
type Page = { limit: number; offset: number; order: readonly WorkOrder[] };

/** A list in SQL. */
export const OPEN_STATES = OPEN_WORK_STATES.map((state) => `'${state}'`).join(", ");

const KEYS = "tenant = ? AND type = ? AND identity = ? AND part = ? AND state = ? AND free = ?";

/** Whether there is time left, which is asked for one item of 64: to ask costs as much as to look at one. */
export function inTime(task: string): string {
  return `((${task} & 63) > 0 OR in_time(${task}))`;
}

/** Of the ranges in `w`. */
const IN_RANGE = `p.tenant = ? AND p.type = w.value ->> 'type' AND p.identity = w.value ->> 'identity'
  AND p.part = w.value ->> 'part' AND p.state = w.value ->> 'state' AND p.free = w.value ->> 'free'`;

export class WorkRanges {
  readonly #db: Database;
  readonly #tasks;
  readonly #counts;
  readonly #countsUpTo;
  readonly #others;
  readonly #numbersIn;
  readonly #numbersInOthers;

  constructor(db: Database) {
    this.#db = db;
    const list = (way: "DESC" | "ASC") =>
      db
        .prepare<unknown[], unknown>(
          `SELECT task FROM participants WHERE ${KEYS} AND in_time(task) ORDER BY task ${way} LIMIT ? OFFSET ?`,
        )
        .pluck();
    this.#tasks = { newest: list("DESC"), oldest: list("ASC") };
    this.#counts = db.prepare<unknown[], unknown>(`SELECT count(*) FROM participants WHERE ${KEYS}`).pluck();
    this.#countsUpTo = db
      .prepare<unknown[], unknown>(`SELECT count(*) FROM (SELECT 1 FROM participants WHERE ${KEYS} LIMIT ?)`)
      .pluck();
    // Of several ranges those that a first one has not.
    const others = `(SELECT DISTINCT p.task FROM json_each(?) w CROSS JOIN participants p
       WHERE ${IN_RANGE} AND in_time(p.task)) o`;
    const inOthersAlone = `NOT EXISTS (SELECT 1 FROM participants WHERE ${KEYS} AND task = o.task)`;
    this.#others = db.prepare<unknown[], unknown>(`SELECT count(*) FROM ${others} WHERE ${inOthersAlone}`).pluck();
    const numbers = (from: string) =>
      db
        .prepare<unknown[], unknown[]>(
          `SELECT a.state, a.priority, coalesce(a.due_at < ? AND a.state IN (${OPEN_STATES}), 0) AS late, count(*) FROM ${from}
           GROUP BY a.state, a.priority, late`,
        )
        .raw();
    this.#numbersIn = numbers(`participants p CROSS JOIN assignments a ON a.task = p.task
      WHERE ${KEYS.replaceAll(/\w+ = /g, "p.$&")} AND ${inTime("p.task")}`);
    this.#numbersInOthers = numbers(`${others} CROSS JOIN assignments a ON a.task = o.task WHERE ${inOthersAlone}`);
  }

  /**
   * The numbers of a page's tasks, with the number of all; null for a list that the ranges do not have. `rest` is what its
   * items have to fit beside that.
   */
  page(filter: WorkFilter, page: Page, rest: Where | null): { numbers: number[]; total: number } | null {
    const asked = rangesOf(filter);
    if (asked === null) return null;
    const { tenant } = filter;
    if (rest !== null) return this.#fitting(tenant, asked, page, rest);
    const ranges = this.#sized(tenant, asked);
    const [by] = page.order;
    const isByAge = by?.by === "createdAt" || by?.by === "number";
    const numbers = isByAge ? this.#byAge(tenant, ranges, page) : this.#sorted(tenant, ranges, page);
    return { numbers, total: this.#total(tenant, ranges) };
  }

  /** False for a list that the ranges do not have, too. */
  hasAtMost(filter: WorkFilter, max: number): boolean {
    const asked = rangesOf(filter);
    if (asked === null) return false;
    let left = max;
    for (const range of asked) {
      left -= numberIn(this.#countsUpTo.get(...keysOf(filter.tenant, range), left + 1));
      if (left < 0) return false;
    }
    return true;
  }

  #byAge(tenant: string, ranges: readonly Sized[], { limit, offset, order }: Page): number[] {
    const descending = order[0]?.descending ?? true;
    const tasks = descending ? this.#tasks.newest : this.#tasks.oldest;
    const read = (range: Range, most: number, from: number) =>
      tasks.all(...keysOf(tenant, range), most, from).map((task) => numberIn(task));
    const [only, ...more] = ranges;
    if (only !== undefined && more.length === 0) return read(only, limit, offset);
    const found = new Set(ranges.flatMap((range) => read(range, offset + limit, 0)));
    const sorted = [...found].sort((a, b) => (descending ? b - a : a - b));
    return sorted.slice(offset, offset + limit);
  }

  /** By what the rows of the items say. One that is in several ranges comes as often, each time beside itself. */
  #sorted(tenant: string, ranges: readonly Sized[], { limit, offset, order }: Page): number[] {
    const often = Math.max(1, ...alikeIn(ranges).map(({ length }) => length));
    const tasks = this.#db
      .prepare<unknown[], unknown>(
        `SELECT a.task FROM json_each(?) w CROSS JOIN participants p CROSS JOIN assignments a ON a.task = p.task
         WHERE ${IN_RANGE} AND ${inTime("a.task")} ORDER BY ${orderOf(order)} LIMIT ?`,
      )
      .pluck()
      .all(JSON.stringify(ranges), tenant, (offset + limit) * often);
    const found = new Set(tasks.map((task) => numberIn(task)));
    return [...found].slice(offset, offset + limit);
  }

  /** Each item of the ranges is looked at, in the order of the page, in which one of several ranges stands beside itself. */
  #fitting(tenant: string, ranges: readonly Range[], { limit, offset, order }: Page, rest: Where) {
    const tasks = this.#db
      .prepare<unknown[], unknown>(
        `SELECT a.task FROM json_each(?) w CROSS JOIN participants p CROSS JOIN assignments a ON a.task = p.task
         WHERE ${IN_RANGE} AND ${inTime("a.task")} AND ${rest.sql} ORDER BY ${orderOf(order)}`,
      )
      .pluck()
      .all(JSON.stringify(ranges), tenant, ...rest.values)
      .filter((task, at, all) => task !== all[at - 1]);
    return { numbers: tasks.slice(offset, offset + limit).map((task) => numberIn(task)), total: tasks.length };
  }

  /** How many there are by state, priority and whether they are late, in this order; null as above. */
  numbers(filter: WorkFilter, now: number): unknown[][] | null {
    const asked = rangesOf(filter);
    if (asked === null) return null;
    const { tenant } = filter;
    const counts = new Map<string, number>();
    for (const same of alikeIn(this.#sized(tenant, asked))) {
      const [largest, ...others] = same.toSorted((a, b) => b.size - a.size);
      if (largest === undefined) continue;
      const keys = keysOf(tenant, largest);
      const further = others.length > 0 ? this.#numbersInOthers.all(now, JSON.stringify(others), tenant, ...keys) : [];
      for (const [state, priority, late, count] of [...this.#numbersIn.all(now, ...keys), ...further]) {
        const key = JSON.stringify([state, priority, late]);
        counts.set(key, (counts.get(key) ?? 0) + numberIn(count));
      }
    }
    return [...counts].sort(([one], [other]) => (one < other ? -1 : 1)).map(([key, n]) => [...JSON.parse(key), n]);
  }

  /** Those that have any items. */
  #sized(tenant: string, ranges: readonly Range[]): Sized[] {
    return ranges.map((range) => ({ ...range, size: this.#sizeOf(tenant, range) })).filter(({ size }) => size > 0);
  }

  #sizeOf(tenant: string, range: Range): number {
    return numberIn(this.#counts.get(...keysOf(tenant, range)));
  }

  /** A task is in one state, and claimed or not; for each of these it may be in the ranges of several identities. */
  #total(tenant: string, ranges: readonly Sized[]): number {
    let total = 0;
    for (const same of alikeIn(ranges)) {
      const [largest, ...others] = same.toSorted((a, b) => b.size - a.size);
      if (largest === undefined) continue;
      total += largest.size;
      if (others.length > 0)
        total += numberIn(this.#others.get(JSON.stringify(others), tenant, ...keysOf(tenant, largest)));
    }
    return total;
  }
}

function alikeIn(ranges: readonly Sized[]): Sized[][] {
  return [...Map.groupBy(ranges, ({ state, free }) => `${state} ${free}`).values()];
}

/** Null where whose they are is more than the ranges know. */
function rangesOf(filter: WorkFilter): Range[] | null {
  const { whose, freeFor, states = WORK_STATES } = filter;
  if (whose === undefined || whose.creator !== undefined) return null;
  const isOwnClaim = ({ type, id, part }: (typeof whose.as)[number]) =>
    part === "claimant" && type === "user" && id === freeFor;
  // What one has claimed oneself is found by the claim.
  if (typeof freeFor === "string" && !whose.as.some(isOwnClaim)) return null;
  return whose.as.flatMap((as) => {
    const free = freeFor === undefined ? ([0, 1] as const) : isOwnClaim(as) ? ([0] as const) : ([1] as const);
    const { type, id: identity, part } = as;
    return states.flatMap((state) => free.map((free): Range => ({ type, identity, part, state, free })));
  });
}

function keysOf(tenant: string, { type, identity, part, state, free }: Range): unknown[] {
  return [tenant, type, identity, part, state, free];
}
