/** Everything that is derived from rows is rebuilt from them, by a store that goes on meanwhile. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { awaited } from "../../../../test/awaited.ts";
import { damageLeafOf, damagePageOf } from "../../../../test/lose-text.ts";
import { type Change, decide, submittedGoingOn } from "../../../task/decide.ts";
import { Refusal } from "../../../task/errors.ts";
import { humanInput } from "../../../task/people/human.ts";
import { firstAssignment } from "../../../task/people/work-item.ts";
import { Rebuilt } from "../../damage.ts";
import { complete, decided, EVERYBODY, live, submit } from "../../suite/life.suite.ts";
import { newConversation, newTask, START } from "../../suite/new-task.suite.ts";
import { openDatabase } from "../database.ts";
import { DATABASE_FILE } from "../folder.ts";
import type { SqliteStore } from "../sqlite-store.ts";
import { sqliteStorage } from "../storage.ts";
import { openSqliteStore } from "../store.ts";
import { WorkerChannel } from "../thread/channel.ts";
import type { Reads } from "../thread/reads.ts";

let folder = "";
let damages: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-mending-"));
  damages = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const TASKS = 40;
const page = { limit: 100 };
const rebuilt = (what: string) => `${what}, which has been rebuilt,`;
const reopened = () => openSqliteStore(folder, { onDamage: ({ what }) => damages.push(what) });

/** Tasks of which every second one has ended, each in a conversation of its own. */
async function filled(): Promise<string[]> {
  const store = await reopened();
  const ids: string[] = [];
  for (let n = 0; n < TASKS; n++) {
    const conversation = newConversation();
    const task = await submit(store, newTask({ createdAt: START + n, conversation: conversation.id }), {
      conversation: { conversation, alias: { tenant: "acme", owner: "ada", lens: "native", value: `talk ${n}` } },
      messages: [{ role: "user", parts: [{ text: `words ${n}` }] }],
    });
    if (n % 2 === 0) await live(store, task, ...complete(task));
    ids.push(task.id);
  }
  expect((await store.list(EVERYBODY, { text: "capital" }, page)).total).toBe(TASKS);
  await store.close();
  return ids.reverse();
}

function indexes(): string[] {
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  try {
    return db
      .prepare<unknown[], unknown>("SELECT name FROM sqlite_schema WHERE type = 'index'")
      .pluck()
      .all()
      .map(String);
  } finally {
    db.close();
  }
}

/** What a statement answers, or changes, also where it is against the table's own conditions. */
function atDatabase(sql: string, table?: string): unknown[] {
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  const rewrite = (from: string, to: string) =>
    db.prepare<unknown[]>("UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE name = ?").run(from, to, table);
  try {
    db.unsafeMode(true);
    db.pragma("foreign_keys = 0");
    db.pragma("ignore_check_constraints = 1");
    db.pragma("writable_schema = ON");
    rewrite("bytes  INTEGER NOT NULL", "bytes");
    rewrite(") STRICT, WITHOUT ROWID", ") WITHOUT ROWID");
    db.pragma("writable_schema = RESET");
    const statement = db.prepare<unknown[], unknown[]>(sql);
    const answer = statement.reader ? statement.raw().all() : [statement.run().changes];
    db.pragma("writable_schema = ON");
    rewrite("bytes,", "bytes  INTEGER NOT NULL,");
    rewrite(") WITHOUT ROWID", ") STRICT, WITHOUT ROWID");
    db.pragma("writable_schema = RESET");
    return answer;
  } finally {
    db.close();
  }
}

const listed = async (store: SqliteStore) => (await store.list(EVERYBODY, {}, page)).tasks.map(({ id }) => id);

test("every index, that of texts and what is counted are made anew where all of them are damaged, and whoever meets them goes on", async () => {
  const ids = await filled();
  const all = indexes();
  expect(all.length).toBeGreaterThan(60);
  for (const name of [...all, "search_data", "totals", "stored_bytes"]) await damagePageOf(folder, name);
  const store = await reopened();
  const task = await submit(store, newTask({ createdAt: START + TASKS }));
  await live(store, task, ...complete(task));
  expect(await listed(store)).toEqual([task.id, ...ids]);
  const totals = [
    await store.list(EVERYBODY, { states: ["completed"] }, page),
    await store.list(EVERYBODY, { text: "capital" }, page),
    await store.conversations(EVERYBODY, "native", page),
  ].map(({ total }) => total);
  expect(totals).toEqual([TASKS / 2 + 1, TASKS + 1, TASKS]);
  expect(await store.sweep(START + 1_000_000, 100), "all but the newest").toBe(TASKS / 2);
  expect(damages).toContain(rebuilt("index sqlite_autoindex_tasks_1"));
  expect(damages).toContain(rebuilt("table totals"));
  expect(damages.length).toBe(all.length + 3);
  expect(await store.check()).toEqual([]);
  await store.close();
  expect(await sqliteStorage(folder).health()).toMatchObject({ problems: [], unreadable: [] });
  await (await reopened()).close();
  expect(damages.length).toBe(all.length + 3);
});

test.each(["tasks_by_time", "conversations_by_time", "sqlite_autoindex_tasks_1"])(
  "a question that meets a damaged page of the index %s is answered once that is made anew",
  async (index) => {
    const ids = await filled();
    await damagePageOf(folder, index);
    const store = await reopened();
    expect(await listed(store)).toEqual(ids);
    expect((await store.conversations(EVERYBODY, "native", page)).total).toBe(TASKS);
    expect((await store.task(ids[0] ?? ""))?.id).toBe(ids[0]);
    expect(damages).toEqual([rebuilt(`index ${index}`)]);
    await store.close();
  },
);

test("a damaged index of texts is filled anew before a search says what it has found", async () => {
  await filled();
  await damagePageOf(folder, "search_data");
  const store = await reopened();
  const search = async () => (await store.list(EVERYBODY, { text: "capital" }, page)).total;
  await expect(search()).rejects.toThrow("not up to date yet");
  expect(await search()).toBe(TASKS);
  expect(damages).toEqual([rebuilt("search index")]);
  await store.close();
});

test("where a page of tasks is damaged too, lists have all that can be read, and an index that keeps a key is as it was", async () => {
  const ids = await filled();
  for (const index of ["tasks_by_time", "sqlite_autoindex_tasks_1", "aliases_by_conversation"])
    await damagePageOf(folder, index);
  await damageLeafOf(folder, "tasks", 0.5);
  const store = await reopened();
  const { tasks } = await store.list(EVERYBODY, {}, page);
  expect(tasks.length).toBeGreaterThan(TASKS / 2);
  expect(tasks.length).toBeLessThan(TASKS);
  expect(damages.toSorted()).toEqual([rebuilt("index aliases_by_conversation"), rebuilt("index tasks_by_time")]);
  await expect(store.task(ids[0] ?? "")).rejects.toThrow("malformed");
  expect((await store.conversations(EVERYBODY, "native", page)).total).toBe(TASKS);
  await store.close();
  expect((await sqliteStorage(folder).health()).problems.join()).toContain("table tasks");
});

test.each(["tasks_open", "tasks_asleep"])(
  "a start goes on with what can be read where %s and a page of tasks are damaged",
  async (index) => {
    await filled();
    await damagePageOf(folder, index);
    await damageLeafOf(folder, "tasks", 0.5);
    const store = await reopened();
    expect((await store.list(EVERYBODY, {}, page)).tasks.length).toBeGreaterThan(TASKS / 2);
    await store.close();
  },
);

test("questions that met damage which somebody else's had made anew meanwhile are answered too", async () => {
  const ids = await filled();
  await damagePageOf(folder, "sqlite_autoindex_tasks_1");
  const store = await reopened();
  const tasks = await Promise.all(ids.map((id) => store.task(id)));
  expect(tasks.map((task) => task?.id)).toEqual(ids);
  await store.close();
});

test("a sweep goes on by an index that was made anew, also where it had passed over what could not be read", async () => {
  await (await reopened()).close();
  atDatabase("INSERT INTO idempotency VALUES ('s', 'k', 'h', 't', 1)");
  await damagePageOf(folder, "idempotency_by_time");
  const store = await reopened();
  const before = { idempotencyBefore: 2, auditBefore: 0, auditEntriesMax: 9, unusedSince: 0, expiredBefore: 0 };
  expect(await store.sweepRecords(before, "")).toBe(null);
  expect(await store.replay("s", "k")).toBe(null);
  expect(damages).toEqual([rebuilt("index idempotency_by_time")]);
  await store.close();
});

test("a look holds no writer, and waits for none", async () => {
  const ids = await filled();
  await damageLeafOf(folder, "tasks", 0.5);
  const fatal: unknown[] = [];
  const calls: string[] = [];
  const onSlow = ({ thread, call }: { thread: string; call: string }) => calls.push(`${thread} ${call}`);
  const store = await openSqliteStore(folder, { onFatal: (error) => fatal.push(error), onSlow, slowMs: 0 });
  const other = openDatabase(path.join(folder, DATABASE_FILE));
  other.exec("BEGIN IMMEDIATE");
  const found = await Promise.allSettled(ids.map((id) => store.task(id)));
  expect(found.filter(({ status }) => status === "rejected").length).toBeGreaterThan(0);
  other.exec("ROLLBACK");
  other.close();
  await submit(store, newTask({ createdAt: START + TASKS }));
  expect([fatal, calls.filter((call) => call === "writer mend")]).toEqual([[], []]);
  await store.close();
});

/** The entry of a row is not there, though every page of the index is whole. */
function loseEntry(index: string, ofRow: string): void {
  const [sql] = atDatabase(`SELECT sql FROM sqlite_schema WHERE name = '${index}'`).flat().map(String);
  atDatabase(`DROP INDEX ${index}`);
  atDatabase(sql?.includes(" WHERE ") ? `${sql} AND NOT (${ofRow})` : `${sql} WHERE NOT (${ofRow})`);
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  db.unsafeMode(true).pragma("writable_schema = ON");
  db.prepare<unknown[]>("UPDATE sqlite_schema SET sql = ? WHERE name = ?").run(sql, index);
  db.close();
}

test("an index without an entry of a row is made anew once the row is to go, which doctor names until then", async () => {
  const [newest = "", , , , ended = ""] = (await filled()).reverse();
  loseEntry("tasks_ended", `id = '${newest}'`);
  loseEntry("tasks_by_time", `id = '${ended}'`);
  expect((await sqliteStorage(folder).health()).problems.join()).toMatch(/missing from index tasks_(by_time|ended)/);
  const store = await reopened();
  expect((await listed(store)).length, "nobody can see it there").toBe(TASKS - 1);
  expect(await store.sweep(START + 1_000_000, 100)).toBe(TASKS / 2);
  expect(damages.toSorted()).toEqual([rebuilt("index tasks_by_time"), rebuilt("index tasks_ended")]);
  expect(await store.check()).toEqual([]);
  await store.close();
});

test("an index with an entry of a row that is gone is made anew once a list meets it", async () => {
  const [gone, ...ids] = await filled();
  const index = atDatabase("SELECT sql FROM sqlite_schema WHERE name = 'tasks_by_time'").flat().map(String);
  leaveEntry("tasks_by_time", String(index[0]), `DELETE FROM tasks WHERE id = '${gone}'`);
  const problems = async () => (await sqliteStorage(folder).health()).problems.join();
  expect(await problems()).toContain("The index tasks_by_time has other entries than its table has rows.");
  const made = Promise.withResolvers<string>();
  const again = await openSqliteStore(folder, {
    onDamage: (damage) => (damage instanceof Rebuilt ? made.resolve(damage.rebuilt) : damages.push(damage.what)),
  });
  expect(await listed(again)).toEqual(ids);
  expect(damages).toEqual([`task of row ${TASKS}`]);
  expect(await awaited("the index made anew", made.promise)).toBe("index tasks_by_time");
  await again.close();
  expect(await problems()).not.toContain("index");
});

test("doctor --mend makes an index whole that lacks an entry, and calls nothing lost", async () => {
  const ids = await filled();
  loseEntry("tasks_by_time", `id = '${ids[3]}'`);
  expect((await sqliteStorage(folder).mend()).lost).toEqual([]);
  const store = await reopened();
  expect([await listed(store), damages]).toEqual([ids, []]);
  await store.close();
});

/** The index is not there while rows go. */
function leaveEntry(index: string, sql: string, change: string): void {
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  db.pragma("foreign_keys = 0");
  db.unsafeMode(true).pragma("writable_schema = ON");
  const root = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = ?").pluck().get(index);
  db.prepare("DELETE FROM sqlite_schema WHERE name = ?").run(index);
  db.pragma("writable_schema = RESET");
  db.exec(change);
  db.unsafeMode(true).pragma("writable_schema = ON");
  db.prepare("INSERT INTO sqlite_schema VALUES ('index', ?, 'tasks', ?, ?)").run(index, root, sql);
  db.close();
}

test("metadata that tasks are found by is made anew where its page is damaged", async () => {
  const before = await reopened();
  const metadata = {
    colour: "blue",
    share: 0.1 + 0.2,
    large: 1e21,
    isOld: true,
    'a "b" c': "\n",
    long: "l".repeat(600),
    deep: {},
  };
  const task = await submit(before, newTask({ createdAt: START, metadata }));
  const aside = await submit(before, newTask({ createdAt: START + 2, metadata: { colour: "red" } }));
  await submit(before, newTask({ createdAt: START + 1 }));
  await before.close();
  const rows = atDatabase("SELECT * FROM metadata");
  expect(rows.length).toBe(6);
  await damagePageOf(folder, "metadata");
  await sqliteStorage(folder).setAside(aside.id);
  const store = await reopened();
  expect((await store.list(EVERYBODY, { metadata: { colour: "blue" } }, page)).tasks.map(({ id }) => id)).toEqual([
    task.id,
  ]);
  expect(damages).toEqual([rebuilt("table metadata")]);
  await store.close();
  expect(atDatabase("SELECT * FROM metadata")).toEqual(rows);
});

test("others write while an index of many rows is made anew, and whoever met the damage waits for it", async () => {
  await (await reopened()).close();
  atDatabase(`WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000)
    INSERT INTO idempotency SELECT 's', 'key ' || n, 'h', 't', n FROM numbers`);
  await damagePageOf(folder, "idempotency_by_time");
  const calls: string[] = [];
  const store = await openSqliteStore(folder, {
    onDamage: ({ what }) => damages.push(what),
    onSlow: ({ thread, call }) => thread === "writer" && calls.push(call),
    slowMs: 0,
  });
  const before = { idempotencyBefore: 2, auditBefore: 0, auditEntriesMax: 9, unusedSince: 0, expiredBefore: 0 };
  let swept = false;
  const sweep = store.sweepRecords(before, "").then(() => {
    swept = true;
  });
  for (let n = 0; !swept; n++) await store.putSetting("turn", { n });
  await sweep;
  const made = calls.slice(calls.indexOf("mend"), calls.lastIndexOf("mend"));
  expect(made.filter((call) => call === "putSetting").length).toBeGreaterThan(3);
  expect(damages).toEqual([rebuilt("index idempotency_by_time")]);
  expect(await store.replay("s", "key 1")).toBe(null);
  expect(await store.check()).toEqual([]);
  await store.close();
});

test("what a killed server had half made keeps nothing from being made, where a page of that is damaged", async () => {
  const ids = await filled();
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  db.exec(`CREATE TABLE made_anew (n INTEGER PRIMARY KEY, word TEXT UNIQUE);
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 2000)
    INSERT INTO made_anew SELECT n, 'word ' || n FROM numbers`);
  db.close();
  for (const name of ["made_anew", "tasks_by_time"]) await damagePageOf(folder, name);
  const store = await reopened();
  expect([await listed(store), damages]).toEqual([ids, [rebuilt("index tasks_by_time")]]);
  expect(await store.check()).toEqual([]);
  await store.close();
});

test("where too much waits there is room for the call that others wait for", async () => {
  await (await reopened()).close();
  const channel = new WorkerChannel<Reads>({ role: "reader", database: path.join(folder, DATABASE_FILE) }, () => {});
  const ask = () => channel.send("setting", { name: "" });
  const asked = Array.from({ length: 10_000 }, ask);
  await expect(ask()).rejects.toThrow("Too many requests");
  expect(await channel.send("setting", { name: "" }, { waitedFor: true })).toBe(null);
  await Promise.all(asked);
  await channel.close();
});

test("where the page of facts is damaged they are lost, and all else goes on: they are written anew", async () => {
  const before = await reopened();
  await before.putSetting("process", { clean: true });
  await before.close();
  await damagePageOf(folder, "facts");
  const store = await reopened();
  expect(await store.setting("process")).toBe(null);
  await store.putSetting("process", { clean: false });
  expect(await store.setting("process")).toEqual({ clean: false });
  expect(await store.takeLease("outbox", "a", { now: 1, until: 2 })).toBe(true);
  expect(damages).toEqual([rebuilt("table facts")]);
  expect(await store.check()).toEqual([]);
  await store.close();
});

test("of facts on several pages those stay that can be read", async () => {
  const before = await reopened();
  const names = Array.from({ length: 60 }, (_, n) => `fact ${n + 10}`);
  for (const name of names) await before.putSetting(name, { long: "l".repeat(200) });
  await before.close();
  await damageLeafOf(folder, "facts", 0.5);
  const store = await reopened();
  await store.takeLease("outbox", "a", { now: 1, until: 2 });
  const settings = [];
  for (const name of names) settings.push(await store.setting(name));
  const kept = settings.filter((setting) => setting !== null);
  expect(kept.length).toBeGreaterThan(30);
  expect(kept.length).toBeLessThan(60);
  expect([settings[0], settings.at(-1)]).not.toContain(null);
  await store.close();
});

test("who takes part in people's work is what tasks say of it, where the page that lists have it from is damaged", async () => {
  const before = await reopened();
  const written = async (change: Change | Refusal) => {
    if (change instanceof Refusal) throw change;
    expect(await before.apply([change])).toEqual({ ok: true });
    return change.task;
  };
  const by = { user: "fay", groups: ["finance"], looksAfterAll: false };
  for (let n = 0; n < 12; n++) {
    const assignees = [{ type: n % 2 ? "group" : "user", id: n % 2 ? "finance" : "fay" }];
    const input = { title: `Invoice ${n}`, assignees, reviewers: [{ type: "role", id: "auditor" }] };
    const assignment = firstAssignment(humanInput.parse(input), "ada", START + n);
    const task = newTask({ kind: "human", title: input.title, input, createdAt: START + n, assignment });
    let asked = await written(submittedGoingOn(task, "ask"));
    const act = { do: "act", by, act: { act: "claim" }, comment: "", messageId: "m" } as const;
    if (n % 4 === 1) asked = await written(decide(asked, act, START + 100));
    if (n % 3 === 0) await written(decide(asked, { do: "cancel", by: "ada", reason: "" }, START + 200));
  }
  await before.close();
  const rows = () => atDatabase("SELECT * FROM participants ORDER BY task, part, type, identity");
  const whole = rows();
  expect(whole.length).toBeGreaterThan(24);
  await damagePageOf(folder, "participants");
  const store = await reopened();
  const as = [{ part: "assignee", type: "group", id: "finance" }] as const;
  const newest = { limit: 10, offset: 0, order: [{ by: "createdAt", descending: true }] } as const;
  expect((await store.human.worklist({ tenant: "acme", whose: { as } }, newest)).total).toBe(6);
  expect(damages).toEqual([rebuilt("table participants")]);
  expect(await store.check()).toEqual([]);
  await store.close();
  expect(rows()).toEqual(whole);
});

test.each(["'much'", "NULL"])(
  "stored bytes that are %s are counted anew, and keep nobody from submitting",
  async (value) => {
    await filled();
    const damaged = () => atDatabase(`UPDATE stored_bytes SET bytes = ${value}`, "stored_bytes");
    const all = atDatabase("SELECT bytes FROM stored_bytes ORDER BY owner");
    damaged();
    const asked = await reopened();
    expect([[(await asked.held({ tenant: "acme", user: null }, 0)).storedBytes]]).toEqual([all[0]]);
    expect(damages).toEqual([rebuilt("table stored_bytes")]);
    await asked.close();
    expect(atDatabase("SELECT bytes FROM stored_bytes ORDER BY owner")).toEqual(all);
    if (value !== "NULL") return;
    damaged();
    const written = await reopened();
    await submit(written, newTask({ createdAt: START }));
    expect(await written.check()).toEqual([]);
    await written.close();
  },
);

test.each(["UPDATE totals SET count = 0", "UPDATE totals SET count = 1 WHERE state = 'queued'", "DELETE FROM totals"])(
  "totals that are too low refuse neither ends nor the sweep: %s",
  async (sql) => {
    const ids = await filled();
    atDatabase(sql);
    const store = await reopened();
    for (const task of await store.tasks(ids)) {
      if (task?.state !== "queued") continue;
      const change = decided(task, { do: "cancel", by: "ada", reason: "" });
      expect(await store.apply([change])).toEqual({ ok: true });
    }
    expect((await store.list(EVERYBODY, { states: ["queued"] }, page)).total).toBe(0);
    expect(await store.sweep(START + 1_000_000_000, 100), "all but the newest").toBe(TASKS - 1);
    expect(await store.check()).toEqual([]);
    await store.close();
  },
);

test("a total that is not there is that of all tasks once one of them ends", async () => {
  const ids = await filled();
  atDatabase("DELETE FROM totals");
  const store = await reopened();
  const task = (await store.tasks(ids)).find((each) => each?.state === "queued");
  if (!task) throw new Error("half of them are queued");
  expect(await store.apply([decided(task, { do: "cancel", by: "ada", reason: "" })])).toEqual({ ok: true });
  expect((await store.list(EVERYBODY, { states: ["queued"] }, page)).total).toBe(TASKS / 2 - 1);
  await store.close();
});

test("whoever meets damage is told of it at once where others wait for the look with megabytes of what they ask", async () => {
  await filled();
  await damagePageOf(folder, "tasks_by_time");
  const database = path.join(folder, DATABASE_FILE);
  const mending = { rebuilds: 0, scan: () => new Promise<void>(() => {}) };
  const reader = new WorkerChannel<Reads>({ role: "reader", database }, () => {}, { mending });
  const query = { visible: EVERYBODY, filter: {}, limit: 10, offset: 0, after: null, whole: false };
  const told: unknown[] = [];
  for (let n = 0; n < 6; n++) {
    const asked = { ...query, padding: "z".repeat(4 << 20) };
    void reader.send("list", asked).catch((error: unknown) => told.push(error));
  }
  try {
    await expect.poll(() => told.length).toBe(3);
  } finally {
    await reader.close();
  }
});
