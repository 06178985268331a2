/**
 * Pages of tasks in either direction from one of them, for lists whose cursors are ids. A filter that matches hardly any task is walked
 * to the end of its time; lists that count use the totals, see `list.ts`.
 */
import type { Database } from "better-sqlite3";
import { Refusal } from "../../../task/errors.ts";
import type { State } from "../../../task/states.ts";
import type { ListPage } from "../../../task/task-filter.ts";
import type { VisibleTasks } from "../../../task/visibility.ts";
import { numberIn } from "../column.ts";
import { whereTaskVisible } from "../where.ts";

export type TaskWalk = {
  visible: VisibleTasks;
  states: readonly State[] | null;
  kinds: readonly string[] | null;
  page: ListPage;
};

/**
 * Numbers of tasks, the nearest to where it begins first: against the order of the list when it is walked `backwards`.
 * `more` says that it goes on.
 */
export function taskWalk(db: Database): (given: TaskWalk) => { numbers: number[]; more: boolean; backwards: boolean } {
  return ({ visible, states, kinds, page: { limit, order, after, before } }) => {
    const isVisible = whereTaskVisible(visible, "t");
    const cursor = after ?? before;
    const start = cursor === undefined ? null : startAt(cursor);
    const forwards = after !== undefined || before === undefined;
    const rising = (order === "asc") === forwards;
    const direction = rising ? "ASC" : "DESC";
    const names = (list: readonly string[] | null) => (list === null ? null : JSON.stringify(list));
    const found = db
      .prepare<unknown[], unknown[]>(
        `SELECT t.n FROM tasks t INDEXED BY tasks_by_time
         WHERE ${isVisible.sql} AND t.deleted_at IS NULL AND in_time(t.n)
           AND (? IS NULL OR t.state IN (SELECT value FROM json_each(?)))
           AND (? IS NULL OR t.kind IN (SELECT value FROM json_each(?)))
           ${start === null ? "" : `AND (t.created_at, t.n) ${rising ? ">" : "<"} (?, ?)`}
         ORDER BY t.created_at ${direction}, t.n ${direction} LIMIT ?`,
      )
      .raw()
      .all(
        ...isVisible.values,
        ...[names(states), names(states), names(kinds), names(kinds)],
        ...(start ?? []),
        limit + 1,
      );
    const numbers = found.slice(0, limit).map(([n]) => numberIn(n));
    return { numbers, more: found.length > limit, backwards: !forwards };

    function startAt(id: string): unknown[] {
      const place = db
        .prepare<unknown[], unknown[]>(
          `SELECT t.created_at, t.n FROM tasks t WHERE t.id = ? AND t.deleted_at IS NULL AND ${isVisible.sql}`,
        )
        .raw()
        .get(id, ...isVisible.values);
      if (place) return place;
      throw new Refusal("invalid", "This cursor is not the id of a task of this list.", {
        field: after === undefined ? "before" : "after",
      });
    }
  };
}
