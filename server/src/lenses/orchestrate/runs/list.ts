/** A page of runs. A list of tasks ends early when its tasks are large: a page of runs goes on, as far as it can be held. */
import type { Principal } from "../../../task/principal.ts";
import type { Task } from "../../../task/task.ts";
import { PAGE_LIMIT_MAX, type TaskFilter } from "../../../task/task-filter.ts";
import type { Tasks } from "../../../verbs/tasks.ts";
import { agentOf } from "./asked.ts";

/** Runs of all agents that are looked through for those of one. */
const LOOKED_AT_MAX = 100_000;

/** A page of them, newest first. Of what is over 64 KB in a task it has the beginning. */
export async function* runsOfAgent(
  tasks: Pick<Tasks, "list">,
  principal: Principal,
  agent: string,
  { limit, offset }: { limit: number; offset: number },
): AsyncGenerator<Task> {
  let found = 0;
  let lookedAt = 0;
  for (let cursor: string | null = ""; cursor !== null && lookedAt < LOOKED_AT_MAX; ) {
    const page = { limit: PAGE_LIMIT_MAX, whole: true, ...(cursor !== "" && { cursor }) };
    const { tasks: runs, next } = await tasks.list(principal, { kinds: ["agent"] }, page);
    for (const run of runs) {
      if (agentOf(run) !== agent) continue;
      found += 1;
      if (found > offset) yield run;
      if (found - offset >= limit) return;
    }
    lookedAt += runs.length;
    cursor = next;
  }
}

/** Of about 1 MB each. */
const LISTS_MAX = 16;

/** Newest first, with the total of all pages. Of what is over 64 KB in a task it has the beginning. */
export async function listedRuns(
  tasks: Pick<Tasks, "list">,
  principal: Principal,
  filter: TaskFilter,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ runs: Task[]; total: number }> {
  const { tasks: runs, total, next } = await tasks.list(principal, filter, { limit, offset, whole: true });
  let cursor = next;
  for (let lists = 1; cursor !== null && runs.length < limit && lists < LISTS_MAX; lists++) {
    const more = await tasks.list(principal, filter, { limit: limit - runs.length, cursor, whole: true });
    runs.push(...more.tasks);
    cursor = more.next;
  }
  return { runs, total };
}
