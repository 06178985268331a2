/** Threads: the conversations of runs. */

import type { Conversation } from "../../../task/conversation.ts";
import { Refusal } from "../../../task/errors.ts";
import type { Principal } from "../../../task/principal.ts";
import type { Conversations } from "../../../verbs/conversations.ts";
import type { Verbs } from "../../../verbs/verbs.ts";
import { anyQuery, type Route, route } from "../../route.ts";
import { foundAs } from "../errors.ts";
import { NAMES } from "../names.ts";
import { SUCCESS, success } from "../success.ts";
import { createThread, patchThread, thread, threadList, threadMade, threadQuery } from "./schema.ts";
import { changesFrom, statusOf, threadOfConversation } from "./thread.ts";

const TAG = "Threads";
export const threadParams = { thread_id: { about: "A thread's id", is: () => true } };
/** Of one thread, which there may not be. */
const ofOne = { tag: TAG, params: threadParams, query: anyQuery, refuses: ["unauthenticated", "not_found"] } as const;
const one = success(thread);

/** Throws `not_found` in the words of this wire. */
export async function threadNamed(
  conversations: Pick<Conversations, "get">,
  principal: Principal,
  id: string,
): Promise<Conversation> {
  const { conversation } = await foundAs("Thread", conversations.get(principal, NAMES, id));
  return conversation;
}

/** The agent's id where there is such an agent, by whichever of its names it was given; else what was given. */
async function agentIn(agents: Pick<Verbs["agents"], "get">, principal: Principal, given: string): Promise<string> {
  try {
    return (await agents.get(principal, given)).id;
  } catch (error) {
    if (error instanceof Refusal && error.code === "not_found") return given;
    throw error;
  }
}

export const threadRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/v1/threads",
    id: "create_thread",
    scope: "tasks",
    tag: TAG,
    summary: "Create Thread",
    query: anyQuery,
    reads: "typed",
    body: createThread,
    refuses: ["unauthenticated", "invalid"],
    answers: [{ status: 201, about: SUCCESS, schema: threadMade, headers: { location: "The thread" } }],
    handle: async ({ principal, verbs, body }) => {
      const agent = body.agent_id && (await agentIn(verbs.agents, principal, body.agent_id));
      const { id } = await verbs.conversations.create(principal, changesFrom({ ...body, agent_id: agent }, {}));
      return { status: 201, headers: { location: `/threads/${id}` }, body: { thread_id: id } };
    },
  }),
  route({
    method: "GET",
    path: "/v1/threads",
    id: "list_threads",
    scope: "tasks",
    tag: TAG,
    summary: "List Threads",
    description: "Newest first, all or those of one agent.",
    query: threadQuery,
    refuses: ["unauthenticated", "invalid"],
    answers: success(threadList),
    handle: async ({ principal, verbs, query: { limit, offset, agent_id } }) => {
      const agent = agent_id && (await agentIn(verbs.agents, principal, agent_id));
      const page = { limit, offset, ...(agent !== "" && { agent }) };
      const { conversations, total } = await verbs.conversations.list(principal, NAMES, page);
      const data = [];
      for (const each of conversations)
        data.push(threadOfConversation(each, await statusOf(verbs.tasks, principal, each)));
      return { status: 200, body: { data, total, limit, offset } };
    },
  }),
  route({
    ...ofOne,
    method: "GET",
    path: "/v1/threads/{thread_id}",
    id: "get_thread",
    scope: "tasks",
    summary: "Get Thread",
    answers: one,
    handle: async ({ principal, verbs, params }) => {
      const conversation = await threadNamed(verbs.conversations, principal, params.thread_id);
      const status = await statusOf(verbs.tasks, principal, conversation);
      return { status: 200, body: threadOfConversation(conversation, status) };
    },
  }),
  route({
    method: "PATCH",
    path: "/v1/threads/{thread_id}",
    id: "update_thread",
    scope: "tasks",
    tag: TAG,
    summary: "Update Thread",
    description: "What is null or absent stays. The status follows from the runs of the thread, whatever is said here.",
    params: threadParams,
    query: anyQuery,
    reads: "typed",
    body: patchThread,
    refuses: ["unauthenticated", "invalid", "not_found"],
    answers: one,
    handle: async ({ principal, verbs, params, body }) => {
      const { id, context } = await threadNamed(verbs.conversations, principal, params.thread_id);
      const agent = body.agent_id && (await agentIn(verbs.agents, principal, body.agent_id));
      const changes = changesFrom({ ...body, agent_id: agent }, context);
      const changed = await verbs.conversations.update(principal, id, changes);
      const status = await statusOf(verbs.tasks, principal, changed);
      return { status: 200, body: threadOfConversation(changed, status) };
    },
  }),
  route({
    ...ofOne,
    method: "DELETE",
    path: "/v1/threads/{thread_id}",
    id: "delete_thread",
    scope: "tasks",
    summary: "Delete Thread",
    description: "Its runs stay.",
    answers: [{ status: 204, about: SUCCESS }],
    handle: async ({ principal, verbs, params }) => {
      const isThere = await foundAs("Thread", verbs.conversations.delete(principal, NAMES, params.thread_id));
      if (!isThere) throw new Refusal("not_found", "Thread not found");
      return { status: 204 };
    },
  }),
];
