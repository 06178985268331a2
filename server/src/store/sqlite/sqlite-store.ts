/**
 * The verbs of the store over channels to the writing and the reading threads. This side makes the text that is stored and parses what
 * comes back; it knows no SQL.
 */
import type { Alias } from "../../task/alias.ts";
import type { ArtifactSize } from "../../task/artifact.ts";
import { Refusal } from "../../task/errors.ts";
import type { TaskEvent } from "../../task/events/event.ts";
import { type JsonObject, jsonObject } from "../../task/json/json.ts";
import { type AsleepPlace, NEVER, type OpenPlace } from "../../task/open-task.ts";
import { type Failure, NO_USAGE, type Task, type UsageTotals } from "../../task/task.ts";
import type { LatestFilter, LatestPlace, ListPage, Page, TaskFilter } from "../../task/task-filter.ts";
import type { Visible, VisibleTasks } from "../../task/visibility.ts";
import type { AgentStore } from "../agent-store.ts";
import type { AuditStore } from "../audit-store.ts";
import { LocalChangeFeed, type TaskChange } from "../change-feed.ts";
import { decodeCursor, decodeNumber, decodePlace, encodeCursor, encodeNumber, encodePlace } from "../codec/cursor.ts";
import { largeValues, prepareWrite } from "../codec/prepare.ts";
import * as rows from "../codec/rows.ts";
import { readValue, Spill } from "../codec/spill.ts";
import { numberedOf, readTaskRow, taskOf } from "../codec/task-row.ts";
import type { DailyUsageStore } from "../daily-usage-store.ts";
import { Damaged, DamageLog, orDamaged } from "../damage.ts";
import { unlessDiskTrouble } from "../disk-trouble.ts";
import type { DocumentStore } from "../document-store.ts";
import type { Files } from "../files.ts";
import type { HumanStore } from "../human-store.ts";
import { KeptFiles } from "../kept-files.ts";
import type { KeyStore } from "../key-store.ts";
import type { Held } from "../share-guard.ts";
import type { Applied, InboxItem, JournalEntry, JournalPage, RecordTimes, Store, Write } from "../store.ts";
import { isLiveText } from "../write.ts";
import { SqliteAgents } from "./agents/sqlite-agents.ts";
import { SqliteAudit } from "./audit/sqlite-audit.ts";
import { QUERY_MS_MAX, searchIsBehind } from "./bounds.ts";
import { textIn } from "./column.ts";
import { SqliteConversations } from "./conversations/sqlite-conversations.ts";
import type { Indexing } from "./documents/chunk-index/indexer.ts";
import type { Searches } from "./documents/finder.ts";
import { SqliteChunkStore } from "./documents/sqlite-chunk-store.ts";
import { SqliteDocuments } from "./documents/sqlite-documents.ts";
import type { Scrubbed } from "./erasure/scrub.ts";
import { SqliteErasures } from "./erasure/sqlite-erasures.ts";
import { inPages } from "./in-pages.ts";
import { SqliteKeys } from "./keys/sqlite-keys.ts";
import { SqliteHuman } from "./people/sqlite-human.ts";
import { SqliteSubscriptions } from "./subscriptions/sqlite-subscriptions.ts";
import { artifactPage, artifactSizes } from "./tasks/artifact-pages.ts";
import { eventsOf } from "./tasks/events-of.ts";
import { inboxItem, inboxItems } from "./tasks/inbox-items.ts";
import { listedTasks } from "./tasks/listed-tasks.ts";
import type { OpenRows } from "./tasks/open-reads.ts";
import { openedTasks } from "./tasks/opened-tasks.ts";
import { sweptTasks } from "./tasks/swept-tasks.ts";
import type { Channel } from "./thread/channel.ts";
import type { Reads } from "./thread/reads.ts";
import type { Writes } from "./thread/writes.ts";
import { SqliteDailyUsage } from "./usage/sqlite-daily-usage.ts";

/** What a store is built from. */
export type Parts = {
  writes: Channel<Writes>;
  /** Reads of one key or task, which must not wait behind a search. */
  reads: Channel<Reads>;
  /** Lists, counts and searches. */
  searches: Channel<Reads>;
  /** Searches in chunks. */
  finder: Channel<Searches>;
  /** Starts the thread that makes the index of chunks. */
  indexer: () => Channel<Indexing>;
  files: Files;
  clock: () => number;
  /** Adds to the search index whenever the writer has nothing else to do. */
  indexWhenIdle: boolean;
  backup: (path: string) => Promise<void>;
  scrub: () => Promise<Scrubbed>;
  copies: () => Promise<{ path: string; at: number }[]>;
  check: () => Promise<string[]>;
  /** Called once for each thing that cannot be read and was left out. */
  onDamage?: ((damage: Damaged) => void) | undefined;
  /** Called with the time that each `apply` took until it was on disk. */
  onWritten?: ((ms: number) => void) | undefined;
  /** After all channels are closed. */
  release: () => Promise<void>;
};

/** Texts that one turn of the writer adds to the search index: what a submit may have to wait behind. */
const INDEX_SLICE = 200;
/** The writer is idle for this long before it goes on with the search index. */
const INDEX_AFTER_MS = 200;
/** Tasks that are read at once, each with its input and output. */
const READ_AT_ONCE = 16;
/** Journal entries read at once. */
const JOURNAL_PAGE = 1_000;
/** Pause between two walks over all files. */
const FILES_SWEPT_EVERY_MS = 3_600_000;

export class SqliteStore extends SqliteConversations implements Store {
  readonly files: KeptFiles;
  readonly audit: AuditStore;
  readonly documents: DocumentStore;
  readonly chunks: SqliteChunkStore;
  readonly agents: AgentStore;
  readonly keys: KeyStore;
  readonly subscriptions: SqliteSubscriptions;
  readonly human: HumanStore;
  readonly dailyUsage: DailyUsageStore;
  readonly erasures: SqliteErasures;
  readonly openBelow: Store["openBelow"] = (places, limit) => this.#reads.send("openBelow", { places, limit });
  readonly orphaning: Store["orphaning"] = (after, limit) => this.#reads.send("orphaning", { after, limit });
  readonly awaitedInVain: Store["awaitedInVain"] = (after, limit) =>
    this.#reads.send("awaitedInVain", { after, limit });
  readonly #parts: Parts;
  readonly #reads: Channel<Reads>;
  readonly #searches: Channel<Reads>;
  readonly #writes: Channel<Writes>;
  readonly #resolve: rows.Resolve;
  readonly #feed = new LocalChangeFeed();
  readonly #damage: DamageLog;
  #indexTimer: NodeJS.Timeout | null = null;
  #filesSweptAt = Number.NEGATIVE_INFINITY;
  #closed: Promise<void> | null = null;

  constructor(parts: Parts) {
    const damage = new DamageLog(parts.onDamage);
    super({ ...parts, damage });
    this.#parts = parts;
    this.#reads = parts.reads;
    this.#searches = parts.searches;
    this.#writes = parts.writes;
    this.files = new KeptFiles(parts.files, (hashes) => parts.reads.send("unnamedFiles", { hashes }));
    this.#resolve = (stored, tenant) => unlessDiskTrouble(readValue(stored, parts.files, tenant));
    this.#damage = damage;
    this.chunks = new SqliteChunkStore({ ...parts, damage });
    const onGrown = (vectorStore: string) => this.chunks.noteGrown(vectorStore);
    this.documents = new SqliteDocuments({ ...parts, damage: this.#damage, onGrown });
    this.audit = new SqliteAudit({ ...parts, damage });
    this.agents = new SqliteAgents({ ...parts, damage: this.#damage });
    this.keys = new SqliteKeys({ ...parts, damage });
    this.subscriptions = new SqliteSubscriptions({ ...parts, damage: this.#damage });
    this.human = new SqliteHuman({ ...parts, damage, resolve: this.#resolve });
    this.dailyUsage = new SqliteDailyUsage({ ...parts, damage });
    const changed = (tasks: readonly TaskChange[]) =>
      this.#feed.publish(tasks.map(({ task, ...change }) => ({ task: { id: task, ...change } })));
    this.erasures = new SqliteErasures({ ...parts, damage, changed }, this.files);
  }

  async apply(writes: Write[]): Promise<Applied> {
    const spill = new Spill(this.#parts.files);
    const large = largeValues(writes);
    if (large.length > 0) await unlessDiskTrouble(spill.make(large));
    const prepared = writes.map((write) => prepareWrite(write, spill));
    if (!spill.isEmpty) await unlessDiskTrouble(spill.write());
    const sent = performance.now();
    const isText = writes.every(isLiveText);
    const about = { bytes: spill.bytes, isText, ...(writes[0] && { tenant: writes[0].task.tenant }) };
    const applied = await this.#damage.passingOver(() => this.#writes.send("apply", prepared, about));
    this.#parts.onWritten?.(performance.now() - sent);
    if (writes.some((write) => write.before === null)) this.#indexLater();
    if (!applied.ok) return applied;
    writes.forEach(({ task }, at) => {
      if (task.number === 0) task.number = applied.numbers?.[at] ?? 0;
    });
    this.#feed.publish(writes);
    const begun = [...writes.flatMap(({ subscriptions }) => subscriptions ?? []), ...(applied.cursors ?? [])];
    if (begun.length > 0) this.subscriptions.publish(begun);
    return { ok: true };
  }

  changes(listener: (change: TaskChange) => void): () => void {
    return this.#feed.changes(listener);
  }

  async taskByAlias(visible: Visible, alias: Alias): Promise<string | null> {
    return await this.#reads.send("taskByAlias", { visible, alias });
  }

  async taskAliases(ids: readonly string[], lens: string): Promise<(string | null)[]> {
    if (ids.length === 0) return [];
    const found = await this.#reads.send("taskAliases", { ids, lens });
    const names = new Map(found.map(rows.taskAliasOf));
    return ids.map((id) => names.get(id) ?? null);
  }

  async held(owner: Visible, day: number): Promise<Held> {
    return await this.#reads.send("held", { owner, day });
  }

  async taskNumbered(number: number): Promise<string | null> {
    return await this.#reads.send("taskNumbered", number);
  }

  task(id: string): Promise<Task | null> {
    return orDamaged(`task ${id}`, async () => {
      const row = await this.#reads.send("task", { id });
      return row === null ? null : await this.#task(row);
    });
  }

  /** The tasks that can be read. */
  async tasks(ids: string[]): Promise<Task[]> {
    const tasks: Task[] = [];
    for (let from = 0; from < ids.length; from += READ_AT_ONCE) {
      const found = await Promise.all(ids.slice(from, from + READ_AT_ONCE).map((id) => this.#readable(id)));
      tasks.push(...found.filter((task) => task !== null));
    }
    return tasks;
  }

  async list(visible: VisibleTasks, filter: TaskFilter, page: Page) {
    if (filter.text !== undefined) await this.#catchUpIndex();
    const after = page.cursor === undefined ? null : decodeCursor(page.cursor);
    const { limit, offset = 0, whole = false } = page;
    const found = await this.#searches.send("list", { visible, filter, limit, offset, after, whole });
    const tasks = listedTasks(found.rows, this.#damage);
    return { tasks, total: found.total, next: found.next && encodeCursor(found.next) };
  }

  async walk(visible: VisibleTasks, { states, kinds }: Pick<TaskFilter, "states" | "kinds">, page: ListPage) {
    const found = await this.#searches.send("walk", { visible, states: states ?? null, kinds: kinds ?? null, page });
    return { tasks: listedTasks(found.rows, this.#damage), more: found.more };
  }

  async latest(visible: VisibleTasks, filter: LatestFilter, page: { limit: number; after: LatestPlace | null }) {
    const asked = { visible, filter, ...page, limit: page.limit + 1 };
    const { places, total, damaged } = await this.#searches.send("latest", asked);
    for (const n of damaged) this.#damage.note(new Damaged(`task of row ${n}`, new Error("its record is damaged")));
    return { tasks: this.#oneByOne(places, page.limit), total };
  }

  async *#oneByOne(places: readonly LatestPlace[], limit: number) {
    for (const [at, place] of places.slice(0, limit).entries())
      yield { task: await this.#readable(place.id), next: at < places.length - 1 ? place : null };
  }

  async open(after: OpenPlace | null, limit: number) {
    return await this.#open(after, limit, (from, limit) => this.#reads.send("open", { after: from, limit }));
  }

  openCount(): Promise<number> {
    return this.#reads.send("openCount", {});
  }

  wantedOf(tenant: string, tasksMax: number): Promise<string[] | null> {
    return this.#reads.send("wantedOf", { tenant, tasksMax });
  }

  async asleep(after: AsleepPlace, until: number, limit: number) {
    return await this.#open(after, limit, (from, limit) => this.#reads.send("asleep", { after: from, until, limit }));
  }

  async firstWake(after: number): Promise<number | null> {
    const first = await this.#reads.send("firstWake", { after });
    return first === NEVER ? null : first;
  }

  async toldAsleep(): Promise<string[]> {
    return (await this.#reads.send("toldAsleep", {})).map(([id]) => textIn(id));
  }

  async backlog(...[of, after, limit]: Parameters<Store["backlog"]>) {
    return await this.#open(after, limit, (after, limit) => this.#reads.send("backlog", { of, after, limit }));
  }

  oldestInBacklog(...[of, after]: Parameters<Store["oldestInBacklog"]>): Promise<number | null> {
    return this.#reads.send("oldestInBacklog", { of, after });
  }

  async asleepNumbers(after: AsleepPlace, limit: number) {
    return numberedOf(await this.#reads.send("asleepNumbers", { after, limit }));
  }

  async openBefore(...[places]: Parameters<Store["openBefore"]>): Promise<string[]> {
    return (await this.#reads.send("openBefore", { places })).map(([id]) => textIn(id));
  }

  #open<Place>(after: Place, limit: number, pageFrom: (after: Place, limit: number) => Promise<OpenRows<Place>>) {
    return openedTasks({ pageFrom, damage: this.#damage, readable: (id) => this.#readable(id) }, after, limit);
  }

  events(id: string, after: number, limit: number): Promise<TaskEvent[]> {
    return eventsOf(id, this.#reads.send("events", { id, after, limit }), this.#resolve);
  }

  async journalPage(id: string, cursor: string | null, limit: number): Promise<JournalPage> {
    const after = cursor === null ? null : decodePlace(cursor);
    return await orDamaged(`journal of task ${id}`, async () => {
      const found = await this.#reads.send("journal", { id, after, limit });
      const entries = await Promise.all(found.rows.map((row) => rows.journalEntryOf(row, this.#resolve)));
      const last = entries.at(-1);
      const more = found.more || entries.length === limit;
      return { entries, next: more && last ? encodePlace(last) : null };
    });
  }

  async journal(id: string): Promise<JournalEntry[]> {
    const entries: JournalEntry[] = [];
    for (let cursor: string | null = null; ; ) {
      const page: JournalPage = await this.journalPage(id, cursor, JOURNAL_PAGE);
      for (const entry of page.entries) entries.push(entry);
      if (page.next === null) return entries;
      cursor = page.next;
    }
  }

  async lastError(id: string): Promise<Failure | null> {
    const error = await this.#reads.send("lastError", { id });
    return error === null ? null : await orDamaged(`journal of task ${id}`, async () => rows.failureOf(error));
  }

  inbox(id: string, after = 0): Promise<InboxItem[]> {
    return inboxItems(id, (after) => this.#reads.send("inbox", { id, after }), this.#resolve, after);
  }

  told(id: string): Promise<InboxItem[]> {
    return inboxItems(id, (after) => this.#reads.send("told", { id, after }), this.#resolve);
  }

  turns(id: string): Promise<TaskEvent[]> {
    const from = (after: number) => this.#reads.send("turns", { id, after });
    const eventOf = (row: unknown[]) => rows.eventOf(id, row, this.#resolve);
    return orDamaged(`log of task ${id}`, () => inPages(from, eventOf, ({ seq }) => seq, 0));
  }

  turnsBefore(id: string, before: number, limit: number): Promise<TaskEvent[]> {
    return eventsOf(id, this.#reads.send("turnsBefore", { id, before, limit }), this.#resolve);
  }

  async namesFile(id: string, sha256: string): Promise<boolean> {
    return await this.#reads.send("namesFile", { id, sha256 });
  }

  received(id: string, messageId: string): Promise<InboxItem | null> {
    return inboxItem(id, this.#reads.send("received", { id, messageId }), this.#resolve);
  }

  lastTold(id: string): Promise<InboxItem | null> {
    return inboxItem(id, this.#reads.send("lastTold", { id }), this.#resolve);
  }

  async mayGoOn(id: string): Promise<boolean> {
    return await this.#reads.send("mayGoOn", { id });
  }

  async hasAsked(id: string, name: string): Promise<boolean> {
    return await this.#reads.send("hasAsked", { id, name });
  }

  inboxSize(id: string): Promise<{ items: number; bytes: number }> {
    return orDamaged(`inbox of task ${id}`, async () => rows.inboxSizeOf(await this.#reads.send("inboxSize", { id })));
  }

  artifacts(id: string, cursor: string | null, limit: number) {
    const reader = { reads: this.#searches, resolve: this.#resolve };
    return orDamaged(`artifacts of task ${id}`, () => artifactPage(reader, { id, cursor, limit }));
  }

  artifactSizes(id: string): Promise<ArtifactSize[]> {
    return orDamaged(`artifacts of task ${id}`, () => artifactSizes(this.#reads, id));
  }

  async usage(id: string, cursor: string | null, limit: number) {
    const after = cursor === null ? 0 : decodeNumber(cursor);
    return await orDamaged(`usage of task ${id}`, async () => {
      const found = await this.#reads.send("usage", { id, after, limit });
      const calls = found.rows.map(rows.usageOf);
      const last = calls.at(-1);
      const more = found.more || calls.length === limit;
      return { calls: calls.map(({ call }) => call), next: more && last ? encodeNumber(last.n) : null };
    });
  }

  async spentBelow(id: string): Promise<UsageTotals> {
    const row = await this.#reads.send("spentBelow", { id });
    return row ? rows.spentOf(row) : NO_USAGE;
  }

  async replay(scope: string, key: string): Promise<{ task: string; hash: string } | null> {
    const row = await this.#reads.send("replay", { scope, key });
    return row && rows.replayOf(row);
  }

  async sweepRecords(times: RecordTimes, after: string): Promise<string | null> {
    try {
      return await this.#writes.send("sweepRecords", { ...times, after });
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      // Under one name: a damaged page may keep very many records.
      this.#damage.note(new Damaged("record that is old enough to go", new Error(error.message)));
      return after;
    }
  }

  async sweep(endedBefore: number, limit: number): Promise<number> {
    const swept = await sweptTasks(this.#writes, { endedBefore, limit }, this.#damage);
    const now = this.#parts.clock();
    if (swept < limit && now - this.#filesSweptAt >= FILES_SWEPT_EVERY_MS) {
      this.#filesSweptAt = now;
      await this.#damage.orPassedOver("chunks of removed documents", () => this.chunks.sweep());
      await this.#damage.orPassedOver("names of files", () => this.files.sweep(now));
    }
    return swept;
  }

  setting(name: string): Promise<JsonObject | null> {
    return orDamaged(`setting ${name}`, async () => {
      const text = await this.#reads.send("setting", { name });
      return text === null ? null : jsonObject.parse(JSON.parse(text));
    });
  }

  async putSetting(name: string, value: JsonObject): Promise<void> {
    await this.#writes.send("putSetting", { name, value: JSON.stringify(value) });
  }

  async takeLease(name: string, holder: string, time: { now: number; until: number }): Promise<boolean> {
    return await this.#writes.send("takeLease", { name, holder, ...time });
  }

  async returnLease(name: string, holder: string): Promise<void> {
    await this.#writes.send("returnLease", { name, holder });
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
    await Promise.all([this.#writes.close(), this.#reads.close(), this.#searches.close(), this.chunks.close()]);
    await this.#parts.release();
  }

  /** The task; null when it is unknown or deleted, or cannot be read, which is told. */
  async #readable(id: string): Promise<Task | null> {
    try {
      return await this.task(id);
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      this.#damage.note(error);
      return null;
    }
  }

  async #task(row: unknown): Promise<Task> {
    const stored = readTaskRow(row);
    const input = await this.#resolve(stored.input, stored.tenant);
    if (stored.output === null) return taskOf(stored, { input });
    return taskOf(stored, { input, output: await this.#resolve(stored.output, stored.tenant) });
  }

  /** Brings the search index up to date. On a disk that takes no writes it stays as it is, and the search goes on. */
  async #catchUpIndex(): Promise<void> {
    const until = performance.now() + QUERY_MS_MAX;
    try {
      let upTo = await this.#indexSlice(null);
      while (upTo !== null && performance.now() < until) upTo = await this.#indexSlice(upTo);
      if (upTo === null) return;
    } catch (error) {
      if (error instanceof Refusal && error.code === "unavailable") return;
      throw error;
    }
    throw searchIsBehind();
  }

  /** Up to where there is more to add; null when there is not. A damaged page breaks one turn, and the next one passes over it. */
  async #indexSlice(upTo: number | null): Promise<number | null> {
    const slice = () => this.#writes.send("index", { limit: INDEX_SLICE, upTo });
    return await slice().catch((error: unknown) => (error instanceof Refusal ? Promise.reject(error) : slice()));
  }

  #indexLater(): void {
    if (!this.#parts.indexWhenIdle || this.#indexTimer || this.#closed) return;
    this.#indexTimer = setTimeout(() => {
      this.#indexTimer = null;
      if (!this.#writes.isIdle) this.#indexLater();
      // The next search tries again, and reports the error.
      else
        this.#indexSlice(null).then(
          (upTo) => upTo !== null && this.#indexLater(),
          () => {},
        );
    }, INDEX_AFTER_MS);
    this.#indexTimer.unref();
  }
}
