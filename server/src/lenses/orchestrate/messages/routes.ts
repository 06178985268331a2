/** Messages of threads, and what was written down while they came about. */
import { z } from "zod";
import type { Principal } from "../../../task/principal.ts";
import type { Task } from "../../../task/task.ts";
import type { Verbs } from "../../../verbs/verbs.ts";
import { jsonWithList } from "../../body/json-list.ts";
import { anyQuery, JSON_TYPE, type Route, route } from "../../route.ts";
import { foundAs } from "../errors.ts";
import { logOf } from "../events/captured-log.ts";
import { runIdOf, taskNamed } from "../names.ts";
import { SUCCESS, success } from "../success.ts";
import { threadNamed, threadParams } from "../threads/routes.ts";
import { messageNamed, messagesOf } from "./list.ts";
import { metadataFrom, partsFrom } from "./message.ts";
import { capturedLogs, createMessage, messageMade, patchMessage, threadMessage } from "./schema.ts";

const TAG = "Messages";
const AGENTS: ReadonlySet<string> = new Set(["assistant", "agent", "ai"]);
const messageParams = { ...threadParams, message_id: { about: "A message's id", is: () => true } };
/** Of one message, which there may not be. */
const ofOne = { tag: TAG, params: messageParams, query: anyQuery, refuses: ["unauthenticated", "not_found"] } as const;
const one = success(threadMessage);
const logs = success(capturedLogs);

export const messageRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/threads/{thread_id}/messages",
    id: "list_messages",
    scope: "tasks",
    tag: TAG,
    summary: "List Messages",
    description: "All that its conversation keeps, oldest first.",
    params: threadParams,
    query: anyQuery,
    quiet: true,
    refuses: ["unauthenticated", "not_found"],
    answers: success(z.array(threadMessage)),
    handle: async ({ principal, verbs, params }) => {
      const conversation = await threadNamed(verbs.conversations, principal, params.thread_id);
      const file = jsonWithList((list) => list, messagesOf(verbs, principal, conversation));
      return { status: 200, file, headers: { "content-type": JSON_TYPE } };
    },
  }),
  route({
    method: "POST",
    path: "/v1/threads/{thread_id}/messages",
    id: "create_message",
    scope: "tasks",
    tag: TAG,
    summary: "Create Message",
    description: "Later runs of the thread see it; it starts none.",
    params: threadParams,
    query: anyQuery,
    reads: "typed",
    body: createMessage,
    refuses: ["unauthenticated", "invalid", "not_found"],
    answers: [{ status: 201, about: SUCCESS, schema: messageMade }],
    handle: async ({ principal, verbs, params, body }) => {
      const { id } = await threadNamed(verbs.conversations, principal, params.thread_id);
      const metadata = metadataFrom(body);
      const said = await verbs.conversations.say(principal, id, {
        role: AGENTS.has(body.role.toLowerCase()) ? "agent" : "user",
        parts: partsFrom(body.content),
        ...(Object.keys(metadata).length > 0 && { metadata }),
      });
      return { status: 201, body: { message_id: said.id } };
    },
  }),
  route({
    ...ofOne,
    method: "GET",
    path: "/v1/threads/{thread_id}/messages/{message_id}",
    id: "get_message",
    scope: "tasks",
    summary: "Get Message",
    answers: one,
    handle: async ({ principal, verbs, params }) => {
      const conversation = await threadNamed(verbs.conversations, principal, params.thread_id);
      return { status: 200, body: await messageNamed(verbs, principal, conversation, params.message_id) };
    },
  }),
  route({
    method: "PATCH",
    path: "/v1/threads/{thread_id}/messages/{message_id}",
    id: "update_message",
    scope: "tasks",
    tag: TAG,
    summary: "Update Message",
    description: "What is null or absent stays. Who said it stays as well.",
    params: messageParams,
    query: anyQuery,
    reads: "typed",
    body: patchMessage,
    refuses: ["unauthenticated", "invalid", "not_found"],
    answers: one,
    handle: async ({ principal, verbs, params, body }) => {
      const conversation = await threadNamed(verbs.conversations, principal, params.thread_id);
      const known = await foundAs(
        "Message",
        verbs.conversations.message(principal, conversation.id, params.message_id),
      );
      const { content } = body;
      await verbs.conversations.edit(principal, conversation.id, known.id, {
        ...(content !== undefined && content !== null && { parts: partsFrom(content) }),
        metadata: { ...known.metadata, ...metadataFrom(body) },
      });
      return { status: 200, body: await messageNamed(verbs, principal, conversation, known.id) };
    },
  }),
  route({
    ...ofOne,
    method: "DELETE",
    path: "/v1/threads/{thread_id}/messages/{message_id}",
    id: "delete_message",
    scope: "tasks",
    summary: "Delete Message",
    answers: [{ status: 204, about: SUCCESS }],
    handle: async ({ principal, verbs, params }) => {
      const { id } = await threadNamed(verbs.conversations, principal, params.thread_id);
      await foundAs("Message", verbs.conversations.unsay(principal, id, params.message_id));
      return { status: 204 };
    },
  }),
  route({
    ...ofOne,
    method: "GET",
    path: "/v1/threads/{thread_id}/messages/{message_id}/logs",
    id: "get_message_logs",
    scope: "tasks",
    summary: "Get Message Logs",
    answers: logs,
    handle: async ({ principal, verbs, params }) => {
      const { id } = await threadNamed(verbs.conversations, principal, params.thread_id);
      const message = await foundAs("Message", verbs.conversations.message(principal, id, params.message_id));
      const task = message.task === null ? null : await foundAs("Log", verbs.tasks.get(principal, message.task));
      return { status: 200, body: await logsAnswer(verbs, principal, message.id, task) };
    },
  }),
  route({
    method: "GET",
    path: "/v1/threads/logs/{log_id}",
    id: "get_logs",
    scope: "tasks",
    tag: TAG,
    summary: "Get Logs",
    description: "By the `log_id` of an answer, which is the id of its run.",
    params: { log_id: { about: "A log's id", is: () => true } },
    query: anyQuery,
    refuses: ["unauthenticated", "not_found"],
    answers: logs,
    handle: async ({ principal, verbs, params: { log_id: id } }) => {
      const task = await foundAs("Log", taskNamed(verbs, principal, id));
      return { status: 200, body: await logsAnswer(verbs, principal, runIdOf(task), task) };
    },
  }),
];

async function logsAnswer(verbs: Verbs, principal: Principal, log_id: string, task: Task | null) {
  const entries = task === null ? [] : await logOf(verbs.tasks, principal, task);
  return { captured_logs: { log_id, log_count: entries.length, logs: entries } };
}
