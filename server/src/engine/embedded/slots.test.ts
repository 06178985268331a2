import { describe, expect, it } from "vitest";
import { type Ready, ReadyQueue } from "./ready-queue.ts";
import { Slots } from "./slots.ts";

function ready(id: string, tenant: string, more: Partial<Ready> = {}): Ready {
  return { id, tenant, conversation: null, priority: 0, createdAt: 0, ...more };
}

function claimant(id: string, tenant: string) {
  return { id, tenant, concurrencyKey: null, concurrencyLimit: 0 };
}

describe("the queue of ready tasks", () => {
  it("lets no priority of one tenant come before the turn of another", () => {
    const queue = new ReadyQueue();
    for (let n = 0; n < 3; n++) queue.push(ready(`a${n}`, "a", { priority: 100, createdAt: n }));
    for (const n of [0, 1]) queue.push(ready(`b${n}`, "b", { priority: n }));
    const order = [];
    for (let item = queue.pop(); item; item = queue.pop()) order.push(item.id);
    expect(order).toEqual(["a0", "b1", "a1", "b0", "a2"]);
    expect(queue.size).toBe(0);
  });

  it("passes over tenants that may have none now, without taking their turn", () => {
    const queue = new ReadyQueue();
    for (const id of ["a0", "b0", "b1"]) queue.push(ready(id, id.slice(0, 1)));
    expect(queue.pop((tenant) => tenant !== "a")?.id).toBe("b0");
    expect(queue.pop(() => false)).toBeUndefined();
    expect(queue.pop()?.id).toBe("a0");
    expect(queue.pop()?.id).toBe("b1");
  });

  it("forgets what was taken out, and takes it again at its new place", () => {
    const queue = new ReadyQueue();
    queue.push(ready("a", "t", { createdAt: 1 }));
    queue.push(ready("b", "t", { createdAt: 2 }));
    queue.remove("a");
    queue.push(ready("a", "t", { createdAt: 3 }));
    expect([queue.pop()?.id, queue.pop()?.id, queue.pop()]).toEqual(["b", "a", undefined]);
  });
});

describe("slots", () => {
  it("hold no more of one tenant than its share, and leave the rest to others", () => {
    const slots = new Slots({ total: 3, ofTenant: 2, reserve: 0 });
    for (const id of ["a1", "a2"]) slots.take(claimant(id, "a"));
    expect([slots.hasRoom("a"), slots.hasRoom("b")]).toEqual([false, true]);
    expect(slots.holders(claimant("a3", "a"))).toEqual(["a1", "a2"]);
    slots.take(claimant("b1", "b"));
    expect([slots.hasRoom("a"), slots.hasRoom("b"), slots.areGone]).toEqual([false, false, true]);
    expect([slots.holders(claimant("b2", "b")), slots.holders(claimant("c1", "c"))]).toEqual([["b1"], []]);
    slots.release("a1");
    expect([slots.hasRoom("a"), slots.hasRoom("b")]).toEqual([true, true]);
  });

  it("keep a reserve for tenants that have none, which nobody else gets", () => {
    const slots = new Slots({ total: 2, ofTenant: 2, reserve: 1 });
    for (const id of ["a1", "a2"]) slots.take(claimant(id, "a"));
    expect([slots.hasRoom("a"), slots.hasRoom("b"), slots.areGone]).toEqual([false, true, false]);
    slots.take(claimant("b1", "b"));
    expect([slots.hasRoom("b"), slots.hasRoom("c"), slots.areGone]).toEqual([false, false, true]);
    slots.release("a1");
    expect([slots.hasRoom("a"), slots.hasRoom("c")]).toEqual([false, true]);
    slots.release("a2");
    expect([slots.hasRoom("a"), slots.hasRoom("b")]).toEqual([true, true]);
  });
});
