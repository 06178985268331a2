/** Tasks: submit and read. */

import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import type { Principal } from "../../task/principal.ts";
import type { Task } from "../../task/task.ts";
import type { TaskFilter } from "../../task/task-filter.ts";
import type { UsageCall } from "../../task/usage.ts";
import type { Acknowledged } from "../../verbs/tasks.ts";
import type { Verbs } from "../../verbs/verbs.ts";
import { jsonBody, jsonBytes, toldInTurns } from "../body/json-body.ts";
import { firstParam } from "../paging.ts";
import { anyQuery, type Call, JSON_TYPE, type Route, route } from "../route.ts";
import { withTree, withTrees } from "../tree-usage.ts";
import { ATTACHED } from "./attachments.ts";
import { forItself } from "./caller.ts";
import { renderErrorOf } from "./errors.ts";
import { headerText } from "./headers.ts";
import { paging, replayHeaders, taskParams } from "./parameters.ts";
import {
  controlState,
  eventsAnswer,
  listAnswer,
  type SubmitBody,
  statusAnswer,
  submitAnswer,
  submitBody,
  submitStreamAnswer,
  type WireEvent,
} from "./schema.ts";
import { findSession } from "./session-routes.ts";
import { sessionNamed, submissionOf } from "./submission.ts";
import { controlStateOf, isoTime, listedTaskOf, sessionOf, statusOf } from "./translate.ts";
import { STATUSES, statesOf, WIRE_ID } from "./vocabulary.ts";
import { listedEvents } from "./wire-log.ts";

const SUBMIT_BYTES_MAX = 40 * 1024 * 1024;

/** Bytes of the events of one answer, which has one at least: the next page begins after as many as came. */
const EVENTS_BYTES_MAX = 1 << 20;

const submitting = {
  query: anyQuery,
  body: submitBody,
  reads: "cut",
  cut: ATTACHED,
  bodyBytesMax: SUBMIT_BYTES_MAX,
  idempotent: true,
  refuses: ["invalid", "unauthenticated", "forbidden", "too_large", "unavailable"],
  renderError: renderErrorOf({ noun: "Session", failure: "Failed to submit task" }),
} as const;

const listQuery = z.object({
  ...paging({ limit: 20, limitMax: 100 }),
  status: firstParam(z.string().optional().transform(statesNamed), { type: "string", enum: [...STATUSES] }),
  session_id: firstParam(z.string().regex(WIRE_ID).optional(), { type: "string" }),
});

export const taskRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/api/v1/tasks",
    id: "post_tasks",
    scope: "tasks",
    summary: "Submit a task",
    description: "Starts an agent on a query. Answered once the task is on disk.",
    ...submitting,
    answers: [{ status: 200, about: "OK", schema: submitAnswer }],
    handle: async (call) => {
      const { task, replayed } = await submit(call);
      return submitted(call, 200, task, replayed, {
        task_id: task.id,
        workflow_id: task.id,
        status: "STATUS_CODE_OK",
        message: `Task submitted successfully. Session: ${sessionOf(task)}`,
        created_at: isoTime(task.createdAt),
      });
    },
  }),
  route({
    method: "POST",
    path: "/api/v1/tasks/stream",
    id: "post_tasks_stream",
    scope: "tasks",
    summary: "Submit a task and learn where its events are streamed",
    ...submitting,
    answers: [{ status: 201, about: "OK", schema: submitStreamAnswer }],
    handle: async (call) => {
      const { task, replayed } = await submit(call);
      // Clients put their base URL before it, which has the mount already.
      const url = `/api/v1/stream/sse?workflow_id=${encodeURIComponent(task.id)}`;
      const answer = submitted(call, 201, task, replayed, { workflow_id: task.id, task_id: task.id, stream_url: url });
      return { ...answer, headers: { ...answer.headers, link: `<${call.mount}${url}>; rel=stream` } };
    },
  }),
  route({
    method: "GET",
    path: "/api/v1/tasks",
    id: "get_tasks",
    scope: "tasks",
    summary: "List the caller's tasks, newest first",
    query: listQuery,
    refuses: ["invalid", "unauthenticated", "forbidden"],
    renderError: renderErrorOf({ noun: "Task", failure: "Failed to list tasks" }),
    answers: [{ status: 200, about: "OK", schema: listAnswer }],
    handle: async ({ principal, verbs, query: { limit, offset, status, session_id } }) => {
      const filter: TaskFilter = {};
      if (status !== undefined) filter.states = status;
      if (session_id !== undefined) {
        const session = await findSession(verbs.conversations, principal, session_id);
        if (session === null) return { status: 200, body: { tasks: [], total_count: 0 } };
        filter.conversation = session.conversation.id;
      }
      const { tasks, total } = await verbs.tasks.list(forItself(principal), filter, { limit, offset });
      const shown = await withTrees(verbs.tasks, principal, tasks);
      return { status: 200, body: { tasks: shown.map(listedTaskOf), total_count: total } };
    },
  }),
  route({
    method: "GET",
    path: "/api/v1/tasks/{id}",
    unlimited: true,
    id: "get_tasks_id",
    scope: "tasks",
    summary: "Get a task's status, and its result once there is one",
    params: taskParams,
    query: anyQuery,
    refuses: ["invalid", "unauthenticated", "forbidden", "not_found"],
    renderError: renderErrorOf({ noun: "Task", failure: "Failed to get task status" }),
    answers: [{ status: 200, about: "OK", schema: statusAnswer }],
    handle: async (call) => {
      const task = await call.verbs.tasks.get(call.principal, call.params.id);
      const bytes = encoded.get(task) ?? (await encode(call, task));
      return { status: 200, bytes, headers: { "content-type": JSON_TYPE, "x-workflow-id": task.id } };
    },
  }),
  route({
    method: "GET",
    path: "/api/v1/tasks/{id}/control-state",
    id: "get_tasks_id_control_state",
    scope: "tasks",
    summary: "Tell whether a task is paused or cancelled, by whom and why",
    params: taskParams,
    query: anyQuery,
    refuses: ["invalid", "unauthenticated", "forbidden", "not_found"],
    renderError: renderErrorOf({ noun: "Task", failure: "Failed to get control state" }),
    answers: [{ status: 200, about: "OK", schema: controlState }],
    handle: async ({ principal, verbs, params }) => ({
      status: 200,
      body: controlStateOf(await verbs.tasks.get(principal, params.id)),
    }),
  }),
  route({
    method: "GET",
    path: "/api/v1/tasks/{id}/events",
    id: "get_tasks_id_events",
    scope: "tasks",
    summary: "List what happened to a task, oldest first, without live text",
    params: taskParams,
    query: z.object(paging({ limit: 50, limitMax: 200 })),
    refuses: ["invalid", "unauthenticated", "forbidden", "not_found"],
    renderError: renderErrorOf({ noun: "Task", failure: "Failed to get events" }),
    answers: [{ status: 200, about: "OK", schema: eventsAnswer }],
    handle: async ({ principal, verbs, params, query: { limit, offset } }) => {
      const task = await verbs.tasks.get(principal, params.id);
      const events: WireEvent[] = [];
      let passed = 0;
      let bytes = 0;
      for await (const event of listedEvents(verbs.tasks, principal, task)) {
        passed += 1;
        if (passed <= offset) continue;
        bytes += await jsonBytes(event);
        if (events.length > 0 && bytes > EVENTS_BYTES_MAX) break;
        events.push(event);
        if (events.length === limit) break;
      }
      return { status: 200, body: { events, count: events.length } };
    },
  }),
];

/** The states that a filter means; an issue where it means none. */
function statesNamed(filter: string | undefined, context: z.RefinementCtx) {
  if (filter === undefined) return undefined;
  const states = statesOf(filter);
  if (states !== null) return states;
  context.addIssue({ code: "custom", message: "is no status" });
  return z.NEVER;
}

/** The answer depends on the task alone, and a task that changes is another object. */
const encoded = new WeakMap<Task, Buffer>();

async function encode({ principal, verbs }: Call<"id", unknown, unknown>, task: Task): Promise<Buffer | Readable> {
  const shown = await withTree(verbs.tasks, principal, task);
  const calls = await callsOf(verbs, principal, task);
  const body = jsonBody(await toldInTurns(() => statusOf(shown, calls)));
  if (typeof body !== "string") return body;
  const bytes = Buffer.from(body);
  // What those below it spend does not change the task itself.
  if (shown === task) encoded.set(task, bytes);
  return bytes;
}

/** Its paid calls, without what their providers said of them. */
async function callsOf(verbs: Verbs, principal: Principal, { id, usage }: Task): Promise<UsageCall[]> {
  const found: UsageCall[] = [];
  if (usage.calls === 0) return found;
  for (let cursor: string | undefined; ; ) {
    const { calls, next } = await verbs.tasks.usage(principal, id, cursor);
    for (const call of calls) found.push({ ...call, raw: null });
    if (next === null) return found;
    cursor = next;
  }
}

async function submit({
  principal,
  verbs,
  parts,
  body,
  idempotency,
  uploads,
}: Call<never, unknown, SubmitBody>): Promise<Acknowledged> {
  const submission = submissionOf(body, sessionNamed(body) ?? randomUUID(), parts, uploads);
  try {
    return await verbs.tasks.submit(principal, "shannon", submission, idempotency, [...uploads.keys()]);
  } catch (error) {
    throw inWireWords(error);
  }
}

/** As bytes, since Node.js encodes the head of an answer like its body, and a session's name is in both. */
function submitted(
  { headers }: Call<never, unknown, SubmitBody>,
  status: number,
  task: Task,
  replayed: boolean,
  body: object,
) {
  return {
    status,
    bytes: Buffer.from(JSON.stringify(body)),
    headers: {
      "content-type": JSON_TYPE,
      "x-workflow-id": task.id,
      "x-session-id": headerText(sessionOf(task)),
      ...replayHeaders(headers, replayed),
    },
  };
}

/** What the kind itself refuses names a field of its input, which is none of the wire's. */
function inWireWords(error: unknown): unknown {
  if (!(error instanceof Refusal) || error.code !== "invalid") return error;
  if (error.detail.field === "input.agent")
    return new Refusal("invalid", `Invalid request body: context.agent: ${error.message.replace("input.agent: ", "")}`);
  return new Refusal("invalid", `Invalid request body: ${error.message.replace(/^input[\w.]*: /, "")}`, error.detail);
}
