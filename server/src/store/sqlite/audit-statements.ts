/** The audit log in SQLite: pages of it, and its retention. How an entry is added is in `audit-chain.ts`. */
import type { Database } from "better-sqlite3";
import type { AuditFilter, AuditPlace } from "../../task/audit.ts";
import { ANCHOR_FACT } from "./audit-chain.ts";
import { ANSWER_BYTES_MAX, bytesOf } from "./bounds.ts";
import { maybeTextIn, numberIn } from "./column.ts";
import { lateRows, lateRun, type Rows } from "./late-statements.ts";

/** Of `audit a`; the last are the hash before and its own. */
export const AUDIT_COLUMNS = `a.n, a.tenant, a.at, a.user, a.key_id, a.act, a.task, a.origin, a.detail,
  coalesce((SELECT p.hash FROM audit p WHERE p.n = a.n - 1),
    (SELECT value ->> 'hash' FROM facts WHERE name = '${ANCHOR_FACT}' AND value ->> 'n' = a.n - 1), ''), a.hash`;

/** Numbers that one look goes over, and how long a page looks on. */
const LOOK_NUMBERS = 5_000;
const PAGE_MS = 50;
/** Clocks of several processes may be so far apart: times are in the order of numbers but for that. */
const CLOCKS_APART_MS = 3_600_000;

type Wanted = { filter: AuditFilter; place: AuditPlace; limit: number };
type Found = { rows: unknown[][]; place: number; more: boolean };

export function auditReads(db: Database) {
  const newest = lateRows(db, "SELECT max(n) FROM audit");
  const oldest = lateRows(db, "SELECT min(n) FROM audit");
  const anchor = lateRows(db, `SELECT value ->> 'n' FROM facts WHERE name = '${ANCHOR_FACT}'`);
  const timeFrom = lateRows(db, "SELECT n, at FROM audit WHERE n >= ? ORDER BY n LIMIT 1");
  const statements = new Map<string, Rows>();
  const statement = (sql: string) => {
    const known = statements.get(sql) ?? lateRows(db, sql);
    statements.set(sql, known);
    return known;
  };
  const end = () => numberIn(newest.get()?.[0] ?? anchor.get()?.[0] ?? 0);

  /** Numbers below this are of entries from before `at`. */
  const firstFrom = (at: number): number => {
    let low = numberIn(oldest.get()?.[0] ?? 0);
    for (let high = end() + 1; low < high; ) {
      const middle = Math.floor((low + high) / 2);
      const [n, time] = timeFrom.get(middle) ?? [];
      if (n === undefined || numberIn(time) >= at) high = middle;
      else low = numberIn(n) + 1;
    }
    return low;
  };

  return {
    newestAudit: (_: null) => end(),
    auditPage: ({ filter, place, limit }: Wanted): Found => {
      const { sql, values } = conditions(filter);
      const isForward = "after" in place;
      const first = filter.from === undefined ? 1 : firstFrom(filter.from - CLOCKS_APART_MS);
      const last = filter.before === undefined ? end() : Math.min(end(), firstFrom(filter.before + CLOCKS_APART_MS));
      const rows: unknown[][] = [];
      const until = performance.now() + PAGE_MS;
      const step = filter.task === undefined ? LOOK_NUMBERS : Number.MAX_SAFE_INTEGER;
      const page = statement(
        `SELECT ${AUDIT_COLUMNS} FROM audit a WHERE a.n > ? AND a.n <= ? AND in_time(a.n)${sql}
         ORDER BY a.n ${isForward ? "" : "DESC"} LIMIT ?`,
      );
      let bytes = 0;
      const look = (above: number, upTo: number): number | null => {
        for (const row of page.iterate(above, upTo, ...values, limit - rows.length)) {
          bytes += bytesOf(row);
          if (rows.length > 0 && bytes > ANSWER_BYTES_MAX) return numberIn(rows.at(-1)?.[0]);
          rows.push(row);
        }
        return rows.length < limit ? null : numberIn(rows.at(-1)?.[0]);
      };
      if (isForward) {
        for (let at = Math.max(place.after, first - 1); ; ) {
          if (at >= last) return { rows, place: Math.max(at, place.after), more: false };
          const upTo = Math.min(last, at + step);
          const stopped = look(at, upTo);
          at = stopped ?? upTo;
          if (stopped !== null || performance.now() >= until) return { rows, place: at, more: at < last };
        }
      }
      for (let at = Math.min(place.before ?? Number.MAX_SAFE_INTEGER, last + 1); ; ) {
        if (at <= first) return { rows, place: at, more: false };
        const above = Math.max(first - 1, at - 1 - step);
        const stopped = look(above, at - 1);
        at = stopped ?? above + 1;
        if (stopped !== null || performance.now() >= until) return { rows, place: at, more: at > first };
      }
    },
  };
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
 * stays begins behind the last that goes, whose hash is kept as what the chain hangs on. Returns how many went.
 */
export function auditRetention(db: Database) {
  const oldest = lateRows(db, "SELECT n, at, hash FROM audit ORDER BY n LIMIT ?");
  const newest = lateRows(db, "SELECT max(n) FROM audit");
  const remove = lateRun(db, "DELETE FROM audit WHERE n <= ?");
  const hang = lateRun(db, "INSERT OR REPLACE INTO facts (name, value) VALUES (?, json_object('n', ?, 'hash', ?))");
  const begun = lateRows(db, "SELECT value ->> 'n' FROM facts WHERE name = ?");
  return ({ before, keptMax, limit }: { before: number; keptMax: number; limit: number }): number => {
    const slice = oldest.all(limit);
    const excess = numberIn(newest.get()?.[0] ?? 0) - keptMax;
    // An entry that came before an old one is old, whatever the clock of its process said.
    const count = slice.findLastIndex(([n, at]) => numberIn(at) < before || numberIn(n) <= excess) + 1;
    const last = slice[count - 1];
    if (!last) return 0;
    const n = numberIn(last[0]);
    remove.run(n);
    // What is older than the chain leaves it where it begins.
    if (n > numberIn(begun.get(ANCHOR_FACT)?.[0] ?? 0)) hang.run(ANCHOR_FACT, n, maybeTextIn(last[2]) ?? "");
    return count;
  };
}
