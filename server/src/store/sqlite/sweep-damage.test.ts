/** Sweeps that meet what the disk has damaged: it stays, and keeps nothing else. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { damageLeafOf, damagePageOf, loseTextOf } from "../../../test/lose-text.ts";
import { complete, EVERYBODY, live, submit } from "../suite/life.suite.ts";
import { newConversation, newTask, START } from "../suite/new-task.suite.ts";
import { openDatabase } from "./database.ts";
import { DATABASE_FILE } from "./folder.ts";
import { sqliteStorage } from "./storage.ts";
import { openSqliteStore } from "./store.ts";

let folder = "";
let damages: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-sweep-damage-"));
  damages = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const reopened = () => openSqliteStore(folder, { onDamage: ({ what }) => damages.push(what) });

test("a message on a damaged page keeps no other conversation from being swept, and is told of once", async () => {
  const before = await reopened();
  const ids = Array.from({ length: 40 }, (_, n) => `${String(n).padStart(8, "0")}-0000-7000-8000-000000000000`);
  for (const id of ids) {
    await before.createConversation(newConversation({ id }), null);
    const text = id === ids.at(-1) ? "b".repeat(60_000) : "x".repeat(400);
    await before.appendMessage(id, { role: "user", parts: [{ text }] }, START);
  }
  await before.close();
  await loseTextOf(folder, "b");
  const store = await reopened();
  const times = { idempotencyBefore: 0, auditBefore: 0, auditEntriesMax: 9, expiredBefore: 0 };
  for (let sweeps = 0; sweeps < 2; sweeps++)
    for (let after: string | null = ""; after !== null; )
      after = await store.sweepRecords({ ...times, unusedSince: START * 2 }, after);
  const left = (await store.conversations(EVERYBODY, "native", { limit: 50 })).conversations.map(({ id }) => id);
  expect(left).toContain(ids.at(-1));
  // Those whose rows are found by a look at the damaged one.
  expect(left.length).toBeLessThan(5);
  expect(damages).toEqual(["record that is old enough to go"]);
  await store.close();
});

test("a damaged index of texts is made anew at the first slice, and a damaged audit log keeps no conversation", async () => {
  let store = await reopened();
  for (const at of [1, 2, 3]) {
    const old = newTask({ createdAt: START + at });
    await live(store, await submit(store, old), ...complete(old));
  }
  await submit(store, newTask());
  await store.createConversation(newConversation(), null);
  expect((await store.list(EVERYBODY, { text: "capital" }, { limit: 10 })).total).toBe(4);
  const entry = { tenant: "acme", at: START, user: "ada", keyId: "k", act: "a", task: null, detail: {}, origin: null };
  await store.audit.append(entry);
  await store.close();
  for (const name of ["search_data", "audit"]) await damagePageOf(folder, name);
  store = await reopened();
  expect(await store.sweep(START + 1_000, 10)).toBe(3);
  const anew = ["table audit, which has been rebuilt,", "search index, which has been rebuilt,"];
  expect(damages).toEqual(anew);
  const times = { idempotencyBefore: 0, auditBefore: START * 2, auditEntriesMax: 9, expiredBefore: 0 };
  for (let after: string | null = ""; after !== null; )
    after = await store.sweepRecords({ ...times, unusedSince: START * 2 }, after);
  expect((await store.conversations(EVERYBODY, "native", { limit: 9 })).conversations).toEqual([]);
  expect(damages).toEqual(anew);
  await store.close();
});

test("names of files and chunks that cannot be read keep no task from being swept, and are named by a check", async () => {
  let store = await reopened();
  const old = newTask();
  await live(store, await submit(store, old), ...complete(old));
  await submit(store, newTask());
  await store.close();
  const tables = ["conversation_files", "cuts"];
  store = await reopened();
  for (const name of [...tables, "attachments_by_hash"]) await damagePageOf(folder, name);
  expect(await store.sweep(START + 1_000, 10)).toBe(1);
  expect(damages).toContain("chunks of removed documents");
  await store.close();
  await damagePageOf(folder, "conversation_files_by_hash");
  const { problems } = await sqliteStorage(folder).health();
  for (const table of tables)
    expect(problems).toContain(`A page of the table ${table}, or of an index of it, is damaged.`);
  expect(problems.join()).toContain("A look at the files that rows name could not be made");
});

test("a damaged page of events keeps tasks from being swept whose events lie on it or beside it, and no others", async () => {
  const before = await reopened();
  for (let n = 0; n < 41; n++) {
    const task = newTask({ createdAt: START });
    if (n < 40) await live(before, await submit(before, task), ...complete(task));
    else await submit(before, task);
  }
  await before.close();
  const store = await reopened();
  await damageLeafOf(folder, "events", 0.5);
  expect(await store.sweep(START + 1_000, 100)).toBeGreaterThan(10);
  expect(damages).toEqual(["task that ended long ago"]);
  await store.close();
});

test("a task that is in no state that there is keeps no other from being swept", async () => {
  const before = await reopened();
  const kept = [];
  for (let n = 0; n < 4; n++) kept.push(await submit(before, newTask({ createdAt: START + n })));
  for (const task of [kept[0], kept[2]]) if (task) await live(before, task, ...complete(task));
  await before.close();
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  db.pragma("ignore_check_constraints = 1");
  db.prepare("UPDATE tasks SET state = 'dreaming', ended_at = 1 WHERE id = ?").run(kept[1]?.id);
  db.close();
  const store = await reopened();
  expect(await store.sweep(START + 1_000, 10)).toBe(2);
  expect(damages).toContain("task that ended long ago");
  await store.close();
});

test("a damaged page of tasks keeps those from being swept that lie on it, their parents and children, and no others", async () => {
  const before = await reopened();
  const ended = async (task: ReturnType<typeof newTask>) => live(before, await submit(before, task), ...complete(task));
  for (let n = 0; n < 80; n++) {
    const parent = newTask({ createdAt: START + n });
    await ended(parent);
    if (n % 4 === 0) await ended(newTask({ createdAt: START + n, parent: parent.id }));
  }
  await submit(before, newTask());
  await before.close();
  await damageLeafOf(folder, "tasks", 0.5);
  const store = await reopened();
  expect(await store.sweep(START + 1_000, 1_000)).toBeGreaterThan(70);
  expect(damages[0]).toBe("task that ended long ago");
  expect(await store.sweep(START + 1_000, 1_000)).toBe(0);
  await store.close();
});
