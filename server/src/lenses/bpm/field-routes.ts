/** Fields of a task, each by itself: its comments, its attachments, its history. */
import type { z } from "zod";
import type { Task } from "../../task/task.ts";
import { jsonBody } from "../body/json-body.ts";
import { conditional } from "../etag.ts";
import { anyQuery, JSON_TYPE, type Route, route } from "../route.ts";
import { Caller } from "./caller.ts";
import { etagOf } from "./if-match.ts";
import type { Field } from "./links.ts";
import { expandedFields } from "./reading.ts";
import { attachmentsAnswer, commentsAnswer, historyAnswer } from "./schema.ts";
import { taskParams } from "./task-routes.ts";
import { threadOf } from "./task-view.ts";

/** The value of one field, whole. Throws `not_found`. */
export async function fieldOf(caller: Caller, task: Task, field: Field): Promise<unknown> {
  return (await expandedFields(caller, task, new Set([field]), threadOf(task)))[field];
}

/** A field as an answer, sent again only when the task has changed. */
function fieldRoute(field: "comments" | "attachments" | "history", schema: z.ZodType): Route {
  return route({
    method: "GET",
    path: `/tasks/{id}/${field}`,
    id: `retrieve_${field}`,
    scope: "tasks",
    tag: field,
    summary: `Retrieve the ${field} of a task`,
    params: taskParams,
    query: anyQuery,
    refuses: ["unauthenticated", "not_found"],
    answers: [{ status: 200, about: "Success, the oldest first", schema }],
    handle: async (call) => {
      const caller = new Caller(call);
      const task = await caller.find(call.params.id);
      const bytes = jsonBody(await fieldOf(caller, task, field));
      const headers = { "content-type": JSON_TYPE, etag: etagOf(task), "cache-control": "private, no-cache" };
      return conditional(call.headers, { bytes, headers });
    },
  });
}

export const fieldRoutes: readonly Route[] = [
  fieldRoute("comments", commentsAnswer),
  fieldRoute("attachments", attachmentsAnswer),
  fieldRoute("history", historyAnswer),
];
