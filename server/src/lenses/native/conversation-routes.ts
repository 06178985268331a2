/** Conversations: the thread that tasks share. */
import { notFound } from "../../task/errors.ts";
import { isUuid } from "../../task/id.ts";
import { isName, type Route, route } from "../route.ts";
import * as wire from "./schema.ts";
import { LENS } from "./task-routes.ts";
import { conversationFieldsFrom, partOf, wireConversation, wireMessage } from "./translate.ts";

const params = { id: { about: "Its id, or the alias that it was given.", is: isName } };
const messageParams = { ...params, message: { about: "The message's id.", is: isUuid, noun: "Message" } };
const one = { status: 200, about: "The conversation.", schema: wire.conversation };

export const conversationRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/conversations",
    id: "listConversations",
    scope: "tasks",
    tag: "Conversations",
    summary: "List conversations, newest first",
    description: "One's own, by the time that they were made; `total` counts all pages.",
    query: wire.conversationsQuery,
    answers: [{ status: 200, about: "A page.", schema: wire.counted(wire.conversation) }],
    handle: async ({ principal, verbs, query: { agent, ...page } }) => {
      const wanted = { ...page, ...(agent !== undefined && { agent }) };
      const { conversations, aliases, total } = await verbs.conversations.list(principal, LENS, wanted);
      const data = conversations.map((conversation, at) => wireConversation(conversation, aliases[at] ?? null));
      return { status: 200, body: { data, total } };
    },
  }),
  route({
    method: "POST",
    path: "/v1/conversations",
    id: "createConversation",
    scope: "tasks",
    tag: "Conversations",
    summary: "Begin a conversation without a task",
    description: "Tasks join it by its id. One that nobody uses goes after the time of retention.",
    body: wire.createConversationBody,
    answers: [{ status: 201, about: "The conversation.", schema: wire.conversation }],
    handle: async ({ principal, verbs, body }) => {
      const made = await verbs.conversations.create(principal, conversationFieldsFrom(body));
      return { status: 201, body: wireConversation(made, null) };
    },
  }),
  route({
    method: "GET",
    path: "/v1/conversations/{id}",
    id: "getConversation",
    scope: "tasks",
    tag: "Conversations",
    summary: "Read a conversation",
    description: "By its id or its alias. `not_found`, for a deleted one too.",
    params,
    answers: [one],
    handle: async ({ principal, verbs, params }) => {
      const { conversation, alias } = await verbs.conversations.get(principal, LENS, params.id);
      return { status: 200, body: wireConversation(conversation, alias) };
    },
  }),
  route({
    method: "PATCH",
    path: "/v1/conversations/{id}",
    id: "updateConversation",
    scope: "tasks",
    tag: "Conversations",
    summary: "Change a conversation's title, agent, knowledge base or context",
    description: "What is absent stays. `not_found`.",
    params,
    body: wire.updateConversationBody,
    answers: [one],
    handle: async ({ principal, verbs, params, body }) => {
      const { conversation, alias } = await verbs.conversations.get(principal, LENS, params.id);
      const updated = await verbs.conversations.update(principal, conversation.id, conversationFieldsFrom(body));
      return { status: 200, body: wireConversation(updated, alias) };
    },
  }),
  route({
    method: "DELETE",
    path: "/v1/conversations/{id}",
    id: "deleteConversation",
    scope: "tasks",
    tag: "Conversations",
    summary: "Delete a conversation; its tasks stay",
    description: "Its alias may name another one from then on. `not_found`, also the second time.",
    params,
    answers: [{ status: 204, about: "Deleted." }],
    handle: async ({ principal, verbs, params }) => {
      if (!(await verbs.conversations.delete(principal, LENS, params.id))) throw notFound("conversation");
      return { status: 204 };
    },
  }),
  route({
    method: "GET",
    path: "/v1/conversations/{id}/messages",
    id: "listMessages",
    scope: "tasks",
    tag: "Conversations",
    summary: "Read its messages, oldest first",
    description: "`total` counts all pages. `not_found`.",
    params,
    query: wire.offsetQuery,
    answers: [{ status: 200, about: "A page.", schema: wire.counted(wire.message) }],
    handle: async ({ principal, verbs, params, query }) => {
      const { conversation } = await verbs.conversations.get(principal, LENS, params.id);
      const { messages, total } = await verbs.conversations.messages(principal, conversation.id, query);
      return { status: 200, body: { data: messages.map(wireMessage), total } };
    },
  }),
  route({
    method: "POST",
    path: "/v1/conversations/{id}/messages",
    id: "sayMessage",
    scope: "tasks",
    tag: "Conversations",
    summary: "Say something that later tasks see; it starts none",
    description: "As the user, or as the agent where a talk is brought along. `not_found`.",
    params,
    body: wire.sayBody,
    answers: [{ status: 201, about: "The message.", schema: wire.message }],
    handle: async ({ principal, verbs, params, body }) => {
      const { conversation } = await verbs.conversations.get(principal, LENS, params.id);
      const said = {
        role: body.role,
        parts: body.parts.map(partOf),
        ...(body.metadata && { metadata: body.metadata }),
      };
      return { status: 201, body: wireMessage(await verbs.conversations.say(principal, conversation.id, said)) };
    },
  }),
  route({
    method: "GET",
    path: "/v1/conversations/{id}/messages/{message}",
    id: "getMessage",
    scope: "tasks",
    tag: "Conversations",
    summary: "Read a message",
    description: "`not_found`, also for one that is so old that its conversation keeps it no more.",
    params: messageParams,
    answers: [{ status: 200, about: "The message.", schema: wire.message }],
    handle: async ({ principal, verbs, params }) => {
      const { conversation } = await verbs.conversations.get(principal, LENS, params.id);
      const message = await verbs.conversations.message(principal, conversation.id, params.message);
      return { status: 200, body: wireMessage(message) };
    },
  }),
  route({
    method: "PATCH",
    path: "/v1/conversations/{id}/messages/{message}",
    id: "editMessage",
    scope: "tasks",
    tag: "Conversations",
    summary: "Change what a message says, or its metadata",
    description: "Later tasks hear it as it is then. What is absent stays. `not_found`.",
    params: messageParams,
    body: wire.editBody,
    answers: [{ status: 200, about: "The message.", schema: wire.message }],
    handle: async ({ principal, verbs, params, body }) => {
      const { conversation } = await verbs.conversations.get(principal, LENS, params.id);
      const { parts, metadata } = body;
      const edited = await verbs.conversations.edit(principal, conversation.id, params.message, {
        ...(parts && { parts: parts.map(partOf) }),
        ...(metadata && { metadata }),
      });
      return { status: 200, body: wireMessage(edited) };
    },
  }),
  route({
    method: "DELETE",
    path: "/v1/conversations/{id}/messages/{message}",
    id: "deleteMessage",
    scope: "tasks",
    tag: "Conversations",
    summary: "Take a message out of its conversation",
    description: "Later tasks do not hear it; its task stays. `not_found`, also the second time.",
    params: messageParams,
    answers: [{ status: 204, about: "Deleted." }],
    handle: async ({ principal, verbs, params }) => {
      const { conversation } = await verbs.conversations.get(principal, LENS, params.id);
      await verbs.conversations.unsay(principal, conversation.id, params.message);
      return { status: 204 };
    },
  }),
];
