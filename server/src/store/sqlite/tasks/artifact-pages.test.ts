import { expect, test } from "vitest";
import { processorMs } from "../../../../test/processor-time.ts";
import { openDatabase } from "../database.ts";
import { migrate } from "../migrate.ts";
import type { Call } from "../thread/call.ts";
import { ownThreadChannel } from "../thread/channel.ts";
import { Reader } from "../thread/reader.ts";
import type { Reads } from "../thread/reads.ts";
import { artifactSizes } from "./artifact-pages.ts";

const UPDATES = 150_000;
const LONG = 4_000;
const ID = "task_".padEnd(31, "0");

test("whoever reads waits for a few of the updates alone of a task that has very many, and of long ones nothing is read", async () => {
  const db = openDatabase(":memory:");
  migrate(db);
  db.prepare<unknown[]>(
    `INSERT INTO tasks (n, id, tenant, user, kind, state, revision, attempt, last_seq, progress, created_at, record)
     VALUES (1, ?, 't', 'u', 'k', 'running', 1, 1, 1, 1, 1, '{}')`,
  ).run(ID);
  const put = db.prepare<unknown[]>("INSERT INTO artifact_updates VALUES (1, ?, ?, ?)");
  const long = JSON.stringify("x".repeat(60_000));
  db.transaction(() => {
    for (let n = 1; n <= UPDATES; n++) put.run(n, `a${n % 100}`, n <= LONG ? long : `"${n % 10}"`);
  })();
  const reader = new Reader(db);
  let longest = 0;
  const batch = (calls: Call[]) => {
    const began = processorMs();
    const outcomes = reader.batch(calls);
    longest = Math.max(longest, processorMs() - began);
    return outcomes;
  };
  const sizes = await artifactSizes(ownThreadChannel<Reads>({ batch, close: () => reader.close() }), ID);
  expect(sizes).toHaveLength(100);
  expect(sizes.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(LONG * long.length + (UPDATES - LONG) * 3);
  expect(longest).toBeLessThan(50);
  reader.close();
});
