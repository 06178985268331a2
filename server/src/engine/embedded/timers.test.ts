import { expect, it } from "vitest";
import { VirtualClock } from "../virtual-clock.ts";
import { Timers } from "./timers.ts";

const BORN = Date.UTC(2026, 0, 1);
const settle = async () => {};

it("tells a moment once from its start on, however often the same is set, and again when it has changed", async () => {
  const clock = new VirtualClock(BORN);
  const told: string[] = [];
  const timers = new Timers(clock, (id) => {
    told.push(id);
    // Whoever tries in vain to act on it reads the task again, and sets what it finds.
    timers.set(id, BORN + 1_000);
  });
  timers.set("one", BORN + 1_000);
  await clock.advance(2_000, settle);
  expect(told).toEqual([]);
  timers.start();
  await clock.advance(3_000, settle);
  expect(told).toEqual(["one"]);
  timers.set("one", null);
  timers.set("one", BORN + 1_000);
  await clock.advance(0, settle);
  expect(told).toEqual(["one", "one"]);
});

it("tells each in its time: one that is sooner than those before it, one that was moved, and once what was set again", async () => {
  const clock = new VirtualClock(BORN);
  const told: string[] = [];
  const timers = new Timers(clock, (id) => told.push(id));
  timers.start();
  timers.set("late", BORN + 3_000);
  timers.set("soon", BORN + 1_000);
  timers.set("moved", BORN + 1_000);
  timers.set("moved", BORN + 2_000);
  timers.set("again", BORN + 2_000);
  timers.set("again", null);
  timers.set("again", BORN + 2_000);
  const seen: string[][] = [];
  for (let second = 1; second <= 3; second++) {
    await clock.advance(1_000, settle);
    seen.push(told.splice(0).sort());
  }
  expect(seen).toEqual([["soon"], ["again", "moved"], ["late"]]);
});

it("tells a moment once more when the clock was set back before anybody acted on it", async () => {
  const clock = new VirtualClock(BORN);
  const told: number[] = [];
  const timers = new Timers(clock, () => told.push(clock.now()));
  timers.start();
  timers.set("one", BORN + 1_000);
  await clock.advance(1_000, settle);
  await clock.setForward(-500, settle);
  timers.tellAgain("one");
  await clock.advance(400, settle);
  expect(told).toEqual([BORN + 1_000]);
  await clock.advance(100, settle);
  expect(told).toEqual([BORN + 1_000, BORN + 1_000]);
});

it("tells thousands of the same moment in turns, between which others have theirs", async () => {
  const clock = new VirtualClock(BORN);
  let told = 0;
  const timers = new Timers(clock, () => {
    told += 1;
  });
  timers.start();
  for (let n = 0; n < 2_000; n++) timers.set(`t${n}`, BORN + 1_000);
  const perTurn: number[] = [];
  await clock.advance(1_000, settle);
  for (let turn = 0; turn < 30; turn++) {
    perTurn.push(told);
    told = 0;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(Math.max(...perTurn)).toBeLessThanOrEqual(100);
  expect(perTurn.reduce((sum, turn) => sum + turn)).toBe(2_000);
});
