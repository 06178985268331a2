import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { KeyUse } from "../../task/key.ts";
import { KeyUses } from "./key-uses.ts";

beforeEach(() => vi.useFakeTimers({ now: 600_000 }));
afterEach(() => vi.useRealTimers());

it("writes all uses of the last seconds at once, to the minute, and of a busy key one a minute", async () => {
  const written: (readonly KeyUse[])[] = [];
  const uses = new KeyUses(
    async (some) => void written.push(some),
    () => Date.now(),
  );
  for (let second = 0; second < 120; second++) {
    uses.note("busy", "192.0.2.1");
    if (second === 1) uses.note("rare", "192.0.2.2");
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(written).toEqual([
    [
      { id: "busy", at: 600_000, from: "192.0.2.1" },
      { id: "rare", at: 600_000, from: "192.0.2.2" },
    ],
    [{ id: "busy", at: 660_000, from: "192.0.2.1" }],
  ]);
  expect(vi.getTimerCount()).toBe(0);
});

it("goes on when the store refuses, and writes what is noted when it is asked to", async () => {
  let refusals = 1;
  const written: string[] = [];
  const uses = new KeyUses(
    async (some) => {
      if (refusals-- > 0) throw new Error("The disk is full.");
      written.push(...some.map(({ id }) => id));
    },
    () => Date.now(),
  );
  uses.note("first", "::1");
  await uses.write();
  uses.note("second", "::1");
  await uses.write();
  expect(written).toEqual(["second"]);
});
