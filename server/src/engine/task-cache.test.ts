import { expect, test } from "vitest";
import { newTask } from "../store/suite/new-task.suite.ts";
import type { Task } from "../task/task.ts";
import { TaskCache } from "./task-cache.ts";

/** Each of these weighs a little over 4 KB, so about twenty fit. */
const BYTES_MAX = 100_000;

function numbered(n: number, own: Partial<Task> = {}): Task {
  return { ...newTask(), id: `task_${n}`, ...own } as Task;
}

test("keeps what is used, lets the rest go, and stays within its bytes", () => {
  const recent = new TaskCache(BYTES_MAX);
  for (let n = 0; n < 1_000; n++) {
    recent.put(numbered(n));
    expect(recent.get("task_0")?.id).toBe("task_0");
  }
  const kept = Array.from({ length: 1_000 }, (_, n) => recent.get(`task_${n}`)).filter((task) => task !== undefined);
  expect(kept.length).toBeGreaterThan(5);
  expect(kept.length * 4_000).toBeLessThanOrEqual(BYTES_MAX);
  expect(recent.get("task_999")?.id).toBe("task_999");
});

test("gives the last one that was put, whichever was read in between, and none that was dropped", () => {
  const recent = new TaskCache(BYTES_MAX);
  recent.put(numbered(1, { revision: 1 }));
  for (let n = 2; n < 14; n++) recent.put(numbered(n));
  recent.put(numbered(1, { revision: 2 }));
  for (let n = 2; n < 14; n++) recent.get(`task_${n}`);
  expect(recent.get("task_1")?.revision).toBe(2);
  recent.drop("task_1");
  expect(recent.get("task_1")).toBeUndefined();
});
