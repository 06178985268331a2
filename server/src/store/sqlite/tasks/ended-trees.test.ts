import type { Database } from "better-sqlite3";
import { expect, test } from "vitest";
import { IN_MEMORY, openDatabase } from "../database.ts";
import { migrate } from "../migrate.ts";
import { EndedTrees } from "./ended-trees.ts";

const CHILDREN = 15_000;
const CALLS_MAX = 100;
const RETENTION = { endedBefore: 10, limit: 10 };

/** A root (task 1) with so many children, a task of nobody that ended after all of them, and the newest, which stays. */
function wideTree({ open }: { open: number | null }): Database {
  const db = openDatabase(IN_MEMORY);
  migrate(db);
  db.exec(`
    INSERT INTO tasks (id, parent, state, ended_at, output,
      tenant, user, kind, revision, attempt, last_seq, progress, created_at, record)
    SELECT printf('task_%026d', value), iif(value BETWEEN 2 AND ${CHILDREN + 1}, printf('task_%026d', 1), NULL),
      iif(value IS ${open}, 'running', 'completed'), iif(value IS ${open}, NULL, iif(value = ${CHILDREN + 2}, 3, 2)),
      iif(value IS ${open}, NULL, 'null'), 't', 'u', 'k', 1, 1, 1, 0, 1, '{}'
    FROM (WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT ${CHILDREN + 3}) SELECT value FROM n);
  `);
  return db;
}

/** What each call finds until the first that finds something. */
function untilFound(trees: EndedTrees): { calls: number; tasks: number[] } {
  for (let calls = 1; calls <= CALLS_MAX; calls++) {
    const { found, goesOn } = trees.next(RETENTION);
    if (found.length > 0 || !goesOn) return { calls, tasks: found };
  }
  throw new Error(`Not through after ${CALLS_MAX} calls.`);
}

test("a wide tree that stays hides nothing behind it", () => {
  const db = wideTree({ open: 1 });
  const { calls, tasks } = untilFound(new EndedTrees(db));
  expect(tasks).toEqual([CHILDREN + 2]);
  expect(calls).toBeGreaterThan(5);
  db.close();
});

test("a wide tree that may go is looked at in turns, and then goes from its root on", () => {
  const db = wideTree({ open: null });
  const trees = new EndedTrees(db);
  const { calls, tasks } = untilFound(trees);
  expect(tasks).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(calls).toBeGreaterThan(10);
  db.close();
});

test.each([CHILDREN + 1, 2_000])(
  "a root stays as long as a child of it is open, the %ith, and those that have ended go",
  (open) => {
    const db = wideTree({ open });
    expect(untilFound(new EndedTrees(db)).tasks).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    db.close();
  },
);

test("a task stays as long as one far below it is open, and those between them with it", () => {
  const open = 6;
  const db = wideTree({ open });
  db.exec(`UPDATE tasks SET parent = iif(n BETWEEN 2 AND ${open + 1}, printf('task_%026d', n - 1), NULL)`);
  expect(untilFound(new EndedTrees(db)).tasks[0]).toBe(open + 2);
  db.close();
});
