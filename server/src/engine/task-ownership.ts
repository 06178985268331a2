/**
 * Who may begin an attempt of a task. One process that holds its folder owns every task of it; where several servers
 * share a database, each asks before it begins, and what it was refused comes by again as a change of that task.
 */
import type { TaskId } from "../task/id.ts";

export interface TaskOwnership {
  /** True when this process may begin an attempt of the task now. It may until `release`. */
  acquire(task: TaskId): Promise<boolean>;
  /** The attempt holds nothing any more. */
  release(task: TaskId): void;
}

/** Of the only process over its store. */
export const soleOwner: TaskOwnership = {
  acquire: () => OURS,
  release: () => {},
};

const OURS = Promise.resolve(true);
