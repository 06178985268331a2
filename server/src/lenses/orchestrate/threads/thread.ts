/** A conversation as a thread, and what becomes of it while its runs go on without anybody who waits for them. */

import type { z } from "zod";
import type { Conversation, ConversationChanges } from "../../../task/conversation.ts";
import type { Principal } from "../../../task/principal.ts";
import { isParked, isUnparked } from "../../../task/turns.ts";
import type { Tasks } from "../../../verbs/tasks.ts";
import { wireTime } from "../wire-time.ts";
import type { createThread, patchThread, THREAD_STATUSES, Thread } from "./schema.ts";

/** Open tasks of one conversation that are looked at for its status. */
const OPEN_TASKS_MAX = 50;

export function threadOfConversation(conversation: Conversation, status: Thread["status"]): Thread {
  const { tenant, user, title, lastAgentMessageAt } = conversation;
  const assistant = conversation.context["assistant_id"];
  return {
    id: conversation.id,
    tenant_id: tenant,
    status,
    tenant_name: tenant,
    title: title === "" ? null : title,
    assistant_id: typeof assistant === "string" ? assistant : null,
    agent_id: conversation.agent,
    knowledge_base_id: conversation.knowledgeBase,
    created_by: user,
    created_by_username: user,
    created_on: wireTime(conversation.createdAt),
    updated_at: wireTime(conversation.updatedAt),
    deleted_at: null,
    deleted_by: null,
    last_read_at: null,
    last_agent_message_at: lastAgentMessageAt === null ? null : wireTime(lastAgentMessageAt),
  };
}

/** A question comes before whatever else goes on: somebody is waited for. */
export async function statusOf(
  tasks: Pick<Tasks, "list">,
  principal: Principal,
  { id, tasks: count }: Conversation,
): Promise<(typeof THREAD_STATUSES)[number]> {
  if (count === 0) return "ready";
  const filter = { conversation: id, states: ["waiting" as const, "input_required" as const] };
  const open = await tasks.list(principal, filter, { limit: OPEN_TASKS_MAX });
  if (open.tasks.some(({ state }) => state === "input_required")) return "async_slot_request";
  return open.tasks.some(({ waits }) => isParked(waits) || isUnparked(waits)) ? "async_wait" : "ready";
}

/** What a client says of a thread. Its status follows from its runs, whatever a client says. */
export function changesFrom(
  body: z.output<typeof createThread> | z.output<typeof patchThread>,
  context: Conversation["context"],
): ConversationChanges {
  const { title, agent_id, assistant_id } = body;
  const knowledge = "knowledge_base_id" in body ? body.knowledge_base_id : null;
  const free = { ...context, ...("context" in body && body.context), ...(assistant_id !== null && { assistant_id }) };
  return {
    ...(title !== null && { title }),
    ...(agent_id !== null && { agent: agent_id }),
    ...(knowledge !== null && { knowledgeBase: knowledge }),
    ...(Object.keys(free).length > 0 && { context: free }),
  };
}
