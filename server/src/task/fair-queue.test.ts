import { expect, test } from "vitest";
import { FairQueue } from "./fair-queue.ts";

function queueOf(items: string): FairQueue<string> {
  const queue = new FairQueue<string>();
  for (const item of items.split(" ")) queue.push(item[0] ?? "", item);
  return queue;
}

function rest(queue: FairQueue<string>): string {
  const taken: string[] = [];
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) taken.push(item);
  return taken.join(" ");
}

test("tenants have their turns in turn, and each in its own order", () => {
  expect(rest(queueOf("a1 a2 a3 b1 b2 c1"))).toBe("a1 b1 c1 a2 b2 a3");
});

test("whoever has had a turn and comes again stands behind those who wait", () => {
  const queue = queueOf("a1 a2 b1");
  expect(queue.shift()).toBe("a1");
  queue.push("c", "c1");
  expect(rest(queue)).toBe("b1 a2 c1");
  expect(queue.length).toBe(0);
});

test("whoever comes again right after its turn stands behind who comes then", () => {
  const queue = queueOf("a1");
  expect(queue.shift()).toBe("a1");
  for (const item of ["a2", "b1", "a3", "b2", "c1"]) queue.push(item[0] ?? "", item);
  expect(rest(queue)).toBe("b1 a2 c1 b2 a3");
});

test("whoever may not go on now is passed over, and keeps its place", () => {
  const queue = queueOf("a1 b1 a2");
  expect(queue.shift((tenant) => tenant === "b")).toBe("b1");
  expect(queue.shift((tenant) => tenant === "b")).toBeUndefined();
  expect(rest(queue)).toBe("a1 a2");
});

test("what has left before its turn is passed over", () => {
  const queue = queueOf("a1 a2 b1");
  expect([queue.remove("a", "a1"), queue.remove("a", "a1"), queue.remove("b", "b1")]).toEqual([true, false, true]);
  expect([queue.length, queue.lengthOf("a"), queue.lengthOf("b")]).toEqual([1, 1, 0]);
  expect(rest(queue)).toBe("a2");
});
