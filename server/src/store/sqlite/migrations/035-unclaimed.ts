/**
 * Schema version 35: work that nobody has claimed sleeps as well, unless something else decides who gets it: a conversation, a key, a
 * parent. It has an index of its own, in the order in which its queue gives it out. All conditions are true or false of each row.
 */
import { AFTER_URGENT, RANK } from "./033-order-of-a-start.ts";
import { NEVER, WAKES_AT } from "./034-asked.ts";

const UNCLAIMED = `state = 'queued' AND due_at IS NULL AND queue IS NOT NULL AND conversation IS NULL AND concurrency_key IS NULL`;
const SLEEPS = `parent IS NULL AND ifnull(due_at, 0) BETWEEN 0 AND ${NEVER}
  AND ifnull(deadline_at, 0) BETWEEN 0 AND ${NEVER} AND ifnull(concurrency_limit, 0) >= 0
  AND (due_at IS NOT NULL AND (state = 'queued' OR (state = 'waiting' AND waits_on IS 'timer'))
    OR (state = 'input_required' AND ifnull(waits_on, 'input') = 'input') OR (${UNCLAIMED}))`;

const ASLEEP = `ended_at IS NULL AND (${SLEEPS})`;
const AWAKE = `ended_at IS NULL AND NOT (${SLEEPS})`;
const UNCLAIMED_ASLEEP = `${ASLEEP} AND ${UNCLAIMED}`;
/** Of what sleeps: the queue that it waits in and whose that is, null of all that nobody claims yet. */
export const WAITS_IN = "iif(state = 'queued' AND due_at IS NULL, queue, NULL)";
export const WAITS_OF = "iif(state = 'queued' AND due_at IS NULL, tenant, NULL)";

export const unclaimed = `
DROP INDEX tasks_open;
DROP INDEX tasks_asleep;
CREATE INDEX tasks_open ON tasks (${RANK}, ${AFTER_URGENT}, n) WHERE ${AWAKE};
CREATE INDEX tasks_asleep ON tasks (${WAKES_AT}, id, kind, state, ${WAITS_IN}, ${WAITS_OF}) WHERE ${ASLEEP};
CREATE INDEX tasks_unclaimed ON tasks (tenant, queue, ${AFTER_URGENT}, created_at, id) WHERE ${UNCLAIMED_ASLEEP};
`;
