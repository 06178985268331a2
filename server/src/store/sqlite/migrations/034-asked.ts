/**
 * Schema version 34: open tasks that wait for people alone sleep as well, some until a time of theirs is over and some for as long
 * as nobody acts. What asks people has an index of its own, in the order of lists. All conditions are true or false of each row.
 */
import { AFTER_URGENT, RANK } from "./033-order-of-a-start.ts";

/** When time moves a sleeper next that time does not move: later than any time. */
export const NEVER = Number.MAX_SAFE_INTEGER;
const SLEEPS = `parent IS NULL AND ifnull(due_at, 0) BETWEEN 0 AND ${NEVER}
  AND ifnull(deadline_at, 0) BETWEEN 0 AND ${NEVER} AND ifnull(concurrency_limit, 0) >= 0
  AND (due_at IS NOT NULL AND (state = 'queued' OR (state = 'waiting' AND waits_on IS 'timer'))
    OR (state = 'input_required' AND ifnull(waits_on, 'input') = 'input'))`;

const ASLEEP = `ended_at IS NULL AND (${SLEEPS})`;
const AWAKE = `ended_at IS NULL AND NOT (${SLEEPS})`;
/** No other reason of a wait has this word in it. */
export const ASKS = "ended_at IS NULL AND instr(ifnull(waits_on, ''), 'input') > 0";
/** When time moves a sleeper next. */
export const WAKES_AT = `min(ifnull(due_at, ${NEVER}), ifnull(deadline_at, ${NEVER}))`;

export const asked = `
DROP INDEX tasks_open;
DROP INDEX tasks_asleep;
CREATE INDEX tasks_open ON tasks (${RANK}, ${AFTER_URGENT}, n) WHERE ${AWAKE};
CREATE INDEX tasks_asleep ON tasks (${WAKES_AT}, id, kind, state) WHERE ${ASLEEP};
CREATE INDEX tasks_asking ON tasks (tenant, created_at, user, kind, state, deleted_at) WHERE ${ASKS};
`;
