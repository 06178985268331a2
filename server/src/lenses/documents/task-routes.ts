/** Tasks: read, list, cancel. */
import { z } from "zod";
import type { Task } from "../../task/task.ts";
import { firstParam } from "../paging.ts";
import { type Answer, anyQuery, JSON_TYPE, type Route, route } from "../route.ts";
import { listBytes, listParams, pageOf } from "./lists.ts";
import { taskList, taskObjectSchema } from "./schema.ts";
import { isFinal, pollHeaders, taskObject, taskText } from "./translate.ts";
import { STATUSES, statesOf, statusIn } from "./vocabulary.ts";

/** The lens whose names for tasks these are. */
export const NAMES = "documents";

const TASK_ID = /^[A-Za-z0-9._:-]{1,200}$/;
const taskParams = {
  task_id: { about: "What its starter called `task_id`", noun: "Task", is: (text: string) => TASK_ID.test(text) },
};

const status = firstParam(
  z
    .string()
    .optional()
    .transform((text, ctx) => {
      const known = text === undefined ? undefined : statusIn(text);
      if (text !== undefined && known === undefined)
        ctx.addIssue({ code: "custom", message: `must be one of ${STATUSES.join(", ")}` });
      return known;
    }),
  { type: "string", enum: [...STATUSES] },
);

function oneTask(task: Task, id: string): Answer {
  return {
    status: 200,
    bytes: Buffer.from(taskText(taskObject(task, id))),
    headers: { "content-type": JSON_TYPE, "cache-control": "no-store", ...pollHeaders(isFinal(task)) },
  };
}

const answers = [{ status: 200, about: "The task.", schema: taskObjectSchema }];

export const taskRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/tasks/{task_id}",
    id: "get_task",
    scope: "tasks",
    tag: "tasks",
    summary: "Read a task",
    description: "Seven members, always. A task that has failed is 200 too.",
    params: taskParams,
    query: anyQuery,
    quiet: true,
    refuses: ["unauthenticated", "not_found"],
    answers,
    handle: async ({ principal, verbs, params }) =>
      oneTask(await verbs.tasks.named(principal, NAMES, params.task_id), params.task_id),
  }),
  route({
    method: "GET",
    path: "/v1/tasks",
    id: "list_tasks",
    scope: "tasks",
    tag: "tasks",
    summary: "List tasks",
    query: z.looseObject({
      ...listParams({ usual: 20, max: 100 }),
      status: status.describe("`running` and `canceled` are taken too"),
      operation: firstParam(z.string().max(64).optional(), { type: "string" }),
    }),
    refuses: ["unauthenticated", "invalid"],
    answers: [{ status: 200, about: "A page of them.", schema: taskList }],
    handle: async ({ principal, verbs, query }) => {
      const filter = {
        ...(query.status !== undefined && { states: statesOf(query.status) }),
        ...(query.operation !== undefined && { kinds: [query.operation] }),
      };
      const { tasks, names, more } = await verbs.tasks.page(principal, NAMES, filter, pageOf(query));
      const items = tasks.map((task, at) => {
        const id = names[at] ?? task.id;
        return { id, text: taskText(taskObject(task, id)) };
      });
      return listBytes(items, more);
    },
  }),
  route({
    method: "POST",
    path: "/v1/tasks/{task_id}/cancel",
    id: "cancel_task",
    scope: "tasks",
    tag: "tasks",
    summary: "Cancel a task",
    description: "Its children go with it. One that has ended is a conflict.",
    params: taskParams,
    query: anyQuery,
    reads: "lenient",
    body: z.unknown(),
    refuses: ["unauthenticated", "not_found", "not_allowed_in_state"],
    answers,
    handle: async ({ principal, verbs, params }) => {
      const { id } = await verbs.tasks.named(principal, NAMES, params.task_id);
      const { task } = await verbs.tasks.cancel(principal, id);
      return oneTask(task, params.task_id);
    },
  }),
];
