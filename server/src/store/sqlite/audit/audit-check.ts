/**
 * Whether the audit log is the chain that it was written as: what was changed, taken out, put in or moved is named by its
 * number. Who can write the database can make a whole chain anew: that is seen only by what was exported before.
 */
import type { Database } from "better-sqlite3";
import { NO_HASH } from "../../../task/audit-line.ts";
import { auditHash } from "../../codec/audit-hash.ts";
import type { AuditHealth } from "../../storage.ts";
import { maybeTextIn, numberIn, textIn } from "../column.ts";
import { ANCHOR_FACT, HEAD_FACT } from "./audit-chain.ts";

/** Of a log that was tampered with, this many places are named. */
const PLACES_MAX = 20;

export const NO_AUDIT: AuditHealth = { entries: 0, last: 0, hash: NO_HASH, problems: [] };

type Link = { n: number; hash: string | null };

/** Entries may be written and removed meanwhile: it looks at one moment. */
export function checkAudit(db: Database): AuditHealth {
  try {
    return db.transaction(() => looked(db))();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ...NO_AUDIT, problems: [`The audit log cannot be read to its end: ${why}.`] };
  }
}

function looked(db: Database): AuditHealth {
  const anchor = factOf(db, ANCHOR_FACT) ?? { n: 0, hash: NO_HASH };
  const problems: string[] = [];
  const tell = (problem: string) => {
    if (problems.length < PLACES_MAX) problems.push(problem);
  };
  const rows = db
    .prepare<unknown[], unknown[]>(
      "SELECT n, tenant, at, user, key_id, act, task, origin, detail, hash FROM audit WHERE n > ? ORDER BY n",
    )
    .raw();
  let entries = 0;
  let last: Link = anchor;
  const head = factOf(db, HEAD_FACT);
  for (const row of rows.iterate(anchor.n)) {
    entries += 1;
    const link = { n: numberIn(row[0]), hash: maybeTextIn(row[9] ?? null) };
    if (link.n !== last.n + 1) tell(missing(last.n + 1, link.n - 1));
    else if (link.hash !== hashOf(row, last.hash ?? NO_HASH))
      tell(`Audit entry ${link.n} is not as it was written, or does not belong behind entry ${last.n}.`);
    if (head?.n === link.n && head.hash !== link.hash)
      tell(`Audit entry ${link.n} is another one than was noted when it was written.`);
    // Each place is told once: what comes after is judged by what stands here.
    last = link;
  }
  if (head !== null && head.n > last.n) tell(missing(last.n + 1, head.n));
  return { entries, last: last.n, hash: last.hash ?? NO_HASH, problems };
}

function factOf(db: Database, name: string): { n: number; hash: string } | null {
  const row = db
    .prepare<unknown[], unknown[]>("SELECT value ->> 'n', value ->> 'hash' FROM facts WHERE name = ?")
    .raw()
    .get(name);
  return row ? { n: numberIn(row[0]), hash: textIn(row[1]) } : null;
}

/** Null of a row that holds no entry at all. */
function hashOf(row: unknown[], previous: string): string | null {
  try {
    const [n, tenant, at, user, keyId, act, task, origin, detail] = row;
    const texts = { tenant: textIn(tenant), user: textIn(user), keyId: textIn(keyId), act: textIn(act) };
    const more = { task: maybeTextIn(task ?? null), origin: maybeTextIn(origin ?? null), detail: textIn(detail) };
    return auditHash({ n: numberIn(n), at: numberIn(at), ...texts, ...more }, previous);
  } catch {
    return null;
  }
}

function missing(from: number, to: number): string {
  return from === to ? `Audit entry ${from} is missing.` : `Audit entries ${from} to ${to} are missing.`;
}
