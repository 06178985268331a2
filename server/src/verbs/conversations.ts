/** The verbs of conversations. */
import type { Conversation, ConversationChanges, Message, MessageChanges, MessageDraft } from "../task/conversation.ts";
import type { Principal } from "../task/principal.ts";
import type { Page } from "../task/task-filter.ts";

export type CallersMessage = Pick<MessageDraft, "role" | "parts" | "metadata">;

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
  /** Its name in `lens`; null if it has none there, is deleted, or the principal may not see it. */
  nameOf(principal: Principal, lens: string, id: string): Promise<string | null>;
  /**
   * Newest created first, all or those with one agent, at most `PAGE_LIMIT_MAX`. `aliases` are those of `lens`, in the
   * order of `conversations`.
   */
  list(
    principal: Principal,
    lens: string,
    page: Page & { agent?: string },
  ): Promise<ConversationList & { aliases: (string | null)[] }>;
  /** Oldest first, at most `limit`, with the total of all pages. Throws `not_found`. */
  messages(
    principal: Principal,
    id: string,
    page: { limit: number; offset: number },
  ): Promise<{ messages: Message[]; total: number }>;
  /** A new one, without a task. Throws `invalid`, naming the field. */
  create(principal: Principal, fields: ConversationChanges): Promise<Conversation>;
  /** Changes the given fields. Throws `not_found`, `invalid`, naming the field. */
  update(principal: Principal, id: string, fields: ConversationChanges): Promise<Conversation>;
  /** Its tasks stay, and its alias may name another one. False when it was deleted before. Throws `not_found`. */
  delete(principal: Principal, lens: string, idOrAlias: string): Promise<boolean>;
  /** Adds a message, which starts no task. Throws `not_found`, `invalid`, naming the field. */
  say(principal: Principal, id: string, said: CallersMessage): Promise<Message>;
  /** By the id of the message. Throws `not_found`. */
  message(principal: Principal, id: string, message: string): Promise<Message>;
  /** Changes the given fields of a message, whoever said it. Throws `not_found`, `invalid`, naming the field. */
  edit(principal: Principal, id: string, message: string, changes: MessageChanges): Promise<Message>;
  /** Throws `not_found`. */
  unsay(principal: Principal, id: string, message: string): Promise<void>;
}
