/** Background tasks: what executes a run, and any other work. */
import { Refusal } from "../../task/errors.ts";
import { isUuid, taskIdFromUuid } from "../../task/id.ts";
import type { Principal } from "../../task/principal.ts";
import type { Task } from "../../task/task.ts";
import type { Verbs } from "../../verbs/verbs.ts";
import { anyQuery, JSON_TYPE, type Route, route } from "../route.ts";
import { backgroundTaskOf, unknownTask } from "./run.ts";
import { backgroundTask } from "./schema.ts";

/** The lens whose names for tasks and conversations these are. */
export const NAMES = "orchestrate";

/**
 * The task that a client knows by this name: a run's id, one of the ids that its background tasks were given, or a task's
 * id as other APIs write it. Throws `not_found`.
 */
export async function taskNamed(verbs: Verbs, principal: Principal, name: string): Promise<Task> {
  if (!isUuid(name)) return verbs.tasks.named(principal, NAMES, name);
  try {
    return await verbs.tasks.get(principal, taskIdFromUuid(name));
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "not_found") throw error;
    return verbs.tasks.named(principal, NAMES, name.toLowerCase());
  }
}

export const taskRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/tasks/{task_id}",
    id: "fetch_background_task",
    tag: "Background Tasks",
    summary: "Fetch Background Task",
    description: "An id that was never given, or is forgotten, is `unknown`: that is no error.",
    params: { task_id: { about: "As whatever began it has named it", is: () => true } },
    query: anyQuery,
    quiet: true,
    refuses: ["unauthenticated", "invalid"],
    answers: [{ status: 200, about: "Successful Response", schema: backgroundTask }],
    handle: async ({ principal, verbs, params: { task_id: id } }) => {
      const found = await taskNamed(verbs, principal, id).catch((error: unknown) => {
        if (error instanceof Refusal && error.code === "not_found") return null;
        throw error;
      });
      const told = found === null ? unknownTask(id) : backgroundTaskOf(found, id);
      return { status: 200, bytes: Buffer.from(JSON.stringify(told)), headers: { "content-type": JSON_TYPE } };
    },
  }),
];
