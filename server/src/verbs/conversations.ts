/** What callers may do with conversations. */
import type { Conversation, Message } from "../task/conversation.ts";
import type { Part } from "../task/part.ts";
import type { Principal } from "../task/principal.ts";
import type { Page } from "../task/task-filter.ts";

export type ConversationList = { conversations: Conversation[]; total: number };

export interface Conversations {
  /** By its id, or by the alias that a client gave it in `lens`. */
  get(
    principal: Principal,
    lens: string,
    idOrAlias: string,
  ): Promise<{ conversation: Conversation; alias: string | null }>;
  /** Newest created first. `aliases` are those of `lens`, in the order of `conversations`. */
  list(principal: Principal, lens: string, page: Page): Promise<ConversationList & { aliases: (string | null)[] }>;
  messages(
    principal: Principal,
    id: string,
    page: { limit: number; offset: number },
  ): Promise<{ messages: Message[]; total: number }>;
  rename(principal: Principal, id: string, title: string): Promise<Conversation>;
  /** It answers `not_found` from then on; its tasks stay. False when it was deleted before. */
  delete(principal: Principal, lens: string, idOrAlias: string): Promise<boolean>;
  say(principal: Principal, id: string, parts: Part[]): Promise<Message>;
}
