/** A start sees what is damaged of the database's log, which SQLite would take for never written. */
import { appendFile, copyFile, mkdir, mkdtemp, open, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Damaged, Rebuilt } from "../damage.ts";
import { submit } from "../suite/life.suite.ts";
import { newTask } from "../suite/new-task.suite.ts";
import { ASIDE_PREFIX, DATABASE_FILE } from "./folder.ts";
import { sqliteStorage } from "./storage.ts";
import { openSqliteStore } from "./store.ts";

const LOG_FILE = `${DATABASE_FILE}-wal`;
const HEADER_BYTES = 32;
const FRAME_BYTES = 24 + 2048;
const TASKS = 12;

let [folder, killed] = ["", ""];
let ids: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-log-"));
  killed = path.join(folder, "killed");
  const live = path.join(folder, "live");
  await mkdir(killed);
  const store = await openSqliteStore(live);
  ids = [];
  for (let n = 0; n < TASKS; n++) ids.push((await submit(store, newTask())).id);
  // As a kill leaves them.
  for (const name of [DATABASE_FILE, LOG_FILE]) await copyFile(path.join(live, name), path.join(killed, name));
  await store.close();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test.each([
  [0, 4],
  [4, 4],
  [8, 8],
  [16, 8],
  [24, 8],
  [0, HEADER_BYTES],
])(
  "a header damaged from byte %i on is rebuilt from the first frame: every acknowledged task is there",
  async (at, length) => {
    await overwrite(at, length);
    const { damage, kept } = await startIn(killed);
    expect(kept).toEqual(ids);
    expect(damage).toEqual([expect.any(Rebuilt)]);
    expect(await copied()).toEqual([]);
  },
);

test("nobody but a start opens a database with such a log: to close it would remove the log", async () => {
  await overwrite(0, HEADER_BYTES);
  const storage = sqliteStorage(killed);
  for (const open of [
    () => storage.health(),
    () => storage.mend(),
    () => storage.compact(),
    () => storage.setAside("task_1"),
    () => storage.backup(path.join(folder, "backup.tar"), "1"),
  ])
    await expect(open()).rejects.toThrow("the beginning of its write-ahead log is damaged");
  expect((await startIn(killed)).kept).toEqual(ids);
  expect(await sqliteStorage(killed).health()).toMatchObject({ problems: [] });
});

test("where the first frame is damaged too, the start says what may be lost and keeps a copy of the log", async () => {
  await overwrite(0, HEADER_BYTES + 100);
  const damaged = await readFile(path.join(killed, LOG_FILE));
  const { damage, kept } = await startIn(killed);
  expect(kept).toEqual([]);
  expect(damage.map(String)).toEqual([expect.stringContaining("may be lost, and a copy of the log is in ")]);
  expect(await copied()).toEqual([damaged]);
});

test("a damaged frame before synced ones is told, and what is before it is there", async () => {
  const { length } = await readFile(path.join(killed, LOG_FILE));
  const frames = Math.floor((length - HEADER_BYTES) / FRAME_BYTES);
  await overwrite(HEADER_BYTES + Math.floor(frames * 0.7) * FRAME_BYTES + 500, 100);
  const { damage, kept } = await startIn(killed);
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.length).toBeLessThan(TASKS);
  expect(damage.map(String)).toEqual([expect.stringContaining("a page in it is damaged")]);
  expect(await copied()).toHaveLength(1);
});

test("nothing is said of a whole log, with frames of an older one behind it", async () => {
  await appendOlder();
  expect(await startIn(killed)).toEqual({ kept: ids, damage: [] });
});

test("a last commit that is half on disk is nothing that was acknowledged", async () => {
  const log = await readFile(path.join(killed, LOG_FILE));
  const isCommit = (frame: number) => log.readUInt32BE(HEADER_BYTES + frame * FRAME_BYTES + 4) !== 0;
  const frames = Math.floor((log.length - HEADER_BYTES) / FRAME_BYTES);
  const commits = Array.from({ length: frames }, (_, frame) => frame).filter(isCommit);
  const before = commits.at(-2) ?? 0;
  await overwrite(HEADER_BYTES + (before + 1) * FRAME_BYTES + 500, 100);
  await appendOlder();
  expect((await startIn(killed)).damage).toEqual([]);
});

async function overwrite(at: number, length: number): Promise<void> {
  const log = await open(path.join(killed, LOG_FILE), "r+");
  await log.write(Buffer.alloc(length, 0x5a), 0, length, at);
  await log.close();
}

/** A frame with other salts. */
async function appendOlder(): Promise<void> {
  const older = await readFile(path.join(killed, LOG_FILE));
  older.fill(0x5a, HEADER_BYTES + 8, HEADER_BYTES + 16);
  await appendFile(path.join(killed, LOG_FILE), older.subarray(HEADER_BYTES, HEADER_BYTES + FRAME_BYTES));
}

async function startIn(where: string): Promise<{ damage: Damaged[]; kept: string[] }> {
  const damage: Damaged[] = [];
  const store = await openSqliteStore(where, { onDamage: (each) => damage.push(each) });
  const kept = (await store.tasks(ids)).map(({ id }) => id);
  expect(await store.check()).toEqual([]);
  await store.close();
  return { damage, kept };
}

/** The copies of the log that were put aside. */
async function copied(): Promise<Buffer[]> {
  const aside = (await readdir(killed)).filter((name) => name.startsWith(ASIDE_PREFIX));
  return Promise.all(aside.map((name) => readFile(path.join(killed, name, LOG_FILE))));
}
