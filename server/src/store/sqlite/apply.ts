/**
 * One request of writes: first every guard, then every row. A request whose guards hold writes all of its rows; one
 * whose guard fails has touched nothing, so that it needs no savepoint of its own inside a batch.
 */
import type { Database } from "better-sqlite3";
import { z } from "zod";
import { isTerminal, STATES, type State } from "../../task/states.ts";
import type { Applied } from "../store.ts";
import { ConversationsDelta } from "./conversations-delta.ts";
import type { PreparedMessage, PreparedWrite } from "./request.ts";
import type { WriterStatements } from "./statements.ts";
import { TotalsDelta } from "./totals.ts";

/** A conversation keeps its last turns; older ones are dropped as new ones come. */
export const MESSAGES_KEPT_MAX = 500;

const number = z.number();
const target = z.tuple([
  z.number(),
  z.number(),
  z.enum(STATES),
  z.number(),
  z.string(),
  z.string(),
  z.string(),
  z.number(),
  z.string().nullable(),
  z.number().nullable(),
]);
const identity = z.tuple([z.string(), z.string()]);
const spentRow = z.tuple([z.number(), z.number(), z.number()]);

/** What is known of a task before the write: its row, or nothing yet. */
type Standing = {
  n: number | null;
  revision: number;
  state: State;
  attempt: number;
  tenant: string;
  user: string;
  kind: string;
  createdAt: number;
  conversation: string | null;
  deletedAt: number | null;
};

export class Applier {
  readonly #sql: WriterStatements;
  readonly #totals: TotalsDelta;
  readonly #conversations: ConversationsDelta;

  constructor(db: Database, statements: WriterStatements) {
    this.#sql = statements;
    this.#totals = new TotalsDelta(db);
    this.#conversations = new ConversationsDelta(statements);
  }

  apply(writes: PreparedWrite[]): Applied {
    const standings: (Standing | null)[] = [];
    for (const [index, write] of writes.entries()) {
      const earlier = writes.findLastIndex((other, at) => at < index && other.id === write.id);
      const standing = earlier === -1 ? this.#standing(write.id) : after(writes[earlier], standings[earlier] ?? null);
      const refused = this.#refused(write, standing);
      if (refused) return refused;
      standings.push(standing);
    }
    for (const [index, write] of writes.entries()) this.#write(write, standings[index] ?? null);
    return { ok: true };
  }

  /** Adds a message and returns its number; null when the conversation is gone. */
  say(conversation: string, message: PreparedMessage, task: string | null, at: number): number | null {
    const numbered = this.#sql.numberMessage.get(at, at, conversation);
    if (!numbered) return null;
    const n = number.parse(numbered[0]);
    this.#sql.insertMessage.run(conversation, n, message.role, task, at, message.parts);
    if (n > MESSAGES_KEPT_MAX) this.#sql.dropMessages.run(conversation, n - MESSAGES_KEPT_MAX);
    return n;
  }

  /** At the end of a transaction: what its requests add up to. */
  writeDeltas(): void {
    this.#totals.write();
    this.#conversations.write();
  }

  clearDeltas(): void {
    this.#totals.clear();
    this.#conversations.clear();
  }

  #standing(id: string): Standing | null {
    const row = this.#sql.target.get(id);
    if (!row) return null;
    const [n, revision, state, attempt, tenant, user, kind, createdAt, conversation, deletedAt] = target.parse(row);
    return { n, revision, state, attempt, tenant, user, kind, createdAt, conversation, deletedAt };
  }

  #refused(write: PreparedWrite, standing: Standing | null): Applied | undefined {
    if (write.idempotency) {
      const { scope, key } = write.idempotency;
      const known = this.#sql.idempotency.get(scope, key);
      if (known) {
        const [task, hash] = identity.parse(known);
        return { ok: false, why: "replayed", task, hash };
      }
    }
    const stale: Applied = { ok: false, why: "stale", task: write.id };
    const { before } = write;
    if (before === null ? standing !== null : standing === null) return stale;
    if (before !== null && standing !== null) {
      const { revision, state, attempt } = standing;
      if (revision !== before.revision || state !== before.state || attempt !== before.attempt) return stale;
    }
    if (write.conversation) {
      const { conversation, alias } = write.conversation;
      if (this.#sql.conversation.get(conversation.id)) return stale;
      if (alias && this.#sql.alias.get(alias.tenant, alias.owner, alias.lens, alias.value)) return stale;
    }
    const n = standing?.n ?? null;
    if (n === null) return undefined;
    const duplicate: Applied = { ok: false, why: "duplicate", task: write.id };
    if (write.inbox && this.#sql.inboxMessage.get(n, write.inbox[0])) return duplicate;
    if (write.usage?.some(([key]) => this.#sql.usageCall.get(n, key) !== undefined)) return duplicate;
    return undefined;
  }

  #write(write: PreparedWrite, standing: Standing | null): void {
    const n = standing === null ? this.#insert(write) : this.#update(write, standing);
    const sql = this.#sql;
    for (const [seq, at, type, data] of write.events) sql.insertEvent.run(n, seq, at, type, data);
    if (write.journalOf) {
      const source = sql.taskNumber.get(write.journalOf)?.[0];
      sql.copyJournal.run(n, source);
      sql.copyTaskFiles.run(n, source);
    }
    for (const entry of write.journal ?? []) sql.putJournalEntry.run(n, ...entry);
    for (const item of write.taken ?? []) sql.takeInbox.run(n, item);
    if (write.inbox) sql.insertInbox.run(n, n, ...write.inbox);
    for (const [key, record] of write.usage ?? []) sql.insertUsage.run(n, key, write.updatedAt, record);
    for (const { id, append, record } of write.artifacts ?? []) {
      if (!append) sql.dropArtifact.run(n, id);
      sql.insertArtifact.run(n, n, id, record);
    }
    for (const sha256 of write.files ?? []) sql.insertTaskFile.run(n, sha256);
    const conversation = write.submitted?.conversation ?? standing?.conversation ?? null;
    if (conversation !== null) this.#converse(write, conversation);
    if (write.audit) sql.insertAudit.run(...write.audit);
    if (write.idempotency) {
      const { scope, key, hash, at } = write.idempotency;
      sql.insertIdempotency.run(scope, key, hash, write.id, at);
    }
  }

  #insert(write: PreparedWrite): number {
    const { submitted } = write;
    if (!submitted) throw new Error(`The first write of ${write.id} does not say what was submitted.`);
    if (write.conversation) {
      const { conversation, context, alias } = write.conversation;
      const { id, tenant, user, title, createdAt, updatedAt, lastActivityAt } = conversation;
      this.#sql.insertConversation.run(id, tenant, user, title, context, createdAt, updatedAt, lastActivityAt);
      if (alias) this.#sql.insertAlias.run(alias.tenant, alias.owner, alias.lens, alias.value, id);
    }
    const { tenant, user, kind, conversation, parent, createdAt } = submitted;
    const inserted = this.#sql.insertTask.run(
      write.id,
      tenant,
      user,
      kind,
      write.state,
      conversation,
      parent,
      write.revision,
      write.attempt,
      write.lastSeq,
      write.progress,
      createdAt,
      write.endedAt,
      write.deletedAt,
      write.record,
      write.output,
    );
    const n = Number(inserted.lastInsertRowid);
    this.#sql.insertSubmission.run(n, submitted.fixed, submitted.input);
    for (const [key, value] of submitted.metadata) this.#sql.insertMetadata.run(tenant, key, value, n);
    this.#totals.move(submitted, null, write.deletedAt === null ? write.state : null);
    if (conversation !== null) {
      this.#conversations.add(conversation, write.updatedAt, { tasks: 1, ...endOf(write.state), ...write.spent });
    }
    return n;
  }

  #update(write: PreparedWrite, standing: Standing): number {
    const { n: known, conversation } = standing;
    const n = known ?? number.parse(this.#sql.taskNumber.get(write.id)?.[0]);
    if (conversation !== null) {
      const [inputTokens, outputTokens, costUsd] = spentRow.parse(this.#sql.spent.get(n));
      this.#conversations.add(conversation, write.updatedAt, {
        tasks: 0,
        ...(isTerminal(standing.state) ? NOT_ENDED : endOf(write.state)),
        inputTokens: write.spent.inputTokens - inputTokens,
        outputTokens: write.spent.outputTokens - outputTokens,
        costUsd: write.spent.costUsd - costUsd,
      });
    }
    const updated = this.#sql.updateTask.run(
      write.state,
      write.revision,
      write.attempt,
      write.lastSeq,
      write.progress,
      write.endedAt,
      write.deletedAt,
      write.record,
      write.output,
      n,
      standing.revision,
      standing.state,
      standing.attempt,
    );
    if (updated.changes !== 1) throw new Error(`The guard of ${write.id} held, but its row was not written.`);
    this.#totals.move(
      standing,
      standing.deletedAt === null ? standing.state : null,
      write.deletedAt === null ? write.state : null,
    );
    return n;
  }

  #converse(write: PreparedWrite, conversation: string): void {
    for (const message of write.messages ?? []) this.say(conversation, message, write.id, write.updatedAt);
    for (const sha256 of write.messageFiles ?? []) this.#sql.insertConversationFile.run(conversation, sha256);
  }
}

const NOT_ENDED = { completed: 0, failed: 0 };

function endOf(state: State): { completed: number; failed: number } {
  if (state === "completed") return { completed: 1, failed: 0 };
  const failed = state === "failed" || state === "timed_out" || state === "rejected";
  return failed ? { completed: 0, failed: 1 } : NOT_ENDED;
}

/** How a task stands once an earlier write of the same request is in. */
function after(write: PreparedWrite | undefined, standing: Standing | null): Standing | null {
  if (!write) return standing;
  const { state, revision, attempt, deletedAt, submitted } = write;
  if (standing) return { ...standing, state, revision, attempt, deletedAt };
  return submitted ? { n: null, ...submitted, state, revision, attempt, deletedAt } : null;
}
