/**
 * Pages of tasks, newest first, with their exact total. A filter by what the totals know (states, kinds, owner, time)
 * is counted from them, and they tell which stretches of time hold a match; any other filter is walked through the
 * index of what it names.
 */
import type { Database, Statement } from "better-sqlite3";
import type { TaskFilter } from "../../../task/task-filter.ts";
import type { VisibleTasks } from "../../../task/visibility.ts";
import type { Position } from "../../codec/cursor.ts";
import { bucketOf, DAY_MS, ownerOf, TEN_MINUTES_MS } from "../../codec/totals.ts";
import { searchIsBehind } from "../bounds.ts";
import { numberIn } from "../column.ts";
import { isCorrupt } from "../database.ts";
import { searchQuery } from "../documents/search.ts";
import { ASKS } from "../migrations/034-asked.ts";
import { allOf, takingPart, type Where, whereTakingPart, whereVisible } from "../where.ts";

export type ListQuery = {
  visible: VisibleTasks;
  filter: TaskFilter;
  limit: number;
  offset: number;
  after: Position | null;
};
export type ListedPage = { positions: Position[]; total: number; more: boolean };

/** Later than any task. */
const END_OF_TIME = Number.MAX_SAFE_INTEGER;
const STATEMENTS_MAX = 256;
/** Buckets of totals between two looks at the clock. */
const BUCKETS_PER_LOOK = 8;

type Range = { from: number; before: number };
/** A range with about `held` matches; fewer, where a bucket is cut at the range's ends. */
type Stretch = Range & { held: number };
/** What was found so far, how many matches are still to be skipped, and the range to read next. */
type Walk = { found: Position[]; offset: number; next: Stretch | null };

export class TaskPages {
  readonly #db: Database;
  readonly #statements = new Map<string, Statement<unknown[], unknown[]>>();

  constructor(db: Database) {
    this.#db = db;
  }

  page(query: ListQuery): ListedPage {
    if (query.filter.text !== undefined && this.#isSearchEmpty()) throw searchIsBehind();
    const others = this.#others(query);
    if (others.total === 0) return this.#owns(query);
    // Both lists from their beginning: only merged do they show which tasks come before the offset.
    const { offset, limit } = query;
    const own = this.#owns({ ...query, offset: 0, limit: offset + limit });
    const positions = [...own.positions, ...others.positions].sort(newestFirst).slice(offset);
    const more = own.more || others.more || positions.length > limit;
    return { positions: positions.slice(0, limit), total: own.total + others.total, more };
  }

  /** The index was filled before this search began, and has been rebuilt since. */
  #isSearchEmpty(): boolean {
    const sql = "SELECT 1 FROM search_progress WHERE n = 0 AND EXISTS (SELECT 1 FROM submissions)";
    return this.#prepared(sql).get() !== undefined;
  }

  /** Tasks of other users in which the caller takes part. */
  #others(query: ListQuery): ListedPage {
    const { visible, filter, after, offset, limit } = query;
    const none = { positions: [], total: 0, more: false };
    if (visible.user === null || !visible.as || !this.#takePart(visible)) return none;
    const ofTenant = { ...query, visible: { tenant: visible.tenant, user: null } };
    const isOthers = { sql: "t.user <> ?", values: [visible.user] };
    const wanted = offset + limit + 1;
    return pastDamage(ofTenant, rangeOf(filter), ({ from, where }) => {
      const theirs = allOf([where, isOthers, whereTakingPart(visible, "t")]);
      const total = this.#number(`SELECT count(*) FROM ${from} WHERE ${theirs.sql} AND in_time(t.n)`, theirs.values);
      const { sql, values } = beforePosition(theirs, after);
      const positions = this.#positions(
        `SELECT t.created_at, t.n FROM ${from} WHERE ${sql} AND in_time(t.n)
         ORDER BY t.created_at DESC, t.n DESC LIMIT ?`,
        [...values, wanted],
      );
      return { positions: positions.slice(0, wanted - 1), total, more: positions.length === wanted };
    });
  }

  #takePart(visible: VisibleTasks): boolean {
    const { sql, values } = takingPart(visible);
    return this.#prepared(`SELECT 1 FROM ${sql} LIMIT 1`).get(...values) !== undefined;
  }

  #owns(query: ListQuery): ListedPage {
    const { filter } = query;
    const range = rangeOf(filter);
    const named = isNamed(filter);
    const positions = named ? this.#walk(query, range) : this.#skip(query, range);
    const total = named ? this.#countWalked(query, range) : this.#countTotals(query, range);
    return { positions: positions.slice(0, query.limit), total, more: positions.length > query.limit };
  }

  /** One task more than the page, to know whether there is another. */
  #walk(query: ListQuery, range: Range): Position[] {
    return pastDamage(query, range, ({ from, where }) => {
      const { sql, values } = beforePosition(where, query.after);
      return this.#positions(
        `SELECT t.created_at, t.n FROM ${from} WHERE ${sql} AND in_time(t.n)
         ORDER BY t.created_at DESC, t.n DESC LIMIT ? OFFSET ?`,
        [...values, query.limit + 1, query.offset],
      );
    });
  }

  #countWalked(query: ListQuery, range: Range): number {
    return pastDamage(query, range, ({ from, where }) =>
      this.#number(`SELECT count(*) FROM ${from} WHERE ${where.sql} AND in_time(t.n)`, where.values),
    );
  }

  /**
   * Walks back from match to match. Adjacent buckets of ten minutes are read by one statement: with one each, statements took most of
   * the time of a list of rare matches.
   */
  #skip(query: ListQuery, { from, before }: Range): Position[] {
    const newest = query.after === null ? before : Math.min(before, query.after.createdAt + 1);
    const walk: Walk = { found: [], offset: query.offset, next: null };
    for (const stretch of this.#stretches(query, { from, before: newest }, walk)) {
      const { next } = walk;
      if (next !== null && next.from === stretch.before)
        walk.next = { ...next, from: stretch.from, held: next.held + stretch.held };
      else {
        this.#readNext(query, walk);
        walk.next = stretch;
      }
      if (walk.next.held >= wantedBy(query, walk)) this.#readNext(query, walk);
      if (walk.found.length > query.limit) break;
    }
    this.#readNext(query, walk);
    return walk.found;
  }

  /**
   * The buckets of ten minutes that hold a match, newest first. Whole days before the offset are skipped by their totals, and then whole
   * buckets.
   */
  *#stretches(query: ListQuery, reach: Range, walk: Walk): Generator<Stretch, void> {
    for (const [day, inDay] of this.#buckets(query, DAY_MS, reach)) {
      if (passes(walk, day, DAY_MS, inDay, reach)) continue;
      const inReach = { from: Math.max(reach.from, day), before: Math.min(reach.before, day + DAY_MS) };
      for (const [bucket, held] of this.#buckets(query, TEN_MINUTES_MS, inReach)) {
        if (passes(walk, bucket, TEN_MINUTES_MS, held, inReach)) continue;
        const from = Math.max(inReach.from, bucket);
        yield { from, before: Math.min(inReach.before, bucket + TEN_MINUTES_MS), held };
      }
    }
  }

  #readNext(query: ListQuery, walk: Walk): void {
    const { next, offset } = walk;
    const wanted = wantedBy(query, walk);
    walk.next = null;
    if (next === null || wanted <= 0) return;
    const { sql, values } = beforePosition(indexed(query, next), query.after);
    const here = this.#positions(
      `SELECT t.created_at, t.n FROM tasks t INDEXED BY tasks_by_time WHERE ${sql} AND in_time(t.n)
       ORDER BY t.created_at DESC, t.n DESC LIMIT ?`,
      [...values, wanted],
    );
    walk.found.push(...here.slice(offset));
    walk.offset = Math.max(0, offset - here.length);
  }

  /** Buckets that hold a match, newest first, read lazily. */
  *#buckets(query: ListQuery, span: number, range: Range): Generator<[bucket: number, held: number], void> {
    const { sql, values } = totalsWhere(query, span, { ...range, from: bucketOf(range.from, span) });
    const rows = this.#prepared(
      `SELECT bucket, sum(count) AS held FROM totals WHERE ${sql} GROUP BY bucket HAVING held > 0 ORDER BY bucket DESC`,
    ).iterate(...values);
    for (const [bucket, held] of rows) yield [numberIn(bucket), numberIn(held)];
  }

  /** Whole days and whole buckets of ten minutes from the totals, the two ends of the range from the index. */
  #countTotals(query: ListQuery, { from, before }: Range): number {
    const first = bucketOf(from + TEN_MINUTES_MS - 1, TEN_MINUTES_MS);
    const last = before === END_OF_TIME ? END_OF_TIME : bucketOf(before, TEN_MINUTES_MS);
    if (first >= last) return this.#countIndexed(query, { from, before });
    const firstDay = bucketOf(first + DAY_MS - 1, DAY_MS);
    const lastDay = last === END_OF_TIME ? END_OF_TIME : bucketOf(last, DAY_MS);
    const ends = this.#countIndexed(query, { from, before: first }) + this.#countIndexed(query, { from: last, before });
    if (firstDay >= lastDay) return ends + this.#sum(query, TEN_MINUTES_MS, { from: first, before: last });
    return (
      ends +
      this.#sum(query, TEN_MINUTES_MS, { from: first, before: firstDay }) +
      this.#sum(query, DAY_MS, { from: firstDay, before: lastDay }) +
      this.#sum(query, TEN_MINUTES_MS, { from: lastDay, before: last })
    );
  }

  #sum(query: ListQuery, span: number, range: Range): number {
    if (range.from >= range.before) return 0;
    const { sql, values } = totalsWhere(query, span, range);
    return this.#number(`SELECT coalesce(sum(count), 0) FROM totals WHERE ${sql}`, values);
  }

  #countIndexed(query: ListQuery, range: Range): number {
    if (range.from >= range.before) return 0;
    const { sql, values } = indexed(query, range);
    return this.#number(`SELECT count(*) FROM tasks t INDEXED BY tasks_by_time WHERE ${sql} AND in_time(t.n)`, values);
  }

  #positions(sql: string, values: unknown[]): Position[] {
    return this.#prepared(sql)
      .all(...values)
      .map(([createdAt, n]) => ({ createdAt: numberIn(createdAt), n: numberIn(n) }));
  }

  #number(sql: string, values: unknown[]): number {
    return numberIn(this.#prepared(sql).get(...values)?.[0]);
  }

  #prepared(sql: string) {
    const known = this.#statements.get(sql);
    if (known) return known;
    if (this.#statements.size >= STATEMENTS_MAX) this.#statements.clear();
    const statement = this.#db.prepare<unknown[], unknown[]>(sql).raw();
    this.#statements.set(sql, statement);
    return statement;
  }
}

function rangeOf({ createdFrom = 0, createdBefore = END_OF_TIME }: TaskFilter): Range {
  return { from: createdFrom, before: createdBefore };
}

function newestFirst(a: Position, b: Position): number {
  return b.createdAt - a.createdAt || b.n - a.n;
}

/** Whether the filter names something that the totals do not know. */
function isNamed(filter: TaskFilter): boolean {
  return (
    filter.conversation !== undefined ||
    filter.parent !== undefined ||
    filter.asks !== undefined ||
    filter.text !== undefined ||
    (filter.metadata !== undefined && Object.keys(filter.metadata).length > 0)
  );
}

function among(column: string, names: readonly string[] | undefined): Where[] {
  if (names === undefined) return [];
  if (names.length === 1) return [{ sql: `${column} = ?`, values: [...names] }];
  return [{ sql: `${column} IN (SELECT value FROM json_each(?))`, values: [JSON.stringify(names)] }];
}

function between(column: string, range: Range): Where {
  return { sql: `${column} >= ? AND ${column} < ?`, values: [range.from, range.before] };
}

function beforePosition(where: Where, after: Position | null): Where {
  if (after === null) return where;
  return allOf([where, { sql: "(t.created_at, t.n) < (?, ?)", values: [after.createdAt, after.n] }]);
}

function totalsWhere({ visible, filter }: ListQuery, span: number, range: Range): Where {
  return allOf([
    // The span is in the text and not bound: the iterators over days and over the buckets of a day need a statement each.
    { sql: `tenant = ? AND owner = ? AND span = ${span}`, values: [visible.tenant, ownerOf(visible)] },
    between("bucket", range),
    ...among("kind", filter.kinds),
    ...among("state", filter.states),
    // Not at each row: a bucket has few rows, and the call took twice as long as their sum.
    { sql: `(bucket / ${span} % ${BUCKETS_PER_LOOK} <> 0 OR in_time(bucket))`, values: [] },
  ]);
}

function indexed({ visible, filter }: ListQuery, range: Range): Where {
  return allOf([
    whereVisible(visible, "t"),
    { sql: "t.deleted_at IS NULL", values: [] },
    between("t.created_at", range),
    ...among("t.kind", filter.kinds),
    ...among("t.state", filter.states),
  ]);
}

/** The table and index that a statement walks, and its condition for each row. */
type Source = { from: string; where: Where };

/**
 * Reads by the index or the table that suits the filter. Where that meets a damaged page it reads by covering indexes alone, which meets
 * no row, but walks all tasks of the tenant.
 */
function pastDamage<Answer>(query: ListQuery, range: Range, read: (source: Source) => Answer): Answer {
  try {
    return read(namedSource(query, range));
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    return read(coveredSource(query, range));
  }
}

/** Reads covering indexes alone. */
function coveredSource(query: ListQuery, range: Range): Source {
  const { conversation, parent, asks } = query.filter;
  const where = [indexed(query, range), ...elsewhere(query)];
  if (conversation !== undefined) where.push(amongThose("tasks_by_conversation", "conversation = ?", [conversation]));
  if (parent !== undefined) where.push(amongThose("tasks_by_parent", "parent = ?", [parent]));
  if (asks) where.push(amongThose("tasks_asking", ASKS, []));
  return { from: "tasks t INDEXED BY tasks_by_time", where: allOf(where) };
}

function amongThose(index: string, sql: string, values: string[]): Where {
  return { sql: `t.n IN (SELECT n FROM tasks INDEXED BY ${index} WHERE ${sql} AND in_time(n))`, values };
}

function namedSource(query: ListQuery, range: Range): Source {
  const { filter } = query;
  const where = [indexed(query, range), ...elsewhere(query)];
  let from = "tasks t";
  if (filter.conversation !== undefined) {
    where.push({ sql: "t.conversation = ?", values: [filter.conversation] });
    from = "tasks t INDEXED BY tasks_by_conversation";
  } else if (filter.parent !== undefined) from = "tasks t INDEXED BY tasks_by_parent";
  else if (filter.asks) from = "tasks t INDEXED BY tasks_asking";
  else from = "tasks t NOT INDEXED";
  if (filter.parent !== undefined) where.push({ sql: "t.parent = ?", values: [filter.parent] });
  if (filter.asks) where.push({ sql: ASKS, values: [] });
  return { from, where: allOf(where) };
}

/** The filter's conditions on other tables than `tasks`. */
function elsewhere({ visible, filter }: ListQuery): Where[] {
  const where: Where[] = [];
  if (filter.text !== undefined) {
    where.push({
      sql: "t.n IN (SELECT rowid FROM search WHERE search MATCH ? AND in_time(rowid))",
      values: [searchQuery(filter.text)],
    });
  }
  for (const [key, value] of Object.entries(filter.metadata ?? {})) {
    where.push({
      sql: "t.n IN (SELECT task FROM metadata WHERE tenant = ? AND key = ? AND value = ? AND in_time(task))",
      values: [visible.tenant, key, value],
    });
  }
  return where;
}

/** One task more than the page, to know whether there is another. */
function wantedBy({ limit }: ListQuery, { found, offset }: Walk): number {
  return offset + limit + 1 - found.length;
}

/** Whether a whole bucket comes before the offset; it is then skipped. */
function passes(walk: Walk, bucket: number, span: number, held: number, reach: Range): boolean {
  if (walk.next !== null || walk.offset < held || !isWithin(bucket, span, reach)) return false;
  walk.offset -= held;
  return true;
}

function isWithin(bucket: number, span: number, range: Range): boolean {
  return bucket >= range.from && bucket + span <= range.before;
}
