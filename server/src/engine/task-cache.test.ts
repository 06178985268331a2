import { expect, test } from "vitest";
import { newTask } from "../store/suite/new-task.suite.ts";
import type { Task } from "../task/task.ts";
import { MemoryTaskCache } from "./task-cache.ts";

/** Each of these weighs a little over 4 KB, so about twenty fit. */
const BYTES_MAX = 100_000;

function numbered(n: number, own: Partial<Task> = {}): Task {
  return { ...newTask(), id: `task_${n}`, ...own } as Task;
}

test("keeps what is used, lets the rest go, and stays within its bytes", () => {
  const cache = new MemoryTaskCache(BYTES_MAX);
  for (let n = 0; n < 1_000; n++) {
    cache.put(numbered(n));
    expect(cache.get("task_0")?.id).toBe("task_0");
  }
  const kept = Array.from({ length: 1_000 }, (_, n) => cache.get(`task_${n}`)).filter((task) => task !== undefined);
  expect(kept.length).toBeGreaterThan(5);
  expect(kept.length * 4_000).toBeLessThanOrEqual(BYTES_MAX);
  expect(cache.get("task_999")?.id).toBe("task_999");
});

test("gives the last one that was put, whichever was read in between, and none that was dropped", () => {
  const cache = new MemoryTaskCache(BYTES_MAX);
  cache.put(numbered(1, { revision: 1 }));
  for (let n = 2; n < 14; n++) cache.put(numbered(n));
  cache.put(numbered(1, { revision: 2 }));
  for (let n = 2; n < 14; n++) cache.get(`task_${n}`);
  expect(cache.get("task_1")?.revision).toBe(2);
  cache.drop("task_1");
  expect(cache.get("task_1")).toBeUndefined();
});

test("reads again when a read was overtaken by a write of this or another process", async () => {
  const cache = new MemoryTaskCache(BYTES_MAX);
  const overtakenBy = [
    () => cache.put(numbered(1, { revision: 2 })),
    () => cache.invalidate("task_1", 3),
    () => cache.drop("task_1"),
  ];
  for (const [at, overtake] of overtakenBy.entries()) {
    cache.drop("task_1");
    const onDisk = [numbered(1, { revision: at + 1 }), numbered(1, { revision: at + 2 })];
    const found = await cache.find("task_1", async () => {
      const row = onDisk.shift() ?? null;
      if (onDisk.length === 1) overtake();
      return row;
    });
    expect(found?.revision).toBe(at + 2);
    expect(cache.get("task_1")?.revision).toBe(at + 2);
  }
});

test("forgets what another process has written beyond, and keeps what is as new as it was told", () => {
  const cache = new MemoryTaskCache(BYTES_MAX);
  cache.put(numbered(1, { revision: 2 }));
  cache.invalidate("task_1", 2);
  expect(cache.get("task_1")?.revision).toBe(2);
  cache.invalidate("task_1", 3);
  expect(cache.get("task_1")).toBeUndefined();
});
