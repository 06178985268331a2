import { createHash } from "node:crypto";
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { damageLeafOf } from "../../../test/lose-text.ts";
import { DAY_MS, dayOf } from "../../task/daily-usage.ts";
import type { JsonObject } from "../../task/json/json.ts";
import { openTask } from "../../task/open-task.ts";
import { ADA, complete, EVERYBODY, live, paidCall, submit } from "../suite/life.suite.ts";
import { newTask, START } from "../suite/new-task.suite.ts";
import { IN_MEMORY, openDatabase } from "./database.ts";
import { check } from "./doctor/check.ts";
import { copyOfReadable } from "./doctor/mend.ts";
import { fixture } from "./fixture.suite.ts";
import { DATABASE_FILE } from "./folder.ts";
import { shadowOfIndex } from "./mending/copied-shadow.ts";
import { indexesOf } from "./mending/indexes.ts";
import { MIGRATIONS, migrate, migrateInSteps } from "./migrate.ts";
import { openSqliteStore } from "./store.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-migrate-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("a database of an older schema is brought up to date, and its tasks go on", async () => {
  await cp(fixture(1), path.join(folder, DATABASE_FILE));
  const store = await openSqliteStore(folder);
  const { tasks, total } = await store.list(EVERYBODY, {}, { limit: 10 });
  expect(total).toBe(3);
  expect(tasks.map(({ title, state }) => [title, state])).toEqual([
    ["Old task 3", "completed"],
    ["Old task 2", "running"],
    ["Old task 1", "queued"],
  ]);
  expect(await store.setting("process")).toEqual({ clean: true });
  const queued = tasks[2] ?? newTask();
  await live(store, queued, ...complete(queued));
  await submit(store, newTask({ title: "New task", createdAt: queued.createdAt + 100 }));
  expect((await store.list(EVERYBODY, { text: "old tasks" }, { limit: 10 })).total).toBe(3);
  expect(await store.check()).toEqual([]);
  await store.close();
});

test("a new database is made at once as all the steps would make it", () => {
  const whole = openDatabase(IN_MEMORY);
  const stepped = openDatabase(IN_MEMORY);
  migrate(whole);
  migrateInSteps(stepped, MIGRATIONS.length);
  const [made, wanted] = [whole, stepped].map((db) => ({
    version: db.pragma("user_version"),
    schema: db
      .prepare<[], { name: string }>("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid")
      .all(),
    rows: db
      .prepare<[], { name: string }>(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'search' ORDER BY name",
      )
      .all()
      .map(({ name }) => [name, db.prepare(`SELECT * FROM ${name}`).all()]),
  }));
  expect(made).toEqual(wanted);
  for (const db of [whole, stepped]) db.close();
});

test("what the version before has left opens and reads, in every state of a task", async () => {
  await cp(fixture(MIGRATIONS.length - 1), path.join(folder, DATABASE_FILE));
  const store = await openSqliteStore(folder);
  const { tasks } = await store.list(EVERYBODY, {}, { limit: 50 });
  const states = Object.fromEntries(tasks.map(({ title, state }) => [title, state]));
  expect(states).toEqual({
    queued: "queued",
    delayed: "queued",
    running: "running",
    limited: "running",
    leased: "running",
    unclaimed: "queued",
    asleep: "waiting",
    parent: "waiting",
    asking: "input_required",
    woken: "waiting",
    paused: "paused",
    completed: "completed",
    cancelled: "cancelled",
  });
  const { tasks: asleep } = await store.asleep({ wakesAt: 0, id: "" }, Number.MAX_SAFE_INTEGER, 50);
  expect(asleep).toHaveLength(5);
  const open = [...asleep, ...(await store.open(null, 50)).tasks];
  const known = new Map(tasks.map((task) => [task.id, task]));
  expect(open).toHaveLength(11);
  for (const entry of open) expect(entry).toEqual(openTask(known.get(entry.id) ?? newTask()));
  expect(await store.check()).toEqual([]);
  await store.close();
});

test("an inbox of an older version has the bytes of what waits in it, also of a value that lies in a file", async () => {
  const database = path.join(folder, DATABASE_FILE);
  await cp(fixture(36), database);
  const db = openDatabase(database);
  const task = db.prepare<[], { n: number; id: string }>("SELECT n, id FROM tasks WHERE state = 'running'").get();
  const insert = db.prepare<unknown[]>(
    "INSERT INTO inbox (task, n, message_id, value, by, at, taken) VALUES (?, ?, ?, ?, 'ada', 1, ?)",
  );
  const values = ['"\u00e9"', `@${"a".repeat(64)}:70000\n"begins"`, '"taken"'];
  for (const [at, value] of values.entries()) insert.run(task?.n, 101 + at, `m${at}`, value, at === 2 ? 1 : 0);
  db.close();
  const store = await openSqliteStore(folder);
  expect(await store.inboxSize(task?.id ?? "")).toEqual({ items: 2, bytes: 4 + 70_000 });
  await store.close();
});

test("rows that an older version did not count are counted, and one that is mended before counts as that version did", async () => {
  const database = path.join(folder, DATABASE_FILE);
  await cp(fixture(38), database);
  const db = openDatabase(database);
  db.exec(`UPDATE conversations SET context = '{"long":"\u00e9\u00e9"}'; UPDATE messages SET metadata = '{"a":1}'`);
  db.exec(`INSERT INTO vector_stores (key, tenant, user, id, name, description, metadata, max_tokens, overlap_tokens, model, created_at, last_active_at)
    VALUES ('${"k".repeat(36)}', 'acme', 'ada', 'v', 'v', 'said', '{"a":1}', 9, 1, 'm', 1, 1)`);
  db.close();
  const bytesOf = async (at: string) => {
    const store = await openSqliteStore(at);
    expect(await store.check()).toEqual([]);
    const { storedBytes } = await store.held(ADA, 0);
    await store.close();
    return storedBytes;
  };
  const mended = await mkdtemp(path.join(tmpdir(), "waybill-migrate-"));
  copyOfReadable(database, path.join(mended, DATABASE_FILE));
  expect(await bytesOf(folder)).toBe(await bytesOf(mended));
  await rm(mended, { recursive: true });
});

test("a damaged page that a migration reads keeps nobody from a start: what can be read is brought up to date", async () => {
  const database = path.join(folder, DATABASE_FILE);
  await cp(fixture(38), database);
  const db = openDatabase(database);
  db.exec(`WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 90)
    INSERT INTO messages (conversation, n, role, parts, at) SELECT id, 100 + n, 'user', '[{"text":"' || n || printf('%.*c', 900, 'w') || '"}]', n
    FROM numbers, conversations LIMIT 90`);
  db.close();
  await damageLeafOf(folder, "messages", 0.5);
  const [told, upgrades]: [string[], number[][]] = [[], []];
  const store = await openSqliteStore(folder, {
    onDamage: ({ message }) => told.push(message),
    onUpgrade: (...versions) => upgrades.push(versions),
  });
  expect(await store.check()).toEqual([]);
  expect((await store.list(EVERYBODY, {}, { limit: 50 })).total).toBe(13);
  await submit(store, newTask());
  await store.close();
  const aside = (await readdir(folder)).find((name) => name.startsWith("before-restore-")) ?? "";
  expect(told).toEqual([
    expect.stringContaining("an upgrade meets a damaged page: the database is rebuilt"),
    expect.stringMatching(`rows of messages cannot be read: .*${aside}`),
  ]);
  expect(upgrades[0]).toEqual([38, MIGRATIONS.length]);
  const [now, before] = [folder, path.join(folder, aside)].map((at) => openDatabase(path.join(at, DATABASE_FILE)));
  const left = Number(now?.prepare("SELECT count(*) FROM messages").pluck().get());
  expect(left).toBeGreaterThan(60);
  expect(left).toBeLessThan(91);
  expect(before?.pragma("user_version", { simple: true })).toBe(38);
  for (const each of [now, before]) each?.close();
});

test("where what can be read cannot be brought up to date either, all is as it was, and the start says what to do", async () => {
  const database = path.join(folder, DATABASE_FILE);
  await cp(fixture(1), database);
  const db = openDatabase(database);
  db.exec("UPDATE submissions SET fixed = '{'");
  db.close();
  await expect(openSqliteStore(folder)).rejects.toThrow(
    "malformed JSON). To put a backup in its place: waybill restore",
  );
  expect(await readdir(folder)).not.toContainEqual(expect.stringMatching("restore-"));
  const after = openDatabase(database);
  expect(after.pragma("user_version", { simple: true })).toBe(1);
  after.close();
});

test("an index that was half made when a server was killed stands in the way of no migration", async () => {
  const database = path.join(folder, DATABASE_FILE);
  await cp(fixture(36), database);
  const db = openDatabase(database);
  const index = indexesOf(db).find(({ name }) => name === "inbox_open");
  if (index) shadowOfIndex(db, index);
  expect(db.prepare("SELECT name FROM sqlite_schema WHERE name = 'made_anew'").all()).toHaveLength(1);
  migrate(db);
  expect(db.prepare("SELECT name FROM sqlite_schema WHERE name GLOB 'made_anew*'").all()).toEqual([]);
  expect(check(db)).toEqual([]);
  db.close();
});

test("daily usage begins with the paid calls that an older version has left", async () => {
  const database = path.join(folder, DATABASE_FILE);
  await cp(fixture(17), database);
  const db = openDatabase(database);
  const record = { ...paidCall("a"), costUsd: null };
  const insert = db.prepare<unknown[]>(
    "INSERT INTO usage (task, key, at, record) SELECT n, ?, ?, ? FROM tasks WHERE n IN (1, 2)",
  );
  insert.run("a", START, JSON.stringify(record));
  insert.run("b", START + DAY_MS, JSON.stringify({ ...paidCall("b"), estimated: true }));
  insert.run("damaged", START, "{");
  db.close();
  const store = await openSqliteStore(folder);
  const { rows } = await store.dailyUsage.sums(ADA, { from: 0, before: START + 9 * DAY_MS }, ["day"], { limit: 9 });
  expect(rows).toMatchObject([
    { day: dayOf(START + DAY_MS), calls: 2, inputTokens: 20, costUsd: 1, unpricedCalls: 0, estimatedCalls: 2 },
    { day: dayOf(START), calls: 2, inputTokens: 20, costUsd: 0, unpricedCalls: 2, estimatedCalls: 0 },
  ]);
  await store.close();
});

test("the log of an older version is read with the types of its events, and what no version knows as it is", async () => {
  const database = path.join(folder, DATABASE_FILE);
  await cp(fixture(1), database);
  const planted: [type: string, data: JsonObject][] = [
    ["task.progress", { fraction: 0.5, message: "half", mood: "new" }],
    ["task.waiting", { waits: [{ on: "moonlight" }] }],
    ["task.dreamt", { of: "sheep" }],
    ["invoice.read", { number: 7 }],
  ];
  const db = openDatabase(database);
  const insert = db.prepare<unknown[]>(
    "INSERT INTO events (task, seq, at, type, data) SELECT n, ?, 1, ?, ? FROM tasks",
  );
  planted.forEach(([type, data], index) => {
    insert.run(101 + index, type, JSON.stringify(data));
  });
  db.close();
  const store = await openSqliteStore(folder);
  const { tasks } = await store.list(EVERYBODY, {}, { limit: 10 });
  for (const task of tasks) {
    const events = await store.events(task.id, 0, 100);
    const own = events.filter(({ seq }) => seq <= 100);
    expect(own.map(({ type, custom }) => ({ type, custom }))).toEqual(
      ["task.submitted", "task.started", "task.completed"].slice(0, own.length).map((type) => ({ type })),
    );
    expect(events.filter(({ seq }) => seq > 100).map(({ type, data, custom = false }) => [type, data, custom])).toEqual(
      planted.map(([type, data]) => [type, data, type !== "task.progress"]),
    );
  }
  await store.close();
});

test("a database of each older schema is checked by what holds in it", () => {
  for (let version = 1; version < MIGRATIONS.length; version++) {
    const db = openDatabase(fixture(version), { readonly: true });
    expect(check(db), `schema ${version}`).toEqual([]);
    db.close();
  }
});

test("a database of a newer schema is refused and left as it is", async () => {
  const newer = MIGRATIONS.length + 1;
  const database = path.join(folder, DATABASE_FILE);
  const db = openDatabase(database);
  db.exec(`CREATE TABLE of_the_future (n INTEGER); PRAGMA user_version = ${newer}`);
  db.close();
  await expect(openSqliteStore(folder)).rejects.toThrow(`schema version ${newer}, made by a newer Waybill`);
  await expect(openSqliteStore(folder)).rejects.toThrow("made by a newer Waybill");
  const after = openDatabase(database);
  expect(after.prepare("SELECT name FROM sqlite_master").pluck().all()).toEqual(["of_the_future"]);
  after.close();
});

test("no row that is often written waits for a list of values that SQLite fills a table with, and each list holds", async () => {
  const database = path.join(folder, DATABASE_FILE);
  await cp(fixture(28), database);
  await (await openSqliteStore(folder)).close();
  const db = openDatabase(database);
  for (const table of [
    "tasks",
    "events",
    "journal",
    "participants",
    "submissions",
    "audit",
    "messages",
    "documents",
    "members",
  ]) {
    const columns = db.prepare("SELECT name FROM pragma_table_info(?)").pluck().all(table);
    const steps = db.prepare<unknown[], { opcode: string }>(
      `EXPLAIN INSERT INTO ${table} VALUES (${columns.map(() => "?").join(", ")})`,
    );
    const codes = steps.all(...columns.map(() => null)).map(({ opcode }) => opcode);
    expect(codes, table).toContain("OpenWrite");
    expect(codes, table).not.toContain("OpenEphemeral");
  }
  const refused = (sql: string) => expect(() => db.exec(sql), sql).toThrow("CHECK constraint failed");
  refused("UPDATE tasks SET state = 'dreaming', revision = revision + 1 WHERE state = 'queued'");
  refused("UPDATE tasks SET state = 'failed', revision = revision + 1 WHERE state = 'queued'");
  refused("UPDATE messages SET purpose = 'joke'");
  refused("INSERT INTO participants SELECT 't', 'cat', 'i', 'owner', 's', 0, 1, 0");
  refused("INSERT INTO participants SELECT 't', 'user', 'i', 'cat', 's', 0, 1, 0");
  const document = `INSERT INTO documents (key, tenant, user, id, filename, purpose, bytes, media_type, status, created_at, updated_at,
    annotations, produced) VALUES ('${"d".repeat(36)}', 't', 'u', 'd', 'f', 'p', 1, 'm', 'uploaded', 1, 1, '{}', '[]')`;
  refused(document.replace("uploaded", "lost"));
  db.exec(document);
  const member = `INSERT INTO members (vector_store, document, status, attributes, max_tokens, overlap_tokens, bytes, created_at)
    VALUES ('s', '${"d".repeat(36)}', 'in_progress', '{}', 1, 0, 0, 1)`;
  refused(member.replace("in_progress", "lost"));
  db.close();
});

/** When this fails, the text of a migration has changed that databases already have: write another migration instead. */
test("migrations are frozen", () => {
  const fingerprints = MIGRATIONS.map((text) => createHash("sha256").update(text).digest("hex").slice(0, 16));
  expect(fingerprints).toEqual([
    "6244ea82dffbd65e",
    "8b853f7733ed0f2b",
    "6d28d728518437ee",
    "76e95c3f9a7980bf",
    "4b47bdc71641a0db",
    "c96721d7d9de6408",
    "4bca8ff02cb2cbf4",
    "cb6acd9b63d1386f",
    "27b4a2ed12f00e1b",
    "07db061cc7a1e75c",
    "f7c2b5a8e659033f",
    "2f50fd75924373c7",
    "03a987405e213ac9",
    "d103fcbfb418de9c",
    "256069201c1bd02f",
    "ffa0b490ef7c13de",
    "a6ffe74281198445",
    "391c85874e3d2f62",
    "bfbe0cecc7dcce28",
    "50407c30949098f2",
    "df75abec2ba6872b",
    "3406000fcf015ca5",
    "cc3ff7a93b294424",
    "67d5e1e9b4390261",
    "aee4c83a8a216536",
    "ccaa5b060ed6f783",
    "3708b4f799d4fe11",
    "e54bee346c77e2d2",
    "8c12be9dcde522d3",
    "8cd1690da285e249",
    "56a8780eb0ee8693",
    "2d9ed8f3c4dc6e1d",
    "f661e7a1a1de1da3",
    "a3ecbcfc9948d6b4",
    "43b59f22d0967e5a",
    "08c4dcc00469ee78",
    "94d7d1e755773c8a",
    "9df2e0151957b09a",
    "87479b2f018fccf0",
  ]);
});
