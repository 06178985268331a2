/**
 * Schema version 38: what waits for its children, or for them and a timer, sleeps as well, and so do children that time moves, but for
 * what asks people and what nobody has claimed. So the open tasks below a parent have an index, and those that wait for children.
 */
import { AFTER_URGENT, RANK } from "./033-order-of-a-start.ts";
import { NEVER, WAKES_AT } from "./034-asked.ts";
import { WAITS_IN, WAITS_OF } from "./035-unclaimed.ts";

const UNCLAIMED = `parent IS NULL AND state = 'queued' AND due_at IS NULL AND queue IS NOT NULL AND conversation IS NULL
  AND concurrency_key IS NULL`;
const SLEEPS = `ifnull(due_at, 0) BETWEEN 0 AND ${NEVER} AND ifnull(deadline_at, 0) BETWEEN 0 AND ${NEVER}
  AND ifnull(concurrency_limit, 0) >= 0
  AND ((state = 'queued' AND due_at IS NOT NULL)
    OR (state = 'waiting' AND (waits_on IS 'timer' OR waits_on IS 'child' OR waits_on IS 'timer,child' OR waits_on IS 'child,timer'))
    OR (state = 'input_required' AND parent IS NULL AND ifnull(waits_on, 'input') = 'input') OR (${UNCLAIMED}))`;

/** What an index leaves out the others for, and what is asked of it. */
export const ASLEEP = `ended_at IS NULL AND (${SLEEPS})`;
export const AWAKE = `ended_at IS NULL AND NOT (${SLEEPS})`;
export const UNCLAIMED_ASLEEP = `${ASLEEP} AND ${UNCLAIMED}`;
const BELOW = "parent IS NOT NULL AND ended_at IS NULL";
export const AWAITING = "awaits IS NOT NULL AND ended_at IS NULL";

export const families = `
DROP INDEX tasks_open;
DROP INDEX tasks_asleep;
DROP INDEX tasks_unclaimed;
CREATE INDEX tasks_open ON tasks (${RANK}, ${AFTER_URGENT}, n) WHERE ${AWAKE};
CREATE INDEX tasks_asleep ON tasks (${WAKES_AT}, id, kind, state, ${WAITS_IN}, ${WAITS_OF}) WHERE ${ASLEEP};
CREATE INDEX tasks_unclaimed ON tasks (tenant, queue, ${AFTER_URGENT}, created_at, id) WHERE ${UNCLAIMED_ASLEEP};
CREATE INDEX tasks_open_below ON tasks (parent, id) WHERE ${BELOW};
CREATE INDEX tasks_awaiting ON tasks (n) WHERE ${AWAITING};
`;
