/**
 * Keeping. A store makes decided changes durable, and answers reads; the rules are `decide`'s alone.
 *
 * There is one verb for all transitions, since `decide` is the only maker of a `Change` and its guard: what would be a
 * verb per transition is the `command` that the change names. A write whose guard fails touches nothing.
 * Everything that resolves is on disk. Every implementation passes `store.suite.ts`.
 */
import type { Artifact, ArtifactUpdate } from "../task/artifact.ts";
import type { Alias, Conversation, Message, MessageDraft } from "../task/conversation.ts";
import type { Change } from "../task/decide.ts";
import type { Event } from "../task/event.ts";
import type { TaskId } from "../task/id.ts";
import type { Json, JsonObject } from "../task/json.ts";
import type { Scope } from "../task/principal.ts";
import type { Task, UsageTotals } from "../task/task.ts";
import type { UsageCall } from "../task/usage.ts";
import type { AuditEntry, Key, Page, Step, TaskFilter } from "../task/verbs.ts";

/** `result` is what the call returned (state `done`) or what it waits for. Identity: task, branch and position. */
export type JournalEntry = Step & {
  occurrence: number;
  /** What the call's paid calls add up to; null when there were none. A replay counts again what the handler had seen spent. */
  usage: UsageTotals | null;
};

export type InboxItem = { n: number; messageId: string; prompt: string | null; value: Json; by: string; at: number };

/** Everything that commits with a change, or not at all. */
export type Write = Change & {
  /** Replaces entries of the same branch and position. */
  journal?: JournalEntry[];
  /** Numbers of inbox items that a journaled answer has used up. */
  taken?: number[];
  inbox?: Omit<InboxItem, "n">;
  usage?: UsageCall[];
  artifacts?: ArtifactUpdate[];
  /** Appended to the task's conversation. */
  messages?: MessageDraft[];
  /** Made with the submit when it is new. */
  conversation?: { conversation: Conversation; alias: Alias | null };
  /** On submit: copies the finished journal entries of this task. */
  journalOf?: TaskId;
  audit?: AuditEntry & { tenant: string };
  idempotency?: IdempotencyRecord;
};

/** `scope` is the principal and the lens. */
export type IdempotencyRecord = { scope: string; key: string; hash: string; at: number };

export type Applied =
  | { ok: true }
  /** The guard of this task failed, or a new row's identity is taken: read again, decide again. */
  | { ok: false; why: "stale"; task: TaskId }
  /** The key was used before, for this task. */
  | { ok: false; why: "replayed"; task: TaskId; hash: string }
  /** The inbox or the usage already holds this message or call. */
  | { ok: false; why: "duplicate"; task: TaskId };

/** Whose tasks: of a tenant, of one user of it, or (null) of all its users. The SQL twin of `mayRead`. */
export type Visible = { tenant: string; user: string | null };

/** What the engine keeps in memory of an open task. */
export type OpenTask = {
  id: TaskId;
  tenant: string;
  kind: string;
  state: Task["state"];
  conversation: string | null;
  parent: string | null;
  priority: number;
  createdAt: number;
  dueAt: number | null;
  deadlineAt: number | null;
  concurrencyKey: string | null;
  concurrencyLimit: number;
  /** Children whose end it waits for. */
  awaits: TaskId[];
  ready: boolean;
};

export type StoredKey = Key & { hash: string; scopes: Scope[] };

export interface Store {
  /** All writes or none, in one transaction. Throws `unavailable` when the disk is full. */
  apply(writes: Write[]): Promise<Applied>;

  /** What an idempotency key was used for; null when it is new. */
  replay(scope: string, key: string): Promise<{ task: TaskId; hash: string } | null>;

  /** Null when unknown or deleted. */
  task(id: TaskId): Promise<Task | null>;
  tasks(ids: TaskId[]): Promise<Task[]>;
  list(
    visible: Visible,
    filter: TaskFilter,
    page: Page,
  ): Promise<{ tasks: Task[]; total: number; next: string | null }>;
  /** Every open task, in pages by id. */
  open(after: TaskId | null, limit: number): Promise<OpenTask[]>;
  openDescendants(id: TaskId): Promise<Task[]>;
  events(id: TaskId, after: number, limit: number): Promise<Event[]>;
  journal(id: TaskId): Promise<JournalEntry[]>;
  inbox(id: TaskId): Promise<InboxItem[]>;
  artifacts(id: TaskId): Promise<Artifact[]>;
  usage(id: TaskId): Promise<(UsageCall & { at: number })[]>;

  conversation(id: string): Promise<Conversation | null>;
  /** The conversation of an alias; null when there is none or it is deleted. */
  conversationByAlias(alias: Alias): Promise<Conversation | null>;
  /** Whether this alias, or this id, was of a conversation that its owner has deleted. */
  wasDeleted(alias: Alias): Promise<boolean>;
  /** Whether any conversation, a deleted one too, has this id. */
  isConversation(id: string): Promise<boolean>;
  conversations(
    visible: Visible,
    lens: string,
    page: Page,
  ): Promise<{ conversations: Conversation[]; aliases: (string | null)[]; total: number }>;
  aliasOf(conversation: string, lens: string): Promise<string | null>;
  /** Oldest first. With `before`: the last `limit` messages that come before the first one of that task. */
  messages(
    conversation: string,
    page: { limit: number; offset?: number; before?: TaskId },
  ): Promise<{ messages: Message[]; total: number }>;
  say(conversation: string, message: MessageDraft, at: number): Promise<Message>;
  renameConversation(id: string, title: string, at: number): Promise<void>;
  /** Its aliases may be given to others from then on. */
  deleteConversation(id: string, at: number): Promise<void>;

  keys(tenant: string): Promise<StoredKey[]>;
  keyByHash(hash: string): Promise<StoredKey | null>;
  countKeys(): Promise<number>;
  putKey(key: StoredKey, audit: AuditEntry & { tenant: string }): Promise<void>;
  audit(tenant: string, page: { limit: number; before?: number; task?: string }): Promise<AuditEntry[]>;

  /** Removes what ended before `endedBefore` (at most `limit` tasks), and idempotency records older than `idempotencyBefore`. Returns the number of tasks. */
  sweep(endedBefore: number, idempotencyBefore: number, limit: number): Promise<number>;
  /** Small facts about the folder itself, like whether it was closed in good order. */
  fact(name: string): Promise<JsonObject | null>;
  setFact(name: string, value: JsonObject): Promise<void>;
  /** A consistent copy in one file, made while the store is in use. */
  backup(path: string): Promise<void>;
  /** Problems that the database's own check finds; empty when it is sound. */
  check(): Promise<string[]>;
  close(): Promise<void>;
}
