/**
 * Schema version 33: the index of open tasks that do not sleep has them in the order in which a start takes them up: first what
 * runs and what has its key to its end, then what waits for a slot alone, as a queue has it, then the rest. Never null.
 */
import { AWAKE } from "./031-sleepers.ts";

const HOLDS = "ifnull(concurrency_limit, 0) < 0 AND (state = 'waiting' OR state = 'input_required')";
const WANTS_A_SLOT = `parent IS NULL AND instr(ifnull(waits_on, ''), 'conversation') = 0
  AND (state = 'queued' OR (state = 'waiting' AND instr(ifnull(waits_on, 'slot'), 'slot') > 0))`;

/** As `OpenPlace` has it. */
export const RANK = `CASE WHEN state = 'running' OR (${HOLDS}) THEN 0 WHEN ${WANTS_A_SLOT} THEN 1 ELSE 2 END`;
export const AFTER_URGENT = "-priority";

export const orderOfAStart = `
DROP INDEX tasks_open;
CREATE INDEX tasks_open ON tasks (${RANK}, ${AFTER_URGENT}, n) WHERE ${AWAKE};
`;
