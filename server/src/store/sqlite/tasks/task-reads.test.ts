import { expect, test } from "vitest";
import { processorMs } from "../../../../test/processor-time.ts";
import { IN_MEMORY, openDatabase } from "../database.ts";
import { migrate } from "../migrate.ts";
import { taskReads } from "./task-reads.ts";

const TASK = `task_${"1".padStart(26, "0")}`;

/** A task whose inbox has so many inputs of 8 KB. */
function inboxOf(count: number) {
  const db = openDatabase(IN_MEMORY);
  migrate(db);
  db.exec(`
    INSERT INTO tasks (n, id, tenant, user, kind, state, revision, attempt, last_seq, progress, created_at, record)
    VALUES (1, '${TASK}', 't', 'u', 'k', 'running', 1, 1, 1, 1, 1, '{}');
    INSERT INTO inbox (task, n, message_id, value, by, at, bytes)
    SELECT 1, value, value, '"' || printf('%.*c', 8190, 'x') || '"', 'ada', 1, 8192 FROM (
      WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT ${count}) SELECT value FROM n);
  `);
  return { db, reads: taskReads(db) };
}

test("what waits in an inbox is counted without reading it, since each input asks", () => {
  const { db, reads } = inboxOf(1_000);
  const times = [1, 2, 3].map(() => {
    const before = processorMs();
    expect(reads.inboxSize({ id: TASK })).toEqual([1_000, 8_192_000]);
    return processorMs() - before;
  });
  // To read them all takes 7 ms and more.
  expect(Math.min(...times)).toBeLessThan(2);
  db.close();
});
