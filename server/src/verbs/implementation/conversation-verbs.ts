/** The verbs of conversations. */

import type { Clock } from "../../engine/clock.ts";
import type { Ids } from "../../engine/ids.ts";
import type { Store } from "../../store/store.ts";
import { type AuditEntry, auditEntry } from "../../task/audit.ts";
import {
  type Conversation,
  type ConversationChanges,
  conversationChanges,
  type Message,
  type MessageChanges,
  messageChanges,
  message as messageSchema,
} from "../../task/conversation.ts";
import { notFound } from "../../task/errors.ts";
import { isUuid } from "../../task/id.ts";
import type { JsonObject } from "../../task/json/json.ts";
import { mustHave, type Principal } from "../../task/principal.ts";
import { PAGE_LIMIT_MAX, type Page } from "../../task/task-filter.ts";
import { mayRead, visibleTo } from "../../task/visibility.ts";
import type { CallersMessage, ConversationList, Conversations } from "../conversations.ts";
import { checked } from "./checked.ts";
import { byNameOrId, newConversation } from "./named-conversation.ts";
import { type HeldBoundsOf, isLonger, mustHoldMore } from "./share-of.ts";

export class ConversationVerbs implements Conversations {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #boundsOf: HeldBoundsOf | undefined;

  constructor(store: Store, clock: Clock, ids: Ids, boundsOf?: HeldBoundsOf) {
    this.#boundsOf = boundsOf;
    this.#store = store;
    this.#clock = clock;
    this.#ids = ids;
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

  async nameOf(principal: Principal, lens: string, id: string): Promise<string | null> {
    mustHave(principal, "tasks");
    const [conversation, alias] = await Promise.all([this.#store.conversation(id), this.#store.aliasOf(id, lens)]);
    return conversation && mayRead(principal, conversation) ? alias : null;
  }

  async list(
    principal: Principal,
    lens: string,
    page: Page & { agent?: string },
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

  async create(principal: Principal, fields: ConversationChanges): Promise<Conversation> {
    mustHave(principal, "tasks");
    const now = this.#clock.now();
    const { tenant, user } = principal;
    const made = { id: this.#ids.uuid(now), tenant, user, now };
    const conversation = newConversation(made, checked(conversationChanges, fields));
    await mustHoldMore(this.#store, this.#boundsOf, principal, now);
    await this.#store.createConversation(conversation, null, this.#audit(principal, "create", conversation.id));
    return conversation;
  }

  async update(principal: Principal, id: string, fields: ConversationChanges): Promise<Conversation> {
    const { context } = await this.#visible(principal, id);
    const changes = checked(conversationChanges, fields);
    if (isLonger(changes.context ?? {}, context))
      await mustHoldMore(this.#store, this.#boundsOf, principal, this.#clock.now());
    const audit = this.#audit(principal, "update", id);
    await this.#store.updateConversation(id, changes, this.#clock.now(), audit);
    return this.#visible(principal, id);
  }

  async delete(principal: Principal, lens: string, idOrAlias: string): Promise<boolean> {
    const found = await this.#find(principal, lens, idOrAlias);
    if (!found) {
      const alias = { tenant: principal.tenant, owner: principal.user, lens, value: idOrAlias };
      if (await this.#store.wasDeleted(alias)) return false;
      throw notFound("Conversation");
    }
    await this.#store.deleteConversation(found.id, this.#clock.now(), this.#audit(principal, "delete", found.id));
    return true;
  }

  async say(principal: Principal, id: string, said: CallersMessage): Promise<Message> {
    await this.#visible(principal, id);
    await mustHoldMore(this.#store, this.#boundsOf, principal, this.#clock.now());
    const audit = this.#audit(principal, "say", id);
    return this.#store.appendMessage(id, checked(messageSchema, said), this.#clock.now(), audit);
  }

  async message(principal: Principal, id: string, message: string): Promise<Message> {
    await this.#visible(principal, id);
    const found = await this.#store.message(id, message.toLowerCase());
    if (!found) throw notFound("Message");
    return found;
  }

  async edit(principal: Principal, id: string, message: string, changes: MessageChanges): Promise<Message> {
    const { n, parts, metadata } = await this.message(principal, id, message);
    const edited = checked(messageChanges, changes);
    if (isLonger({ parts, metadata, ...edited }, { parts, metadata }))
      await mustHoldMore(this.#store, this.#boundsOf, principal, this.#clock.now());
    const audit = this.#audit(principal, "edit_message", id, { message });
    if (!(await this.#store.editMessage(id, n, edited, this.#clock.now(), audit))) throw notFound("Message");
    return this.message(principal, id, message);
  }

  async unsay(principal: Principal, id: string, message: string): Promise<void> {
    const { n } = await this.message(principal, id, message);
    const audit = this.#audit(principal, "delete_message", id, { message });
    if (!(await this.#store.deleteMessage(id, n, audit))) throw notFound("Message");
  }

  #audit(principal: Principal, act: string, id: string, detail: JsonObject = {}): AuditEntry {
    const about = { detail: { conversation: id, ...detail } };
    return auditEntry(principal, `conversations.${act}`, this.#clock.now(), about);
  }

  async #find(principal: Principal, lens: string, idOrAlias: string): Promise<Conversation | null> {
    mustHave(principal, "tasks");
    const { tenant, user } = principal;
    const found = await byNameOrId(
      this.#store.conversationByAlias({ tenant, owner: user, lens, value: idOrAlias }),
      async () => (isUuid(idOrAlias) ? await this.#store.conversation(idOrAlias.toLowerCase()) : null),
    );
    return found && mayRead(principal, found) ? found : null;
  }

  async #visible(principal: Principal, id: string): Promise<Conversation> {
    mustHave(principal, "tasks");
    const conversation = isUuid(id) ? await this.#store.conversation(id) : null;
    if (!conversation || !mayRead(principal, conversation)) throw notFound("Conversation");
    return conversation;
  }
}
