/** Webhooks and deliveries that cannot be read: they cost themselves, and no task that is submitted or told of. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { damageLeafOf, damagePageOf } from "../../../test/lose-text.ts";
import { subscriptionRecord } from "../../task/subscription.ts";
import type { Store } from "../store.ts";
import { submit } from "../suite/life.suite.ts";
import { newTask } from "../suite/new-task.suite.ts";
import { openDatabase } from "./database.ts";
import { DATABASE_FILE } from "./folder.ts";
import { openSqliteStore } from "./store.ts";

const ROWS = 40;
const OWNER = { tenant: "acme", user: "ada" };
const RECORD = JSON.stringify(
  subscriptionRecord.parse({
    ...{ url: "http://x", format: "f", events: null, secrets: {}, cursor: 0, announces: false, state: "active" },
    ...{ reason: "r".repeat(200), attempts: 0, dueAt: null, failures: 0, givenUp: null, createdAt: 1, updatedAt: 1 },
  }),
);

let folder = "";
let damages: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-webhooks-"));
  damages = [];
  await (await opened()).close();
  write(
    "INSERT INTO subscriptions VALUES (printf('sub_%02d', @n), NULL, 'acme', 'ada', 'w' || @n, NULL, 'http://x', 1, 0, NULL, 1, @record)",
  );
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const opened = () => openSqliteStore(folder, { onDamage: ({ what }) => damages.push(what) });

/** One statement with `@n` from 1 to `ROWS`. */
function write(sql: string): void {
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  for (let n = 1; n <= ROWS; n++) db.prepare(sql).run({ n, record: RECORD });
  db.close();
}

async function cursorsOf(store: Store): Promise<number> {
  const tasks = await Promise.all([newTask(), newTask({ user: "bob" })].map((task) => submit(store, task)));
  return (await store.subscriptions.list(OWNER, tasks[0]?.id ?? "")).length;
}

test("a webhook of all tasks whose row says nothing that makes sense keeps no task from being submitted", async () => {
  write("UPDATE subscriptions SET record = '{' WHERE key = 'sub_07' AND @n = 1");
  write("UPDATE subscriptions SET record = 'null' WHERE key = 'sub_08' AND @n = 1");
  write(`UPDATE subscriptions SET record = json_set(@record, '$.chooses', 7) WHERE key = 'sub_09' AND @n = 1`);
  const store = await opened();
  expect(await cursorsOf(store)).toBe(ROWS - 3);
  await store.close();
});

test("webhooks of all tasks on a damaged page keep no task from being submitted, which the others are told of", async () => {
  await damageLeafOf(folder, "subscriptions", 0.5);
  const store = await opened();
  const cursors = await cursorsOf(store);
  expect(cursors).toBeGreaterThan(ROWS / 2);
  expect(cursors).toBeLessThan(ROWS);
  expect(damages).toContain("webhooks of all tasks of tenant acme");
  expect(await cursorsOf(store)).toBe(cursors);
  await store.close();
});

test("where the page of new cursors is damaged, tasks are submitted, and the webhooks of all tasks are not told of them until a start", async () => {
  let store = await opened();
  await damageLeafOf(folder, "subscriptions", 0.99);
  expect(await cursorsOf(store)).toBe(0);
  expect(damages).toContain("page for new cursors of webhooks of tenant acme");
  await store.close();
  store = await opened();
  expect(damages).toContain("rows of subscriptions");
  expect(await cursorsOf(store)).toBeGreaterThan(ROWS / 2);
  await store.close();
});

test("webhooks of all tasks are told of tasks again once the index that kept them from it is made anew", async () => {
  await damagePageOf(folder, "sqlite_autoindex_subscriptions_1");
  const store = await opened();
  expect(await cursorsOf(store)).toBe(ROWS);
  await store.close();
});

test("a webhook whose deliveries lie on a damaged page has been told all the same, and shows what can be read of them", async () => {
  const attempt = { task: null, seq: 1, type: null, attempt: 1, at: 1, ms: 1, outcome: "delivered", status: 200 };
  const entry = JSON.stringify({ ...attempt, error: "e".repeat(200) });
  write(`INSERT INTO deliveries VALUES ('sub_01', @n, '${entry}')`);
  const store = await opened();
  await damageLeafOf(folder, "deliveries", 0.99);
  const found = await store.subscriptions.get("sub_01");
  if (found === null) throw new Error("it is there");
  const told = { ...found, version: found.version + 1, cursor: 5 };
  const delivery = { ...attempt, outcome: "delivered" as const, error: null };
  expect(await store.subscriptions.change(told, { delivery })).toBe(true);
  expect((await store.subscriptions.get("sub_01"))?.cursor).toBe(5);
  expect(damages).toEqual(["deliveries of subscription sub_01"]);
  const shown = (await store.subscriptions.deliveries("sub_01", { limit: ROWS })).map(({ n }) => n);
  expect(shown.length).toBeGreaterThan(ROWS / 2);
  expect(shown.length).toBeLessThan(ROWS);
  expect(shown).toEqual(shown.toSorted((a, b) => b - a));
  await store.close();
});
