/**
 * Who may begin an attempt of a task. A process that holds the folder's lock owns every task in it. Where several servers share a
 * database, each asks before it begins; after a refusal it hears of the task again as a change of that task.
 */
import type { TaskId } from "../task/id.ts";

export interface TaskOwnership {
  /** True when this process may begin an attempt of the task now. It may until `release`. */
  acquire(task: TaskId): Promise<boolean>;
  /** The attempt is over. */
  release(task: TaskId): void;
}

/** Of the only process over its store. */
export const soleOwner: TaskOwnership = {
  acquire: () => OURS,
  release: () => {},
};

const OURS = Promise.resolve(true);
