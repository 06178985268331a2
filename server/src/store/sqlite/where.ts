/** Conditions on rows as SQL, each with the values that it binds. */
import type { Visible, VisibleTasks } from "../../task/visibility.ts";

export type Where = { sql: string; values: unknown[] };

export function allOf(wheres: readonly Where[]): Where {
  return { sql: wheres.map(({ sql }) => sql).join(" AND "), values: wheres.flatMap(({ values }) => values) };
}

/** `isAmong` of `task/visibility.ts`, in SQL. */
export function whereVisible(visible: Visible, table: string): Where {
  const tenant = { sql: `${table}.tenant = ?`, values: [visible.tenant] };
  if (visible.user === null) return tenant;
  return allOf([tenant, { sql: `${table}.user = ?`, values: [visible.user] }]);
}

/** `mayReadTask` of the same, in SQL. */
export function whereTaskVisible(visible: VisibleTasks, table: string): Where {
  if (visible.user === null || !visible.as) return whereVisible(visible, table);
  const takesPart = whereTakingPart(visible, table);
  return {
    sql: `${table}.tenant = ? AND (${table}.user = ? OR ${takesPart.sql})`,
    values: [visible.tenant, visible.user, ...takesPart.values],
  };
}

export function whereTakingPart(visible: VisibleTasks, table: string): Where {
  const { sql, values } = takingPart(visible);
  return { sql: `${table}.n IN (SELECT p.task FROM ${sql})`, values };
}

/** The rows by which somebody takes part in tasks of others. */
export function takingPart({ tenant, as = [] }: VisibleTasks): Where {
  return {
    sql: `json_each(?) w CROSS JOIN participants p INDEXED BY participants_of_others
      ON p.tenant = ? AND p.type = w.value ->> 'type' AND p.identity = w.value ->> 'id' AND p.own = 0`,
    values: [JSON.stringify(as), tenant],
  };
}
