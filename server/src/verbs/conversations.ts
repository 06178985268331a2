/** What callers may do with conversations. */
import type { Conversation, Message } from "../task/conversation.ts";
import type { Part } from "../task/part.ts";
import type { Principal } from "../task/principal.ts";
import type { Page } from "../task/task-filter.ts";

export type ConversationList = { conversations: Conversation[]; total: number };

/**
 * A conversation is known by its id, and where a verb says so by the alias that the principal gave it in `lens`. A deleted
 * one is `not_found`.
 */
export interface Conversations {
  /** `alias` is the one of `lens`. Throws `not_found`. */
  get(
    principal: Principal,
    lens: string,
    idOrAlias: string,
  ): Promise<{ conversation: Conversation; alias: string | null }>;
  /** Newest created first, at most `PAGE_LIMIT_MAX`. `aliases` are those of `lens`, in the order of `conversations`. */
  list(principal: Principal, lens: string, page: Page): Promise<ConversationList & { aliases: (string | null)[] }>;
  /** Oldest first, at most `limit`, with the total of all pages. Throws `not_found`. */
  messages(
    principal: Principal,
    id: string,
    page: { limit: number; offset: number },
  ): Promise<{ messages: Message[]; total: number }>;
  /** Throws `not_found`. */
  rename(principal: Principal, id: string, title: string): Promise<Conversation>;
  /** Its tasks stay, and its alias may name another one. False when it was deleted before. Throws `not_found`. */
  delete(principal: Principal, lens: string, idOrAlias: string): Promise<boolean>;
  /** Adds a turn of the user, which starts no task. Throws `not_found`. */
  say(principal: Principal, id: string, parts: Part[]): Promise<Message>;
}
