/** The work of people: whose it is, what was added to it, and what was done. A task's own rows are in `task-store.ts`. */
import type { TaskEvent } from "../task/events/event.ts";
import type { TaskId } from "../task/id.ts";
import type { Attachment } from "../task/people/human.ts";
import type { Identity } from "../task/people/identity.ts";
import type { WORK_ORDERS, WorkConditions, WorkState } from "../task/people/work-states.ts";
import type { Task } from "../task/task.ts";

/** As what somebody takes part in a task. */
export type TaskPart = "assignee" | "claimant" | "owner" | "reviewer" | "actor";

export type WorkOrder = { by: (typeof WORK_ORDERS)[number]; descending: boolean };

/** Which items of work. */
export type WorkFilter = WorkConditions & {
  tenant: string;
  /** One of these takes part in one of these ways, or this user submitted it. Absent: everybody's. */
  whose?: { as: readonly (Identity & { part: TaskPart })[]; creator?: string };
  /** Nobody else has claimed it; null: nobody at all has. */
  freeFor?: string | null;
  states?: readonly WorkState[];
  creator?: string;
};

export type WorkCount = { state: WorkState; priority: number; overdue: boolean; count: number };

export interface HumanStore {
  /**
   * In this order, ties by age, the newest first; fewer than `limit` when they have the bytes of a page. Throws
   * `unavailable` when it takes too long.
   */
  worklist(
    filter: WorkFilter,
    page: { limit: number; offset: number; order: readonly WorkOrder[] },
  ): Promise<{ tasks: Task[]; total: number }>;
  /** Overdue is what has a due date before `now` and is open. */
  workCounts(filter: WorkFilter, now: number): Promise<WorkCount[]>;
  /** Oldest first; of what is deleted and of unknown tasks there are none. */
  attachments(id: TaskId): Promise<Attachment[]>;
  /** The events of what people did with the task, and of its answers, with `seq` > `after`, oldest first. */
  humanEvents(id: TaskId, after: number, limit: number): Promise<TaskEvent[]>;
}
