import type {
  Conversation,
  CreateConversation,
  EditMessage,
  Message,
  Part,
  UpdateConversation,
} from "./generated/api.ts";
import { type CallOptions, perform } from "./operation.ts";
import { type CountedPage, type CountedPages, Pages } from "./pages.ts";
import type { Transport } from "./transport.ts";

const PAGE_LIMIT = 100;

/** Conversations, by their id or by the alias that a submit gave them. */
export class ConversationsClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Newest first. */
  list({ agent, ...options }: CallOptions & { agent?: string } = {}): CountedPages<Conversation> {
    const wanted = agent === undefined ? {} : { agent };
    return byOffset((page) =>
      perform(this.#transport, "listConversations", { query: { ...page, ...wanted } }, options),
    );
  }

  /** Begins one without a task. Not tried again by itself: there would be two. */
  create(fields: CreateConversation = {}, options: CallOptions = {}): Promise<Conversation> {
    return perform(this.#transport, "createConversation", { body: fields }, options);
  }

  /** Rejects with `not_found` when there is none. */
  get(id: string, options: CallOptions = {}): Promise<Conversation> {
    return perform(this.#transport, "getConversation", { params: { id } }, options);
  }

  /** Oldest first. */
  messages(id: string, options: CallOptions = {}): CountedPages<Message> {
    return byOffset((query) => perform(this.#transport, "listMessages", { params: { id }, query }, options));
  }

  /** Says something that later tasks see; it starts none. Not tried again by itself: it would be said twice. */
  say(id: string, parts: Part[], options: CallOptions = {}): Promise<Message> {
    return perform(this.#transport, "sayMessage", { params: { id }, body: { parts } }, options);
  }

  /** Gives it another title; the rest stays. */
  rename(id: string, title: string, options: CallOptions = {}): Promise<Conversation> {
    return this.update(id, { title }, options);
  }

  /** What is absent stays. */
  update(id: string, changes: UpdateConversation, options: CallOptions = {}): Promise<Conversation> {
    return perform(this.#transport, "updateConversation", { params: { id }, body: changes }, options);
  }

  /** One of its messages, by id. */
  message(id: string, message: string, options: CallOptions = {}): Promise<Message> {
    return perform(this.#transport, "getMessage", { params: { id, message } }, options);
  }

  /** Changes what a message says, or its metadata; what is absent stays. */
  edit(id: string, message: string, changes: EditMessage, options: CallOptions = {}): Promise<Message> {
    return perform(this.#transport, "editMessage", { params: { id, message }, body: changes }, options);
  }

  /** Takes a message out: later tasks do not hear it. */
  async unsay(id: string, message: string, options: CallOptions = {}): Promise<void> {
    await perform(this.#transport, "deleteMessage", { params: { id, message } }, options);
  }

  /** Its tasks stay. */
  async delete(id: string, options: CallOptions = {}): Promise<void> {
    await perform(this.#transport, "deleteConversation", { params: { id } }, options);
  }
}

/** Pages of a list that counts from its start; the cursor is that count. */
function byOffset<Item>(
  fetch: (query: { limit: number; offset: number }) => Promise<{ data: Item[]; total: number }>,
): CountedPages<Item> {
  return new Pages(async (cursor): Promise<CountedPage<Item>> => {
    const offset = Number(cursor ?? 0);
    const { data, total } = await fetch({ limit: PAGE_LIMIT, offset });
    const next = offset + data.length;
    return { items: data, total, next: data.length === 0 || next >= total ? null : String(next) };
  });
}
