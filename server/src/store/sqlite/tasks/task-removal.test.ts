import { expect, test } from "vitest";
import { processorMs } from "../../../../test/processor-time.ts";
import { IN_MEMORY, openDatabase } from "../database.ts";
import { migrate } from "../migrate.ts";
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
