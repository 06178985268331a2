import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { VirtualClock } from "../engine/virtual-clock.ts";
import { Preloading } from "./preloading.ts";

const SECOND = 1_000;

function preloading(loads: Record<string, () => Promise<unknown>>) {
  const clock = new VirtualClock(0);
  const loaded: string[] = [];
  const warned: unknown[] = [];
  const state = { worked: 0, loaded, warned };
  const told = Object.entries(loads).map(([name, load]) => () => {
    state.loaded.push(name);
    return load();
  });
  const warn = (error: unknown) => state.warned.push(error);
  return { clock, state, preloading: new Preloading(told, { clock, worked: () => state.worked, warn }) };
}

it("what the first would wait for is loaded one after the other, each in a second in which nothing was done", async () => {
  const fault = new Error("no such module");
  const { clock, state } = preloading({
    first: async () => 1,
    second: () => Promise.reject(fault),
    third: async () => 3,
  });
  expect(state.loaded).toEqual([]);
  await clock.advance(SECOND, nextTurn);
  expect(state.loaded).toEqual(["first"]);
  state.worked = 0.5;
  await clock.advance(10 * SECOND, nextTurn);
  expect(state.loaded).toEqual(["first"]);
  state.worked = 0.01;
  await clock.advance(2 * SECOND, nextTurn);
  expect([state.loaded, state.warned]).toEqual([["first", "second", "third"], [fault]]);
});

it("a server that stops loads nothing more", async () => {
  const { clock, state, preloading: stopped } = preloading({ first: async () => 1, second: async () => 2 });
  await clock.advance(SECOND, nextTurn);
  await stopped.close();
  await clock.advance(9 * SECOND, nextTurn);
  expect(state.loaded).toEqual(["first"]);
});

it("a server that stops waits for what is being loaded", async () => {
  const loaded = Promise.withResolvers<void>();
  const { clock, preloading: stopped } = preloading({ first: () => loaded.promise });
  await clock.advance(SECOND, nextTurn);
  let isClosed = false;
  const closed = stopped.close().then(() => (isClosed = true));
  await nextTurn();
  expect(isClosed).toBe(false);
  loaded.resolve();
  await closed;
});
