/** A database is made anew from what can be read of it. */
import { existsSync } from "node:fs";
import { chown, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Database } from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { damageLeafOf, damagePageOf, loseTextOf } from "../../../../test/lose-text.ts";
import { newDocument } from "../../suite/documents.suite.ts";
import { complete, EVERYBODY, live, submit } from "../../suite/life.suite.ts";
import { newConversation, newTask, START } from "../../suite/new-task.suite.ts";
import { copyDatabase } from "../archive/backup.ts";
import { openDatabase } from "../database.ts";
import { DATABASE_FILE } from "../folder.ts";
import { shadowOfIndex } from "../mending/copied-shadow.ts";
import { DerivedRebuild } from "../mending/derived.ts";
import { indexesOf, rebuildIndex } from "../mending/indexes.ts";
import { MIGRATIONS, migrateInSteps } from "../migrate.ts";
import { sqliteStorage } from "../storage.ts";
import { openSqliteStore } from "../store.ts";
import { copyOfReadable, mend } from "./mend.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-mend-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const TASKS = 60;
/** To go over all that came before each event of it takes a minute. */
const LONG_LOG = 60_000;
/** The schema before keys had the columns that they have now. */
const BEFORE_KEYS_WERE_USED = 24;
const page = { limit: 100 };

/** Tasks of which every second one has ended, each in a conversation of its own that says something. */
async function filled(): Promise<string[]> {
  const store = await openSqliteStore(folder);
  const ids: string[] = [];
  for (let n = 0; n < TASKS; n++) {
    const conversation = newConversation();
    const long = n === TASKS / 2 ? "b".repeat(60_000) : `words ${n} ${"w".repeat(300)}`;
    const task = await submit(store, newTask({ createdAt: START + n, conversation: conversation.id }), {
      conversation: { conversation, alias: { tenant: "acme", owner: "ada", lens: "native", value: `talk ${n}` } },
      messages: [{ role: "user", parts: [{ text: long }] }],
    });
    if (n % 2 === 0) await live(store, task, ...complete(task));
    ids.push(task.id);
  }
  expect((await store.list(EVERYBODY, { text: "capital" }, page)).total).toBe(TASKS);
  await store.close();
  return ids;
}

function atDatabase<Result>(act: (db: Database) => Result): Result {
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  try {
    return act(db);
  } finally {
    db.close();
  }
}

const listed = async () => {
  const store = await openSqliteStore(folder);
  const all = await store.list(EVERYBODY, {}, page);
  const ended = await store.list(EVERYBODY, { states: ["completed"] }, page);
  const found = await store.list(EVERYBODY, { text: "capital" }, page);
  const talks = await store.conversations(EVERYBODY, "native", page);
  await submit(store, newTask());
  const problems = await store.check();
  await store.close();
  return { ids: all.tasks.map(({ id }) => id), totals: [all, ended, found, talks].map(({ total }) => total), problems };
};

test("every index, that of texts and what is counted are made anew, and no row is lost by it", async () => {
  const ids = await filled();
  const derived = ["tasks_by_time", "sqlite_autoindex_tasks_1", "aliases_by_conversation", "search_data", "search_idx"];
  for (const name of [...derived, "totals", "stored_bytes"]) await damagePageOf(folder, name);
  const storage = sqliteStorage(folder);
  expect((await storage.health()).problems).toContain("A page of the table totals, or of an index of it, is damaged.");
  const seq = () => atDatabase((db) => db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'cuts'").pluck().get());
  atDatabase((db) => db.exec("INSERT INTO cuts VALUES (7, 'd', 1, 1, 0, 0, 1); DELETE FROM cuts"));
  const { lost, aside } = await storage.mend();
  expect(seq(), "no number is given twice").toBe(7);
  expect(lost).toEqual([]);
  expect(existsSync(path.join(aside, DATABASE_FILE))).toBe(true);
  expect(await storage.health()).toMatchObject({ problems: [], unreadable: [] });
  expect(await listed()).toEqual({ ids: ids.reverse(), totals: [TASKS, TASKS / 2, TASKS, TASKS], problems: [] });
});

test("tasks without a conversation stay where there is no conversation at all", async () => {
  const store = await openSqliteStore(folder);
  const task = await submit(store, newTask());
  await store.close();
  expect((await sqliteStorage(folder).mend()).lost).toEqual([]);
  expect((await listed()).ids).toContain(task.id);
});

test("a message whose page is damaged is lost alone, and the messages beside it are found again", async () => {
  await filled();
  await loseTextOf(folder, "b");
  const { lost } = await sqliteStorage(folder).mend();
  expect(lost).toEqual([{ table: "messages", rows: 1, pages: false }]);
  expect(await sqliteStorage(folder).health()).toMatchObject({ problems: [], unreadable: [] });
  const store = await openSqliteStore(folder);
  const { conversations } = await store.conversations(EVERYBODY, "native", page);
  const said = await Promise.all(conversations.map(async ({ id }) => (await store.messages(id, page)).messages.length));
  expect(said.filter((count) => count === 0)).toEqual([0]);
  await store.close();
});

test("rows between two damaged pages are found, and what hangs on a lost task goes with it", async () => {
  const ids = await filled();
  for (const share of [0.25, 0.75]) await damageLeafOf(folder, "tasks", share);
  const { lost } = await sqliteStorage(folder).mend();
  expect(lost).toEqual([{ table: "tasks", rows: 0, pages: true }]);
  const left = await listed();
  expect(left.problems).toEqual([]);
  expect(left.ids.length).toBeGreaterThan(TASKS * 0.7);
  expect(left.ids.length).toBeLessThan(TASKS);
  expect(ids).toEqual(expect.arrayContaining(left.ids));
});

test("rows whose damaged page led to them are found where a server was killed while it made an index", async () => {
  const ids = await filled();
  const left = openDatabase(path.join(folder, DATABASE_FILE));
  const index = indexesOf(left).find(({ name }) => name === "tasks_by_time");
  if (index) shadowOfIndex(left, index).goOn(() => true);
  left.close();
  await damagePageOf(folder, "tasks");
  const copy = path.join(folder, "copy");
  expect(await copyOfReadable(path.join(folder, DATABASE_FILE), copy)).toEqual([
    { table: "tasks", rows: 0, pages: true },
  ]);
  await rm(copy);
  expect((await sqliteStorage(folder).mend()).lost).toEqual([{ table: "tasks", rows: 0, pages: true }]);
  expect((await listed()).ids.toReversed()).toEqual(ids);
});

test("a database of an older version is made anew as one of this", async () => {
  for (const schema of [1, 9, 17, 28, 36]) {
    await copyFile(new URL(`../fixtures/schema-${schema}.sqlite`, import.meta.url), path.join(folder, DATABASE_FILE));
    const before = atDatabase((db) => db.prepare("SELECT id FROM tasks ORDER BY id").pluck().all());
    expect((await sqliteStorage(folder).mend()).lost, `schema ${schema}`).toEqual([]);
    const { schema: made, presentSchema, problems } = await sqliteStorage(folder).health();
    expect([made, problems], `schema ${schema}`).toEqual([presentSchema, []]);
    const store = await openSqliteStore(folder);
    const { tasks } = await store.list({ tenant: "acme", user: null }, {}, page);
    expect(tasks.map(({ id }) => id).sort()).toEqual(before);
    await store.close();
    await rm(path.join(folder, DATABASE_FILE));
  }
});

test("a row that was written before its table had its last columns is as it was", async () => {
  const keyOf = (db: Database) => db.prepare<unknown[], object>("SELECT * FROM keys").all();
  const before = atDatabase((db) => {
    migrateInSteps(db, BEFORE_KEYS_WERE_USED);
    db.exec(`INSERT INTO keys (id, hash, tenant, user, name, scopes, hint, created_at)
             VALUES ('key_1', 'hash', 'acme', 'ada', 'laptop', '["tasks"]', 'wb_1', ${START})`);
    migrateInSteps(db, MIGRATIONS.length);
    return keyOf(db);
  });
  expect((await sqliteStorage(folder).mend()).lost).toEqual([]);
  expect(atDatabase(keyOf)).toEqual(before);
});

test("rows behind a damaged page are found where the last page is damaged too, also those that have no numbers", async () => {
  await filled();
  for (const table of ["tasks", "events", "messages"])
    for (const share of [0.1, 0.999]) await damageLeafOf(folder, table, share);
  await sqliteStorage(folder).mend();
  const count = (table: string) => atDatabase((db) => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
  for (const table of ["tasks", "messages"]) expect(Number(count(table)), table).toBeGreaterThan(TASKS * 0.7);
  const lost = Number(count("events WHERE type = 'task.event_lost'"));
  expect(lost).toBeGreaterThan(0);
  expect(lost).toBeLessThan(Number(count("events")) * 0.3);
}, 60_000);

test("a value that is none of its column's is lost with its row alone", async () => {
  await filled();
  atDatabase((db) => {
    db.unsafeMode(true);
    db.pragma("writable_schema = ON");
    db.exec("UPDATE sqlite_schema SET sql = replace(sql, 'STRICT, ', '') WHERE name = 'facts'");
    db.pragma("writable_schema = RESET");
    db.exec("INSERT INTO facts VALUES ('odd', x'00'), ('sound', '{}')");
  });
  expect((await sqliteStorage(folder).mend()).lost).toEqual([{ table: "facts", rows: 1, pages: false }]);
  expect(atDatabase((db) => db.prepare("SELECT name FROM facts WHERE name IN ('odd', 'sound')").pluck().all())).toEqual(
    ["sound"],
  );
});

test("nothing is made anew beside somebody who has it open, as its log would be taken for the new one's", async () => {
  const ids = await filled();
  const reader = openDatabase(path.join(folder, DATABASE_FILE));
  reader.exec("BEGIN");
  reader.prepare("SELECT count(*) FROM tasks").get();
  atDatabase((db) => db.exec("UPDATE conversations SET title = 'changed'"));
  const storage = sqliteStorage(folder);
  await expect(storage.mend()).rejects.toThrow("another process has it open");
  reader.close();
  await storage.mend();
  expect(await readdir(folder)).not.toContain(`${DATABASE_FILE}-wal`);
  expect(await listed()).toMatchObject({ ids: ids.reverse(), problems: [] });
});

test("one that was killed leaves nothing behind the next one", async () => {
  await filled();
  const left = path.join(folder, "restore-killed");
  await mkdir(left);
  await writeFile(path.join(left, DATABASE_FILE), "half of it");
  await sqliteStorage(folder).mend();
  expect((await readdir(folder)).filter((name) => name.startsWith("restore-"))).toEqual([]);
});

test("where a file can have no second name nothing has changed, and nothing is left that fills the disk", async () => {
  const ids = await filled();
  const shelf = path.join(folder, "files", "ab");
  await mkdir(path.join(shelf, "c".repeat(62)), { recursive: true });
  for (const _ of [1, 2]) await expect(sqliteStorage(folder).mend()).rejects.toThrow();
  expect((await readdir(folder)).filter((name) => name.includes("restore-"))).toEqual([]);
  await rm(shelf, { recursive: true });
  expect((await listed()).ids.toReversed()).toEqual(ids);
});

test("where there is no room for it nothing is begun, and a sentence says how much it takes", async () => {
  const ids = await filled();
  // What is in the log beside it takes room as well.
  atDatabase((db) => db.pragma("wal_checkpoint(TRUNCATE)"));
  const { size } = await stat(path.join(folder, DATABASE_FILE));
  const says = /takes \d MB beside it, and its disk has 1 MB: make room/;
  await expect(mend(folder, async () => size)).rejects.toThrow(says);
  expect((await readdir(folder)).filter((name) => name.includes("restore-"))).toEqual([]);
  expect((await mend(folder, async () => 2 * size)).lost).toEqual([]);
  expect((await listed()).ids.toReversed()).toEqual(ids);
});

test("files that only lost rows name stay with the old database", async () => {
  const store = await openSqliteStore(folder);
  const conversation = newConversation();
  const text = "f".repeat(200_000);
  await submit(store, newTask({ conversation: conversation.id }), {
    conversation: { conversation, alias: { tenant: "acme", owner: "ada", lens: "native", value: "talk" } },
    messages: [{ role: "user", parts: [{ text }] }],
  });
  await store.close();
  await damagePageOf(folder, "conversations");
  const { aside } = await sqliteStorage(folder).mend();
  const filesIn = async (of: string) =>
    (await readdir(path.join(of, "files"), { recursive: true })).filter((name) => name.length > 60);
  expect(await filesIn(aside)).toEqual(await filesIn(folder));
  expect(await filesIn(aside)).toHaveLength(1);
});

test.skipIf(process.getuid?.() !== 0)("what root mends is the server's own afterwards", async () => {
  await filled();
  await chown(path.join(folder, DATABASE_FILE), 1234, 1235);
  const { aside } = await sqliteStorage(folder).mend();
  for (const entry of [path.join(folder, DATABASE_FILE), aside, path.join(aside, DATABASE_FILE)])
    expect(await stat(entry), entry).toMatchObject({ uid: 1234, gid: 1235 });
});

test("a backup is made of what was mended, and a log says where an event is lost and comes to its end", async () => {
  const ids = await filled();
  const before = await openSqliteStore(folder);
  const document = newDocument();
  await before.documents.put({ document });
  await before.close();
  atDatabase((db) =>
    db.exec(`INSERT INTO cuts VALUES (7, '${document.key}', 1, 1, 2, 2, 1), (8, '${document.key}', 2, 1, 1, 1, 1);
      INSERT INTO chunks VALUES (7, 1, 1, 1, 1, 1, ''), (8, 0, 1, 1, 1, 1, ''), (9, 0, 1, 1, 1, 1, '')`),
  );
  for (const table of ["events", "submissions"]) await damageLeafOf(folder, table, 0.5);
  const storage = sqliteStorage(folder);
  expect((await storage.mend()).lost.map(({ table }) => table).sort()).toEqual(["events", "submissions"]);
  expect((await storage.health()).problems).toEqual([]);
  await storage.backup(path.join(folder, "mended.tar"), "1.0.0");
  const store = await openSqliteStore(folder);
  const logs = await Promise.all(ids.map((id) => store.events(id, 0, 100)));
  expect(logs.flat().some(({ type }) => type === "task.event_lost")).toBe(true);
  for (const log of logs) expect(log.map(({ seq }) => seq)).toEqual(log.map((_, at) => at + 1));
  const lasts = atDatabase((db) => db.prepare("SELECT last_seq FROM tasks ORDER BY n").pluck().all());
  expect(logs.map((log) => log.length)).toEqual(lasts);
  await store.close();
  expect(atDatabase((db) => db.prepare("SELECT n FROM cuts").pluck().all())).toEqual([8]);
});

test("tasks whose log or input lies on a damaged page keep no others from a start", async () => {
  await filled();
  for (const table of ["events", "submissions", "conversations"]) await damageLeafOf(folder, table, 0.5);
  expect((await sqliteStorage(folder).mend()).lost).toHaveLength(3);
  const store = await openSqliteStore(folder);
  expect((await store.list(EVERYBODY, {}, page)).tasks.length).toBeGreaterThan(TASKS / 2);
  expect((await store.open(null, TASKS)).tasks.length).toBeGreaterThan(TASKS / 4);
  await submit(store, newTask());
  await store.close();
});

test("a long log that lacks one event is made whole as soon as one that lacks none", async () => {
  const [id] = await filled();
  atDatabase((db) =>
    db.exec(`DROP TRIGGER tasks_go_forward;
      UPDATE tasks SET last_seq = ${LONG_LOG} WHERE id = '${id}'; DELETE FROM events WHERE task = (SELECT n FROM tasks WHERE id = '${id}');
      WITH RECURSIVE numbers (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM numbers WHERE seq < ${LONG_LOG})
      INSERT INTO events (task, seq, at, type, data) SELECT n, seq, seq, 'task.progress', '{}'
        FROM numbers, tasks WHERE id = '${id}' AND seq <> ${LONG_LOG / 2}`),
  );
  await sqliteStorage(folder).mend();
  const lost = atDatabase((db) => db.prepare("SELECT seq, at FROM events WHERE type = 'task.event_lost'").raw().all());
  expect(lost).toEqual([[LONG_LOG / 2, LONG_LOG / 2 - 1]]);
});

test("a start on a damaged page of the schema says what to do, and what is mended of it starts", async () => {
  await filled();
  const page = atDatabase((db) =>
    db.prepare("SELECT max(pageno) FROM dbstat WHERE name = 'sqlite_schema' AND pagetype = 'leaf'").pluck().get(),
  );
  const file = path.join(folder, DATABASE_FILE);
  const bytes = await readFile(file);
  const size = bytes.readUInt16BE(16);
  await writeFile(file, bytes.fill(0x5a, (Number(page) - 1) * size, Number(page) * size));
  await expect(openSqliteStore(folder)).rejects.toThrow("waybill doctor --mend");
  await sqliteStorage(folder).mend();
  expect((await listed()).problems).toEqual([]);
});

test("what an index held that was made anew is no row of a table of the same form", async () => {
  await filled();
  atDatabase((db) => {
    db.pragma("foreign_keys = 0");
    const add = db.prepare("INSERT INTO conversation_files VALUES (?, ?)");
    for (let n = 0; n < 100; n++) add.run(`conversation ${n}`, String(n * 7919).padStart(64, "0"));
    const index = indexesOf(db).find(({ name }) => name === "conversation_files_by_hash");
    if (index) rebuildIndex(db, index);
  });
  await damagePageOf(folder, "facts");
  expect((await sqliteStorage(folder).mend()).lost.map(({ table }) => table)).toContain("facts");
  expect(atDatabase((db) => db.prepare("SELECT name FROM facts WHERE length(name) = 64").pluck().all())).toEqual([]);
});

test.each([
  ["facts", "SELECT 'old ' || n, '{}'", "name GLOB 'old *'"],
  [
    "audit",
    "(tenant, at, user, key_id, act, detail) SELECT 'acme', n, 'old ' || n, 'k', 'read', ''",
    "user GLOB 'old *'",
  ],
  ["participants", "SELECT 'acme', 'user', 'old ' || n, 'owner', 'assigned', 0, n, 0", "identity GLOB 'old *'"],
  ["idempotency", "SELECT 'old ' || n, 'k', 'h', 't', n", "scope GLOB 'old *'"],
])("what went from the table %s since a server has made it anew does not come back", async (table, rows, those) => {
  await filled();
  atDatabase((db) => {
    db.exec(`WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${TASKS})
      INSERT INTO ${table} ${rows} FROM numbers`);
    const anew = new DerivedRebuild(db, `table ${table}`);
    const goesOn = () => anew.goOn(() => true);
    let isMade = goesOn();
    while (isMade === null) isMade = goesOn();
    expect(isMade).toBe(true);
    db.exec(`DELETE FROM ${table} WHERE ${those}`);
  });
  await damagePageOf(folder, table);
  expect((await sqliteStorage(folder).mend()).lost.map(({ table }) => table)).toContain(table);
  expect(atDatabase((db) => db.prepare(`SELECT count(*) FROM ${table} WHERE ${those}`).pluck().get())).toBe(0);
});

test("a backup of what had something made anew is mended as one that had not: no page of it is nobody's", async () => {
  await filled();
  const database = path.join(folder, DATABASE_FILE);
  atDatabase((db) => {
    db.exec(`WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${TASKS})
      INSERT INTO idempotency SELECT printf('%0100d', n), 'k', 'h', 't', n FROM numbers`);
    expect(new DerivedRebuild(db, "table facts").goOn(() => true)).toBe(true);
  });
  const calls = () => atDatabase((db) => db.pragma("application_id", { simple: true }));
  expect(calls()).not.toBe(0);
  copyDatabase(database, `${database}-copy`);
  await rename(`${database}-copy`, database);
  expect(calls()).toBe(0);
  await damagePageOf(folder, "idempotency");
  expect((await sqliteStorage(folder).mend()).lost).toEqual([{ table: "idempotency", rows: 0, pages: true }]);
  expect(atDatabase((db) => db.prepare("SELECT count(*) FROM idempotency").pluck().get())).toBeGreaterThan(TASKS * 0.9);
});

test("a log that goes on behind what its task says, and one with a number that none can have, keep nobody from backups", async () => {
  const ids = await filled();
  const lastOf = (at: number) =>
    atDatabase((db) => db.prepare("SELECT last_seq FROM tasks WHERE id = ?").pluck().get(ids[at]));
  const of = (at: number) => `(SELECT n FROM tasks WHERE id = '${ids[at]}')`;
  const whole = [0, 2, 4].map(lastOf);
  atDatabase((db) =>
    db.exec(`DROP TRIGGER tasks_go_forward; UPDATE tasks SET last_seq = 1 WHERE id = '${ids[0]}';
      UPDATE tasks SET last_seq = 8000000000000 WHERE id = '${ids[2]}';
      INSERT INTO events (task, seq, at, type, data) VALUES (${of(4)}, 9000000000, 1, 'task.started', '{}');
      UPDATE tasks SET last_seq = 9000000000 WHERE id = '${ids[4]}'`),
  );
  const storage = sqliteStorage(folder);
  await storage.mend();
  expect((await storage.health()).problems).toEqual([]);
  expect([0, 2, 4].map(lastOf)).toEqual(whole);
  await storage.backup(path.join(folder, "mended.tar"), "1.0.0");
});

test("what tasks are found by, which files rows name and who takes part are written anew by what other rows say", async () => {
  const store = await openSqliteStore(folder);
  const conversation = newConversation();
  const text = "f".repeat(200_000);
  const metadata = { text: "a \u00e4", whole: 7, real: 0.5, large: 1e21, yes: true, list: [1], long: "l".repeat(513) };
  const task = await submit(store, newTask({ conversation: conversation.id, input: { text }, metadata }), {
    conversation: { conversation, alias: { tenant: "acme", owner: "ada", lens: "native", value: "talk" } },
    messages: [{ role: "user", parts: [{ text }] }],
  });
  await live(store, task, ...complete(task, `${text}.`));
  await store.close();
  const tables = ["metadata", "task_files", "conversation_files", "participants"];
  const rows = () => tables.map((table) => atDatabase((db) => db.prepare(`SELECT * FROM ${table}`).raw().all()));
  const before = rows();
  expect(before.map((found) => found.length)).toEqual([5, 3, 1, 0]);
  for (const table of tables) await damagePageOf(folder, table);
  const { lost } = await sqliteStorage(folder).mend();
  expect(lost.map(({ table }) => table).sort()).toEqual([...tables].sort());
  expect(rows()).toEqual(before);
  expect((await sqliteStorage(folder).health()).problems).toEqual([]);
});
