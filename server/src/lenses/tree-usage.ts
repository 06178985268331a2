/** Tasks as those APIs show them that have one count of usage: that of a task and all below it, each call once. */
import type { Principal } from "../task/principal.ts";
import type { Task } from "../task/task.ts";
import type { Tasks } from "../verbs/tasks.ts";

type TreeUsage = Pick<Tasks, "treeUsage">;

/** The same object for a task that has begun no others. */
export async function withTree(tasks: TreeUsage, principal: Principal, task: Task): Promise<Task> {
  return task.children === 0 ? task : { ...task, usage: await tasks.treeUsage(principal, task.id) };
}

export function withTrees(tasks: TreeUsage, principal: Principal, shown: readonly Task[]): Promise<Task[]> {
  return Promise.all(shown.map((task) => withTree(tasks, principal, task)));
}
