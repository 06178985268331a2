/**
 * Everything that is read. Rows leave as SQLite has them: the caller's thread makes tasks of them, past its door.
 * Synchronous, and unaware of whose thread it runs in.
 */
import type { Database } from "better-sqlite3";
import type { Alias } from "../../task/conversation.ts";
import { Refusal } from "../../task/errors.ts";
import { OPEN_STATES } from "../../task/states.ts";
import type { Visible } from "../../task/visibility.ts";
import { check } from "./check.ts";
import { type ListQuery, TaskPages, whereVisible } from "./list.ts";
import { OPEN_COLUMNS, TASK_COLUMNS, TASK_TABLES } from "./task-columns.ts";
import type { Work } from "./work-through.ts";

export type Question =
  | { ask: "task"; id: string }
  | { ask: "tasks"; ids: string[] }
  | ({ ask: "list" } & ListQuery)
  | { ask: "open"; after: string | null; limit: number }
  | { ask: "openDescendants"; id: string }
  | { ask: "events"; id: string; after: number; limit: number }
  | { ask: "journal" | "inbox" | "artifacts" | "usage"; id: string }
  | { ask: "conversation"; id: string }
  | { ask: "conversationByAlias"; alias: Alias }
  | { ask: "wasDeleted"; alias: Alias }
  | { ask: "isConversation"; id: string }
  | { ask: "replay"; scope: string; key: string }
  | { ask: "conversations"; visible: Visible; lens: string; limit: number; offset: number }
  | { ask: "aliasOf"; conversation: string; lens: string }
  | { ask: "messages"; conversation: string; limit: number; offset: number; before: string | null }
  | { ask: "keys"; tenant: string }
  | { ask: "keyByHash"; hash: string }
  | { ask: "countKeys" }
  | { ask: "audit"; tenant: string; limit: number; before: number | null; task: string | null }
  | { ask: "setting"; name: string }
  /** Those of the given hashes that no row names. */
  | { ask: "unnamedFiles"; hashes: string[] }
  | { ask: "check" };

/** `refusal` is what a question itself has wrong. */
export type Reply = { reply: unknown } | { refusal: { code: "invalid"; message: string; field: string } };

const OPEN = OPEN_STATES.map((state) => `'${state}'`).join(", ");
const CONVERSATION_COLUMNS = `c.id, c.tenant, c.user, c.title, c.context, c.created_at, c.updated_at,
  c.last_activity_at, c.tasks, c.completed, c.failed, c.input_tokens, c.output_tokens, c.cost_usd`;
const KEY_COLUMNS = "id, hash, tenant, user, name, scopes, hint, created_at, expires_at, revoked_at";
const OF_TASK = "(SELECT n FROM tasks WHERE id = ?)";

export class Reader implements Work<Question> {
  /** Nothing is written, so nothing is synced. */
  readonly commitMs = 0;
  readonly #db: Database;
  readonly #pages: TaskPages;
  readonly #sql;
  readonly #consistently;

  constructor(db: Database) {
    this.#db = db;
    this.#pages = new TaskPages(db);
    this.#sql = readerStatements(db);
    this.#consistently = db.transaction((questions: Question[]) => questions.map((question) => this.#reply(question)));
  }

  /** All questions of a batch see the database at one moment. */
  batch(questions: Question[]): Reply[] {
    return this.#consistently.deferred(questions);
  }

  close(): void {
    this.#db.close();
  }

  #reply(question: Question): Reply {
    try {
      return { reply: this.#answer(question) };
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "invalid") throw error;
      return { refusal: { code: "invalid", message: error.message, field: error.detail.field ?? "" } };
    }
  }

  #answer(question: Question): unknown {
    const sql = this.#sql;
    switch (question.ask) {
      case "task":
        return sql.task.get(question.id) ?? null;
      case "tasks":
        return sql.tasks.all(JSON.stringify(question.ids));
      case "list": {
        const { positions, total, more } = this.#pages.page(question);
        const rows = positions.map(({ n }) => sql.taskByNumber.get(n));
        return { rows, total, next: more ? (positions.at(-1) ?? null) : null };
      }
      case "open":
        return sql.open.all(question.after ?? "", question.limit);
      case "openDescendants":
        return sql.openDescendants.all(question.id);
      case "events":
        return sql.events.all(question.id, question.after, question.limit);
      case "journal":
        return sql.journal.all(question.id);
      case "inbox":
        return sql.inbox.all(question.id);
      case "artifacts":
        return sql.artifacts.all(question.id);
      case "usage":
        return sql.usage.all(question.id);
      case "conversation":
        return sql.conversation.get(question.id) ?? null;
      case "conversationByAlias": {
        const { tenant, owner, lens, value } = question.alias;
        return sql.conversationByAlias.get(tenant, owner, lens, value) ?? null;
      }
      case "wasDeleted": {
        const { tenant, owner, lens, value } = question.alias;
        return sql.wasDeleted.get(tenant, owner, value, tenant, owner, lens, value) !== undefined;
      }
      case "isConversation":
        return sql.isConversation.get(question.id) !== undefined;
      case "replay":
        return sql.replay.get(question.scope, question.key) ?? null;
      case "conversations":
        return this.#conversations(question);
      case "aliasOf":
        return sql.aliasOf.get(question.conversation, question.lens)?.[0] ?? null;
      case "messages":
        return this.#messages(question);
      case "keys":
        return sql.keys.all(question.tenant);
      case "keyByHash":
        return sql.keyByHash.get(question.hash) ?? null;
      case "countKeys":
        return sql.countKeys.get()?.[0];
      case "audit": {
        const { tenant, limit, before, task } = question;
        const until = before ?? Number.MAX_SAFE_INTEGER;
        return task === null ? sql.audit.all(tenant, until, limit) : sql.auditOfTask.all(task, tenant, until, limit);
      }
      case "setting":
        return sql.setting.get(question.name)?.[0] ?? null;
      case "unnamedFiles":
        return sql.unnamedFiles.all(JSON.stringify(question.hashes)).map(([sha256]) => sha256);
      case "check":
        return check(this.#db);
    }
  }

  #conversations({ visible, lens, limit, offset }: Question & { ask: "conversations" }): unknown {
    const { sql, values } = whereVisible(visible, "c");
    const where = `${sql} AND c.deleted_at IS NULL`;
    const rows = this.#db
      .prepare<unknown[], unknown[]>(
        `SELECT ${CONVERSATION_COLUMNS} FROM conversations c WHERE ${where}
         ORDER BY c.created_at DESC, c.id DESC LIMIT ? OFFSET ?`,
      )
      .raw()
      .all(...values, limit, offset);
    const total = this.#db
      .prepare<unknown[], unknown[]>(`SELECT count(*) FROM conversations c WHERE ${where}`)
      .raw()
      .get(...values)?.[0];
    const aliases = rows.map(([id]) => this.#sql.aliasOf.get(id, lens)?.[0] ?? null);
    return { rows, aliases, total };
  }

  #messages({ conversation, limit, offset, before }: Question & { ask: "messages" }): unknown {
    const sql = this.#sql;
    const total = sql.countMessages.get(conversation)?.[0];
    if (before === null) return { rows: sql.messages.all(conversation, limit, offset), total };
    const first = sql.firstMessageOf.get(conversation, before)?.[0] ?? Number.MAX_SAFE_INTEGER;
    return { rows: sql.messagesBefore.all(conversation, first, limit).reverse(), total };
  }
}

function readerStatements(db: Database) {
  const row = (sql: string) => db.prepare<unknown[], unknown[]>(sql).raw();
  return {
    task: row(`SELECT ${TASK_COLUMNS} FROM ${TASK_TABLES} WHERE t.id = ? AND t.deleted_at IS NULL`),
    tasks: row(
      `SELECT ${TASK_COLUMNS} FROM json_each(?) wanted CROSS JOIN tasks t ON t.id = wanted.value
       JOIN submissions s ON s.task = t.n WHERE t.deleted_at IS NULL ORDER BY wanted.key`,
    ),
    taskByNumber: row(`SELECT ${TASK_COLUMNS} FROM ${TASK_TABLES} WHERE t.n = ?`),
    open: row(
      `SELECT ${OPEN_COLUMNS} FROM tasks INDEXED BY tasks_open WHERE ended_at IS NULL AND id > ? ORDER BY id LIMIT ?`,
    ),
    // Ended children may have open children of their own.
    openDescendants: row(
      `WITH RECURSIVE family (id) AS (
         SELECT id FROM tasks WHERE parent = ?
         UNION SELECT child.id FROM family CROSS JOIN tasks child ON child.parent = family.id
       )
       SELECT ${TASK_COLUMNS} FROM family CROSS JOIN tasks t ON t.id = family.id JOIN submissions s ON s.task = t.n
       WHERE t.state IN (${OPEN})`,
    ),
    events: row(`SELECT seq, at, type, data FROM events WHERE task = ${OF_TASK} AND seq > ? ORDER BY seq LIMIT ?`),
    journal: row(
      `SELECT branch, position, name, occurrence, kind, state, tries, at, duration_ms, result, error, usage
       FROM journal WHERE task = ${OF_TASK} ORDER BY branch, position`,
    ),
    inbox: row(
      `SELECT n, message_id, prompt, value, by, at FROM inbox WHERE task = ${OF_TASK} AND taken = 0 ORDER BY n`,
    ),
    artifacts: row(`SELECT record FROM artifact_updates WHERE task = ${OF_TASK} ORDER BY n`),
    usage: row(`SELECT at, record FROM usage WHERE task = ${OF_TASK} ORDER BY n`),
    conversation: row(`SELECT ${CONVERSATION_COLUMNS} FROM conversations c WHERE c.id = ? AND c.deleted_at IS NULL`),
    conversationByAlias: row(
      `SELECT ${CONVERSATION_COLUMNS} FROM aliases a JOIN conversations c ON c.id = a.conversation
       WHERE a.tenant = ? AND a.owner = ? AND a.lens = ? AND a.value = ? AND c.deleted_at IS NULL`,
    ),
    wasDeleted: row(
      `SELECT 1 FROM conversations c WHERE c.deleted_at IS NOT NULL AND c.tenant = ? AND c.user = ? AND (c.id = ?
         OR c.id IN (SELECT conversation FROM aliases WHERE tenant = ? AND owner = ? AND lens = ? AND value = ?))`,
    ),
    isConversation: row("SELECT 1 FROM conversations WHERE id = ?"),
    replay: row("SELECT task, hash FROM idempotency WHERE scope = ? AND key = ?"),
    aliasOf: row("SELECT value FROM aliases WHERE conversation = ? AND lens = ? ORDER BY value LIMIT 1"),
    countMessages: row("SELECT count(*) FROM messages WHERE conversation = ?"),
    messages: row("SELECT n, role, task, at, parts FROM messages WHERE conversation = ? ORDER BY n LIMIT ? OFFSET ?"),
    firstMessageOf: row("SELECT min(n) FROM messages WHERE conversation = ? AND task = ?"),
    messagesBefore: row(
      `SELECT n, role, task, at, parts FROM messages WHERE conversation = ? AND n < ? ORDER BY n DESC LIMIT ?`,
    ),
    keys: row(`SELECT ${KEY_COLUMNS} FROM keys WHERE tenant = ? ORDER BY created_at, id`),
    keyByHash: row(`SELECT ${KEY_COLUMNS} FROM keys WHERE hash = ?`),
    countKeys: row("SELECT count(*) FROM keys WHERE revoked_at IS NULL"),
    audit: row(
      `SELECT at, user, key_id, act, task, detail FROM audit WHERE tenant = ? AND at < ?
       ORDER BY at DESC, n DESC LIMIT ?`,
    ),
    auditOfTask: row(
      `SELECT at, user, key_id, act, task, detail FROM audit WHERE task = ? AND tenant = ? AND at < ?
       ORDER BY at DESC, n DESC LIMIT ?`,
    ),
    setting: row("SELECT value FROM facts WHERE name = ?"),
    unnamedFiles: row(
      `SELECT value FROM json_each(?) AS wanted
       WHERE NOT EXISTS (SELECT 1 FROM task_files WHERE sha256 = wanted.value)
         AND NOT EXISTS (SELECT 1 FROM conversation_files WHERE sha256 = wanted.value)`,
    ),
  };
}
