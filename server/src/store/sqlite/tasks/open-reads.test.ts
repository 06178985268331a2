import { expect, test } from "vitest";
import { processorMs } from "../../../../test/processor-time.ts";
import type { AsleepPlace } from "../../../task/open-task.ts";
import { IN_MEMORY, openDatabase } from "../database.ts";
import { migrate } from "../migrate.ts";
import { WAKES_AT } from "../migrations/034-asked.ts";
import { WAITS_IN, WAITS_OF } from "../migrations/035-unclaimed.ts";
import { ASLEEP } from "../migrations/038-families.ts";
import { openReads } from "./open-reads.ts";

const MIDNIGHT = 1_000_000;

/** So many that sleep until midnight. */
function sleepers(count: number) {
  const db = openDatabase(IN_MEMORY);
  migrate(db);
  db.exec(`
    INSERT INTO tasks (id, tenant, user, kind, state, revision, attempt, last_seq, progress, created_at, record, due_at)
    SELECT printf('task_%026d', value), 't', 'u', 'k', 'queued', 1, 1, 1, 1, value, '{}', ${MIDNIGHT} FROM (
      WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT ${count}) SELECT value FROM n);
  `);
  return { db, asleep: openReads(db).asleep };
}

/** So many that wait in one queue. */
function unclaimed(count: number) {
  const { db } = sleepers(count);
  db.exec("UPDATE tasks SET due_at = NULL, queue = 'q'");
  return { db, ...openReads(db) };
}

const idOf = (n: number) => `task_${String(n).padStart(26, "0")}`;

test("a page of those that sleep until one moment begins where the one before it ended, however many they are", () => {
  const count = 50_000;
  const { db, asleep } = sleepers(count);
  const after = { wakesAt: MIDNIGHT, id: idOf(count - 10) };
  const times = [1, 2, 3].map(() => {
    const before = processorMs();
    expect(asleep({ after, until: MIDNIGHT, limit: 100 }).rows).toHaveLength(10);
    return processorMs() - before;
  });
  // To go over all of them takes 10 ms and more.
  expect(Math.min(...times)).toBeLessThan(4);
  db.close();
});

test("pages of those that sleep have each of them once, by their moments and ids, and none beyond the last moment", () => {
  const { db, asleep } = sleepers(8);
  db.exec(`UPDATE tasks SET due_at = ${MIDNIGHT} + n % 3`);
  const found: AsleepPlace[] = [];
  for (let after: AsleepPlace = { wakesAt: 0, id: "" }; ; ) {
    const { rows } = asleep({ after, until: MIDNIGHT + 1, limit: 2 });
    found.push(...rows.map(({ place }) => place));
    const last = rows.at(-1);
    if (!last) break;
    after = last.place;
  }
  const at = (wakesAt: number, ns: number[]) => ns.map((n) => ({ wakesAt, id: idOf(n) }));
  expect(found).toEqual([...at(MIDNIGHT, [3, 6]), ...at(MIDNIGHT + 1, [1, 4, 7])]);
  db.close();
});

test("a page of a queue begins where the one before it ended, and its oldest is found without going over it", () => {
  const count = 50_000;
  const { db, backlog, oldestInBacklog } = unclaimed(count);
  const of = { tenant: "t", queue: "q" };
  const after = { afterUrgent: 0, createdAt: count - 10, id: idOf(count - 10) };
  const times = [1, 2, 3].map(() => {
    const before = processorMs();
    expect(backlog({ of, after, limit: 100 }).rows).toHaveLength(10);
    expect(oldestInBacklog({ of, after: { ...after, afterUrgent: -1 } })).toBe(1);
    return processorMs() - before;
  });
  expect(Math.min(...times)).toBeLessThan(4);
  db.close();
});

test("the numbers of those that wait in a queue are read from their index alone", () => {
  const { db } = unclaimed(10);
  const program = db
    .prepare<[], { opcode: string; p1: number }>(
      `EXPLAIN SELECT ${WAKES_AT}, id, n, kind, state, ${WAITS_OF}, ${WAITS_IN} FROM tasks INDEXED BY tasks_asleep
       WHERE ${ASLEEP} AND ${WAKES_AT} > 0 ORDER BY ${WAKES_AT}, id LIMIT 5`,
    )
    .all();
  // The table is the first that is opened.
  const table = program.find(({ opcode }) => opcode === "OpenRead")?.p1;
  const columns = program.filter(({ opcode }) => opcode === "Column");
  expect(columns.length).toBeGreaterThan(4);
  expect(columns.filter(({ p1 }) => p1 === table)).toEqual([]);
  db.close();
});
