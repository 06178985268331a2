/** Conditional updates: the tag of a task names its revision, and a client that names another one is stale. */
import type { IncomingHttpHeaders } from "node:http";
import type { Task } from "../../task/task.ts";
import { stale } from "./errors.ts";

/** Names the task as it is. */
export function etagOf({ number, revision }: Pick<Task, "number" | "revision">): string {
  // Its own number: a renewed task under the same number is another task.
  return `"${number}-${revision}"`;
}

/** The revision that an update is bound to; none without `If-Match`, or for `*`. Throws `conflict` for a stale one. */
export function boundTo(headers: IncomingHttpHeaders, task: Pick<Task, "number" | "revision">): { revision?: number } {
  const given = headers["if-match"];
  if (given === undefined || given.trim() === "*") return {};
  const own = etagOf(task);
  const tags = given.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  if (!tags.includes(own)) throw stale();
  return { revision: task.revision };
}
