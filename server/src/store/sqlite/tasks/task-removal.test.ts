import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Database } from "better-sqlite3";
import { expect, test, vi } from "vitest";
import { damagePageOf } from "../../../../test/lose-text.ts";
import { processorMs } from "../../../../test/processor-time.ts";
import { IN_MEMORY, openDatabase } from "../database.ts";
import { check } from "../doctor/check.ts";
import { ErasedTasks } from "../erasure/erased-tasks.ts";
import { DATABASE_FILE } from "../folder.ts";
import { migrate } from "../migrate.ts";
import { Pace } from "../thread/pace.ts";
import { worked } from "../thread/work-through.ts";
import { Writer } from "../thread/writer.ts";
import { REFERRING, TaskRemoval } from "./task-removal.ts";

const EVENTS = 200_000;

test("a task with 200,000 events goes in slices, of which none holds the writer for long", () => {
  const db = openDatabase(IN_MEMORY);
  migrate(db);
  db.exec(`
    INSERT INTO tasks (id, tenant, user, kind, state, revision, attempt, last_seq, progress, created_at, ended_at, deleted_at, record, output)
    VALUES ('task_${"0".repeat(26)}', 't', 'u', 'k', 'completed', 1, 1, ${EVENTS}, 1, 1, 2, 2, '{}', 'null');
    INSERT INTO events (task, seq, at, type, data)
    SELECT 1, value, 1, 'own.said', '{"text":"some words of a model"}' FROM (
      WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT ${EVENTS}) SELECT value FROM n);
  `);
  const removal = new TaskRemoval(db);
  removal.add([1]);
  const times: number[] = [];
  let removed = 0;
  while (!removal.isIdle) {
    const before = processorMs();
    removed += db.transaction(() => removal.slice(true))();
    times.push(processorMs() - before);
  }
  expect(removed).toBe(1);
  expect(times.length).toBeGreaterThan(2);
  // A slice ends after 20 ms by the clock, most of which this thread may have had the processor for.
  expect(times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]).toBeLessThan(50);
  const left = db
    .prepare<unknown[], unknown[]>("SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM tasks)")
    .raw();
  expect(left.get()).toEqual([0, 0]);
  db.close();
});

const TASKS = 3_000;
/** So many go in one slice that nobody waits for. */
const IN_A_SLICE = 160;
/** So many go between two looks at the clock. */
const AT_ONCE = 32;

function insertEnded(db: Database): void {
  db.exec(`
    INSERT INTO tasks (id, tenant, user, kind, state, revision, attempt, last_seq, progress, created_at, ended_at, record, output)
    SELECT printf('task_%026d', value), 't', 'u', 'k', 'completed', 1, 1, 1, 1, value, value, '{}', 'null' FROM (
      WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT ${TASKS}) SELECT value FROM n);
    INSERT INTO totals SELECT 't', owner, span, created_at - created_at % span, 'k', 'completed', count(*)
    FROM tasks, (SELECT '' AS owner UNION SELECT '=u'), (SELECT 86400000 AS span UNION SELECT 600000) GROUP BY 1, 2, 3, 4;
  `);
}

function endedTasks() {
  const db = openDatabase(IN_MEMORY);
  migrate(db);
  insertEnded(db);
  return { db, tasks: db.prepare<unknown[], number>("SELECT n FROM tasks ORDER BY n").pluck().all() };
}

test("a slice ends early where somebody waits for it, and has removed some all the same", () => {
  const { db, tasks } = endedTasks();
  const pace = new Pace();
  pace.begin(() => true);
  const removal = new TaskRemoval(db);
  removal.add(tasks);
  const removed = db.transaction(() => removal.slice(true, pace))();
  expect(removed).toBeGreaterThan(0);
  expect(removed).toBeLessThan(TASKS / 2);
  const left = db.prepare<unknown[], number>("SELECT count(*) FROM tasks").pluck();
  expect(left.get()).toBe(TASKS - removed);
  db.close();
});

test("what has come before a sweep is committed without it, and what has come behind it with its shortest slice", () => {
  const { db } = endedTasks();
  // Each look at the clock is longer after the last than a commit takes, and much shorter than a slice, however busy the machine is.
  let ms = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => {
    ms += 1.1;
    return ms;
  });
  const writer = new Writer(db, null);
  const batch = (...calls: unknown[]) => JSON.parse(worked(writer, JSON.stringify(calls)));
  const put = (value: string) => ["putSetting", { name: "said", value }];
  const sweep = ["sweep", { endedBefore: TASKS, limit: IN_A_SLICE }];
  expect(batch(put("1"), put("2"), sweep, put("3"))).toMatchObject([{ answer: null }, { answer: null }]);
  const [swept, behind] = batch(sweep, put("3"));
  expect(behind).toEqual({ answer: null });
  expect(swept.answer).toEqual({ removed: expect.any(Number), more: true });
  expect(swept.answer.removed).toBeGreaterThan(0);
  expect(swept.answer.removed).toBeLessThan(IN_A_SLICE);
  clock.mockRestore();
  writer.close();
});

test("a turn of an erasure's tasks ends at the first look that says so", () => {
  const { db, tasks } = endedTasks();
  db.exec(
    `INSERT INTO erasures VALUES ('e', 't', 'running', 1, '{"subject":{"type":"user","id":"u"},"removed":{},"since":null}')`,
  );
  const ids = tasks.slice(0, 2 * AT_ONCE).map((n) => `task_${String(n).padStart(26, "0")}`);
  const pace = new Pace();
  pace.turn = () => () => true;
  const erased = new ErasedTasks(db);
  expect(db.transaction(() => erased.turn("e", ids, pace))()).toBe(true);
  expect(db.prepare<unknown[], number>("SELECT count(*) FROM tasks").pluck().get()).toBe(TASKS - AT_ONCE);
  db.close();
});

/** Of each type, something that any column of a table takes. */
const VALUES: Readonly<Record<string, string>> = { TEXT: "'{}'", INTEGER: "1", REAL: "0" };

/** Two ended tasks of two users, with a row each in every table that has a column for the number or the id of a task. */
function hungUpon() {
  const db = openDatabase(IN_MEMORY);
  migrate(db);
  db.pragma("ignore_check_constraints = 1");
  db.exec(`
    INSERT INTO tasks (id, tenant, user, kind, state, revision, attempt, last_seq, progress, created_at, ended_at, record, output, bytes)
    SELECT 'id' || value, 't', 'u' || value, 'k', 'completed', 1, 1, 1, 1, 1, 1, '{}', 'null', 100 * value FROM json_each('[1,2]');
    INSERT INTO stored_changes SELECT tenant, user, bytes FROM tasks;
    INSERT INTO totals SELECT 't', owner, span, 0, 'k', 'completed', count(*)
    FROM tasks, (SELECT '' AS owner UNION SELECT '=u1' UNION SELECT '=u2'), (SELECT 86400000 AS span UNION SELECT 600000)
    WHERE owner IN ('', '=' || user) GROUP BY owner, span;
  `);
  const columns = db.prepare<unknown[], unknown[]>(
    `SELECT t.name, c.name, c.type FROM pragma_table_list t, pragma_table_info(t.name) c
     WHERE t.type = 'table' AND t.schema = 'main' ORDER BY t.name`,
  );
  const tables = new Map<string, [name: string, type: string][]>();
  for (const [table, name, type] of columns.raw().all()) {
    const known = tables.get(String(table)) ?? [];
    tables.set(String(table), [...known, [String(name), String(type)]]);
  }
  const numbered = [...tables].filter(([, its]) => its.some(([name, type]) => name === "task" && type === "INTEGER"));
  const hanging = [...numbered.map(([table]) => table), "task_aliases"];
  for (const table of hanging)
    for (const task of [1, 2]) {
      const its = tables.get(table) ?? [];
      const values = its.map(([name, type]) =>
        name !== "task" ? own(name, type, task) : type === "TEXT" ? `'id${task}'` : `${task}`,
      );
      db.exec(`INSERT INTO ${table} (${its.map(([name]) => `"${name}"`).join(", ")}) VALUES (${values.join(", ")})`);
    }
  return { db, hanging };
}

/** Keys of a row differ, and every attachment counts with one byte. */
function own(name: string, type: string, task: number): string {
  const isKey = name === "key" || name === "value" || name === "n";
  return isKey ? (type === "INTEGER" ? `${task}` : `'x${task}'`) : (VALUES[type] ?? "NULL");
}

test("a task that goes leaves no row in any table, no total and no bytes, and another one keeps all of its own", () => {
  const { db, hanging } = hungUpon();
  expect(hanging.toSorted()).toEqual(REFERRING.map(([table]) => table).toSorted());
  const rows = (table: string) =>
    db.prepare<unknown[], string>(`SELECT replace(task, 'id', '') FROM ${table} ORDER BY task`).pluck().all();
  for (const table of hanging) expect([table, ...rows(table)]).toEqual([table, "1", "2"]);
  const removal = new TaskRemoval(db);
  removal.add([1]);
  expect(db.transaction(() => removal.slice(true))()).toBe(1);
  for (const table of hanging) expect([table, ...rows(table)]).toEqual([table, "2"]);
  expect(db.prepare("SELECT owner, bytes FROM stored_bytes ORDER BY owner").raw().all()).toEqual([
    ["", 201],
    ["=u1", 0],
    ["=u2", 201],
  ]);
  expect(db.prepare("SELECT owner, sum(count) FROM totals GROUP BY owner").raw().all()).toEqual([
    ["", 2],
    ["=u2", 2],
  ]);
  db.close();
});

test("a task that somebody has removed between the look and the sweep is counted once", () => {
  const { db } = hungUpon();
  const [first, second] = [new TaskRemoval(db), new TaskRemoval(db)];
  for (const removal of [first, second]) removal.add([1]);
  for (const removal of [first, second]) db.transaction(() => removal.slice(true))();
  expect(db.prepare("SELECT bytes FROM stored_bytes WHERE owner = ''").pluck().get()).toBe(201);
  expect(db.prepare("SELECT sum(count) FROM totals WHERE owner = ''").pluck().get()).toBe(2);
  db.close();
});

test("whoever looks after a database is told of rows whose task is gone", () => {
  const { db, hanging } = hungUpon();
  db.exec("DELETE FROM tasks WHERE n = 1");
  const said = check(db);
  for (const table of hanging) expect(said).toContain(`A row of ${table} refers to a row of tasks that is not there.`);
  db.close();
});

test("where the index of texts is damaged and stays so, tasks go without their texts from the second slice on", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "waybill-removal-"));
  try {
    const there = openDatabase(path.join(folder, DATABASE_FILE));
    migrate(there);
    insertEnded(there);
    there.close();
    await damagePageOf(folder, "search_data");
    const db = openDatabase(path.join(folder, DATABASE_FILE));
    const removal = new TaskRemoval(db);
    removal.add([1, 2, 3]);
    const slice = db.transaction(() => removal.slice(true));
    expect(slice).toThrow("search index");
    expect(slice()).toBe(3);
    expect(removal.isIdle).toBe(true);
    db.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("a task whose bytes are more than a number holds keeps no other from being removed", () => {
  const { db, tasks } = endedTasks();
  db.exec("UPDATE tasks SET bytes = 9223372036854775807 WHERE n = 5");
  const removal = new TaskRemoval(db);
  removal.add(tasks.slice(0, 10));
  const slice = db.transaction(() => removal.slice(true));
  let removed = 0;
  while (!removal.isIdle)
    try {
      removed += slice();
    } catch (error) {
      expect(String(error)).toContain("task that ended long ago");
    }
  expect(removed).toBe(9);
  db.close();
});
