/**
 * Reads every row as the server would, and says which cannot be read: all that a start goes over, and everything else that
 * somebody may ask for later.
 */
import type { Database } from "better-sqlite3";
import { jsonObject } from "../../../task/json/json.ts";
import { isTerminal } from "../../../task/states.ts";
import { agentOf } from "../../codec/agent-rows.ts";
import * as columns from "../../codec/columns.ts";
import * as conversations from "../../codec/conversation-rows.ts";
import * as documents from "../../codec/document-rows.ts";
import * as erasures from "../../codec/erasure-rows.ts";
import { attachmentOf, workCountOf } from "../../codec/human-rows.ts";
import { keyOf } from "../../codec/key-rows.ts";
import * as rows from "../../codec/rows.ts";
import { readValue } from "../../codec/spill.ts";
import * as subscriptions from "../../codec/subscription-rows.ts";
import { openTaskOf, readTaskRow, taskOf } from "../../codec/task-row.ts";
import { Damaged } from "../../damage.ts";
import type { Files } from "../../files.ts";
import type { Unreadable } from "../../storage.ts";
import { wrongSize } from "../../whole-file.ts";
import { AUDIT_COLUMNS } from "../audit/audit-statements.ts";
import { stateIn, textIn } from "../column.ts";
import { ATTACHMENT_COLUMNS } from "../people/worklist.ts";
import { SUBSCRIPTIONS } from "../subscriptions/subscription-statements.ts";
import { INBOX_COLUMNS, OPEN_COLUMNS, TASK_COLUMNS, TASK_TABLES } from "../tasks/task-columns.ts";
import { LAST_TASK_FACT } from "../tasks/task-numbers.ts";

/** Damaged things that are named. */
const NAMED_MAX = 100;

type Row = unknown[];

/** `undefined` for a file that is not there: others name it. */
type SizeOf = (sha256: string) => number | undefined;

export async function inspect(db: Database, files: Pick<Files, "read">, sizeOf: SizeOf): Promise<Unreadable[]> {
  const found: Unreadable[] = [];
  for await (const each of unreadable(db, files, sizeOf)) {
    found.push(each);
    if (found.length === NAMED_MAX) break;
  }
  return found;
}

async function* unreadable(db: Database, files: Pick<Files, "read">, sizeOf: SizeOf): AsyncGenerator<Unreadable> {
  const mustBeWhole = ({ sha256, bytes }: { sha256: string | null; bytes: number }) => {
    const size = sha256 === null ? bytes : (sizeOf(sha256) ?? bytes);
    if (size !== bytes) throw wrongSize(size, bytes);
  };
  const resolve: rows.Resolve = (stored) => readValue(stored, files);
  // By the index of ids alone: it may be whole where the table is not.
  const ids = all(db, `SELECT id, n FROM tasks t INDEXED BY sqlite_autoindex_tasks_1 ORDER BY id`);
  const ofTask = new TaskInspection(db, resolve);
  for await (const [id, n] of ids("tasks")) {
    for await (const says of ofTask.problems(String(id), n)) yield { task: String(id), says };
    if (ids.failed) break;
  }
  if (ids.failed) yield { task: null, says: ids.failed };
  const others: [what: string, sql: string, read: (row: Row) => unknown][] = [
    ["conversation", `SELECT ${columns.CONVERSATION_COLUMNS} FROM conversations c`, conversations.conversationOf],
    [
      "message of conversation",
      `SELECT conversation, ${columns.MESSAGE_COLUMNS} FROM messages`,
      ([conversation, ...message]) => conversations.messageOf(String(conversation), message, resolve),
    ],
    ["key", `SELECT ${columns.KEY_COLUMNS} FROM keys`, keyOf],
    [
      "work item of task",
      "SELECT t.id, a.state, a.priority FROM assignments a JOIN tasks t ON t.n = a.task",
      ([, state, priority]) => workCountOf([state, priority, 0, 1]),
    ],
    ["attachment", `SELECT ${ATTACHMENT_COLUMNS} FROM attachments`, (row) => mustBeWhole(attachmentOf(row))],
    ["subscription", SUBSCRIPTIONS, subscriptions.subscriptionOf],
    [
      "delivery of subscription",
      "SELECT subscription, n, entry FROM deliveries",
      ([, ...delivery]) => subscriptions.deliveryOf(delivery),
    ],
    ["agent", `SELECT ${columns.AGENT_COLUMNS} FROM agents a`, agentOf],
    ["audit entry", `SELECT ${AUDIT_COLUMNS} FROM audit a`, rows.auditRecordOf],
    [
      "document",
      `SELECT ${columns.DOCUMENT_COLUMNS} FROM documents d`,
      (row) => mustBeWhole(documents.documentOf(row)),
    ],
    [
      "page of document",
      "SELECT document, page, name, content, recognized FROM document_pages",
      ([, ...page]) => documents.pageOf(page),
    ],
    ["vector store", `SELECT ${columns.VECTOR_STORE_COLUMNS} FROM vector_stores v`, documents.vectorStoreOf],
    [
      "member of vector store",
      `SELECT ${columns.MEMBER_COLUMNS}, d.id, d.filename FROM members m JOIN documents d ON d.key = m.document`,
      documents.memberOf,
    ],
    ["erasure", "SELECT id, record FROM erasures", ([, record]) => erasures.erasureOf(record)],
    ["backup", "SELECT id, record FROM backups", ([, record]) => erasures.backupOf(record)],
    [
      "setting",
      `SELECT name, value FROM facts WHERE name <> '${LAST_TASK_FACT}'`,
      ([, value]) => jsonObject.parse(JSON.parse(textIn(value))),
    ],
  ];
  for (const [what, sql, read] of others) {
    const table = all(db, sql);
    for await (const row of table(what)) {
      const says = await problemOf(`${what} ${String(row[0])}`, () => read(row));
      if (says !== null) yield { task: null, says };
    }
    if (table.failed) yield { task: null, says: table.failed };
  }
}

/** One task with all that hangs on it. */
class TaskInspection {
  readonly #db: Database;
  readonly #resolve: rows.Resolve;
  readonly #task;
  readonly #open;

  constructor(db: Database, resolve: rows.Resolve) {
    this.#db = db;
    this.#resolve = resolve;
    this.#task = db.prepare<unknown[], Row>(`SELECT ${TASK_COLUMNS} FROM ${TASK_TABLES} WHERE t.n = ?`).raw();
    this.#open = db.prepare<unknown[], Row>(`SELECT ${OPEN_COLUMNS} FROM tasks WHERE n = ?`).raw();
  }

  async *problems(id: string, n: unknown): AsyncGenerator<string> {
    const own = await problemOf(`task ${id}`, () => this.#read(n));
    if (own !== null) yield own;
    const parts: [what: string, sql: string, read: (row: Row) => unknown][] = [
      ["log", "SELECT seq, at, type, data FROM events WHERE task = ?", (row) => rows.eventOf(id, row, this.#resolve)],
      [
        "journal",
        `SELECT branch, position, name, occurrence, kind, state, tries, at, duration_ms, result, error, usage, trace
         FROM journal WHERE task = ?`,
        (row) => rows.journalEntryOf(row, this.#resolve),
      ],
      ["inbox", `SELECT ${INBOX_COLUMNS} FROM inbox WHERE task = ?`, (row) => rows.inboxItemOf(row, this.#resolve)],
      [
        "artifacts",
        "SELECT record, n FROM artifact_updates WHERE task = ?",
        (row) => rows.artifactUpdateOf(row, this.#resolve),
      ],
      ["usage", "SELECT at, record, n FROM usage WHERE task = ?", rows.usageOf],
    ];
    for (const [what, sql, read] of parts) {
      const says = await problemOf(`${what} of task ${id}`, async () => {
        for (const row of this.#db.prepare<unknown[], Row>(sql).raw().all(n)) await read(row);
      });
      if (says !== null) yield says;
    }
  }

  async #read(n: unknown): Promise<void> {
    const row = this.#task.get(n) ?? [];
    const stored = readTaskRow(row);
    const input = await this.#resolve(stored.input);
    const output = stored.output === null ? {} : { output: await this.#resolve(stored.output) };
    taskOf(stored, { input, ...output });
    if (!isTerminal(stateIn(stored.columns["state"]))) openTaskOf(this.#open.get(n));
  }
}

async function problemOf(what: string, read: () => unknown): Promise<string | null> {
  try {
    await read();
    return null;
  } catch (error) {
    return new Damaged(what, error).message;
  }
}

/** The rows of a table up to the first that cannot be read; `failed` is then the reason. */
function all(db: Database, sql: string) {
  async function* read(what: string): AsyncGenerator<Row> {
    try {
      yield* db.prepare<unknown[], Row>(sql).raw().iterate();
    } catch (error) {
      read.failed = new Damaged(`table of ${what}`, error).message;
    }
  }
  read.failed = "";
  return read;
}
