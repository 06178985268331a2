/**
 * Schema version 31: open tasks that only sleep have an index of their own, by when time moves them next. A start reads those
 * whose time comes soon, and all other open tasks. Both conditions are true or false of each row, and never null.
 */
const LAST = Number.MAX_SAFE_INTEGER;
const SLEEPS = `parent IS NULL AND ifnull(due_at, -1) BETWEEN 0 AND ${LAST}
  AND ifnull(deadline_at, 0) BETWEEN 0 AND ${LAST} AND ifnull(concurrency_limit, 0) >= 0
  AND (state = 'queued' OR (state = 'waiting' AND waits_on IS 'timer'))`;

const ASLEEP = `ended_at IS NULL AND (${SLEEPS})`;
export const AWAKE = `ended_at IS NULL AND NOT (${SLEEPS})`;
/** When time moves a sleeper next. */
const WAKES_AT = "min(due_at, ifnull(deadline_at, due_at))";

export const sleepers = `
DROP INDEX tasks_open;
CREATE INDEX tasks_open ON tasks (id) WHERE ${AWAKE};
CREATE INDEX tasks_asleep ON tasks (${WAKES_AT}, id, kind, state) WHERE ${ASLEEP};
`;
