/** Leases: who of several does something, until when. */
import { expect, test } from "vitest";
import type { Store } from "../store.ts";

export function leaseStories(setup: () => Promise<Store>): void {
  test("a lease is one holder's until its time is over or it is given back, and may be held on", async () => {
    const store = await setup();
    const take = (holder: string, now: number) => store.takeLease("outbox", holder, { now, until: now + 100 });
    expect([await take("a", 0), await take("b", 50), await take("a", 90), await take("b", 150)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect([await take("b", 190), await take("a", 191)]).toEqual([true, false]);
    await store.returnLease("outbox", "a");
    expect(await take("a", 192)).toBe(false);
    await store.returnLease("outbox", "b");
    expect(await take("a", 193)).toBe(true);
    expect(await store.takeLease("another", "b", { now: 193, until: 200 })).toBe(true);
  });

  test("of many that want it at once one has it", async () => {
    const store = await setup();
    const wanted = Array.from({ length: 20 }, (_, index) => `h${index}`);
    const taken = await Promise.all(wanted.map((holder) => store.takeLease("outbox", holder, { now: 1, until: 9 })));
    expect(taken.filter(Boolean)).toHaveLength(1);
  });
}
