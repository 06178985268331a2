import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KeyWatch } from "./key-watch.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("the watch over keys", () => {
  it("tells all who are held by a key within a second after it has ended, and nobody else", async () => {
    const valid = new Set(["a", "b"]);
    const watch = new KeyWatch(async (proofs) => proofs.filter((proof) => !valid.has(proof)));
    const held = [watch.watch("a"), watch.watch("a"), watch.watch("b")];
    await vi.advanceTimersByTimeAsync(5_000);
    expect(held.map(({ ended }) => ended.aborted)).toEqual([false, false, false]);
    valid.delete("a");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(held.map(({ ended }) => ended.aborted)).toEqual([true, true, false]);
    for (const { release } of held) release();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("asks for a key once, however many are held, and again after the store was not there", async () => {
    let asked = 0;
    let answer = async (): Promise<string[]> => {
      throw new Error("overloaded");
    };
    const watch = new KeyWatch(() => {
      asked += 1;
      return answer();
    });
    const held = Array.from({ length: 50 }, () => watch.watch("a"));
    await watch.check();
    expect([asked, held.some(({ ended }) => ended.aborted)]).toEqual([1, false]);
    answer = async () => ["a"];
    await watch.check();
    expect(held.every(({ ended }) => ended.aborted)).toBe(true);
  });

  it("asks for nothing once nothing is held", async () => {
    let asked = 0;
    const watch = new KeyWatch(async () => {
      asked += 1;
      return [];
    });
    const [first, second] = [watch.watch("a"), watch.watch("a")];
    first.release();
    await vi.advanceTimersByTimeAsync(600);
    expect(asked).toBe(1);
    second.release();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked).toBe(1);
  });
});
