/**
 * Conversations, their messages, and the names that clients gave them. An entry of the audit log that is given commits with
 * what was done, when anything was.
 */
import type { Alias } from "../task/alias.ts";
import type { AuditEntry } from "../task/audit.ts";
import type { Conversation, ConversationChanges, Message, MessageChanges, MessageDraft } from "../task/conversation.ts";
import type { TaskId } from "../task/id.ts";
import type { Page } from "../task/task-filter.ts";
import type { Visible } from "../task/visibility.ts";

/** A conversation keeps its last turns; older ones are dropped as new ones come. */
export const MESSAGES_KEPT_MAX = 500;

export interface ConversationStore {
  /** Null when unknown or deleted. */
  conversation(id: string): Promise<Conversation | null>;
  /** The conversation of an alias; null when there is none or it is deleted. */
  conversationByAlias(alias: Alias): Promise<Conversation | null>;
  /** Whether this alias, or this id, was of a conversation that its owner has deleted. */
  wasDeleted(alias: Alias): Promise<boolean>;
  /** Whether any conversation, a deleted one too, has this id. */
  isConversation(id: string): Promise<boolean>;
  /** Newest created first, all or those with one agent. `aliases` are those of `lens`, in the order of `conversations`. */
  conversations(
    visible: Visible,
    lens: string,
    page: Page & { agent?: string },
  ): Promise<{ conversations: Conversation[]; aliases: (string | null)[]; total: number }>;
  /** What the clients of `lens` call it; null when they have no name for it. */
  aliasOf(conversation: string, lens: string): Promise<string | null>;
  /** Oldest first. With `before`: the last `limit` messages that come before the first one of that task. */
  messages(
    conversation: string,
    page: { limit: number; offset?: number; before?: TaskId },
  ): Promise<{ messages: Message[]; total: number }>;
  /** Null when the conversation has no such message, or none any more. */
  message(conversation: string, id: string): Promise<Message | null>;
  /** One without a task. Throws `conflict` when its id is taken, or its alias by another. */
  createConversation(conversation: Conversation, alias: Alias | null, audit?: AuditEntry): Promise<void>;
  /** Throws `not_found` when the conversation is unknown or deleted. */
  appendMessage(conversation: string, message: MessageDraft, at: number, audit?: AuditEntry): Promise<Message>;
  /** Changes what is given. False when the conversation has no such message. */
  editMessage(
    conversation: string,
    n: number,
    changes: MessageChanges,
    at: number,
    audit?: AuditEntry,
  ): Promise<boolean>;
  /** False when the conversation has no such message. */
  deleteMessage(conversation: string, n: number, audit?: AuditEntry): Promise<boolean>;
  /** Changes what is given. */
  updateConversation(id: string, fields: ConversationChanges, at: number, audit?: AuditEntry): Promise<void>;
  /** Its aliases may be given to others from then on. */
  deleteConversation(id: string, at: number, audit?: AuditEntry): Promise<void>;
}
