/**
 * The writes of one call: first every guard, then every row. A call whose guards hold writes all of its rows; one
 * whose guard fails has touched nothing, so that it needs no savepoint of its own inside a batch.
 */
import type { Database } from "better-sqlite3";
import { OPEN_IN_CONVERSATION_MAX } from "../../task/agent/multitask.ts";
import type { Alias, TaskAlias } from "../../task/alias.ts";
import type { State } from "../../task/states.ts";
import { type Counts, endsAdded } from "../codec/conversation-counts.ts";
import type { PreparedPayment } from "../codec/daily-usage.ts";
import type { PreparedAssignment } from "../codec/human-rows.ts";
import type { PreparedConversation, PreparedMessage, PreparedRow, PreparedWrite } from "../codec/prepared.ts";
import { type SubscriptionValues, subscriptionBytes } from "../codec/subscription-values.ts";
import { MESSAGES_KEPT_MAX } from "../conversation-store.ts";
import type { ShareRefused } from "../share-guard.ts";
import type { Applied } from "../store.ts";
import type { TurnRefused } from "../turn.ts";
import { maybeTextIn, numberIn, textIn } from "./column.ts";
import { ConversationCounts } from "./conversations/conversation-counts.ts";
import type { DocumentApplier } from "./documents/document-writes.ts";
import { HeldAmounts } from "./held-amounts.ts";
import { ROW_BYTES } from "./migrations/039-counted-rows.ts";
import type { WriterStatements } from "./statements.ts";
import { StandingSubscriptions } from "./subscriptions/subscription-statements.ts";
import { type TaskHead, TaskHeadCache } from "./task-head-cache.ts";
import { GatheredRows } from "./tasks/gathered-rows.ts";
import { Totals } from "./tasks/totals.ts";
import { DailyUsage } from "./usage/daily-usage.ts";

/** No caller's idempotency keys have this scope: theirs begin with two lines. */
const PAYMENTS = "paid requests";

type Refused = Exclude<Applied, { ok: true }>;
type BegunCursor = { key: string; task: string; standing: string | null };

/**
 * `numbers` are the tasks' numbers in the order of the writes, where one of the tasks is new; `cursors` are those that standing subscriptions
 * have begun.
 */
export type AppliedRows = Refused | { ok: true; numbers?: number[]; cursors?: BegunCursor[] };

/** The counts with which a conversation begins; `at` is when it was last used. */
type Begun = Counts & { at: number; lastMessage: number; lastAgentMessageAt: number | null };

export class Applier {
  readonly #sql: WriterStatements;
  readonly #rows: GatheredRows;
  readonly #totals: Totals;
  readonly #conversations: ConversationCounts;
  readonly #dailyUsage: DailyUsage;
  readonly #documents: DocumentApplier;
  readonly subscribed: StandingSubscriptions;
  readonly #held: HeldAmounts;
  readonly #headCache: TaskHeadCache;
  readonly #version;
  #seen: unknown = null;
  /** This transaction has several calls. */
  #isShared = false;
  /** The rows of this call may be gathered with those of the others. */
  #waits = false;
  #cursors: BegunCursor[] = [];

  constructor(db: Database, statements: WriterStatements, documents: DocumentApplier) {
    this.#sql = statements;
    this.#documents = documents;
    this.#rows = new GatheredRows(db);
    this.#totals = new Totals(db);
    this.#conversations = new ConversationCounts(statements);
    this.#dailyUsage = new DailyUsage(db);
    this.subscribed = new StandingSubscriptions(db);
    this.#held = new HeldAmounts(db, () => this.writeDeltas());
    this.#headCache = new TaskHeadCache(db);
    this.#version = db.prepare<unknown[], unknown[]>("PRAGMA data_version").raw();
  }

  apply(writes: PreparedWrite[]): AppliedRows {
    const isOfOthers = writes.some(looksAtOthers);
    if (isOfOthers) this.#rows.write();
    this.#waits = this.#isShared && !isOfOthers;
    const heads: (TaskHead | null)[] = [];
    for (const [index, write] of writes.entries()) {
      const head = isAlone(writes) && isBare(write) ? null : this.#head(writes, heads, index);
      const refused = this.#refused(write, head);
      if (refused) return this.#isRefused(refused);
      heads.push(head);
    }
    const numbers: number[] = [];
    this.#cursors = [];
    for (const [index, write] of writes.entries()) {
      const n = this.#writeTask(write, heads[index] ?? null);
      if (n === null && isAlone(writes)) return this.#isRefused(stale(write));
      if (n === null) throw new Error(`The guard of ${write.id} held, but its row was not written.`);
      this.#writeRest(write, n, heads[index] ?? null);
      numbers.push(n);
      const head = after(write, heads[index] ?? null);
      if (head) this.#headCache.remember(write.id, { ...head, n }, write.before === null);
    }
    // Of a call alone in its transaction, the time that its rows take counts as its own and not as the commit's.
    if (!this.#isShared) this.#rows.write();
    return {
      ok: true,
      ...(heads.includes(null) && { numbers }),
      ...(this.#cursors.length > 0 && { cursors: this.#cursors }),
    };
  }

  /** A refusal may come of a stale cache. */
  #isRefused(refused: Refused): Refused {
    this.#headCache.forget();
    return refused;
  }

  /** A conversation without a task; false when its id or its alias is taken. */
  createConversation(given: PreparedConversation): boolean {
    if (this.#isConversationTaken(given)) return false;
    this.#insertConversation(given, NOTHING_SAID);
    return true;
  }

  /** Adds a message and returns its number; null when the conversation is gone. */
  appendMessage(conversation: string, message: PreparedMessage, task: string | null, at: number): number | null {
    const numbered = this.#sql.numberMessage.get(at, at, message.role === "agent" ? at : null, conversation);
    if (!numbered) return null;
    const n = numberIn(numbered[0]);
    this.#insertMessage(conversation, n, message, task, at);
    if (n > MESSAGES_KEPT_MAX) this.#sql.dropMessages.run(conversation, n - MESSAGES_KEPT_MAX);
    return n;
  }

  /** Adds a payment without a task, unless it was added before and the answer was lost. */
  addUsage({ id, place, owner, at, added }: PreparedPayment): void {
    if (this.#sql.payInPlace.run(PAYMENTS, place, id, at).changes === 0) return;
    for (const each of added) this.#dailyUsage.add(each);
    this.#held.addMoney(owner, added);
  }

  #insertMessage(conversation: string, n: number, message: PreparedMessage, task: string | null, at: number): void {
    const { role, parts, id, seq, purpose, metadata } = message;
    this.#sql.insertMessage.run(conversation, n, role, task, at, parts, id, seq, purpose, metadata);
  }

  /** Called at the beginning of a transaction of so many calls. Clears what is cached where another process has written. */
  begin(calls: number): void {
    this.#isShared = calls > 1;
    const version = this.#version.get()?.[0];
    if (version === this.#seen) return;
    this.#seen = version;
    this.subscribed.forget();
    this.#rows.forgetNewest();
    this.#held.forget();
    this.#headCache.forget();
  }

  /** Called before a verb other than `apply`: it may read the rows that are gathered. */
  writeRows(): void {
    this.#rows.write();
  }

  /** Called after a verb other than `apply`: it may have written subscriptions and tasks. */
  wroteElse(): void {
    this.subscribed.forget();
    this.#headCache.forget();
  }

  /** Called where triggers have counted bytes, which the cache does not know. */
  forgetBytes(): void {
    this.#held.forgetBytes();
  }

  /** Called at the end of a transaction: writes the sums of its calls. */
  writeDeltas(): void {
    this.#rows.write();
    this.#held.write();
    this.#totals.write();
    this.#conversations.write();
    this.#dailyUsage.write();
  }

  clearDeltas(): void {
    this.subscribed.forget();
    this.#rows.clear();
    this.#held.forget();
    this.#headCache.forget();
    this.#totals.clear();
    this.#conversations.clear();
    this.#dailyUsage.clear();
  }

  #head(writes: PreparedWrite[], heads: (TaskHead | null)[], index: number): TaskHead | null {
    const id = writes[index]?.id;
    const earlier = isAlone(writes) ? -1 : writes.findLastIndex((write, at) => at < index && write.id === id);
    if (earlier !== -1) return after(writes[earlier], heads[earlier] ?? null);
    if (id === undefined) return null;
    this.#rows.settle(id);
    return this.#headCache.of(id);
  }

  #refused(write: PreparedWrite, head: TaskHead | null): Refused | undefined {
    if (write.idempotency) {
      const { scope, key } = write.idempotency;
      const known = this.#sql.idempotency.get(scope, key);
      if (known) {
        const [task, hash] = known;
        return { ok: false, why: "replayed", task: textIn(task), hash: textIn(hash) };
      }
    }
    const { before } = write;
    if (before === null ? head !== null : head === null) return stale(write);
    if (before !== null && head !== null) {
      const [revision, state, attempt] = before;
      if (revision !== head.revision || state !== head.state || attempt !== head.attempt) {
        return stale(write);
      }
    }
    if (write.conversation && this.#isConversationTaken(write.conversation)) return stale(write);
    const occupied = write.turn && this.#turnRefused(write.turn, head);
    if (occupied) return { ok: false, task: write.id, ...occupied };
    // Before the share: a message that comes again is answered as before, even if its owner has reached a bound by now.
    if (this.#isDuplicate(write, head?.n ?? null)) return { ok: false, why: "duplicate", task: write.id };
    const tooMuch = this.#shareRefused(write, head);
    if (tooMuch) return { ok: false, task: write.id, ...tooMuch };
    const gone = write.documents && this.#documents.refused(write.documents);
    return gone ? { ok: false, task: write.id, ...gone } : undefined;
  }

  /** Whether the task already has the message, or one of the paid calls. */
  #isDuplicate({ inbox, usage }: PreparedWrite, n: number | null): boolean {
    if (n === null) return false;
    if (inbox && this.#sql.inboxMessage.get(n, inbox[0])) return true;
    return usage?.some(([key]) => this.#sql.usageCall.get(n, key) !== undefined) ?? false;
  }

  #shareRefused(write: PreparedWrite, head: TaskHead | null): ShareRefused | null {
    if (head !== null) return this.#held.refused(head, head.kind, write, head.state);
    const [tenant, user, kind] = write.submitted ?? [];
    if (tenant === undefined || user === undefined || kind === undefined) return null;
    return this.#held.refused({ tenant, user }, kind, write, null);
  }

  #turnRefused([guard, conversation]: NonNullable<PreparedWrite["turn"]>, head: TaskHead | null): TurnRefused | null {
    const { openInConversation } = this.#sql;
    const n = guard === "first" ? (head?.n ?? 0) : Number.MAX_SAFE_INTEGER;
    const row = openInConversation.get(conversation, n, guard === "last" ? OPEN_IN_CONVERSATION_MAX - 1 : 0);
    return row ? { why: guard === "last" ? "full" : "occupied", before: textIn(row[0]) } : null;
  }

  #writeTask(write: PreparedWrite, head: TaskHead | null): number | null {
    return head === null ? this.#insert(write) : this.#update(write, head);
  }

  #writeRest(write: PreparedWrite, n: number, head: TaskHead | null): void {
    const sql = this.#sql;
    this.#rows.addEvents(n, write.events);
    if (write.journalOf) {
      const source = sql.taskNumber.get(write.journalOf)?.[0];
      sql.copyJournal.run(n, source);
      sql.copyArtifacts.run(n, source);
      sql.copyTaskFiles.run(n, source);
      this.#copyBytes(n, source, write, head);
    }
    if (write.journal) this.#rows.addJournal(n, write.journal);
    for (const item of write.taken ?? []) sql.takeInbox.run(n, item);
    if (write.inbox) sql.insertInbox.run(n, n, ...write.inbox);
    for (const [key, record] of write.usage ?? []) sql.insertUsage.run(n, key, write.at, record);
    for (const added of write.daily ?? []) this.#dailyUsage.add(added);
    if (write.below) this.#spendBelow(write.below, write.at);
    if (write.artifacts) this.#putArtifacts(n, write.artifacts, head === null && !write.journalOf);
    for (const sha256 of write.files ?? []) sql.insertTaskFile.run(n, sha256);
    const conversation = head === null ? write.submitted?.[3] : head.conversation;
    if (write.conversation) this.#openConversation(write, write.conversation.conversation.id);
    else if (conversation) this.#converse(write, conversation);
    for (const alias of write.aliases ?? []) this.#name(write.id, alias);
    for (const subscription of write.subscriptions ?? []) {
      if (head !== null) sql.dropSubscription.run(subscription);
      sql.insertSubscription.run(subscription);
    }
    if (write.documents) this.#documents.write(write.documents, write.id);
    if (write.assignment !== undefined) this.#assign(n, write.assignment);
    for (const file of write.attached ?? []) sql.insertAttachment.run(n, ...file);
    if (write.detached !== undefined) sql.dropAttachment.run(n, write.detached);
    if (write.audit) sql.audit.add(write.audit);
    if (write.idempotency) {
      const { scope, key, hash, at } = write.idempotency;
      sql.insertIdempotency.run(scope, key, hash, write.id, at);
    }
  }

  /** Counts the copied bytes for the new task. */
  #copyBytes(n: number, source: unknown, write: PreparedWrite, head: TaskHead | null): void {
    const bytes = numberIn(this.#sql.taskBytes.get(source)?.[0] ?? 0);
    this.#sql.addTaskBytes.run(bytes, n);
    const [tenant, user] = write.submitted ?? [head?.tenant ?? "", head?.user ?? ""];
    this.#held.add({ tenant, user }, null, null, { ...write, bytes, daily: [] });
  }

  #putArtifacts(n: number, artifacts: NonNullable<PreparedWrite["artifacts"]>, areFirst: boolean): void {
    let last = areFirst ? 0 : numberIn(this.#sql.lastArtifact.get(n)?.[0]);
    for (const { id, append, record } of artifacts) {
      if (!append && last > 0) this.#sql.dropArtifact.run(n, id);
      last += 1;
      this.#sql.insertArtifact.run(n, last, id, record);
    }
  }

  /** Adds what was spent to every task above and to its conversation. `limits.depth` bounds the loop. */
  #spendBelow({ parent, spent }: NonNullable<PreparedWrite["below"]>, at: number): void {
    const [, inputTokens, outputTokens, costUsd] = spent;
    for (let id: string | null = parent; id !== null; ) {
      const above = this.#sql.parentOf.get(id);
      if (!above) return;
      this.#sql.addSpentBelow.run(above[0], ...spent);
      const conversation = maybeTextIn(above[2]);
      if (conversation !== null)
        this.#conversations.add(conversation, at, { ...NO_TASKS, inputTokens, outputTokens, costUsd });
      id = maybeTextIn(above[1]);
    }
  }

  #assign(n: number, assignment: PreparedAssignment | null): void {
    this.#sql.dropParticipants.run(n);
    if (assignment === null) {
      this.#sql.dropAssignment.run(n);
      return;
    }
    const { row, participants, tenant, state, free } = assignment;
    this.#sql.putAssignment.run(n, ...row);
    for (const [type, identity, part, own] of participants)
      this.#sql.insertParticipant.run(tenant, type, identity, part, state, free, n, own);
  }

  #isAliasTaken({ tenant, owner, lens, value }: Alias): boolean {
    return this.#sql.taskAlias.get(tenant, owner, lens, value) !== undefined;
  }

  /** Names a task by the first free name of several, or by its only one, which it takes from another task. */
  #name(task: string, { numbered, ...alias }: TaskAlias): void {
    let { value } = alias;
    for (let n = 2; numbered && this.#isAliasTaken({ ...alias, value }); n++) value = `${alias.value}-${n}`;
    this.#sql.insertTaskAlias.run(alias.tenant, alias.owner, alias.lens, value, task);
  }

  #isConversationTaken({ conversation, alias }: PreparedConversation): boolean {
    if (this.#sql.conversation.get(conversation.id)) return true;
    return alias !== null && this.#sql.alias.get(alias.tenant, alias.owner, alias.lens, alias.value) !== undefined;
  }

  #insertConversation({ conversation, context, alias }: PreparedConversation, begun: Begun): void {
    const { id, tenant, user, title, agent, knowledgeBase, createdAt, updatedAt, lastActivityAt } = conversation;
    const { tasks, completed, failed, inputTokens, outputTokens, costUsd, lastMessage, lastAgentMessageAt } = begun;
    this.#sql.insertConversation.run(
      ...[id, tenant, user, title, agent, knowledgeBase, context, createdAt],
      ...[Math.max(updatedAt, begun.at), Math.max(lastActivityAt, begun.at)],
      ...[tasks, completed, failed, inputTokens, outputTokens, costUsd, lastMessage, lastAgentMessageAt],
    );
    this.#held.addBytes({ tenant, user }, ROW_BYTES + Buffer.byteLength(context));
    if (alias) this.#sql.insertAlias.run(alias.tenant, alias.owner, alias.lens, alias.value, id);
  }

  /** Null when the id is taken. */
  #insert(write: PreparedWrite): number | null {
    if (!write.submitted) throw new Error(`The first write of ${write.id} does not say what was submitted.`);
    if (write.conversation) this.#insertConversation(write.conversation, begunWith(write));
    const [tenant, user, kind, conversation, parent, createdAt, fixed, input] = write.submitted;
    const n = this.#rows.insert(write, write.submitted, this.#waits);
    if (n === null) return null;
    this.#rows.addSubmission(n, fixed, input);
    const about = () => ({
      ...{ user, kind, agent: write.agent ?? null, isChild: parent !== null, metadata: write.metadata ?? [] },
    });
    const cursors = this.subscribed.cursorsFor(tenant, write.id, write.at, about);
    if (cursors.length > 0) this.#beginCursors(n, write, { tenant, user }, cursors);
    for (const [key, value] of write.metadata ?? []) this.#sql.insertMetadata.run(tenant, key, value, n);
    this.#totals.move({ tenant, user, kind, createdAt }, null, countedState(write.row));
    this.#held.add({ tenant, user }, null, countedState(write.row), write);
    if (conversation !== null && !write.conversation)
      this.#conversations.add(conversation, write.at, countsOfNew(write));
    return n;
  }

  /** Cursors of the owner's own webhooks count as the owner's bytes. Those of another user's do not: nobody fills the share of another. */
  #beginCursors(
    n: number,
    { id }: PreparedWrite,
    owner: { tenant: string; user: string },
    cursors: SubscriptionValues[],
  ) {
    this.#rows.write();
    let bytes = 0;
    this.subscribed.begin(owner.tenant, () => {
      for (const cursor of cursors) {
        this.#sql.insertSubscription.run(cursor);
        this.#cursors.push({ key: cursor.key, task: id, standing: cursor.standing });
        if (cursor.user === owner.user) bytes += subscriptionBytes(cursor);
      }
    });
    if (bytes === 0) return;
    this.#sql.addTaskBytes.run(bytes, n);
    this.#held.addBytes(owner, bytes);
  }

  #update(write: PreparedWrite, head: TaskHead): number | null {
    this.#rows.settle(write.id);
    const { n: known, conversation, state } = head;
    const n = known ?? numberIn(this.#sql.taskNumber.get(write.id)?.[0]);
    if (conversation !== null) {
      const [inputTokens, outputTokens, costUsd] = this.#sql.spent.get(n) ?? [];
      this.#conversations.add(conversation, write.at, {
        tasks: 0,
        ...endsAdded(state, write.row[0]),
        inputTokens: write.spent[0] - numberIn(inputTokens),
        outputTokens: write.spent[1] - numberIn(outputTokens),
        costUsd: write.spent[2] - numberIn(costUsd),
      });
    }
    const isWritten = this.#rows.update(write, n, head, this.#waits);
    const before = head.deletedAt === null ? state : null;
    this.#totals.move(head, before, countedState(write.row));
    this.#held.add(head, before, countedState(write.row), write);
    return isWritten ? n : null;
  }

  /** Inserts the messages with which the conversation begins; its row counts them already. */
  #openConversation(write: PreparedWrite, conversation: string): void {
    for (const [at, message] of (write.messages ?? []).entries())
      this.#insertMessage(conversation, at + 1, message, write.id, message.at ?? write.at);
    for (const sha256 of write.messageFiles ?? []) this.#sql.insertConversationFile.run(conversation, sha256);
  }

  #converse(write: PreparedWrite, conversation: string): void {
    for (const message of write.messages ?? []) {
      const isRepeated = message.purpose === "notice" && this.#sql.notice.get(conversation, write.id) !== undefined;
      if (!isRepeated) this.appendMessage(conversation, message, write.id, message.at ?? write.at);
    }
    for (const sha256 of write.messageFiles ?? []) this.#sql.insertConversationFile.run(conversation, sha256);
  }
}

const NO_TASKS = { tasks: 0, completed: 0, failed: 0 };
const NOTHING_SAID: Begun = {
  ...{ ...NO_TASKS, inputTokens: 0, outputTokens: 0, costUsd: 0 },
  ...{ at: 0, lastMessage: 0, lastAgentMessageAt: null },
};

function countsOfNew({ row: [state], spent: [inputTokens, outputTokens, costUsd] }: PreparedWrite): Counts {
  return { tasks: 1, ...endsAdded(null, state), inputTokens, outputTokens, costUsd };
}

/** The counts of a conversation that is created with this task. */
function begunWith(write: PreparedWrite): Begun {
  const messages = write.messages ?? [];
  const answered = messages.findLast(({ role }) => role === "agent");
  return {
    ...countsOfNew(write),
    at: write.at,
    lastMessage: messages.length,
    lastAgentMessageAt: answered ? (answered.at ?? write.at) : null,
  };
}

/** The head of a task after an earlier write of the same call. */
function after(write: PreparedWrite | undefined, head: TaskHead | null): TaskHead | null {
  if (!write) return head;
  const [state, revision, attempt, , , , deletedAt] = write.row;
  if (head) return { ...head, state, revision, attempt, deletedAt };
  if (!write.submitted) return null;
  const [tenant, user, kind, conversation, , createdAt] = write.submitted;
  return { n: null, revision, state, attempt, tenant, user, kind, createdAt, conversation, deletedAt };
}

function isAlone(writes: PreparedWrite[]): boolean {
  return writes.length === 1;
}

/** A new task that brings nothing else to be checked: the INSERT itself says whether its id is taken. */
function isBare(write: PreparedWrite): boolean {
  return write.before === null && !write.conversation && !write.documents && !write.aliases;
}

/** Whether the write reads rows of tasks, its own or others': by an id, or in a trigger that asks who owns an attached file. */
function looksAtOthers(write: PreparedWrite): boolean {
  const { turn, below, journalOf, conversation, documents, aliases, subscriptions, attached } = write;
  return (
    (turn ?? below ?? journalOf ?? conversation ?? documents ?? aliases ?? subscriptions ?? attached) !== undefined
  );
}

function stale(write: PreparedWrite): Refused {
  return { ok: false, why: "stale", task: write.id };
}

/** Deleted tasks are in no total. */
function countedState(row: PreparedRow): State | null {
  const [state, , , , , , deletedAt] = row;
  return deletedAt === null ? state : null;
}
