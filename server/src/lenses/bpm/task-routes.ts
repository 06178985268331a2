/** One task: its reading, in either shape. */
import type { Readable } from "node:stream";
import type { Task } from "../../task/task.ts";
import { jsonBody } from "../body/json-body.ts";
import { conditional } from "../etag.ts";
import { type Answer, isName, JSON_TYPE, type PathParam, type Route, route } from "../route.ts";
import { Caller } from "./caller.ts";
import { etagOf } from "./if-match.ts";
import { expandedFields } from "./reading.ts";
import { shownAnswer, type TaskQuery, taskQuery, type View, type WorklistTask } from "./schema.ts";
import { linksOf, moreOf, taskView, threadOf } from "./task-view.ts";
import { worklistTaskOf } from "./worklist-task.ts";

export const taskParams: Record<"id", PathParam> = { id: { about: "The number of the task, or its id.", is: isName } };

/** The default view of a path: older paths answer in the shape of the worklist. */
export function viewOf(asked: View | undefined, mount: string): View {
  return asked ?? (mount.startsWith("/ic/") ? "worklist" : "a2a");
}

export async function shownAs(
  caller: Caller,
  task: Task,
  query: Pick<TaskQuery, "expand" | "metadataFlag">,
  view: View,
): Promise<object> {
  return view === "a2a" ? await taskView(caller, task, query) : await worklistView(caller, task, query);
}

/** A task in the shape of the worklist, with its fields. */
async function worklistView(
  caller: Caller,
  task: Task,
  { expand, metadataFlag }: Pick<TaskQuery, "expand" | "metadataFlag">,
): Promise<WorklistTask> {
  const { links } = caller;
  const { messages: _, ...fields } = await expandedFields(caller, task, expand, threadOf(task));
  return {
    ...worklistTaskOf(task, caller, { tree: await caller.treeOf(task) }),
    ...(metadataFlag && moreOf(caller, task)),
    ...fields,
    links: linksOf(links, task, expand),
  };
}

/** The bytes of a task, or 304 if the client has them. */
async function taskBytes(
  call: ConstructorParameters<typeof Caller>[0] & { query: TaskQuery },
  task: Task,
): Promise<{ bytes: string | Readable; headers: { "content-type": string; etag: string; "cache-control": string } }> {
  const { query, mount } = call;
  const body = await shownAs(new Caller(call), task, query, viewOf(query.view, mount));
  const headers = { "content-type": JSON_TYPE, etag: etagOf(task), "cache-control": "private, no-cache" };
  return { bytes: jsonBody(body), headers };
}

export const taskRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/tasks/{id}",
    id: "retrieve_task",
    scope: "tasks",
    tag: "tasks",
    summary: "Retrieve a task",
    description: "Of any kind, and whichever API it came in by. A body that is sent is passed over.",
    params: taskParams,
    query: taskQuery,
    quiet: true,
    refuses: ["invalid", "unauthenticated", "not_found", "internal"],
    answers: [{ status: 200, about: "Success", schema: shownAnswer, headers: { ETag: "What If-Match takes" } }],
    handle: async (call): Promise<Answer> => {
      const task = await new Caller(call).find(call.params.id);
      return conditional(call.headers, await taskBytes(call, task));
    },
  }),
];
