/** The conversation that a submission names: an own one, or a new one under the name that the client gave it. */
import type { Clock } from "../../engine/clock.ts";
import type { Ids } from "../../engine/ids.ts";
import type { Store } from "../../store/store.ts";
import type { Alias } from "../../task/alias.ts";
import type { Conversation, ConversationChanges } from "../../task/conversation.ts";
import { notFound } from "../../task/errors.ts";
import { isUuid } from "../../task/id.ts";
import type { Principal } from "../../task/principal.ts";
import type { Submission } from "../../task/submission.ts";
import { isOwn } from "../../task/visibility.ts";

/** `created` is made durable together with the task that names it. */
export type NamedConversation = { id: string; created?: { conversation: Conversation; alias: Alias | null } };

/**
 * Whose conversation it is, is never told: the name, or as a name the id, of another's leads to a new one of one's own.
 * Throws `not_found` for an id that is not of an own conversation.
 */
export async function namedConversation(
  parts: { store: Store; clock: Clock; ids: Ids },
  principal: Principal,
  lens: string,
  wanted: NonNullable<Submission["conversation"]>,
  title: string,
): Promise<NamedConversation> {
  const { store, clock, ids } = parts;
  const own = async (id: string): Promise<Conversation | null> => {
    const conversation = await store.conversation(id);
    return conversation && isOwn(principal, conversation) ? conversation : null;
  };
  if ("id" in wanted) {
    const known = isUuid(wanted.id) ? await own(wanted.id) : null;
    if (!known) throw notFound("Conversation");
    return { id: known.id };
  }
  const alias: Alias = { tenant: principal.tenant, owner: principal.user, lens, value: wanted.alias };
  const byAlias = await store.conversationByAlias(alias);
  if (byAlias) return { id: byAlias.id };
  const uuid = isUuid(wanted.alias) ? wanted.alias.toLowerCase() : null;
  const known = uuid === null ? null : await own(uuid);
  if (known) return { id: known.id };
  const now = clock.now();
  const id = uuid !== null && !(await store.isConversation(uuid)) ? uuid : ids.uuid(now);
  const { tenant, user } = principal;
  const { context, agent } = wanted;
  const conversation = newConversation({ id, tenant, user, now }, { title, context, agent });
  return { id, created: { conversation, alias } };
}

/** One that nothing has happened in yet. */
export function newConversation(
  { id, tenant, user, now }: { id: string; tenant: string; user: string; now: number },
  { title = "", agent = null, knowledgeBase = null, context = {} }: ConversationChanges,
): Conversation {
  return {
    id,
    tenant,
    user,
    title,
    agent,
    knowledgeBase,
    context,
    createdAt: now,
    updatedAt: now,
    lastActivityAt: now,
    lastAgentMessageAt: null,
    tasks: 0,
    completed: 0,
    failed: 0,
    inputTokens: 0,
    outputTokens: 0,
    costUsd: 0,
  };
}
