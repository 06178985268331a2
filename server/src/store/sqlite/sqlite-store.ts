/**
 * The verbs of the store over two channels, one to whoever writes and one to whoever reads. This side makes the text that
 * is stored and parses what comes back; it knows no SQL.
 */
import type { Artifact } from "../../task/artifact.ts";
import type { AuditEntry } from "../../task/audit.ts";
import type { Alias, Conversation, Message, MessageDraft } from "../../task/conversation.ts";
import { notFound, Refusal } from "../../task/errors.ts";
import type { TaskEvent } from "../../task/events/event.ts";
import { type JsonObject, jsonObject } from "../../task/json.ts";
import type { OpenTask } from "../../task/open-task.ts";
import type { Task } from "../../task/task.ts";
import type { Page, TaskFilter } from "../../task/task-filter.ts";
import type { UsageCall } from "../../task/usage.ts";
import type { Visible } from "../../task/visibility.ts";
import { LocalChangeFeed, type TaskChange } from "../change-feed.ts";
import { decodeCursor, encodeCursor } from "../codec/cursor.ts";
import { prepareAudit, prepareWrite } from "../codec/prepare.ts";
import * as rows from "../codec/rows.ts";
import { previewValue, readValue, Spill } from "../codec/spill.ts";
import { openTaskOf, readTaskRow, taskOf } from "../codec/task-row.ts";
import { Damaged, DamageLog, orDamaged } from "../damage.ts";
import { sweepFiles } from "../file-sweep.ts";
import type { Files } from "../files.ts";
import type { Applied, InboxItem, JournalEntry, Store, StoredKey, Write } from "../store.ts";
import { unlessDiskTrouble } from "./call.ts";
import type { Channel } from "./channel.ts";
import type { Reads } from "./reads.ts";
import type { Writes } from "./writes.ts";

/** What a store is built from. */
export type Parts = {
  writes: Channel<Writes>;
  reads: Channel<Reads>;
  files: Files;
  clock: () => number;
  /** Adds to the search index whenever the writer has nothing else to do. */
  indexWhenIdle: boolean;
  backup: (path: string) => Promise<void>;
  check: () => Promise<string[]>;
  /** Hears once of each thing that cannot be read and was left out. */
  onDamage?: ((damage: Damaged) => void) | undefined;
  /** After both channels are closed. */
  release: () => void;
};

/** Texts that one turn of the writer adds to the search index: what a submit may have to wait behind. */
const INDEX_SLICE = 200;
/** The writer is idle for this long before it goes on with the search index. */
const INDEX_AFTER_MS = 200;
/** Walking all files is worth it this often. */
const FILES_SWEPT_EVERY_MS = 3_600_000;

export class SqliteStore implements Store {
  readonly files: Files;
  readonly #parts: Parts;
  readonly #reads: Channel<Reads>;
  readonly #writes: Channel<Writes>;
  readonly #resolve: rows.Resolve;
  readonly #feed = new LocalChangeFeed();
  readonly #damage: DamageLog;
  #indexTimer: NodeJS.Timeout | null = null;
  #filesSweptAt = Number.NEGATIVE_INFINITY;
  #closed: Promise<void> | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#reads = parts.reads;
    this.#writes = parts.writes;
    this.files = parts.files;
    this.#resolve = (stored) => unlessDiskTrouble(readValue(stored, parts.files));
    this.#damage = new DamageLog(parts.onDamage);
  }

  async apply(writes: Write[]): Promise<Applied> {
    const spill = new Spill(this.files);
    const prepared = writes.map((write) => prepareWrite(write, spill));
    if (!spill.isEmpty) await unlessDiskTrouble(spill.write());
    const applied = await this.#writes.send("apply", prepared);
    if (writes.some((write) => write.before === null)) this.#indexLater();
    if (applied.ok) this.#feed.publish(writes);
    return applied;
  }

  changes(listener: (change: TaskChange) => void): () => void {
    return this.#feed.changes(listener);
  }

  task(id: string): Promise<Task | null> {
    return orDamaged(`task ${id}`, async () => {
      const row = await this.#reads.send("task", { id });
      return row === null ? null : await this.#task(row);
    });
  }

  async tasks(ids: string[]): Promise<Task[]> {
    if (ids.length === 0) return [];
    return await this.#tasks(await this.#reads.send("tasks", { ids }));
  }

  async list(visible: Visible, filter: TaskFilter, page: Page) {
    if (filter.text !== undefined) await this.#catchUpIndex();
    const after = page.cursor === undefined ? null : decodeCursor(page.cursor);
    const { limit, offset = 0 } = page;
    const found = await this.#reads.send("list", { visible, filter, limit, offset, after });
    const tasks = found.rows.flatMap(({ n, row }) => {
      const task = this.#damage.orLeftOut(taskIn(row) ?? `task of row ${n}`, () => {
        const stored = readTaskRow(row);
        const output = stored.output === null ? {} : { output: previewValue(stored.output) };
        return taskOf(stored, { input: previewValue(stored.input), ...output });
      });
      return task ? [task] : [];
    });
    return { tasks, total: found.total, next: found.next && encodeCursor(found.next) };
  }

  /** What cannot be read is left out, and the page filled up with what comes after it. */
  async open(after: string | null, limit: number): Promise<OpenTask[]> {
    const open: OpenTask[] = [];
    for (let from = after; open.length < limit; ) {
      const wanted = limit - open.length;
      const page = await this.#reads.send("open", { after: from, limit: wanted });
      for (const { id, row } of page) {
        const task = this.#damage.orLeftOut(`task ${id}`, () => openTaskOf(row));
        if (task) open.push(task);
        from = id;
      }
      if (page.length < wanted) break;
    }
    return open;
  }

  events(id: string, after: number, limit: number): Promise<TaskEvent[]> {
    return orDamaged(`log of task ${id}`, async () => {
      const found = await this.#reads.send("events", { id, after, limit });
      return await Promise.all(found.map((row) => rows.eventOf(id, row, this.#resolve)));
    });
  }

  journal(id: string): Promise<JournalEntry[]> {
    return orDamaged(`journal of task ${id}`, async () => {
      const found = await this.#reads.send("journal", { id });
      return await Promise.all(found.map((row) => rows.journalEntryOf(row, this.#resolve)));
    });
  }

  inbox(id: string): Promise<InboxItem[]> {
    return orDamaged(`inbox of task ${id}`, async () => {
      const found = await this.#reads.send("inbox", { id });
      return await Promise.all(found.map((row) => rows.inboxItemOf(row, this.#resolve)));
    });
  }

  artifacts(id: string): Promise<Artifact[]> {
    return orDamaged(`artifacts of task ${id}`, async () =>
      rows.artifactsOf(await this.#reads.send("artifacts", { id }), this.#resolve),
    );
  }

  usage(id: string): Promise<(UsageCall & { at: number })[]> {
    return orDamaged(`usage of task ${id}`, async () => (await this.#reads.send("usage", { id })).map(rows.usageOf));
  }

  async conversation(id: string): Promise<Conversation | null> {
    const row = await this.#reads.send("conversation", { id });
    return row === null ? null : rows.conversationOf(row);
  }

  async conversationByAlias(alias: Alias): Promise<Conversation | null> {
    const row = await this.#reads.send("conversationByAlias", alias);
    return row === null ? null : rows.conversationOf(row);
  }

  async wasDeleted(alias: Alias): Promise<boolean> {
    return await this.#reads.send("wasDeleted", alias);
  }

  async isConversation(id: string): Promise<boolean> {
    return await this.#reads.send("isConversation", { id });
  }

  async replay(scope: string, key: string): Promise<{ task: string; hash: string } | null> {
    const row = await this.#reads.send("replay", { scope, key });
    return row && rows.replayOf(row);
  }

  async conversations(visible: Visible, lens: string, page: Page) {
    const { limit, offset = 0 } = page;
    const found = await this.#reads.send("conversations", { visible, lens, limit, offset });
    const aliases: (string | null)[] = [];
    const conversations = found.rows.flatMap((row, at) => {
      const conversation = this.#damage.orLeftOut(`conversation ${String(row[0])}`, () => rows.conversationOf(row));
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
      const found = await this.#reads.send("messages", { conversation, limit, offset, before });
      const messages = await Promise.all(found.rows.map((row) => rows.messageOf(row, this.#resolve)));
      return { messages, total: found.total };
    });
  }

  async appendMessage(conversation: string, message: MessageDraft, at: number): Promise<Message> {
    const spill = new Spill(this.files);
    const prepared = { role: message.role, parts: spill.value(message.parts) };
    if (!spill.isEmpty) await unlessDiskTrouble(spill.write());
    const files = spill.takeNamed();
    const n = await this.#writes.send("appendMessage", { conversation, message: prepared, files, at });
    if (n === null) throw notFound("Conversation");
    return { ...message, n, task: null, at };
  }

  async renameConversation(id: string, title: string, at: number): Promise<void> {
    await this.#writes.send("renameConversation", { id, title, at });
  }

  async deleteConversation(id: string, at: number): Promise<void> {
    await this.#writes.send("deleteConversation", { id, at });
  }

  async keys(tenant: string): Promise<StoredKey[]> {
    return (await this.#reads.send("keys", { tenant })).flatMap((row) => {
      const key = this.#damage.orLeftOut(`key ${String(row[0])}`, () => rows.keyOf(row));
      return key ? [key] : [];
    });
  }

  async keyByHash(hash: string): Promise<StoredKey | null> {
    const row = await this.#reads.send("keyByHash", { hash });
    return row === null ? null : rows.keyOf(row);
  }

  async countKeys(): Promise<number> {
    return await this.#reads.send("countKeys", null);
  }

  async putKey(key: StoredKey, audit: AuditEntry & { tenant: string }): Promise<void> {
    const { id, hash, tenant, user, name, scopes, hint, createdAt, expiresAt, revokedAt } = key;
    await this.#writes.send("putKey", {
      key: [id, hash, tenant, user, name, JSON.stringify(scopes), hint, createdAt, expiresAt, revokedAt],
      audit: prepareAudit(audit),
    });
  }

  async audit(tenant: string, page: { limit: number; before?: number; task?: string }): Promise<AuditEntry[]> {
    const { limit, before = null, task = null } = page;
    return (await this.#reads.send("audit", { tenant, limit, before, task })).flatMap((row) => {
      const entry = this.#damage.orLeftOut(`audit entry of ${String(row[0])}`, () => rows.auditEntryOf(row));
      return entry ? [entry] : [];
    });
  }

  async sweep(endedBefore: number, idempotencyBefore: number, limit: number): Promise<number> {
    const retention = { endedBefore, idempotencyBefore, limit };
    const swept = await this.#writes.send("sweep", { ...retention, texts: true }).catch((error: unknown) => {
      if (error instanceof Refusal) throw error;
      this.#damage.note(new Damaged("search index", error));
      return this.#writes.send("sweep", { ...retention, texts: false });
    });
    const now = this.#parts.clock();
    if (swept < limit && now - this.#filesSweptAt >= FILES_SWEPT_EVERY_MS) {
      this.#filesSweptAt = now;
      await sweepFiles(this.files, now, async (hashes) => await this.#reads.send("unnamedFiles", { hashes }));
    }
    return swept;
  }

  async setting(name: string): Promise<JsonObject | null> {
    const text = await this.#reads.send("setting", { name });
    return text === null ? null : jsonObject.parse(JSON.parse(text));
  }

  async putSetting(name: string, value: JsonObject): Promise<void> {
    await this.#writes.send("putSetting", { name, value: JSON.stringify(value) });
  }

  /**
   * The copy holds every row. Values over 64 KB and uploaded bytes are in the folder `files` beside the database:
   * whoever keeps a backup copies that folder after this resolves. Its files never change, so a plain copy is enough.
   */
  async backup(path: string): Promise<void> {
    await unlessDiskTrouble(this.#parts.backup(path));
  }

  async check(): Promise<string[]> {
    return await this.#parts.check();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    if (this.#indexTimer) clearTimeout(this.#indexTimer);
    await Promise.all([this.#writes.close(), this.#reads.close()]);
    this.#parts.release();
  }

  /** Those that can be read. */
  async #tasks(found: readonly unknown[][]): Promise<Task[]> {
    const tasks = await Promise.all(
      found.map((row) =>
        orDamaged(taskIn(row) ?? "task", () => this.#task(row)).catch((error: unknown) => {
          if (!(error instanceof Damaged)) throw error;
          this.#damage.note(error);
          return null;
        }),
      ),
    );
    return tasks.filter((task) => task !== null);
  }

  async #task(row: unknown): Promise<Task> {
    const stored = readTaskRow(row);
    const input = await this.#resolve(stored.input);
    if (stored.output === null) return taskOf(stored, { input });
    return taskOf(stored, { input, output: await this.#resolve(stored.output) });
  }

  async #catchUpIndex(): Promise<void> {
    while ((await this.#indexSlice()) === INDEX_SLICE) {}
  }

  async #indexSlice(): Promise<number> {
    return await this.#writes.send("index", { limit: INDEX_SLICE });
  }

  #indexLater(): void {
    if (!this.#parts.indexWhenIdle || this.#indexTimer || this.#closed) return;
    this.#indexTimer = setTimeout(() => {
      this.#indexTimer = null;
      if (!this.#writes.isIdle) this.#indexLater();
      // What fails here is tried again by the next search, which then says so.
      else
        this.#indexSlice().then(
          (added) => added === INDEX_SLICE && this.#indexLater(),
          () => {},
        );
    }, INDEX_AFTER_MS);
    this.#indexTimer.unref();
  }
}

/** How a row of a task names it, as far as it can be read. */
function taskIn(row: readonly unknown[] | null): string | null {
  const id = row?.[1];
  return typeof id === "string" ? `task ${id}` : null;
}
