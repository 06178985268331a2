/** The log of a database: when it is written back, by whom, and how long it gets. */
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Database } from "better-sqlite3";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openDatabase } from "./database.ts";
import { DATABASE_FILE } from "./folder.ts";
import { LogLength, setUnderWay, writeBackPass } from "./log-length.ts";
import { migrate } from "./migrate.ts";
import { openSqliteStore } from "./store.ts";
import { Checkpointer } from "./thread/checkpointer.ts";
import { beginWork } from "./thread/threads.ts";
import { WriteBack } from "./thread/write-back.ts";
import { Writer } from "./thread/writer.ts";

const MB = 1 << 20;
const LONG = 12 * MB;
const REST = MB / 2;
/** Of a value that makes a commit of as many. */
const VALUE = JSON.stringify({ text: "x".repeat(100_000) });
const PASS = JSON.parse('["writeBack", null]');

let folder = "";
let file = "";
let writer: Writer;
let looking: Database;
let checkpointer: Checkpointer;
let pass = writeBackPass();
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-log-"));
  file = path.join(folder, DATABASE_FILE);
  const db = openDatabase(file);
  migrate(db);
  db.pragma("wal_checkpoint(TRUNCATE)");
  pass = writeBackPass();
  writer = new Writer(db, folder, { pass });
  looking = openDatabase(file);
  checkpointer = new Checkpointer(file, pass);
});
afterEach(async () => {
  writer.close();
  looking.close();
  checkpointer.close();
  await rm(folder, { recursive: true, force: true });
});

/** In bytes. */
function log(): { length: number; rest: number } {
  const [found] = looking.prepare<unknown[], number[]>("PRAGMA wal_checkpoint(NOOP)").raw().all();
  const [, frames = 0, writtenBack = 0] = found ?? [];
  return { length: frames * 2_048, rest: (frames - writtenBack) * 2_048 };
}

let n = 0;
/** A commit of some 100 KB, each elsewhere. Whether it tells that the log is long. */
function commit(value = VALUE): boolean {
  n += 1;
  const [outcome] = writer.batch([JSON.parse(JSON.stringify(["putSetting", { name: `value ${n}`, value }]))]);
  expect(outcome).toHaveProperty("answer");
  return outcome?.isLogLong === true;
}

/** Up to where it tells so. */
function untilLong(): void {
  for (let at = 0; at < 200; at++) if (commit()) return;
  throw new Error("Nobody was told of 20 MB.");
}

test("a log is told to be long from 12 MB on, and again after each half of a megabyte", () => {
  untilLong();
  const { length } = log();
  expect(length).toBeGreaterThanOrEqual(LONG);
  expect(length).toBeLessThan(LONG + REST);
  untilLong();
  expect(log().length).toBeGreaterThan(length + REST);
  expect(log().length).toBeLessThan(length + 2 * REST);
});

test.each([1, 2, 3])("a log of commits of %i MB is told to be long before the writer writes it back itself", (mb) => {
  const value = JSON.stringify({ text: "x".repeat(mb * MB) });
  commit();
  let told = false;
  for (let at = 0; at < 16 / mb && !told; at++) told = commit(value);
  expect(told).toBe(true);
  expect(log().rest).toBe(log().length);
});

test("what the checkpointer has written back is a log that begins anew with the next commit", () => {
  untilLong();
  expect(checkpointer.batch([PASS])).toEqual([{ answer: null }]);
  expect(log().rest).toBe(0);
  expect(commit()).toBe(false);
  expect(log().length).toBeLessThan(REST);
  untilLong();
  expect(log().length).toBeLessThan(LONG + REST);
});

test("the writer itself does the little that has come since, and no more than that", () => {
  untilLong();
  commit();
  expect(log().rest).toBeGreaterThan(LONG);
  const reader = openDatabase(file, { readonly: true });
  reader.exec("BEGIN; SELECT count(*) FROM facts");
  commit();
  checkpointer.batch([PASS]);
  expect(log().length).toBeGreaterThan(LONG);
  expect(log().rest).toBeGreaterThan(0);
  expect(log().rest).toBeLessThan(REST);
  reader.close();
  commit();
  expect(log().rest).toBe(0);
  commit();
  expect(log().length).toBeLessThan(REST);
});

test("the writer leaves the end of a log while what was written back before it is being synced", () => {
  untilLong();
  const reader = openDatabase(file, { readonly: true });
  reader.exec("BEGIN; SELECT count(*) FROM facts");
  commit();
  checkpointer.batch([PASS]);
  reader.close();
  setUnderWay(pass, true);
  expect([commit(), log().rest > 0]).toEqual([false, true]);
  setUnderWay(pass, false);
  expect([commit(), log().rest]).toEqual([false, 0]);
});

test("without anybody who hears of it, a log is written back by the writer at 16 MB", () => {
  for (let at = 0; at < 600; at++) commit();
  expect(statSync(`${file}-wal`).size).toBeLessThan(18 * MB);
});

test("a failed pass is an outcome, and the next one makes up for it", () => {
  untilLong();
  const failing = new Checkpointer(file, pass);
  failing.close();
  expect(failing.batch([PASS])).toMatchObject([{ error: { message: expect.stringContaining("not open") } }]);
  untilLong();
  expect(checkpointer.batch([PASS])).toEqual([{ answer: null }]);
});

/** That this process has on the database. */
function locks(): number {
  const place = `:${statSync(file).ino} `;
  const all = readFileSync("/proc/locks", "utf8").split("\n");
  return all.filter((line) => line.includes(place)).length;
}

test.runIf(process.platform === "linux")(
  "a thread that dies takes no locks of its process on the database along",
  async () => {
    commit();
    const died = Promise.withResolvers<void>();
    const onLost = ({ message }: Error) => {
      if (message.includes("ended with code")) died.resolve();
    };
    const { port } = beginWork({ role: "checkpointer", database: file, pass }, onLost);
    port.postMessage(JSON.stringify([PASS]));
    await once(port, "message");
    const before = locks();
    expect(before).toBeGreaterThan(0);
    port.postMessage("no calls");
    await died.promise;
    expect(locks()).toBe(before);
  },
);

test.runIf(process.platform === "linux")(
  "a checkpointer that ends takes no locks along of others who are at work on the database",
  async () => {
    untilLong();
    const failures: unknown[] = [];
    const writeBack = new WriteBack(file, pass, (error) => failures.push(error));
    writeBack.begin();
    await vi.waitFor(() => expect(log().rest).toBe(0), { timeout: 60_000 });
    const before = locks();
    expect(before).toBeGreaterThan(0);
    await writeBack.close(false);
    expect([locks(), failures]).toEqual([before, []]);
  },
);

test("a checkpointer that has died begins anew after a while, and no sooner", async () => {
  untilLong();
  const failures: unknown[] = [];
  let elapsed = 0;
  const late = path.join(folder, "late");
  const noted = (error: unknown) => failures.push(error);
  const [soon, inTime] = [1, 2].map(() => new WriteBack(path.join(late, DATABASE_FILE), pass, noted, () => elapsed));
  for (const each of [soon, inTime]) each?.begin();
  await vi.waitFor(() => expect(failures).toHaveLength(2), { timeout: 60_000 });
  await symlink(folder, late);
  elapsed = 9_999;
  soon?.begin();
  await soon?.close(true);
  expect(log().rest).toBeGreaterThan(LONG);
  elapsed = 10_000;
  inTime?.begin();
  await inTime?.close(true);
  expect([failures.length, log().rest]).toEqual([2, 0]);
});

test("a checkpointer that dies again and again begins anew a few times alone, and none of its passes is under way", async () => {
  setUnderWay(pass, true);
  const failures: unknown[] = [];
  let elapsed = 0;
  const noted = (error: unknown) => failures.push(error);
  const writeBack = new WriteBack(path.join(folder, "gone", DATABASE_FILE), pass, noted, () => elapsed);
  for (let deaths = 1; deaths <= 8; deaths++) {
    writeBack.begin();
    await vi.waitFor(() => expect(failures).toHaveLength(deaths), { timeout: 60_000 });
    elapsed += 10_000 * 2 ** deaths;
  }
  writeBack.begin();
  await writeBack.close(false);
  expect(failures).toHaveLength(8);
  expect(pass).toEqual(writeBackPass());
});

test("a call behind which the writer was long at work on the log says so", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  vi.spyOn(LogLength.prototype, "isTooLong").mockImplementationOnce(() => {
    vi.advanceTimersByTime(300);
    return true;
  });
  try {
    const [outcome] = writer.batch([JSON.parse(JSON.stringify(["putSetting", { name: "own", value: VALUE }]))]);
    expect(outcome).toMatchObject({ isLogLong: true, slow: { call: "end of the log", ms: 300 } });
  } finally {
    vi.useRealTimers();
    vi.restoreAllMocks();
  }
});

test("a store has its log written back while it writes, and leaves none behind", async () => {
  const own = path.join(folder, "own");
  const troubles: unknown[] = [];
  const store = await openSqliteStore(own, { onLogGrows: (error) => troubles.push(error) });
  const value = { text: "x".repeat(100_000) };
  const write = (n: number) => store.putSetting(`value ${n}`, { ...value, n });
  const size = () => statSync(path.join(own, DATABASE_FILE)).size;
  for (let at = 0; at < 125; at++) await write(at);
  await vi.waitFor(() => expect(size()).toBeGreaterThan(10 * MB), { timeout: 60_000 });
  for (let at = 125; at < 400; at++) await write(at);
  await store.close();
  expect(troubles).toEqual([]);
  expect((await readdir(own)).filter((name) => name.startsWith(DATABASE_FILE))).toEqual([DATABASE_FILE]);
  const again = await openSqliteStore(own);
  expect(await again.setting("value 399")).toEqual({ ...value, n: 399 });
  expect(await again.check()).toEqual([]);
  await again.close();
});
