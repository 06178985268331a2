/** The reads of open tasks for a start: sleepers in the order of their times, all others in the order in which a start loads them. */
import type { Database } from "better-sqlite3";
import type {
  AsleepPlace,
  AwaitedPlace,
  BacklogPlace,
  Below,
  BelowPlace,
  OpenPlace,
  QueueName,
  TurnPlace,
} from "../../../task/open-task.ts";
import { ANSWER_BYTES_MAX } from "../bounds.ts";
import { maybeTextIn, numberIn, textIn } from "../column.ts";
import { isTenantAside, NUMBERS_ASIDE, notAside } from "../doctor/set-aside.ts";
import { lateRows } from "../late-statements.ts";
import { AFTER_URGENT, RANK } from "../migrations/033-order-of-a-start.ts";
import { NEVER, WAKES_AT } from "../migrations/034-asked.ts";
import { WAITS_IN, WAITS_OF } from "../migrations/035-unclaimed.ts";
import { ASLEEP, AWAITING, AWAKE, UNCLAIMED_ASLEEP } from "../migrations/038-families.ts";
import { orNull, queries } from "../queries.ts";
import { OPEN_COLUMNS } from "./task-columns.ts";

/** Rows behind `after`, each with its place in the index. */
type OpenPage = { after: OpenPlace | null; limit: number };
type AsleepPage = { after: AsleepPlace; until: number; limit: number };
type BacklogPage = { of: QueueName; after: BacklogPlace; limit: number };
/** A task that was set aside has a row too, so that the next page can follow it. */
type OpenRow<Place> = { place: Place; id: string; row: unknown[] | null; aside: boolean };
export type OpenRows<Place> = { rows: OpenRow<Place>[]; more: boolean };

/** Tasks of one kind and state, and of one queue of one tenant if they wait in one. */
type Numbered = [kind: string, state: string, tenant: string | null, queue: string | null, numbers: number[]];
export type NumberedRows = { those: Numbered[]; next: AsleepPlace | null };

/** Rows of a page that are read one by one where one of them is damaged. */
const UNPAGED_MAX = 100;

export function openReads(db: Database) {
  const { rows, number } = queries(db);
  return {
    open: openPages<OpenPage, OpenPlace>(db, {
      select: behindOpenPlace,
      place: [RANK, AFTER_URGENT, "n", "id"],
      values: ({ after }) => {
        const { rank, afterUrgent, number } = after ?? { rank: -1, afterUrgent: 0, number: 0 };
        return [rank, afterUrgent, number, rank, afterUrgent, rank];
      },
      placeOf: ([rank, afterUrgent, number]) => ({
        rank: numberIn(rank),
        afterUrgent: numberIn(afterUrgent),
        number: numberIn(number),
      }),
    }),
    openCount: number(`SELECT count(*) FROM tasks INDEXED BY tasks_open WHERE ${AWAKE}`, () => []),
    wantedOf: wantedOf(db),
    openBelow: openBelow(db),
    orphaning: orphaning(db),
    awaitedInVain: awaitedInVain(db),
    asleep: openPages<AsleepPage, AsleepPlace>(db, {
      select: behindAsleepPlace,
      place: [WAKES_AT, "id"],
      values: ({ after, until }) => [after.wakesAt, after.id, after.wakesAt, until],
      placeOf: ([wakesAt, id]) => ({ wakesAt: numberIn(wakesAt), id: textIn(id) }),
    }),
    firstWake: number(
      `SELECT coalesce(min(${WAKES_AT}), ${NEVER}) FROM tasks INDEXED BY tasks_asleep WHERE ${ASLEEP} AND ${WAKES_AT} > ?`,
      ({ after }: { after: number }) => [after],
    ),
    asleepNumbers: asleepNumbers(db),
    backlog: openPages<BacklogPage, BacklogPlace>(db, {
      select: behindBacklogPlace,
      place: [AFTER_URGENT, "created_at", "id"],
      values: ({ of: { tenant, queue }, after: { afterUrgent, createdAt, id } }) => [
        ...[tenant, queue, afterUrgent, createdAt, id],
        ...[tenant, queue, afterUrgent],
      ],
      placeOf: ([afterUrgent, createdAt, id]) => ({
        afterUrgent: numberIn(afterUrgent),
        createdAt: numberIn(createdAt),
        id: textIn(id),
      }),
    }),
    oldestInBacklog: oldestInBacklog(db),
    toldAsleep: rows(
      `SELECT DISTINCT t.id FROM inbox i INDEXED BY inbox_open CROSS JOIN tasks t ON t.n = i.task
       WHERE i.taken = 0 AND t.state = 'input_required' AND ${ASLEEP} AND ${notAside("t")}`,
      () => [],
    ),
    openBefore: rows(
      `SELECT t.id FROM json_each(?) place CROSS JOIN tasks t INDEXED BY tasks_open_in_conversation
       WHERE t.conversation = place.value ->> 'conversation' AND t.ended_at IS NULL AND t.n < place.value ->> 'number'
       AND ${notAside("t")}`,
      ({ places }: { places: readonly TurnPlace[] }) => [JSON.stringify(places)],
    ),
  };
}

function wantedOf(db: Database): (of: { tenant: string; tasksMax: number }) => string[] | null {
  const ofTenant = "FROM tasks INDEXED BY tasks_by_time WHERE tenant = ? AND deleted_at IS NULL";
  const first = lateRows(db, `SELECT count(*) FROM (SELECT 1 ${ofTenant} LIMIT ?)`);
  const wanted = lateRows(
    db,
    `SELECT id ${ofTenant} AND state IN ('queued', 'waiting') AND ${AWAKE} AND ${RANK} = 1
    AND ${notAside("tasks")}`,
  );
  return ({ tenant, tasksMax }) => {
    if (numberIn(first.get(tenant, tasksMax + 1)?.[0]) > tasksMax) return null;
    return wanted.all(tenant).map(([id]) => textIn(id));
  };
}

function openBelow(db: Database): (page: { places: readonly BelowPlace[]; limit: number }) => Below[] {
  const below = lateRows(
    db,
    `SELECT t.parent, t.id FROM json_each(?) place CROSS JOIN tasks t INDEXED BY tasks_open_below
     WHERE t.parent = place.value ->> 'parent' AND t.id > place.value ->> 'after' AND t.ended_at IS NULL LIMIT ?`,
  );
  return ({ places, limit }) =>
    below.all(JSON.stringify(places), limit).map(([parent, id]) => ({ parent: textIn(parent), id: textIn(id) }));
}

/** A parent that cannot be read does not count as open. */
function orphaning(db: Database): (page: { after: Below; limit: number }) => { parents: string[]; next: Below | null } {
  const below = lateRows(
    db,
    `SELECT parent, id FROM tasks INDEXED BY tasks_open_below
     WHERE parent IS NOT NULL AND ended_at IS NULL AND (parent, id) > (?, ?) ORDER BY parent, id LIMIT ?`,
  );
  const open = lateRows(db, "SELECT 1 FROM tasks WHERE id = ? AND ended_at IS NULL");
  return ({ after, limit }) => {
    const rows = below.all(after.parent, after.id, limit);
    const parents = new Set(rows.map(([parent]) => textIn(parent)));
    const last = rows.at(-1);
    return {
      parents: [...parents].filter((parent) => orNull(() => open.get(parent) ?? null) === null),
      next: last && rows.length === limit ? { parent: textIn(last[0]), id: textIn(last[1]) } : null,
    };
  };
}

/** Each waiting task is read alone: one may be damaged, and one may wait for thousands of children. */
function awaitedInVain(
  db: Database,
): (page: { after: AwaitedPlace; limit: number }) => { those: Below[]; next: AwaitedPlace | null } {
  const waiting = lateRows(
    db,
    `SELECT n FROM tasks INDEXED BY tasks_awaiting WHERE ${AWAITING} AND n >= ? ORDER BY n LIMIT ?`,
  );
  const awaited = lateRows(
    db,
    `SELECT t.id, a.value, a.key FROM tasks t CROSS JOIN json_each(t.awaits) a
     WHERE t.n = ? AND a.key > ? AND ${notAside("t")} LIMIT ?`,
  );
  const open = lateRows(db, `SELECT 1 FROM tasks t WHERE id = ? AND ended_at IS NULL AND ${notAside("t")}`);
  return ({ after, limit }) => {
    const those: Below[] = [];
    let looked = 0;
    const numbers = waiting.all(after.number, limit).map(([n]) => numberIn(n));
    for (const number of numbers) {
      const behind = number === after.number ? after.position : -1;
      const children = orNull(() => awaited.all(number, behind, limit - looked)) ?? [];
      for (const [parent, child] of children)
        if (orNull(() => open.get(child) ?? null) === null) those.push({ parent: textIn(parent), id: textIn(child) });
      looked += Math.max(children.length, 1);
      const last = children.at(-1);
      if (looked >= limit) return { those, next: { number, position: last ? numberIn(last[2]) : behind } };
    }
    return { those, next: null };
  };
}

/**
 * Two statements, one for the rest of the same `wakesAt`, which a million may have, and one for later ones: each begins at its place in
 * the index. Tasks set aside are read once for all, as a check for each tenant would read each row.
 */
function asleepNumbers(db: Database): (page: { after: AsleepPlace; limit: number }) => NumberedRows {
  const select = `SELECT ${WAKES_AT}, id, n, kind, state, ${WAITS_OF}, ${WAITS_IN} FROM tasks INDEXED BY tasks_asleep WHERE ${ASLEEP}
    AND n NOT IN (${NUMBERS_ASIDE})`;
  const same = lateRows(db, `${select} AND ${WAKES_AT} = ? AND id > ? ORDER BY id LIMIT ?`);
  const later = lateRows(db, `${select} AND ${WAKES_AT} > ? ORDER BY ${WAKES_AT}, id LIMIT ?`);
  return ({ after: { wakesAt, id }, limit }) => {
    const rows = same.all(wakesAt, id, limit);
    if (rows.length < limit) rows.push(...later.all(wakesAt, limit - rows.length));
    const those = new Map<string, NumberedRows["those"][number]>();
    for (const [, , number, kind, state, tenant, queue] of rows) {
      const key = JSON.stringify([kind, state, tenant, queue]);
      const known = those.get(key);
      if (known) known[4].push(numberIn(number));
      else those.set(key, [textIn(kind), textIn(state), maybeTextIn(tenant), maybeTextIn(queue), [numberIn(number)]]);
    }
    const last = rows.at(-1);
    const next = last && rows.length === limit ? { wakesAt: numberIn(last[0]), id: textIn(last[1]) } : null;
    return { those: [...those.values()], next };
  };
}

/**
 * The rows behind a place: of its rank and priority, of its rank, and of later ranks. One comparison of all three columns would begin
 * each page at the beginning of the index, as they are expressions.
 */
function behindOpenPlace(columns: string): string {
  const rows = `SELECT ${columns} FROM tasks INDEXED BY tasks_open WHERE ${AWAKE}`;
  return `${rows} AND ${RANK} = ? AND ${AFTER_URGENT} = ? AND n > ?
    UNION ALL ${rows} AND ${RANK} = ? AND ${AFTER_URGENT} > ?
    UNION ALL ${rows} AND ${RANK} > ?
    ORDER BY 1, 2, 3`;
}

/** The same for sleepers: those of the same moment, which a million may have, and those of later ones. */
function behindAsleepPlace(columns: string): string {
  const rows = `SELECT ${columns} FROM tasks INDEXED BY tasks_asleep WHERE ${ASLEEP}`;
  return `${rows} AND ${WAKES_AT} = ? AND id > ?
    UNION ALL ${rows} AND ${WAKES_AT} > ? AND ${WAKES_AT} <= ?
    ORDER BY 1, 2`;
}

/** The same for a queue. */
function behindBacklogPlace(columns: string): string {
  const rows = `SELECT ${columns} FROM tasks INDEXED BY tasks_unclaimed WHERE ${UNCLAIMED_ASLEEP} AND tenant = ? AND queue = ?`;
  return `${rows} AND ${AFTER_URGENT} = ? AND (created_at, id) > (?, ?)
    UNION ALL ${rows} AND ${AFTER_URGENT} > ?
    ORDER BY 1, 2, 3`;
}

/** Reads the first task of each priority: there are few priorities. */
function oldestInBacklog(db: Database): (page: { of: QueueName; after: BacklogPlace }) => number | null {
  const rows = `FROM tasks INDEXED BY tasks_unclaimed WHERE ${UNCLAIMED_ASLEEP} AND tenant = ? AND queue = ?`;
  const same = lateRows(
    db,
    `SELECT created_at ${rows} AND ${AFTER_URGENT} = ? AND (created_at, id) > (?, ?) ORDER BY created_at, id LIMIT 1`,
  );
  const next = lateRows(
    db,
    `SELECT created_at, ${AFTER_URGENT} ${rows} AND ${AFTER_URGENT} > ? ORDER BY ${AFTER_URGENT}, created_at, id LIMIT 1`,
  );
  return ({ of: { tenant, queue }, after: { afterUrgent, createdAt, id } }) => {
    const found = same.get(tenant, queue, afterUrgent, createdAt, id);
    let oldest = found ? numberIn(found[0]) : null;
    for (let row = next.get(tenant, queue, afterUrgent); row; row = next.get(tenant, queue, row[1])) {
      const at = numberIn(row[0]);
      oldest = oldest === null ? at : Math.min(oldest, at);
    }
    return oldest;
  };
}

type OpenSource<Page, Place> = {
  /** SQL that selects these columns of the rows of a page, in the page's order. */
  select: (columns: string) => string;
  /** The columns of a place; the id is the last. */
  place: readonly string[];
  values: (page: Page) => unknown[];
  placeOf: (columns: readonly unknown[]) => Place;
};

/** If a page cannot be read as a whole, each row is read by itself, and a damaged one is null. */
function openPages<Page extends { limit: number }, Place>(
  db: Database,
  { select, place, values, placeOf }: OpenSource<Page, Place>,
): (page: Page) => OpenRows<Place> {
  const { row, rows, page } = queries(db);
  const places = place.join(", ");
  const bound = (given: Page) => [...values(given), given.limit];
  const all = page(`${select(`${places}, ${OPEN_COLUMNS}`)} LIMIT ?`, ANSWER_BYTES_MAX, bound);
  const found = rows(`${select(places)} LIMIT ?`, bound);
  const one = row(`SELECT ${OPEN_COLUMNS} FROM tasks WHERE id = ?`, (id: string) => [id]);
  const openRow = (at: readonly unknown[], read: (id: string) => unknown[] | null): OpenRow<Place> => {
    const id = textIn(at[place.length - 1]);
    const row = read(id);
    return { place: placeOf(at), id, row, aside: isAside(row) };
  };
  return (given) => {
    try {
      const { rows, more } = all(given);
      return { rows: rows.map((row) => openRow(row, () => row.slice(place.length))), more };
    } catch {
      const unpaged = found({ ...given, limit: Math.min(given.limit, UNPAGED_MAX) });
      const rows = unpaged.map((at) => openRow(at, (id) => orNull(() => one(id))));
      return { rows, more: rows.length === UNPAGED_MAX };
    }
  };
}

function isAside(row: unknown[] | null): boolean {
  return typeof row?.[1] === "string" && isTenantAside(row[1]);
}
