/**
 * Tasks that an operator has set aside, most often since they cannot be read: they stay where they are, with all that hangs on them,
 * and belong to no tenant. So no list and no count has them, nobody may read them, and no start goes on with them. They are put back as
 * they were.
 */
import type { Database } from "better-sqlite3";
import { STATES } from "../../../task/states.ts";
import { numberIn, textIn } from "../column.ts";
import { Totals } from "../tasks/totals.ts";

/** Prefix of the tenant of such a task. No tenant's name begins with it. */
const MARK = "\u0001";

export function isTenantAside(tenant: string): boolean {
  return tenant.startsWith(MARK);
}

/** SQL for the tenant of a task, set aside or not. Rows beside the task keep that tenant. */
export function ownTenant(table: string): string {
  return `ltrim(${table}.tenant, char(1))`;
}

/** SQL that holds for tasks that are not set aside. */
export function notAside(table: string): string {
  return `substr(${table}.tenant, 1, 1) <> char(1)`;
}

const ASIDE = "tenant >= char(1) AND tenant < char(2)";
/** SQL for the numbers of all tasks set aside, by an index: to test the tenant of each of many other tasks would read their rows. */
export const NUMBERS_ASIDE = `SELECT n FROM tasks INDEXED BY tasks_by_time WHERE ${ASIDE} AND deleted_at IS NULL`;

export function idsAside(db: Database): string[] {
  const found = db.prepare<unknown[], unknown[]>(`SELECT id FROM tasks WHERE ${ASIDE} ORDER BY created_at`).raw().all();
  return found.map(([id]) => textIn(id));
}

/** False when there is no such task, or it is set aside already. */
export function setAside(db: Database, id: string): boolean {
  return moveTenant(db, id, (tenant) => (isTenantAside(tenant) ? null : MARK + tenant));
}

/** False when no such task is set aside. */
export function putBack(db: Database, id: string): boolean {
  return moveTenant(db, id, (tenant) => (isTenantAside(tenant) ? tenant.slice(MARK.length) : null));
}

function moveTenant(db: Database, id: string, to: (tenant: string) => string | null): boolean {
  const move = db.transaction(() => {
    const row = db
      .prepare<unknown[], unknown[]>(
        "SELECT n, tenant, user, kind, created_at, state, deleted_at FROM tasks WHERE id = ?",
      )
      .raw()
      .get(id);
    const from = row && textIn(row[1]);
    const tenant = from === undefined ? null : to(from);
    if (!row || from === undefined || tenant === null) return false;
    if (row[6] === null) moveTotals(db, row, from, tenant);
    db.prepare<unknown[]>("UPDATE tasks SET tenant = ? WHERE n = ?").run(tenant, row[0]);
    return true;
  });
  return move.immediate();
}

/** Moves the task's totals along, unless its state cannot be read: then nobody knows in which total it is. */
function moveTotals(db: Database, row: unknown[], from: string, to: string): void {
  const [, , user, kind, createdAt, found] = row;
  const state = STATES.find((known) => known === found);
  if (state === undefined) return;
  const totals = new Totals(db);
  const counted = { user: textIn(user), kind: textIn(kind), createdAt: numberIn(createdAt) };
  totals.move({ ...counted, tenant: from }, state, null);
  totals.move({ ...counted, tenant: to }, null, state);
  totals.write();
}
