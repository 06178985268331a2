/** A damaged page where rows are added: a start makes the database anew, and a running server refuses in a sentence until then. */
import { existsSync } from "node:fs";
import { cp, mkdtemp, open, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { damageLeafOf, damagePageOf } from "../../../../test/lose-text.ts";
import { agentDefinition } from "../../../task/agent/agent.ts";
import { AUTO_CHUNKING } from "../../../task/documents/chunk.ts";
import { isRefusedByDamage } from "../../../task/errors.ts";
import { NO_USAGE } from "../../../task/task.ts";
import type { Store, Write } from "../../store.ts";
import { newDocument, newMember, newVectorStore } from "../../suite/documents.suite.ts";
import { key, ROOM } from "../../suite/key.suite.ts";
import { decided, EVERYBODY, live, paidCall, submit } from "../../suite/life.suite.ts";
import { newConversation, newTask, START } from "../../suite/new-task.suite.ts";
import { newSubscription } from "../../suite/subscriptions.suite.ts";
import { openDatabase } from "../database.ts";
import { DATABASE_FILE, REFUSED_FILE } from "../folder.ts";
import { migrate } from "../migrate.ts";
import { sqliteStorage } from "../storage.ts";
import { openSqliteStore } from "../store.ts";
import { REBUILT_TABLES } from "./derived.ts";
import { damagedEnd } from "./ends.ts";

const ROWS = 60;
/** Each with `@n` from 1 to `ROWS`, and `@long`. */
const FILLED: Readonly<Record<string, string>> = {
  conversations: `INSERT INTO conversations (id, tenant, user, title, context, created_at, updated_at, last_activity_at, tasks,
    completed, failed, input_tokens, output_tokens, cost_usd, last_message)
    VALUES (printf('00%02d', @n), 'acme', 'ada', @long, '{}', 1, 1, 1, 0, 0, 0, 0, 0, 0, 1)`,
  messages:
    "INSERT INTO messages (conversation, n, role, at, parts) VALUES (printf('00%02d', @n), 1, 'user', 1, json_array(@long))",
  conversation_files: "INSERT INTO conversation_files VALUES (printf('00%02d', @n), printf('%064d', @n))",
  aliases: "INSERT INTO aliases VALUES ('acme', @long, 'native', printf('a%02d', @n), printf('00%02d', @n))",
  task_aliases: `INSERT INTO task_aliases SELECT 'acme', @long, 'native', printf('t%02d', @n), id FROM tasks WHERE n = @n`,
  journal: `INSERT INTO journal (task, branch, position, name, occurrence, kind, state, tries, at, result)
    VALUES (@n, '', 0, 'step', 0, 'step', 'done', 1, 1, json_quote(@long))`,
  inbox: "INSERT INTO inbox (task, n, message_id, value, by, at) VALUES (@n, 1, 'm', json_quote(@long), 'ada', 1)",
  artifact_updates: "INSERT INTO artifact_updates VALUES (@n, 1, 'a', json_array(@long))",
  usage: "INSERT INTO usage (task, key, at, record) VALUES (@n, 'k', 1, json_array(@long))",
  spent_below: "INSERT INTO spent_below VALUES (@n, 1, 1, 1, 0.5, 0, 0)",
  daily_usage:
    "INSERT INTO daily_usage VALUES ('acme', 86400000 * @n, 'ada', @long, 'p', 'm', 1, 1, 1, 0, 0, 0.5, 0, 0)",
  task_files: "INSERT INTO task_files VALUES (@n, printf('%064d', @n))",
  attachments: "INSERT INTO attachments VALUES (@n, 'name', printf('%064d', @n), 1, @long, 'task', 'ada', 1)",
  assignments: `INSERT INTO assignments (task, tenant, state, title, creator, sender, priority, assigned_at, updated_at)
    VALUES (@n, 'acme', 'assigned', @long, 'ada', 'ada', 3, 1, 1)`,
};
const FILLED_BY_ALL = new Set(["tasks", "submissions", "events", ...Object.keys(FILLED)]);
/** As of this version, and of each later one. */
const TABLES = emptyTables();
/** Rows that say of a task that what they held is lost. */
const SAID: ReadonlySet<string> = new Set(["submissions", "events"]);

function emptyTables(): string[] {
  const db = openDatabase(":memory:");
  migrate(db);
  const names =
    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT GLOB 'sqlite_*'";
  const tables = db.prepare<unknown[], string>(names).pluck().all();
  db.close();
  return tables.filter((table) => !REBUILT_TABLES.has(table)).toSorted();
}

let whole = "";
let folder = "";
let told: string[] = [];
const opened = () => openSqliteStore(folder, { onDamage: ({ what }) => told.push(what) });
const atDatabase = <Result>(act: (db: ReturnType<typeof openDatabase>) => Result): Result => {
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  try {
    return act(db);
  } finally {
    db.close();
  }
};
const rowsOf = (table: string) => atDatabase((db) => Number(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()));

beforeAll(async () => {
  whole = await mkdtemp(path.join(tmpdir(), "waybill-ends-"));
  folder = whole;
  const store = await opened();
  for (let n = 0; n < ROWS; n++) await submit(store, newTask({ createdAt: START + n }));
  await store.close();
  atDatabase((db) => {
    for (const sql of Object.values(FILLED))
      for (let n = 1; n <= ROWS; n++) db.prepare(sql).run({ n, long: "l".repeat(300) });
    db.pragma("wal_checkpoint(TRUNCATE)");
  });
});
afterAll(() => rm(whole, { recursive: true, force: true }));
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-ends-"));
  told = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const filled = () => cp(path.join(whole, DATABASE_FILE), path.join(folder, DATABASE_FILE));

/** With rows of which nobody has said what they hold. */
function fillAnyhow(table: string): void {
  atDatabase((db) => {
    db.pragma("foreign_keys = 0");
    db.pragma("ignore_check_constraints = 1");
    const types = db.prepare<unknown[], string>("SELECT type FROM pragma_table_info(?)").pluck().all(table);
    const text = "json_quote(printf('%03d', @n) || @long)";
    const values = types.map((type) => (type === "TEXT" ? text : `CAST(${type === "BLOB" ? text : "@n"} AS ${type})`));
    const put = db.prepare(`INSERT OR REPLACE INTO "${table}" VALUES (${values.join(", ")})`);
    for (let n = 1; n <= ROWS; n++) put.run({ n, long: "l".repeat(300) });
    db.pragma("wal_checkpoint(TRUNCATE)");
  });
}

/** What a step and its task add. */
async function work(store: Store): Promise<void> {
  const conversation = newConversation();
  const messages = [{ role: "user" as const, parts: [{ text: "Hello" }] }];
  const along = { conversation: { conversation, alias: null }, messages };
  const task = await live(store, await submit(store, newTask({ conversation: conversation.id }), along), {
    do: "start",
  });
  const usage = [paidCall(task.id)];
  const record = decided(task, { do: "record", attempt: 1, record: { events: [], usage } });
  expect(await store.apply([{ ...record, ...STEP, usage }])).toEqual({ ok: true });
}

const STEP: Partial<Write> = {
  journal: [
    {
      ...{ branch: "", position: 0, name: "look up", occurrence: 0, kind: "step", state: "done", tries: 1, at: START },
      ...{ durationMs: 1, result: "Paris", error: null, usage: NO_USAGE, trace: null },
    },
  ],
  artifacts: [{ id: "report", parts: [{ text: "one" }], append: false, last: true }],
};

test.each(TABLES)(
  "a start at which the last page of %s is damaged makes the database anew of all that can be read, and tasks are submitted",
  async (table) => {
    await filled();
    if (!FILLED_BY_ALL.has(table)) fillAnyhow(table);
    const lastLeaf = "SELECT ncell FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path DESC LIMIT 1";
    const [before, last] = [rowsOf(table), atDatabase((db) => Number(db.prepare(lastLeaf).pluck().get(table)))];
    await damageLeafOf(folder, table, 0.999);
    const store = await opened();
    expect(told[0]).toBe(`end of the table ${table}`);
    expect((await store.list(EVERYBODY, {}, { limit: 1 })).total).toBe(table === "tasks" ? before - last : ROWS);
    if (FILLED_BY_ALL.has(table)) expect(rowsOf(table)).toBe(SAID.has(table) ? before : before - last);
    await work(store);
    if (FILLED_BY_ALL.has(table)) expect(await store.check()).toEqual([]);
    await store.close();
    expect(await readdir(folder)).toContainEqual(expect.stringMatching("before-restore-"));
    const heard = told.length;
    await (await opened()).close();
    expect(told.length, "once").toBe(heard);
  },
);

test.each(["tasks", "submissions", "events", "journal", "messages", "usage"])(
  "where the only page of %s is damaged, a start goes on with all else",
  async (table) => {
    const before = await opened();
    for (let n = 0; n < 3; n++) await work(before);
    await before.close();
    await damagePageOf(folder, table);
    const store = await opened();
    expect((await store.list(EVERYBODY, {}, { limit: 1 })).total).toBe(table === "tasks" ? 0 : 3);
    await work(store);
    expect(await store.check()).toEqual([]);
    await store.close();
  },
);

test("a page beside the last one of a table by a key, a page that leads to it, and the list of unused pages are as the last one", async () => {
  await filled();
  const pageOf = (type: string, from: number) =>
    atDatabase((db) =>
      Number(
        db
          .prepare(
            "SELECT pageno FROM dbstat WHERE name = 'journal' AND pagetype = ? ORDER BY path DESC LIMIT 1 OFFSET ?",
          )
          .pluck()
          .get(type, from),
      ),
    );
  const places = [pageOf("leaf", 1), pageOf("leaf", 2), pageOf("internal", 0)];
  for (const page of places) {
    await filled();
    await overwrite(page);
    expect(atDatabase(damagedEnd)).toBe("end of the table journal");
  }
  await filled();
  atDatabase((db) => {
    db.exec("DELETE FROM artifact_updates");
    db.pragma("wal_checkpoint(TRUNCATE)");
  });
  expect(atDatabase(damagedEnd)).toBe(null);
  await overwrite(await firstUnused());
  const store = await opened();
  expect(told).toEqual(["list of unused pages", expect.stringContaining("database, whose former one is in")]);
  await work(store);
  expect(await store.check()).toEqual([]);
  await store.close();
});

async function overwrite(page: number): Promise<void> {
  const size = atDatabase((db) => Number(db.pragma("page_size", { simple: true })));
  const file = await open(path.join(folder, DATABASE_FILE), "r+");
  await file.write(Buffer.alloc(size, 0x5a), 0, size, (page - 1) * size);
  await file.close();
}

/** As the first page of the file says. */
async function firstUnused(): Promise<number> {
  const file = await open(path.join(folder, DATABASE_FILE));
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 32);
  await file.close();
  return buffer.readUInt32BE();
}

test("a whole database, of any size, is looked at without a write and without a full look", async () => {
  await filled();
  await damageLeafOf(folder, "submissions", 0);
  await damageLeafOf(folder, "tasks", 0.5);
  atDatabase((db) => {
    const changes = db.pragma("data_version", { simple: true });
    expect(damagedEnd(db)).toBe(null);
    expect(db.pragma("data_version", { simple: true })).toBe(changes);
    expect(db.inTransaction).toBe(false);
    expect(db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'unused_page'").get()).toBe(undefined);
  });
});

test.each(["tasks", "submissions", "events", "journal", "messages", "usage", "conversations"])(
  "a running server at which the end of %s is damaged says so once, refuses in a sentence what adds there, and reads all else",
  async (table) => {
    await filled();
    const store = await opened();
    const listed = (await store.list(EVERYBODY, {}, { limit: 1 })).total;
    await damageLeafOf(folder, table, 0.999);
    for (let times = 0; times < 3; times++) {
      const refused = await work(store).catch((error: unknown) => error);
      expect(isRefusedByDamage(refused), "as on a full disk").toBe(false);
      expect(refused).toMatchObject({
        code: "unavailable",
        message: expect.stringContaining(`end of the table ${table} is`),
      });
      expect(String(refused)).toContain("started anew, or waybill doctor --mend");
    }
    expect(told).toEqual([`end of the table ${table}`]);
    expect((await store.list(EVERYBODY, { states: ["queued"] }, { limit: 1 })).total).toBeGreaterThanOrEqual(listed);
    await store.close();
    const again = await opened();
    await work(again);
    expect(await again.check()).toEqual([]);
    await again.close();
  },
);

test("where the database cannot be made anew, as while another process reads it, a start goes on with what can be read", async () => {
  await filled();
  await damageLeafOf(folder, "events", 0.999);
  const other = openDatabase(path.join(folder, DATABASE_FILE));
  other.exec("BEGIN; SELECT 1 FROM sqlite_schema");
  const reading = other.prepare("SELECT n FROM tasks").iterate();
  reading.next();
  const store = await opened();
  expect(told).toEqual(["end of the table events", "end of the table events, which could not be rebuilt,"]);
  expect((await store.list(EVERYBODY, {}, { limit: 1 })).total).toBe(ROWS);
  await expect(work(store)).rejects.toThrow("end of the table events is damaged");
  await store.close();
  reading.return?.();
  other.close();
  const again = await opened();
  await work(again);
  await again.close();
});

test("whatever would add to any table whose end is damaged is refused in a sentence, told of once, and kept after a start", async () => {
  await filled();
  let store = await opened();
  const [document, vectorStore] = [newDocument(), newVectorStore()];
  await store.documents.put({ document, vectorStore });
  const chunk = { index: 0, page: 0, start: 0, end: 1, text: "a", tokens: 1 };
  const cut = { document: document.key, chunking: AUTO_CHUNKING };
  await store.chunks.putChunks(cut, [chunk], 1);
  for (const table of TABLES.filter((each) => !FILLED_BY_ALL.has(each))) await damagePageOf(folder, table);
  const definition = agentDefinition.parse({ slug: "weather", name: "Weather" });
  const times = { createdAt: START, updatedAt: START };
  const erasure = {
    id: "erasure_1",
    tenant: "acme",
    subject: { type: "user" as const, id: "eve" },
    requestedBy: "root",
  };
  const removed = { removed: {}, kept: [], since: null, backups: [] };
  const adding: Record<string, () => Promise<unknown>> = {
    document: () => store.documents.put({ document: newDocument() }),
    "vector store": () => store.documents.put({ vectorStore: newVectorStore() }),
    member: () => store.documents.put({ members: [newMember(vectorStore, document)] }),
    page: () => store.documents.putPages(document.key, [{ index: 0, name: null, content: "a", recognized: false }]),
    chunk: () => store.chunks.putChunks({ ...cut, chunking: { ...AUTO_CHUNKING, maxTokens: 99 } }, [chunk], 1),
    vector: () => store.chunks.putVectors(cut, "offline", [{ index: 0, vector: Float32Array.of(1, 0) }]),
    key: () => store.keys.add(key(), ROOM, AUDIT),
    agent: () =>
      store.agents.addAgent(
        { id: newConversation().id, ...OWNER, version: 1, definition, updatedBy: "ada", ...times },
        AUDIT,
      ),
    webhook: () => store.subscriptions.put(newSubscription(null), AUDIT),
    erasure: () =>
      store.erasures.begin({ ...erasure, ...removed, state: "running", requestedAt: START, endedAt: null }, AUDIT),
    backup: () => store.erasures.noteBackup({ id: "b1", madeAt: START, path: "b", encrypted: false }),
  };
  for (const [what, add] of Object.entries(adding))
    expect(await add().catch((error: unknown) => error), what).toMatchObject({ code: "unavailable" });
  expect(told).toEqual([expect.stringMatching("^end of the table ")]);
  expect((await store.list(EVERYBODY, {}, { limit: 1 })).total, "reads go on").toBe(ROWS);
  expect(await store.sweep(START, 10), "work that goes past damage").toBe(0);
  await store.close();
  store = await opened();
  const remade = { ...newDocument(), key: document.key };
  await store.documents.put({ document: remade, vectorStore });
  await store.chunks.putChunks(cut, [chunk], 1);
  for (const [what, add] of Object.entries(adding)) await expect(add(), what).resolves.not.toThrow();
  await store.close();
});

const OWNER = { tenant: "acme", user: "ada" };
const AUDIT = { ...OWNER, at: START, keyId: "k1", act: "a", task: null, origin: null, detail: {} };

test("a page in the middle refuses what falls on it and nothing else, and the start after that makes it whole", async () => {
  await filled();
  const [before, beyond] = [100, 400];
  atDatabase((db) => {
    for (let n = before; n < beyond; n++)
      db.prepare("INSERT INTO aliases VALUES ('acme', 'ada', 'native', ?, '0001')").run(`a${n}${"l".repeat(100)}`);
  });
  let store = await opened();
  await damageLeafOf(folder, "aliases", 0.5);
  expect(atDatabase(damagedEnd)).toBe(null);
  const named = (n: number) => {
    const alias = { tenant: "acme", owner: "ada", lens: "native", value: `a${n}m` };
    return store.createConversation(newConversation(), alias).catch((error: unknown) => error);
  };
  const refused: number[] = [];
  for (let n = before; n < beyond; n += 5) if (isRefusedByDamage(await named(n))) refused.push(n);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.length).toBeLessThan((beyond - before) / 5 / 4);
  expect(told).toEqual(["place of what was to be added"]);
  await work(store);
  await store.close();
  store = await opened();
  for (const n of refused) expect(await named(n)).toBe(undefined);
  expect(await store.check()).toEqual([]);
  await store.close();
  const heard = told.length;
  await (await opened()).close();
  expect(told.length, "once").toBe(heard);
});

test.each(["events", "tasks_by_time"])(
  "pages of %s that can be read and take no rows are none that a start sees, until they have refused one",
  async (name) => {
    await filled();
    await breakUnusedBytes(name);
    expect(atDatabase(damagedEnd)).toBe(null);
    let store = await opened();
    await expect(work(store)).rejects.toThrow("started anew");
    expect(told).toEqual(["place of what was to be added"]);
    expect((await sqliteStorage(folder).health()).problems.join()).toContain("refused what was to be added");
    await store.close();
    const other = openDatabase(path.join(folder, DATABASE_FILE));
    other.exec("BEGIN; SELECT 1 FROM sqlite_schema");
    const reading = other.prepare("SELECT n FROM tasks").iterate();
    reading.next();
    store = await opened();
    expect(told.at(-1), "not beside another one").toContain("could not be rebuilt");
    await store.close();
    reading.return?.();
    other.close();
    store = await opened();
    await work(store);
    expect(await store.check()).toEqual([]);
    expect((await sqliteStorage(folder).health()).problems.join()).not.toContain("refused");
    await store.close();
  },
);

test("a mark that could not be left is left at the next refusal", async () => {
  await filled();
  const store = await opened();
  await damageLeafOf(folder, "events", 0.999);
  const mark = path.join(folder, REFUSED_FILE);
  // No file can be written into a folder that does not exist.
  await rename(folder, `${folder}-away`);
  await expect(work(store)).rejects.toThrow("started anew");
  await rename(`${folder}-away`, folder);
  await expect(work(store)).rejects.toThrow("started anew");
  expect(existsSync(mark)).toBe(true);
  await store.close();
});

test("the mark goes where an index that is rebuilt may have been all, and is left again by what is still refused", async () => {
  await filled();
  await breakUnusedBytes("aliases");
  const store = await opened();
  const problems = async () => (await sqliteStorage(folder).health()).problems.join();
  const named = (value: string) =>
    store
      .createConversation(newConversation(), { tenant: "acme", owner: "ada", lens: "native", value })
      .catch((error: unknown) => error);
  expect(isRefusedByDamage(await named("one"))).toBe(true);
  expect(await problems()).toContain("refused");
  await damagePageOf(folder, "tasks_by_time");
  // The pause after the scan is over.
  const now = performance.now.bind(performance);
  const elapsed = vi.spyOn(performance, "now").mockImplementation(() => now() + 3_600_000);
  await work(store);
  expect(told.at(-1)).toContain("tasks_by_time");
  expect(await problems()).not.toContain("refused");
  expect(isRefusedByDamage(await named("two"))).toBe(true);
  expect(await problems()).toContain("refused");
  elapsed.mockRestore();
  await store.close();
});

/** On each page of its rows or entries: the first of them is said to lie where the page says what it is. */
async function breakUnusedBytes(name: string): Promise<void> {
  const leaves = "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'";
  const pages = atDatabase((db) => db.prepare<unknown[], number>(leaves).pluck().all(name));
  const size = atDatabase((db) => Number(db.pragma("page_size", { simple: true })));
  const file = await open(path.join(folder, DATABASE_FILE), "r+");
  for (const page of pages) await file.write(Buffer.of(0, 4), 0, 2, (page - 1) * size + 1);
  await file.close();
}
