import fc from "fast-check";
import { expect, test } from "vitest";
import { processorMs } from "../../../test/processor-time.ts";
import { type Ready, ReadyQueue } from "./ready-queue.ts";

const anItem = fc.record({
  id: fc.integer({ min: 0, max: 2_000 }).map(String),
  tenant: fc.constantFrom("a", "b"),
  conversation: fc.constantFrom(null, "talk"),
  priority: fc.integer({ min: -1, max: 1 }),
  createdAt: fc.integer({ min: 0, max: 30 }),
});
const anAct = fc.oneof(
  { weight: 6, arbitrary: anItem.map((item) => ({ do: "push" as const, item })) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 2_000 }).map((n) => ({ do: "remove" as const, id: String(n) })) },
  { weight: 1, arbitrary: fc.constant({ do: "pop" as const }) },
);

test("a task knows how many of its tenant come before it by priority and age", () => {
  fc.assert(
    fc.property(fc.array(anAct, { maxLength: 3_000, size: "max" }), (acts) => {
      const queue = new ReadyQueue<Ready>();
      const ready = new Map<string, Ready>();
      for (const act of acts) {
        if (act.do === "push") {
          queue.push(act.item);
          if (!ready.has(act.item.id)) ready.set(act.item.id, act.item);
        } else if (act.do === "remove") {
          queue.remove(act.id);
          ready.delete(act.id);
        } else ready.delete(queue.pop()?.id ?? "");
      }
      const inOrder = [...ready.values()].sort(
        (a, b) => b.priority - a.priority || a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1),
      );
      for (const tenant of ["a", "b"])
        for (const [before, item] of inOrder.filter((item) => item.tenant === tenant).entries())
          expect(queue.ahead(item)).toBe(before);
    }),
    { numRuns: 50 },
  );
});

test("who asks how many come before a task does not count the hundred thousand that do", () => {
  const queue = new ReadyQueue<Ready>();
  const items = Array.from({ length: 100_000 }, (_, n) => ({
    id: `task ${String(n).padStart(6, "0")}`,
    tenant: "a",
    conversation: null,
    priority: n % 3,
    createdAt: n,
  }));
  for (const item of items) queue.push(item);
  const last = items.findLast(({ priority }) => priority === 0);
  if (!last) throw new Error("There is no such task.");
  const began = processorMs();
  for (let times = 0; times < 20_000; times++) expect(queue.ahead(last)).toBe(99_999);
  // Counted one by one, these would be two thousand million steps.
  expect(processorMs() - began).toBeLessThan(2_000);
  const removing = processorMs();
  for (const { id } of items) queue.remove(id);
  expect(queue.size).toBe(0);
  expect(processorMs() - removing).toBeLessThan(2_000);
});

test("tasks that come and go again and again, since others come before them, leave nothing behind", () => {
  let looks = 0;
  const item = (n: number): Ready => ({
    ...{ id: String(n), tenant: "a", conversation: null, priority: 0 },
    get createdAt() {
      looks += 1;
      return n;
    },
  });
  const queue = new ReadyQueue<Ready>();
  const items = Array.from({ length: 1_000 }, (_, n) => item(n));
  for (let times = 0; times < 50; times++) {
    for (const each of items) queue.push(each);
    for (const { id } of items) queue.remove(id);
  }
  queue.push(item(1_000));
  looks = 0;
  expect(queue.pop()?.id).toBe("1000");
  // To pass over all 50,000 takes a million and more.
  expect(looks).toBeLessThan(100_000);
});
