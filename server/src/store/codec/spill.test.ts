import { expect, test } from "vitest";
import { memoryFiles } from "../memory-files.ts";
import { readValue, Spill } from "./spill.ts";

const MANY = 20;
const large = (n: number) => ({ n, text: "x".repeat(100_000) });

/** How many of these resolve in one turn of the event loop, at most. */
async function mostInOneTurn(all: readonly Promise<unknown>[]): Promise<number> {
  let resolved = 0;
  let most = 0;
  for (const each of all) void each.then(() => resolved++);
  while (resolved < all.length) {
    const before = resolved;
    await new Promise(setImmediate);
    most = Math.max(most, resolved - before);
  }
  return most;
}

test("large values of many who write or read at once have a turn each, and are written as they are", async () => {
  const files = memoryFiles();
  const made = Array.from({ length: MANY }, (_, n) => ({ value: large(n), spill: new Spill(files) }));
  expect(await mostInOneTurn(made.map(({ spill, value }) => spill.make([value])))).toBe(1);
  const stored = made.map(({ spill, value }) => spill.value(value));
  for (const { spill } of made) {
    expect(spill.isEmpty).toBe(true);
    expect(spill.bytes).toBeGreaterThan(100_000);
    expect(spill.takeBytes()).toBe(spill.bytes);
    expect(spill.takeNamed()).toHaveLength(1);
  }
  const read = stored.map((text) => readValue(text, files));
  expect(await mostInOneTurn(read)).toBe(1);
  expect(await Promise.all(read)).toEqual(made.map(({ value }) => value));
});

test("what looks large and is not stays in its row", async () => {
  const spill = new Spill(memoryFiles());
  const digits = Array.from({ length: 20_000 }, (_, n) => n % 10);
  await spill.make([digits]);
  expect(spill.value(digits)).toBe(JSON.stringify(digits));
  expect(spill.takeNamed()).toEqual([]);
  expect(spill.bytes).toBe(0);
});
