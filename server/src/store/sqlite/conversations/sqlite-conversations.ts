/** What is kept of conversations, in SQLite: the part of the store that is about them. */
import type { Alias } from "../../../task/alias.ts";
import type { AuditEntry } from "../../../task/audit.ts";
import {
  type Conversation,
  type ConversationChanges,
  type Message,
  type MessageChanges,
  type MessageDraft,
  messageIdOf,
} from "../../../task/conversation.ts";
import { notFound, Refusal } from "../../../task/errors.ts";
import type { Page } from "../../../task/task-filter.ts";
import type { Visible } from "../../../task/visibility.ts";
import { conversationOf, messageOf, messagePlaceOf } from "../../codec/conversation-rows.ts";
import { noted, prepareMessage } from "../../codec/prepare.ts";
import { readValue, Spill } from "../../codec/spill.ts";
import type { ConversationStore } from "../../conversation-store.ts";
import { Damaged, orDamaged } from "../../damage.ts";
import { unlessDiskTrouble } from "../../disk-trouble.ts";
import type { Files } from "../../files.ts";
import type { Channels } from "../thread/channels.ts";

type Parts = Channels & { files: Files };

export class SqliteConversations implements ConversationStore {
  readonly #writes: Channels["writes"];
  readonly #reads: Channels["reads"];
  readonly #searches: Channels["searches"];
  readonly #files: Files;
  readonly #damage: Channels["damage"];

  constructor({ writes, reads, searches, files, damage }: Parts) {
    this.#writes = writes;
    this.#reads = reads;
    this.#searches = searches;
    this.#files = files;
    this.#damage = damage;
  }

  conversation(id: string): Promise<Conversation | null> {
    return orDamaged(`conversation ${id}`, async () => {
      const row = await this.#reads.send("conversation", { id });
      return row && conversationOf(row);
    });
  }

  conversationByAlias(alias: Alias): Promise<Conversation | null> {
    return orDamaged(`conversation ${alias.value}`, async () => {
      const row = await this.#reads.send("conversationByAlias", alias);
      return row && conversationOf(row);
    });
  }

  async wasDeleted(alias: Alias): Promise<boolean> {
    return await this.#reads.send("wasDeleted", alias);
  }

  async isConversation(id: string): Promise<boolean> {
    return await this.#reads.send("isConversation", { id });
  }

  async conversations(visible: Visible, lens: string, page: Page & { agent?: string }) {
    const { limit, offset = 0, agent = null } = page;
    const found = await this.#searches.send("conversations", { visible, lens, agent, limit, offset });
    const aliases: (string | null)[] = [];
    const conversations = found.rows.flatMap((row, at) => {
      const conversation = this.#damage.orLeftOut(`conversation ${String(row[0])}`, () => conversationOf(row));
      if (conversation) aliases.push(found.aliases[at] ?? null);
      return conversation ? [conversation] : [];
    });
    return { conversations, aliases, total: found.total };
  }

  async aliasOf(conversation: string, lens: string): Promise<string | null> {
    return await this.#reads.send("aliasOf", { conversation, lens });
  }

  async messages(conversation: string, page: { limit: number; offset?: number; before?: string }) {
    const { limit, offset = 0, before = null } = page;
    return await orDamaged(`conversation ${conversation}`, async () => {
      const found = await this.#searches.send("messages", { conversation, limit, offset, before });
      const messages = await Promise.all(
        found.rows.map((row) => messageOf(conversation, row, (stored) => this.#resolve(stored))),
      );
      return { messages, total: found.total };
    });
  }

  async appendMessage(conversation: string, message: MessageDraft, at: number, audit?: AuditEntry): Promise<Message> {
    const { value, files } = await this.#spilled((spill) => prepareMessage(message, spill));
    const n = await this.#writes.send("appendMessage", {
      ...{ conversation, message: value, files, at },
      ...noted(audit),
    });
    if (n === null) throw notFound("Conversation");
    const { role, parts, metadata, id = null, seq = null, purpose = null } = message;
    const place = { conversation, n, role, task: null, id, seq };
    const said = { role, parts, ...(metadata && { metadata }) };
    return { ...said, id: messageIdOf(place), n, purpose, task: null, at, editedAt: null };
  }

  async message(conversation: string, id: string): Promise<Message | null> {
    return await orDamaged(`conversation ${conversation}`, async () => {
      const places = await this.#searches.send("messagePlaces", { conversation });
      const place = places.map((row) => messagePlaceOf(conversation, row)).find((each) => each.id === id);
      const row = place && (await this.#searches.send("message", { conversation, n: place.n }));
      return row ? messageOf(conversation, row, (stored) => this.#resolve(stored)) : null;
    });
  }

  async createConversation(conversation: Conversation, alias: Alias | null, audit?: AuditEntry): Promise<void> {
    const context = JSON.stringify(conversation.context);
    if (await this.#writes.send("createConversation", { conversation, context, alias, ...noted(audit) })) return;
    throw new Refusal("conflict", "There is a conversation of this name already.");
  }

  async editMessage(
    conversation: string,
    n: number,
    { parts, metadata }: MessageChanges,
    at: number,
    audit?: AuditEntry,
  ): Promise<boolean> {
    const { value, files } = await this.#spilled((spill) => (parts ? spill.value(parts) : null));
    const kept = metadata ? JSON.stringify(metadata) : null;
    const edit = { conversation, n, parts: value, metadata: kept, files, at };
    return await this.#writes.send("editMessage", { ...edit, ...noted(audit) });
  }

  async deleteMessage(conversation: string, n: number, audit?: AuditEntry): Promise<boolean> {
    return await this.#writes.send("deleteMessage", { conversation, n, ...noted(audit) });
  }

  async updateConversation(id: string, fields: ConversationChanges, at: number, audit?: AuditEntry): Promise<void> {
    const { title = null, context, agent, knowledgeBase } = fields;
    await this.#writes.send("updateConversation", {
      id,
      title,
      context: context ? JSON.stringify(context) : null,
      agent: agent === undefined ? null : [agent],
      knowledgeBase: knowledgeBase === undefined ? null : [knowledgeBase],
      at,
      ...noted(audit),
    });
  }

  async deleteConversation(id: string, at: number, audit?: AuditEntry): Promise<void> {
    await this.#writes.send("deleteConversation", { id, at, ...noted(audit) });
    try {
      while (!(await this.#writes.send("emptyConversation", { id })));
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      // It is deleted all the same: nobody is shown it.
      this.#damage.note(error);
    }
  }

  #resolve(stored: string) {
    return unlessDiskTrouble(readValue(stored, this.#files));
  }

  /** What is made with a spill, once the files that it has made are on disk. */
  async #spilled<Value>(make: (spill: Spill) => Value): Promise<{ value: Value; files: string[] }> {
    const spill = new Spill(this.#files);
    const value = make(spill);
    if (!spill.isEmpty) await unlessDiskTrouble(spill.write());
    return { value, files: spill.takeNamed() };
  }
}
