/** The conversation that a submission names: an existing one, or a new one under the client's name for it. */
import type { Clock } from "../../engine/clock.ts";
import type { Ids } from "../../engine/ids.ts";
import { Damaged } from "../../store/damage.ts";
import type { Store } from "../../store/store.ts";
import type { Alias } from "../../task/alias.ts";
import type { Conversation, ConversationChanges } from "../../task/conversation.ts";
import { notFound } from "../../task/errors.ts";
import { isUuid } from "../../task/id.ts";
import type { Principal } from "../../task/principal.ts";
import type { Submission } from "../../task/submission.ts";
import { isOwn } from "../../task/visibility.ts";

/** `created` is written together with the task that names it, and gets its title. */
export type NamedConversation = { id: string; created?: { conversation: Conversation; alias: Alias | null } };

/**
 * Never tells whose conversation it is: another user's name, or id used as a name, leads to a new conversation of one's own. Throws
 * `not_found` for an id that is not of an own conversation.
 */
export async function namedConversation(
  parts: { store: Store; clock: Clock; ids: Ids },
  principal: Principal,
  lens: string,
  wanted: Exclude<Submission["conversation"], undefined>,
): Promise<NamedConversation> {
  const { store, clock, ids } = parts;
  const { tenant, user } = principal;
  const own = async (id: string): Promise<Conversation | null> => {
    const conversation = await store.conversation(id);
    return conversation && isOwn(principal, conversation) ? conversation : null;
  };
  if ("id" in wanted) {
    const known = isUuid(wanted.id) ? await own(wanted.id) : null;
    if (!known) throw notFound("Conversation");
    return { id: known.id };
  }
  const made = (id: string, now: number, alias: Alias | null): NamedConversation => {
    const { context, agent } = wanted;
    return { id, created: { conversation: newConversation({ id, tenant, user, now }, { context, agent }), alias } };
  };
  const now = clock.now();
  if ("new" in wanted) return made(ids.uuid(now), now, null);
  const alias: Alias = { tenant, owner: user, lens, value: wanted.alias };
  const uuid = isUuid(wanted.alias) ? wanted.alias.toLowerCase() : null;
  const byId = uuid === null ? Promise.resolve(null) : own(uuid);
  const [known, , isTaken] = await Promise.all([
    byNameOrId(store.conversationByAlias(alias), () => byId),
    byId,
    uuid === null ? true : store.isConversation(uuid),
  ]);
  if (known) return { id: known.id };
  return made(uuid !== null && !isTaken ? uuid : ids.uuid(now), now, alias);
}

/**
 * The conversation with this name, else the one with this id. On a damaged page of names any id of the user might have had its place:
 * one begun under a UUID has that as its id too.
 */
export async function byNameOrId(
  byName: Promise<Conversation | null>,
  byId: () => Promise<Conversation | null>,
): Promise<Conversation | null> {
  try {
    return (await byName) ?? (await byId());
  } catch (error) {
    const found = error instanceof Damaged ? await byId() : null;
    if (found === null) throw error;
    return found;
  }
}

/** A conversation without tasks or messages. */
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
