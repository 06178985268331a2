/**
 * Worklists of somebody in some states, out of the index of who takes part: a range of it has the items of one identity, in
 * one part and one state, claimed or not, in the order of their numbers. So a page by age takes as long as a page, however
 * many there are; what goes on growing is the count of a range, 40 ns an item. By any other order each item of the ranges is
 * looked at, 0.3 us of it. A list with other conditions is `worklist.ts`'s.
 */
import type { Database } from "better-sqlite3";
import { WORK_STATES, type WorkState } from "../../task/work-states.ts";
import type { TaskPart, WorkFilter, WorkOrder } from "../human-store.ts";
import { numberIn } from "./column.ts";
import { orderOf } from "./work-order.ts";

type Range = { type: string; identity: string; part: TaskPart; state: WorkState; free: 0 | 1 };
type Sized = Range & { size: number };
type Page = { limit: number; offset: number; order: readonly WorkOrder[] };

/** What a filter may say that the ranges know. */
const KNOWN: ReadonlySet<string> = new Set(["tenant", "whose", "states", "freeFor"]);

const KEYS = "tenant = ? AND type = ? AND identity = ? AND part = ? AND state = ? AND free = ?";

/** Of the ranges in `w`. */
const IN_RANGE = `p.tenant = ? AND p.type = w.value ->> 'type' AND p.identity = w.value ->> 'identity'
  AND p.part = w.value ->> 'part' AND p.state = w.value ->> 'state' AND p.free = w.value ->> 'free'`;

export class WorkRanges {
  readonly #db: Database;
  readonly #tasks;
  readonly #counts;
  readonly #others;

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
    // Of several ranges those that a first one has not.
    this.#others = db
      .prepare<unknown[], unknown>(
        `SELECT count(*) FROM (
           SELECT DISTINCT p.task FROM json_each(?) w CROSS JOIN participants p
           WHERE ${IN_RANGE} AND in_time(p.task)) o
         WHERE NOT EXISTS (SELECT 1 FROM participants WHERE ${KEYS} AND task = o.task)`,
      )
      .pluck();
  }

  /** The numbers of a page's tasks, with the number of all; null for a list that the ranges do not have. */
  page(filter: WorkFilter, page: Page): { numbers: number[]; total: number } | null {
    const asked = rangesOf(filter);
    if (asked === null) return null;
    const { tenant } = filter;
    const ranges = asked
      .map((range) => ({ ...range, size: this.#sizeOf(tenant, range) }))
      .filter(({ size }) => size > 0);
    const [by] = page.order;
    const isByAge = by?.by === "createdAt" || by?.by === "number";
    const numbers = isByAge ? this.#byAge(tenant, ranges, page) : this.#sorted(tenant, ranges, page);
    return { numbers, total: this.#total(tenant, ranges) };
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
         WHERE ${IN_RANGE} AND in_time(a.task) ORDER BY ${orderOf(order)} LIMIT ?`,
      )
      .pluck()
      .all(JSON.stringify(ranges), tenant, (offset + limit) * often);
    const found = new Set(tasks.map((task) => numberIn(task)));
    return [...found].slice(offset, offset + limit);
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

/** Null where the filter asks for more than the ranges know. */
function rangesOf(filter: WorkFilter): Range[] | null {
  const { whose, freeFor, states = WORK_STATES } = filter;
  const isKnown = Object.entries(filter).every(([name, value]) => value === undefined || KNOWN.has(name));
  if (!isKnown || whose === undefined || whose.creator !== undefined) return null;
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
