/** Conversations: the thread that tasks share. */
import { notFound } from "../../task/errors.ts";
import { isName, type Route, route } from "../route.ts";
import * as wire from "./schema.ts";
import { LENS } from "./task-routes.ts";
import { partOf, wireConversation, wireMessage } from "./translate.ts";

const params = { id: { about: "Its id, or the alias that it was given.", is: isName } };
const one = { status: 200, about: "The conversation.", schema: wire.conversation };

export const conversationRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/conversations",
    id: "listConversations",
    tag: "Conversations",
    summary: "List conversations, newest first",
    description: "One's own, by the time that they were made; `total` counts all pages.",
    query: wire.offsetQuery,
    answers: [{ status: 200, about: "A page.", schema: wire.counted(wire.conversation) }],
    handle: async ({ principal, verbs, query }) => {
      const { conversations, aliases, total } = await verbs.conversations.list(principal, LENS, query);
      const data = conversations.map((conversation, at) => wireConversation(conversation, aliases[at] ?? null));
      return { status: 200, body: { data, total } };
    },
  }),
  route({
    method: "GET",
    path: "/v1/conversations/{id}",
    id: "getConversation",
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
    id: "renameConversation",
    tag: "Conversations",
    summary: "Rename a conversation",
    description: "`not_found`.",
    params,
    body: wire.renameBody,
    answers: [one],
    handle: async ({ principal, verbs, params, body }) => {
      const { conversation, alias } = await verbs.conversations.get(principal, LENS, params.id);
      const renamed = await verbs.conversations.rename(principal, conversation.id, body.title);
      return { status: 200, body: wireConversation(renamed, alias) };
    },
  }),
  route({
    method: "DELETE",
    path: "/v1/conversations/{id}",
    id: "deleteConversation",
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
    tag: "Conversations",
    summary: "Say something that later tasks see; it starts none",
    description: "As the user. `not_found`.",
    params,
    body: wire.sayBody,
    answers: [{ status: 201, about: "The message.", schema: wire.message }],
    handle: async ({ principal, verbs, params, body }) => {
      const { conversation } = await verbs.conversations.get(principal, LENS, params.id);
      const said = await verbs.conversations.say(principal, conversation.id, body.parts.map(partOf));
      return { status: 201, body: wireMessage(said) };
    },
  }),
];
