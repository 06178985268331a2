/** The words for where an item of people's work stands, and what lists of them are ordered by. A leaf: it imports nothing. */

/**
 * What an item is called by one word: the state of its assignment, or what its task's state makes of it. `alerted` needs an
 * authorization before anybody can go on.
 */
export const WORK_STATES = [
  "assigned",
  "voting",
  "information",
  "alerted",
  "suspended",
  "completed",
  "errored",
  "expired",
  "withdrawn",
  "deleted",
] as const;
export type WorkState = (typeof WORK_STATES)[number];

/** What a worklist can be ordered by. */
export const WORK_ORDERS = [
  "number",
  "title",
  "priority",
  "state",
  "createdAt",
  "updatedAt",
  "assignedAt",
  "dueAt",
] as const;

/** What items of work are looked for by, beside whose they are: absent is no condition. */
export type WorkConditions = {
  /** Part of it, in any case. */
  title?: string;
  /** Who sent it to whom it is assigned to now. */
  from?: string;
  key?: string;
  category?: string;
  definition?: string;
  priority?: number;
  /** Both inclusive. */
  dueFrom?: number;
  dueUntil?: number;
};

/** Something is left to do for people. */
export function isOpenWork(state: WorkState): boolean {
  return OPEN_WORK.has(state);
}

export const OPEN_WORK_STATES = ["assigned", "voting", "information", "alerted", "suspended"] as const;
const OPEN_WORK: ReadonlySet<WorkState> = new Set(OPEN_WORK_STATES);
