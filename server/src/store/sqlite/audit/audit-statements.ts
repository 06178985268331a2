/** The audit log in SQLite: pages of it, and its retention. How an entry is added is in `audit-chain.ts`. */
import type { Database } from "better-sqlite3";
import type { AuditFilter, AuditPlace } from "../../../task/audit.ts";
import { isTaskId, timeOfTaskId } from "../../../task/id.ts";
import { ANSWER_BYTES_MAX, bytesOf } from "../bounds.ts";
import { maybeNumberIn, maybeTextIn, numberIn } from "../column.ts";
import { isCorrupt } from "../database.ts";
import { lateRows, lateRun, type Rows } from "../late-statements.ts";
import { orItsPlace, orNull, pageByRows } from "../queries.ts";
import { ANCHOR_FACT, GAP_FACT } from "./audit-chain.ts";

/** Of `audit a`; the last are the hash before and its own. */
export const AUDIT_COLUMNS = `a.n, a.tenant, a.at, a.user, a.key_id, a.act, a.task, a.origin, a.detail,
  coalesce((SELECT p.hash FROM audit p WHERE p.n = a.n - 1),
    (SELECT value ->> 'hash' FROM facts WHERE name = '${ANCHOR_FACT}' AND value ->> 'n' = a.n - 1), ''), a.hash`;

/** Numbers that one look goes over, and how long a page looks on. */
const LOOK_NUMBERS = 5_000;
const PAGE_MS = 50;
/** Clocks of several processes may be so far apart: times are in the order of numbers but for that. */
const CLOCKS_APART_MS = 3_600_000;

/** A submit is committed within this time of the making of its task's id, whose clock is no further away. */
const SUBMIT_MS = 30_000;

type Wanted = { filter: AuditFilter; place: AuditPlace; limit: number };
type Found = { rows: unknown[][]; place: number; more: boolean };

export function auditReads(db: Database) {
  const pages = new AuditPages(db);
  return {
    newestAudit: (_: null) => pages.newest(),
    auditPage: (wanted: Wanted) => (wanted.filter.task === undefined ? pages.page(wanted) : pages.ofTask(wanted)),
  };
}

class AuditPages {
  readonly #db: Database;
  readonly #newest;
  readonly #oldest;
  readonly #anchor;
  readonly #timeFrom;
  readonly #neighbours;
  readonly #numbersOf;
  readonly #statements = new Map<string, Rows>();

  constructor(db: Database) {
    this.#db = db;
    this.#newest = lateRows(db, "SELECT max(n) FROM audit");
    this.#oldest = lateRows(db, "SELECT min(n) FROM audit");
    this.#anchor = lateRows(db, `SELECT value ->> 'n' FROM facts WHERE name = '${ANCHOR_FACT}'`);
    // What the index holds already is asked no more: it alone is read.
    const numbersOf = (way: "ASC" | "DESC") =>
      lateRows(
        db,
        `SELECT n FROM audit INDEXED BY audit_by_task WHERE task = ? AND act <> 'submit' AND n > ? AND n < ? ORDER BY n ${way}`,
      );
    this.#numbersOf = { oldest: numbersOf("ASC"), newest: numbersOf("DESC") };
    this.#neighbours = {
      next: lateRows(db, "SELECT min(n) FROM audit WHERE n > ?"),
      previous: lateRows(db, "SELECT max(n) FROM audit WHERE n < ?"),
    };
    this.#timeFrom = lateRows(db, "SELECT n, at FROM audit WHERE n >= ? ORDER BY n LIMIT 1");
  }

  newest(): number {
    return numberIn(this.#newest.get()?.[0] ?? this.#anchor.get()?.[0] ?? 0);
  }

  /** Some thousand numbers at a look: of those that fit few among many, a page goes over as many as its time allows. */
  page({ filter, place, limit }: Wanted): Found {
    const { sql, values } = conditions(filter);
    const { from, upTo } = this.#range(filter);
    const rows: unknown[][] = [];
    const until = performance.now() + PAGE_MS;
    const isForward = "after" in place;
    const entries = this.#entries(`a.n > ? AND a.n <= ?${sql}`, values, isForward);
    let bytes = 0;
    /** Above one number and up to another. Returns where it has stopped before its end. */
    const look = (above: number, last: number): number | null => {
      for (const row of entries(above, last)) {
        bytes += bytesOf(row);
        if (rows.length > 0 && bytes > ANSWER_BYTES_MAX) return numberIn(rows.at(-1)?.[0]);
        rows.push(row);
        if (rows.length === limit) return numberIn(row[0]);
      }
      return null;
    };
    if (isForward) {
      for (let at = Math.max(place.after, from - 1); ; ) {
        if (at >= upTo) return { rows, place: Math.max(at, place.after), more: false };
        const last = Math.min(upTo, this.#beside("next", at) + LOOK_NUMBERS - 1);
        const stopped = look(at, last);
        at = stopped ?? last;
        if (stopped !== null || performance.now() >= until) return { rows, place: at, more: at < upTo };
      }
    }
    for (let at = Math.min(place.before ?? Number.MAX_SAFE_INTEGER, upTo + 1); ; ) {
      if (at <= from) return { rows, place: at, more: false };
      const above = Math.max(from - 1, this.#beside("previous", at) - LOOK_NUMBERS);
      const stopped = look(above, at - 1);
      at = stopped ?? above + 1;
      if (stopped !== null || performance.now() >= until) return { rows, place: at, more: at > from };
    }
  }

  /** The next entry: numbers that none has are passed at once. Just the next number where it cannot be read. */
  #beside(way: "next" | "previous", n: number): number {
    const found = orNull(() => maybeNumberIn(this.#neighbours[way].get(n)?.[0] ?? null));
    return found ?? (way === "next" ? n + 1 : n - 1);
  }

  /** By its index, which leaves submits out: those are found by the time in the task's id. */
  ofTask({ filter, place, limit }: Wanted): Found {
    const { task = "" } = filter;
    const { sql, values } = conditions(filter);
    const isForward = "after" in place;
    const above = isForward ? place.after : 0;
    const below = isForward ? Number.MAX_SAFE_INTEGER : (place.before ?? Number.MAX_SAFE_INTEGER);
    const indexed = this.#statement(`a.act <> 'submit' AND a.n > ? AND a.n < ?${sql}`, isForward);
    const rows = pageByRows(
      limit + 1,
      () => ({ rows: indexed.all(above, below, ...values, limit + 1), more: false }),
      () => (isForward ? this.#numbersOf.oldest : this.#numbersOf.newest).iterate(task, above, below),
      ([n]) => indexed.get(numberIn(n) - 1, numberIn(n) + 1, ...values, 1),
    ).rows;
    if (isTaskId(task)) {
      const made = timeOfTaskId(task);
      const from = Math.max(above, this.#firstFrom(made - SUBMIT_MS) - 1);
      const upTo = Math.min(below, this.#firstFrom(made + SUBMIT_MS));
      const submits = this.#entries(`a.act = 'submit' AND a.n > ? AND a.n <= ?${sql}`, values, true);
      for (const row of submits(from, upTo - 1)) {
        // Of one that cannot be read nobody knows whether it is this task's.
        if (row.length === 1) continue;
        rows.push(row);
        break;
      }
    }
    rows.sort((one, other) => (numberIn(one[0]) - numberIn(other[0])) * (isForward ? 1 : -1));
    const shown = rows.slice(0, limit);
    const last = shown.at(-1)?.[0];
    const more = rows.length > limit;
    const end = isForward ? Math.max(above, this.newest()) : 1;
    return { rows: shown, place: more ? numberIn(last) : end, more };
  }

  /** Entries above one number and up to another; of one that cannot be read the number alone. */
  #entries(where: string, values: readonly unknown[], isForward: boolean) {
    const statement = this.#statement(where, isForward);
    return function* (above: number, last: number): Generator<unknown[], void> {
      let reached = isForward ? above : last + 1;
      try {
        for (const row of statement.iterate(above, last, ...values, -1)) {
          reached = numberIn(row[0]);
          yield row;
        }
        return;
      } catch (error) {
        if (!isCorrupt(error)) throw error;
      }
      const step = isForward ? 1 : -1;
      for (let n = reached + step; n > above && n <= last; n += step) {
        const row = orItsPlace(([n]) => statement.get(numberIn(n) - 1, n, ...values, 1), [n]);
        if (row !== undefined) yield row;
      }
    };
  }

  #statement(where: string, isForward: boolean): Rows {
    const known = this.#statements.get(where + isForward);
    if (known) return known;
    const order = isForward ? "" : "DESC";
    const sql = `SELECT ${AUDIT_COLUMNS} FROM audit a WHERE ${where} AND in_time(a.n) ORDER BY a.n ${order} LIMIT ?`;
    const made = lateRows(this.#db, sql);
    this.#statements.set(where + isForward, made);
    return made;
  }

  /** The numbers among which those of the filter's times are. */
  #range({ from, before }: AuditFilter): { from: number; upTo: number } {
    const newest = this.newest();
    return {
      from: from === undefined ? 1 : this.#firstFrom(from - CLOCKS_APART_MS),
      upTo: before === undefined ? newest : Math.min(newest, this.#firstFrom(before + CLOCKS_APART_MS)),
    };
  }

  /** Of the entries from a number on. */
  #firstReadable(from: number, before: number): unknown[] | undefined {
    for (let n = from; n < before; n++) {
      const found = orNull(() => this.#timeFrom.get(n) ?? []);
      if (found !== null) return found;
    }
    return undefined;
  }

  /** Numbers below this are of entries from before `at`. */
  #firstFrom(at: number): number {
    let low = numberIn(this.#oldest.get()?.[0] ?? 0);
    for (let high = this.newest() + 1; low < high; ) {
      const middle = Math.floor((low + high) / 2);
      const [n, time] = this.#firstReadable(middle, high) ?? [];
      if (n === undefined || numberIn(time) >= at) high = middle;
      else low = numberIn(n) + 1;
    }
    return low;
  }
}

/** Each condition begins with AND. */
function conditions({ tenants, user, keyId, act, task, address, from, before }: AuditFilter) {
  const parts: [sql: string, values: unknown[]][] = [];
  if (tenants !== undefined) parts.push([`a.tenant IN (${tenants.map(() => "?").join(", ")})`, [...tenants]]);
  if (user !== undefined) parts.push(["a.user = ?", [user]]);
  if (keyId !== undefined) parts.push(["a.key_id = ?", [keyId]]);
  if (act !== undefined) parts.push(["(a.act = ? OR substr(a.act, 1, ?) = ?)", [act, act.length + 1, `${act}.`]]);
  if (task !== undefined) parts.push(["a.task = ?", [task]]);
  if (address !== undefined) parts.push(["a.origin ->> 'address' = ?", [address]]);
  if (from !== undefined) parts.push(["a.at >= ?", [from]]);
  if (before !== undefined) parts.push(["a.at < ?", [before]]);
  return { sql: parts.map(([sql]) => ` AND ${sql}`).join(""), values: parts.flatMap(([, values]) => values) };
}

/**
 * Removes the oldest entries, at most `limit`: those from before `before`, and those beyond the `keptMax` newest. What
 * stays begins behind the last that goes, whose hash is kept as what the chain hangs on. The newest stays, so that no number is given twice.
 * Returns how many went.
 */
export function auditRetention(db: Database) {
  const oldest = lateRows(db, "SELECT n, at, hash FROM audit WHERE n < ? ORDER BY n LIMIT ?");
  const newest = lateRows(db, "SELECT max(n) FROM audit");
  const remove = lateRun(db, "DELETE FROM audit WHERE n <= ?");
  const hang = lateRun(db, "INSERT OR REPLACE INTO facts (name, value) VALUES (?, json_object('n', ?, 'hash', ?))");
  const fact = lateRows(db, "SELECT value ->> 'n' FROM facts WHERE name = ?");
  const gapsFrom = lateRows(
    db,
    `SELECT value ->> 'n', value ->> 'upTo' FROM facts
     WHERE name GLOB '${GAP_FACT}*' AND CASE WHEN json_valid(value) THEN value ->> 'n' >= ? AND value ->> 'upTo' > 0 END`,
  );
  return ({ before, keptMax, limit }: { before: number; keptMax: number; limit: number }): number => {
    const last = numberIn(newest.get()?.[0] ?? 0);
    const slice = oldest.all(last, limit);
    const gaps = gapsFrom.all(numberIn(slice[0]?.[0] ?? last)).map((gap) => gap.map(numberIn));
    /** How many entries there are from this one on: numbers of a gap count for none. */
    const from = (n: number) =>
      gaps.reduce((count, [gap = 0, upTo = 0]) => count - (n <= gap ? upTo - gap : 0), last - n + 1);
    // An entry that came before an old one is old, whatever the clock of its process said.
    const count = slice.findLastIndex(([n, at]) => numberIn(at) < before || from(numberIn(n)) > keptMax) + 1;
    const end = slice[count - 1];
    if (!end) return 0;
    const n = numberIn(end[0]);
    remove.run(n);
    // What is older than the chain leaves it where it begins.
    if (n > numberIn(fact.get(ANCHOR_FACT)?.[0] ?? 0)) hang.run(ANCHOR_FACT, n, maybeTextIn(end[2]) ?? "");
    return count;
  };
}
