/** Background tasks: what executes a run, and any other work. */
import { DOCUMENT_KINDS } from "../../../task/documents/document.ts";
import { Refusal } from "../../../task/errors.ts";
import type { JsonObject } from "../../../task/json/json.ts";
import type { Principal } from "../../../task/principal.ts";
import type { Task } from "../../../task/task.ts";
import type { Verbs } from "../../../verbs/verbs.ts";
import { jsonBody, toldInTurns } from "../../body/json-body.ts";
import { anyQuery, JSON_TYPE, type Route, route } from "../../route.ts";
import { onWire } from "../errors.ts";
import { backgroundIdOf, NAMES, taskNamed } from "../names.ts";
import { success } from "../success.ts";
import { taskStatusOf } from "../vocabulary.ts";
import { backgroundTaskOf, unknownTask } from "./background-task.ts";
import { backgroundTask, createTask, taskBegun } from "./schema.ts";

export const taskRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/tasks/{task_id}",
    id: "fetch_background_task",
    scope: "tasks",
    tag: "Background Tasks",
    summary: "Fetch Background Task",
    description: "An id that was never given, or is forgotten, is `unknown`: that is no error.",
    params: { task_id: { about: "As whatever began it has named it", is: () => true } },
    query: anyQuery,
    quiet: true,
    refuses: ["unauthenticated", "invalid"],
    answers: success(backgroundTask),
    handle: async ({ principal, verbs, params: { task_id: id } }) => {
      const found = await taskNamed(verbs, principal, id).catch((error: unknown) => {
        if (error instanceof Refusal && error.code === "not_found") return null;
        throw error;
      });
      const told = found === null ? unknownTask(id) : await toldInTurns(() => backgroundTaskOf(found, id));
      return { status: 200, bytes: jsonBody(told), headers: { "content-type": JSON_TYPE } };
    },
  }),
  route({
    method: "POST",
    path: "/v1/tasks",
    id: "create_background_task",
    scope: "tasks",
    tag: "Background Tasks",
    summary: "Begin a background task",
    description:
      "Of the kind that `task_name` names, with `task_args` as its input. A name that is no kind of this server is that " +
      "of a queue, from which other programs take their work.",
    query: anyQuery,
    reads: "typed",
    body: createTask,
    refuses: ["unauthenticated", "invalid"],
    answers: success(taskBegun),
    handle: async ({ principal, verbs, body: { task_name, task_args } }) => {
      const task = await begunTask(verbs, principal, task_name, task_args).catch((error: unknown) => {
        if (error instanceof Refusal && error.code === "invalid") throw onWire(error, wireNameOf);
        throw error;
      });
      const answer = { task_id: backgroundIdOf(task), task_name, status: taskStatusOf(task), task_obj: null };
      return { status: 200, body: answer };
    },
  }),
];

/** The kind or the queue is the name, what is handed to it the arguments. */
function wireNameOf(field: string): string {
  if (field === "kind" || field === "input.queue") return "task_name";
  return field.replace(/^input(?:\.payload)?(?=\.|$)/, "task_args");
}

async function begunTask(verbs: Verbs, principal: Principal, name: string, args: JsonObject | null): Promise<Task> {
  try {
    return (await verbs.tasks.submit(principal, NAMES, { kind: name, input: args ?? {} })).task;
  } catch (error) {
    // Work on documents is a kind, and begins by other routes.
    const isKind = DOCUMENT_KINDS.some((kind) => kind === name);
    if (!(error instanceof Refusal) || error.detail.field !== "kind" || isKind) throw error;
    const input = { queue: name, payload: args ?? {}, title: name };
    return (await verbs.tasks.submit(principal, NAMES, { kind: "external", input })).task;
  }
}
