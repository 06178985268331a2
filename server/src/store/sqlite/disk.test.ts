/** What only a store on disk has: a folder, threads and files. */
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Change, submitted } from "../../task/decide.ts";
import { prepareWrite } from "../codec/prepare.ts";
import type { PreparedWrite } from "../codec/prepared.ts";
import { Spill } from "../codec/spill.ts";
import { YOUNG_MS } from "../files.ts";
import { memoryFiles } from "../memory-files.ts";
import type { SlowStoreCall } from "../storage.ts";
import { code, complete, decided, EVERYBODY, live, submit } from "../suite/life.suite.ts";
import { newTask } from "../suite/new-task.suite.ts";
import { openDatabase } from "./database.ts";
import { DATABASE_FILE } from "./folder.ts";
import { migrate } from "./migrate.ts";
import { openSqliteStore } from "./store.ts";
import { answerOf, type Outcome } from "./thread/call.ts";
import { WAITING_COUNT_MAX, WorkerChannel } from "./thread/channel.ts";
import type { Reads } from "./thread/reads.ts";
import { worked } from "./thread/work-through.ts";
import { Writer } from "./thread/writer.ts";

const LARGE = { text: "x".repeat(100_000) };

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-disk-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("every connection syncs at each commit", () => {
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  expect(db.pragma("journal_mode", { simple: true })).toBe("wal");
  expect(db.pragma("synchronous", { simple: true })).toBe(2);
  expect(db.pragma("foreign_keys", { simple: true })).toBe(1);
  db.close();
});

test("a folder has one owner at a time, and what it kept is there for the next", async () => {
  const first = await openSqliteStore(folder);
  const task = await submit(first, newTask({ input: LARGE }));
  await expect(openSqliteStore(folder)).rejects.toThrow(`process ${process.pid}`);
  expect(await code(openSqliteStore(folder))).toBe("unavailable");
  await first.close();
  const second = await openSqliteStore(folder);
  expect(await second.task(task.id)).toEqual(task);
  expect((await second.list(EVERYBODY, { text: "capital" }, { limit: 1 })).total).toBe(1);
  await second.close();
});

test("a backup is a whole database, made while others write", async () => {
  const store = await openSqliteStore(folder);
  const task = await submit(store, newTask({ input: LARGE }));
  const restored = path.join(folder, "restored");
  await cp(path.join(folder, "files"), path.join(restored, "files"), { recursive: true });
  const backup = store.backup(path.join(restored, DATABASE_FILE));
  const meanwhile = await Promise.all(Array.from({ length: 50 }, () => store.apply([submitted(newTask())])));
  expect(meanwhile.every(({ ok }) => ok)).toBe(true);
  await backup;
  await store.close();
  const copy = await openSqliteStore(restored);
  expect(await copy.task(task.id)).toEqual(task);
  expect(await copy.check()).toEqual([]);
  await copy.close();
});

test("files that no value is in go with a sweep once they are old, and those of a process that has died with the next one's first", async () => {
  let now = Date.now();
  const clock = () => now;
  const store = await openSqliteStore(folder, { clock });
  const attached = await store.files.receive(Readable.from([Buffer.from("attached")]), { bytesMax: 10 });
  const file = { kept: attached.sha256, size: attached.bytes };
  const swept = newTask({ input: { ...LARGE, swept: true, attachments: [{ file }] } });
  await live(store, await submit(store, swept), ...complete(swept));
  await attached.release();
  const named = await submit(store, newTask({ input: LARGE }));
  const held = await store.files.receive(Readable.from([Buffer.from("held")]), { bytesMax: 10 });
  expect(await store.sweep(swept.createdAt + YOUNG_MS, 10)).toBe(1);
  expect(await countFiles()).toBe(4);
  now += 2 * YOUNG_MS;
  await store.sweep(0, 10);
  expect(await countFiles()).toBe(2);
  expect((await buffer((await store.files.open(held.sha256)).bytes)).toString()).toBe("held");
  await store.close();

  const next = await openSqliteStore(folder, { clock });
  await next.sweep(0, 10);
  expect(await code(next.files.open(held.sha256))).toBe("not_found");
  expect(await next.tasks([named.id])).toEqual([named]);
  expect(await countFiles()).toBe(1);
  await next.close();

  async function countFiles(): Promise<number> {
    const entries = await readdir(path.join(folder, "files"), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).length;
  }
});

test("what a thread worked long on is told by the store's name of it, with the rows of its answer", async () => {
  const told: SlowStoreCall[] = [];
  const store = await openSqliteStore(folder, { slowMs: 0, onSlow: (call) => told.push(call) });
  const tasks = [await submit(store, newTask()), await submit(store, newTask())];
  await store.list(EVERYBODY, {}, { limit: 9 });
  const seen = new Map(told.map(({ thread, call, rows }) => [`${thread} ${call}`, rows]));
  expect(seen.get("writer apply")).toBe(1);
  expect(seen.get("reader list")).toBe(tasks.length);
  expect(told.every(({ ms }) => ms >= 0)).toBe(true);
  await store.close();
  const quick = await openSqliteStore(folder, { slowMs: Number.POSITIVE_INFINITY, onSlow: (call) => told.push(call) });
  told.length = 0;
  await quick.list(EVERYBODY, {}, { limit: 9 });
  expect(told).toEqual([]);
  await quick.close();
});

test("a commit that takes long is told of by itself, with the first call of its batch", () => {
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  migrate(db);
  const writer = new Writer(db, folder);
  // Time passes between the last change and the end of the commit alone.
  vi.spyOn(performance, "now").mockImplementation(() => (db.inTransaction ? 0 : 300));
  const submits = [newTask(), newTask()].map((task) => prepareWrite(submitted(task), new Spill(memoryFiles())));
  const outcomes: Outcome[] = JSON.parse(worked(writer, JSON.stringify(submits.map((write) => ["apply", [write]]))));
  vi.restoreAllMocks();
  expect(outcomes.map(({ slow }) => slow)).toEqual([{ call: "commit", ms: 300, rows: null }, undefined]);
  expect(outcomes.map(answerOf)).toMatchObject([{ ok: true }, { ok: true }]);
  writer.close();
});

test("when a thread dies, all who wait and all who come later are refused, and it is reported once", async () => {
  const reported: Error[] = [];
  const database = path.join(folder, "no such folder", DATABASE_FILE);
  const channel = new WorkerChannel<Reads>({ role: "reader", database }, (error) => reported.push(error));
  const waiting = Array.from({ length: 3 }, () => channel.send("someKey", null));
  expect(await Promise.all(waiting.map(code))).toEqual(["unavailable", "unavailable", "unavailable"]);
  expect(await code(channel.send("someKey", null))).toBe("unavailable");
  expect(reported).toHaveLength(1);
  await channel.close();
});

test("threads that have served one store serve the next, also one that was closed with calls under way", async () => {
  for (let round = 0; round < 4; round++) {
    const folders = [1, 2].map((n) => path.join(folder, `round-${round}-${n}`));
    const stores = await Promise.all(folders.map((each) => openSqliteStore(each)));
    const own = await Promise.all(stores.map((store) => submit(store, newTask())));
    const asked = stores.map((store, at) => store.task(own[at]?.id ?? ""));
    await Promise.all(stores.map((store) => store.close()));
    expect(await Promise.all(asked)).toEqual(own);
    for (const [at, each] of folders.entries()) {
      const again = await openSqliteStore(each);
      expect((await again.list(EVERYBODY, {}, { limit: 9 })).tasks.map(({ id }) => id)).toEqual([own[at]?.id]);
      await again.close();
    }
  }
});

test("answers that are about something large are heard one in a turn of the event loop, small ones together", async () => {
  await (await openSqliteStore(folder)).close();
  const database = path.join(folder, DATABASE_FILE);
  const channel = new WorkerChannel<Reads>({ role: "reader", database }, () => {});
  const turnsOf = async (aboutBytes: number) => {
    let turn = 0;
    let isOver = false;
    const count = () => {
      turn += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const turns = await Promise.all(
      Array.from({ length: 5 }, () => channel.send("someKey", null, { bytes: aboutBytes }).then(() => turn)),
    );
    isOver = true;
    return new Set(turns).size;
  };
  expect(await turnsOf(1 << 20)).toBe(5);
  expect(await turnsOf(0)).toBe(1);
  await channel.close();
});

test("of many who call in one turn of the event loop, the first are on the disk before the turn ends", async () => {
  const store = await openSqliteStore(folder);
  const other = openDatabase(path.join(folder, DATABASE_FILE), { readonly: true });
  const written = other.prepare("SELECT count(*) FROM facts WHERE name LIKE 'of a turn %'").pluck();
  const calls = Array.from({ length: 20 }, (_, n) => store.putSetting(`of a turn ${n}`, { n }));
  let seen = 0;
  for (const until = Date.now() + 60_000; seen === 0 && Date.now() < until; ) seen = Number(written.get());
  expect(seen).toBeGreaterThan(0);
  await Promise.all(calls);
  expect(written.get()).toBe(20);
  other.close();
  await store.close();
});

test("more than can wait is refused at once, and what waits is answered", async () => {
  const store = await openSqliteStore(folder);
  const asked = Array.from({ length: WAITING_COUNT_MAX + 5 }, () => store.keys.hasAny());
  const settled = await Promise.allSettled(asked);
  const answered = settled.filter(({ status }) => status === "fulfilled").length;
  // What a start asks for itself may wait too.
  expect([WAITING_COUNT_MAX, WAITING_COUNT_MAX - 1]).toContain(answered);
  expect(await code(asked.at(-1) ?? Promise.resolve())).toBe("unavailable");
  expect(await store.keys.hasAny()).toBe(false);
  await store.close();
});

test("of large questions no more wait than 64 MB, and what was answered makes room", async () => {
  const store = await openSqliteStore(folder);
  const ask = () =>
    store.conversationByAlias({ tenant: "acme", owner: "ada", lens: "shannon", value: "x".repeat(4 << 20) });
  const asked = await Promise.allSettled(Array.from({ length: 20 }, ask));
  const answered = asked.filter(({ status }) => status === "fulfilled").length;
  expect(answered).toBe(16);
  for (let times = 0; times < 4; times++) expect(await ask()).toBeNull();
  await store.close();
});

test("a full disk refuses as unavailable, keeps nothing of it, and takes writes again when there is room", () => {
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  migrate(db);
  const writer = new Writer(db, folder);
  const submits = Array.from({ length: 200 }, () => newTask());
  const calls = submits.map((task) => ["apply", [prepareWrite(submitted(task), new Spill(memoryFiles()))]]);
  const batch = (): Outcome[] => JSON.parse(worked(writer, JSON.stringify(calls)));
  const pages = Number(db.pragma("page_count", { simple: true }));
  db.pragma(`max_page_count = ${pages + 2}`);
  for (const outcome of batch()) {
    expect(() => answerOf(outcome)).toThrow(
      expect.objectContaining({ code: "unavailable", detail: { retryAfterS: 10 } }),
    );
  }
  expect(db.prepare("SELECT count(*) FROM tasks").pluck().get()).toBe(0);
  db.pragma(`max_page_count = ${pages * 100}`);
  expect(batch().map(answerOf)).toEqual(submits.map((_, at) => ({ ok: true, numbers: [at + 1] })));
  writer.close();
});

test("a change that was undone with the batch of a wrong one is made again, on the task as it was before", () => {
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  migrate(db);
  const writer = new Writer(db, folder);
  const applied = (...changes: PreparedWrite[]): Outcome[] =>
    JSON.parse(worked(writer, JSON.stringify(changes.map((change) => ["apply", [change]]))));
  const prepared = (change: Change) => prepareWrite(change, new Spill(memoryFiles()));
  const submit = submitted(newTask());
  const { task } = submit;
  applied(prepared(submit));
  const wrong = prepared(submitted(newTask()));
  const [start, other] = applied(prepared(decided(task, { do: "start" })), {
    ...wrong,
    events: [...wrong.events, ...wrong.events],
  });
  expect(start).toEqual({ answer: { ok: true } });
  expect(other).toHaveProperty("error");
  writer.close();
});
