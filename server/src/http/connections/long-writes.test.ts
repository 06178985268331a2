import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { LongWrites } from "./long-writes.ts";

const KB_256 = 256 << 10;

test("of long frames for many streams some begin in each turn, in the order in which they came", async () => {
  const writes = new LongWrites();
  const begun: number[] = [];
  const inTurns: number[] = [];
  for (let at = 0; at < 40; at++) void Promise.resolve(writes.turn(KB_256)).then(() => begun.push(at));
  // What may begin at once has, before the turn is over.
  for (let microtask = 0; microtask < 5; microtask++) await null;
  while (begun.length < 40) {
    inTurns.push(begun.length);
    await nextTurn();
  }
  expect(inTurns).toEqual([8, 16, 24, 32]);
  expect(begun).toEqual(begun.toSorted((a, b) => a - b));
});

test("short frames never wait, and a long one waits for nobody in the next turn", async () => {
  const writes = new LongWrites();
  expect(Array.from({ length: 8 }, () => writes.turn(KB_256))).toEqual(Array(8).fill(null));
  expect(writes.turn(200)).toBeNull();
  const behind = writes.turn(KB_256);
  expect(behind).not.toBeNull();
  await behind;
  await nextTurn();
  await nextTurn();
  expect(writes.turn(KB_256)).toBeNull();
});

test("of very many long frames 64 MB wait at most, and the rest is written at once", async () => {
  const writes = new LongWrites();
  const turns = Array.from({ length: 1_000 }, () => writes.turn(KB_256));
  expect(turns.filter((turn) => turn !== null)).toHaveLength((64 << 20) / KB_256);
  await Promise.all(turns);
  // All that has waited counts no more.
  await nextTurn();
  const later = Array.from({ length: 1_000 }, () => writes.turn(KB_256));
  expect(later.filter((turn) => turn !== null)).toHaveLength((64 << 20) / KB_256);
  await Promise.all(later);
});
