/** Two processes that write to one database file: each guard and each number holds in the transaction that it is in. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DAY_MS } from "../../task/daily-usage.ts";
import { submitted } from "../../task/decide.ts";
import { prepareWrite } from "../codec/prepare.ts";
import { Spill } from "../codec/spill.ts";
import { memoryFiles } from "../memory-files.ts";
import { complete, decided, EVERYBODY, live, paidCall, STALE, submit } from "../suite/life.suite.ts";
import { newConversation, newTask, START } from "../suite/new-task.suite.ts";
import { openDatabase } from "./database.ts";
import { openIndex } from "./documents/chunk-index/index-file.ts";
import { Indexer, type Indexing } from "./documents/chunk-index/indexer.ts";
import { Finder, type Searches } from "./documents/finder.ts";
import { DATABASE_FILE, INDEX_FILE } from "./folder.ts";
import { migrate } from "./migrate.ts";
import { SqliteStore } from "./sqlite-store.ts";
import { answerOf, type Call } from "./thread/call.ts";
import { lateChannel, ownThreadChannel } from "./thread/channel.ts";
import { Reader } from "./thread/reader.ts";
import type { Reads } from "./thread/reads.ts";
import { Writer } from "./thread/writer.ts";
import type { Writes } from "./thread/writes.ts";

let folder = "";
let first: SqliteStore;
let second: SqliteStore;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-two-"));
  [first, second] = [connected(), connected()];
});
afterEach(async () => {
  await Promise.all([first.close(), second.close()]);
  await rm(folder, { recursive: true, force: true });
});

/** A store with connections of its own, and without the lock that keeps other processes out. */
function connected(): SqliteStore {
  const database = path.join(folder, DATABASE_FILE);
  const db = openDatabase(database);
  migrate(db);
  const index = () => openIndex(path.join(folder, INDEX_FILE));
  const reads = ownThreadChannel<Reads>(new Reader(openDatabase(database, { readonly: true })));
  return new SqliteStore({
    writes: ownThreadChannel<Writes>(new Writer(db, null)),
    reads,
    searches: reads,
    finder: lateChannel(() =>
      ownThreadChannel<Searches>(new Finder(openDatabase(database, { readonly: true }), index())),
    ),
    indexer: () => ownThreadChannel<Indexing>(new Indexer(openDatabase(database, { readonly: true }), index())),
    files: memoryFiles(),
    clock: () => START,
    indexWhenIdle: false,
    scrub: async () => ({ isCompact: true, isLogEmpty: true }),
    copies: async () => [],
    backup: async () => {},
    check: () => reads.send("check", null),
    release: async () => {},
  });
}

test("of two that decided on the same revision one is told to read again, and the log has no number twice", async () => {
  const task = await submit(first, newTask());
  const start = decided(task, { do: "start" });
  const cancel = decided(task, { do: "cancel", by: "ada", reason: "" });
  expect(await first.apply([start])).toEqual({ ok: true });
  expect(await second.apply([cancel])).toEqual(STALE(task));
  const running = await second.task(task.id);
  expect(running).toEqual(start.task);
  await live(second, start.task, { do: "cancel", by: "ada", reason: "" });
  expect((await first.events(task.id, 0, 10)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  expect(await first.check()).toEqual([]);
});

test("tasks of one transaction are numbered on, whoever has written the newest before", () => {
  const database = path.join(folder, DATABASE_FILE);
  let inserts = 0;
  const connectedWriter = () => {
    const db = openDatabase(database);
    db.function("told", () => ++inserts);
    db.exec("CREATE TEMP TRIGGER of_tasks BEFORE INSERT ON tasks BEGIN SELECT told(); END");
    return new Writer(db, null);
  };
  const [one, other] = [connectedWriter(), connectedWriter()];
  const submits = () =>
    Array.from({ length: 3 }, (): Call => {
      const write = prepareWrite(submitted(newTask()), new Spill(memoryFiles()));
      return JSON.parse(JSON.stringify(["apply", [write]]));
    });
  const numbered = [one, other, other, one, one].flatMap((writer) => writer.batch(submits()).map(answerOf));
  expect(numbered).toEqual(Array.from({ length: 15 }, (_, at) => ({ ok: true, numbers: [at + 1] })));
  // Nothing was undone and done again.
  expect(inserts).toBe(15);
  one.close();
  other.close();
});

test("messages of one conversation are numbered on, whoever writes them", async () => {
  const conversation = newConversation();
  await submit(first, newTask({ conversation: conversation.id }), { conversation: { conversation, alias: null } });
  const words = (text: string) => ({ role: "user" as const, parts: [{ text }] });
  const both = [first, second, second, first, second];
  const said = both.map((store, n) => store.appendMessage(conversation.id, words(`${n}`), START + n));
  expect((await Promise.all(said)).map(({ n }) => n)).toEqual([1, 2, 3, 4, 5]);
});

test("an inbox, artifacts and usage go on where the other writer stopped", async () => {
  let task = await live(first, await submit(first, newTask()), { do: "start" });
  for (const [n, store] of [first, second, first].entries()) {
    const change = decided(task, { do: "input", by: "ada", messageId: `m${n}`, prompt: null });
    const inbox = { messageId: `m${n}`, prompt: null, question: null, value: n, by: "ada", at: START };
    const artifact = { id: "a", parts: [{ text: `${n}` }], append: true, last: false };
    expect(await store.apply([{ ...change, inbox, artifacts: [artifact], usage: [paidCall(`c${n}`)] }])).toEqual({
      ok: true,
    });
    task = change.task;
  }
  expect((await second.inbox(task.id)).map(({ n, value }) => [n, value])).toEqual([
    [1, 0],
    [2, 1],
    [3, 2],
  ]);
  expect((await second.artifacts(task.id, null, 10)).artifacts[0]?.parts).toEqual([
    { text: "0" },
    { text: "1" },
    { text: "2" },
  ]);
  expect((await first.usage(task.id, null, 10)).calls.map(({ key }) => key)).toEqual(["c0", "c1", "c2"]);
  const everDays = { from: 0, before: START + DAY_MS };
  expect((await second.dailyUsage.sums(EVERYBODY, everDays, ["day"], { limit: 1 })).total.calls).toBe(3);
});

test("an idempotency key that the other writer took is replayed, and a message that it has is a duplicate", async () => {
  const idempotency = { scope: "s", key: "k", hash: "h", at: START };
  const task = await submit(first, newTask(), { idempotency });
  const again = { ...submitted(newTask()), idempotency };
  expect(await second.apply([again])).toEqual({ ok: false, why: "replayed", task: task.id, hash: "h" });
  const inbox = { messageId: "m", prompt: null, question: null, value: 1, by: "ada", at: START };
  const running = await live(first, task, { do: "start" });
  const given = decided(running, { do: "input", by: "ada", messageId: "m", prompt: null });
  expect(await first.apply([{ ...given, inbox }])).toEqual({ ok: true });
  const repeated = decided(given.task, { do: "input", by: "ada", messageId: "m", prompt: null });
  expect(await second.apply([{ ...repeated, inbox }])).toEqual({ ok: false, why: "duplicate", task: task.id });
});

test("a share is judged by what both have added, and so is what it leaves", async () => {
  const bounds = { openTasks: 3, usdPerDay: null, storedBytes: null };
  const share = { of: "ada", day: DAY_MS, user: bounds, tenant: bounds };
  const add = (store: SqliteStore) => store.apply([{ ...submitted(newTask()), share }]);
  const added = [await add(first), await add(second), await add(first), await add(second), await add(first)];
  expect(added.map(({ ok }) => ok)).toEqual([true, true, true, false, false]);
});

test("totals and what a conversation counts are the sum of what both have done", async () => {
  const conversation = newConversation();
  await submit(first, newTask({ conversation: conversation.id }), { conversation: { conversation, alias: null } });
  for (const store of [first, second, first, second]) {
    const task = await submit(store, newTask({ conversation: conversation.id }));
    const running = await live(store === first ? second : first, task, { do: "start" });
    await live(store, running, ...complete(task).slice(1));
  }
  expect((await first.list(EVERYBODY, { states: ["completed"] }, { limit: 1 })).total).toBe(4);
  expect((await second.list(EVERYBODY, {}, { limit: 1 })).total).toBe(5);
  expect(await first.conversation(conversation.id)).toMatchObject({ tasks: 5, completed: 4 });
  expect(await second.check()).toEqual([]);
});

test("of two tasks that are each to be alone in a conversation one is taken, and one that waits begins in its turn alone", async () => {
  const conversation = newConversation();
  const before = await submit(first, newTask({ conversation: conversation.id }), {
    conversation: { conversation, alias: null },
  });
  await live(second, before, { do: "cancel", by: "ada", reason: "" });
  const alone = () => ({ ...submitted(newTask({ conversation: conversation.id })), turn: "alone" as const });
  const [one, other] = [alone(), alone()];
  expect(await Promise.all([first.apply([one]), second.apply([other])])).toMatchObject([
    { ok: true },
    { why: "occupied", before: one.task.id },
  ]);
  const behind = await submit(second, newTask({ conversation: conversation.id }), { turn: "last" });
  const start = { ...decided(behind, { do: "start" }), turn: "first" as const };
  expect(await second.apply([start])).toMatchObject({ why: "occupied", before: one.task.id });
  await live(first, one.task, { do: "cancel", by: "ada", reason: "" });
  expect(await second.apply([start])).toEqual({ ok: true });
});
