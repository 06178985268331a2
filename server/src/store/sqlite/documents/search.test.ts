import { mkdtempSync, readdirSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { EVERYBODY, submit } from "../../suite/life.suite.ts";
import { newTask } from "../../suite/new-task.suite.ts";
import { openDatabase } from "../database.ts";
import { DATABASE_FILE } from "../folder.ts";
import { migrate } from "../migrate.ts";
import { openSqliteStore } from "../store.ts";
import { Pace } from "../thread/pace.ts";
import { SearchIndex } from "./search.ts";

test("a long input is found by what stands in its beginning, which alone is read", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "waybill-search-"));
  let store = await openSqliteStore(folder);
  const input = {
    nokey: ['say \\ "quoted" zür\nich', 4711, -2.5, { list: ["x".repeat(2_000), "inner"] }],
    filler: Array.from({ length: 400 }, () => "word ".repeat(1_000)),
    late: "unheard",
  };
  const { id } = await submit(store, newTask({ input }));
  const broken = await submit(store, newTask({ input: `first ${"\\\u0007".repeat(400_000)}` }));
  await store.close();
  // Nobody who reads on to the end understands any of it.
  for (const file of readdirSync(path.join(folder, "files"), { recursive: true, withFileTypes: true }))
    if (file.isFile()) truncateSync(path.join(file.parentPath, file.name), 1 << 20);
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  db.exec("DELETE FROM search; UPDATE search_progress SET n = 0");
  db.close();
  store = await openSqliteStore(folder);
  const found = async (text: string) =>
    (await store.list(EVERYBODY, { text }, { limit: 10 })).tasks.map((task) => task.id);
  for (const word of ["quoted", "zür", "ich", "4711", "inner", "word"]) expect(await found(word), word).toEqual([id]);
  for (const word of ["nokey", "filler", "unheard", "late"]) expect(await found(word), word).toEqual([]);
  expect(await found("first")).toEqual([broken.id]);
  await store.close();
  rmSync(folder, { recursive: true });
});

test("a search catches up with what was there when it began, and leaves what comes meanwhile to the next one", async () => {
  const db = openDatabase(":memory:");
  migrate(db);
  db.pragma("foreign_keys = OFF");
  const index = new SearchIndex(db, null);
  const pace = new Pace();
  const insert = db.prepare<unknown[]>("INSERT INTO submissions (task, fixed, input) VALUES (?, '{}', '\"word\"')");
  for (let task = 1; task <= 4; task++) insert.run(task);
  const found = db.prepare("SELECT count(*) FROM search").pluck();
  let upTo = index.catchUp(2, pace, null);
  insert.run(5);
  while (upTo !== null) upTo = index.catchUp(2, pace, upTo);
  expect(found.get()).toBe(4);
  do upTo = index.catchUp(2, pace, upTo);
  while (upTo !== null);
  expect(found.get()).toBe(5);
  db.close();
});

test("two long texts take two turns, and a turn that one of them leaves no room in ends before it", () => {
  const db = openDatabase(":memory:");
  migrate(db);
  const index = new SearchIndex(db, null);
  const insert = db.prepare<unknown[]>("INSERT INTO submissions (task, fixed, input) VALUES (?, '{}', ?)");
  for (const [at, words] of [1, 19_000, 19_000, 1].entries()) insert.run(at + 1, JSON.stringify("word ".repeat(words)));
  const found = db.prepare("SELECT count(*) FROM search").pluck();
  const endless = { turn: () => () => false };
  const counts: unknown[] = [];
  let upTo: number | null = null;
  do {
    upTo = index.catchUp(50, endless, upTo);
    counts.push(found.get());
  } while (upTo !== null);
  expect(counts).toEqual([2, 4]);
  db.close();
});
