import { expect, test } from "vitest";
import { processorMs } from "../../../../test/processor-time.ts";
import { IN_MEMORY, openDatabase } from "../database.ts";
import { migrate } from "../migrate.ts";
import { Pace } from "../thread/pace.ts";
import { worked } from "../thread/work-through.ts";
import { Writer } from "../thread/writer.ts";
import { TaskRemoval } from "./task-removal.ts";

const EVENTS = 200_000;

test("a task with 200,000 events goes in slices, of which none holds the writer for long", () => {
  const db = openDatabase(IN_MEMORY);
  migrate(db);
  db.exec(`
    INSERT INTO tasks (id, tenant, user, kind, state, revision, attempt, last_seq, progress, created_at, ended_at, record, output)
    VALUES ('task_${"0".repeat(26)}', 't', 'u', 'k', 'completed', 1, 1, ${EVENTS}, 1, 1, 2, '{}', 'null');
    INSERT INTO events (task, seq, at, type, data)
    SELECT 1, value, 1, 'own.said', '{"text":"some words of a model"}' FROM (
      WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT ${EVENTS}) SELECT value FROM n);
  `);
  const removal = new TaskRemoval(db);
  removal.add([[1, "t", "u", "k", 1, "completed", 2]]);
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

function endedTasks() {
  const db = openDatabase(IN_MEMORY);
  migrate(db);
  db.exec(`
    INSERT INTO tasks (id, tenant, user, kind, state, revision, attempt, last_seq, progress, created_at, ended_at, record, output)
    SELECT printf('task_%026d', value), 't', 'u', 'k', 'completed', 1, 1, 1, 1, value, value, '{}', 'null' FROM (
      WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT ${TASKS}) SELECT value FROM n);
    INSERT INTO totals SELECT 't', owner, span, created_at - created_at % span, 'k', 'completed', count(*)
    FROM tasks, (SELECT '' AS owner UNION SELECT '=u'), (SELECT 86400000 AS span UNION SELECT 600000) GROUP BY 1, 2, 3, 4;
  `);
  const rows = db.prepare<unknown[], unknown[]>(
    "SELECT n, tenant, user, kind, created_at, state, deleted_at FROM tasks ORDER BY n",
  );
  return { db, tasks: rows.raw().all() };
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
  const writer = new Writer(db, null);
  const batch = (...calls: unknown[]) => JSON.parse(worked(writer, JSON.stringify(calls)));
  const put = (value: string) => ["putSetting", { name: "said", value }];
  const sweep = ["sweep", { endedBefore: TASKS, limit: IN_A_SLICE, texts: true }];
  expect(batch(put("1"), put("2"), sweep, put("3"))).toMatchObject([{ answer: null }, { answer: null }]);
  const [swept, behind] = batch(sweep, put("3"));
  expect(behind).toEqual({ answer: null });
  expect(swept.answer).toEqual({ removed: expect.any(Number), more: true });
  expect(swept.answer.removed).toBeGreaterThan(0);
  expect(swept.answer.removed).toBeLessThan(IN_A_SLICE);
  writer.close();
});
