/** What callers may do with conversations. */

import type { Clock } from "../../engine/clock.ts";
import type { Store } from "../../store/store.ts";
import type { Conversation, Message } from "../../task/conversation.ts";
import { notFound } from "../../task/errors.ts";
import { isUuid } from "../../task/id.ts";
import { wellFormed } from "../../task/json.ts";
import type { Part } from "../../task/part.ts";
import { mustHave, type Principal } from "../../task/principal.ts";
import { PAGE_LIMIT_MAX, type Page } from "../../task/task-filter.ts";
import { mayRead, visibleTo } from "../../task/visibility.ts";
import type { ConversationList, Conversations } from "../conversations.ts";

export class ConversationVerbs implements Conversations {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  async get(
    principal: Principal,
    lens: string,
    idOrAlias: string,
  ): Promise<{ conversation: Conversation; alias: string | null }> {
    const conversation = await this.#find(principal, lens, idOrAlias);
    if (!conversation) throw notFound("Conversation");
    return { conversation, alias: await this.#store.aliasOf(conversation.id, lens) };
  }

  async list(
    principal: Principal,
    lens: string,
    page: Page,
  ): Promise<ConversationList & { aliases: (string | null)[] }> {
    mustHave(principal, "tasks");
    const limit = Math.min(page.limit, PAGE_LIMIT_MAX);
    return this.#store.conversations(visibleTo(principal), lens, { ...page, limit });
  }

  async messages(
    principal: Principal,
    id: string,
    page: { limit: number; offset: number },
  ): Promise<{ messages: Message[]; total: number }> {
    await this.#visible(principal, id);
    return this.#store.messages(id, page);
  }

  async rename(principal: Principal, id: string, title: string): Promise<Conversation> {
    await this.#visible(principal, id);
    await this.#store.renameConversation(id, wellFormed(title), this.#clock.now());
    return this.#visible(principal, id);
  }

  async delete(principal: Principal, lens: string, idOrAlias: string): Promise<boolean> {
    const found = await this.#find(principal, lens, idOrAlias);
    if (!found) {
      const alias = { tenant: principal.tenant, owner: principal.user, lens, value: idOrAlias };
      if (await this.#store.wasDeleted(alias)) return false;
      throw notFound("Conversation");
    }
    await this.#store.deleteConversation(found.id, this.#clock.now());
    return true;
  }

  async say(principal: Principal, id: string, parts: Part[]): Promise<Message> {
    await this.#visible(principal, id);
    return this.#store.appendMessage(id, { role: "user", parts: wellFormed(parts) }, this.#clock.now());
  }

  async #find(principal: Principal, lens: string, idOrAlias: string): Promise<Conversation | null> {
    mustHave(principal, "tasks");
    const { tenant, user } = principal;
    const byAlias = await this.#store.conversationByAlias({ tenant, owner: user, lens, value: idOrAlias });
    const found = byAlias ?? (isUuid(idOrAlias) ? await this.#store.conversation(idOrAlias.toLowerCase()) : null);
    return found && mayRead(principal, found) ? found : null;
  }

  async #visible(principal: Principal, id: string): Promise<Conversation> {
    mustHave(principal, "tasks");
    const conversation = isUuid(id) ? await this.#store.conversation(id) : null;
    if (!conversation || !mayRead(principal, conversation)) throw notFound("Conversation");
    return conversation;
  }
}
