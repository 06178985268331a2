import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { Openings } from "./openings.ts";

it("openings come one a turn of the loop, of tenants in turn: whoever has one waits for no crowd of another", async () => {
  const openings = new Openings(16, () => 0);
  const opened: string[] = [];
  const open = async (tenant: string) => {
    await openings.turn(tenant);
    opened.push(tenant);
  };
  const crowd = Array.from({ length: 50 }, () => open("crowd"));
  const modest = open("modest");
  let mostInATurn = 0;
  for (let before = 0; opened.length < 51; before = opened.length) {
    await setImmediate();
    mostInATurn = Math.max(mostInATurn, opened.length - before);
  }
  await Promise.all([...crowd, modest]);
  expect([mostInATurn, opened.indexOf("modest")]).toEqual([1, 2]);
  await setImmediate();
  await setImmediate();
  expect(openings.turn("modest")).toBeNull();
});

it("several open in a turn that follows on a long one, and no more than are let", async () => {
  let now = 0;
  const openings = new Openings(16, () => now);
  let opened = 0;
  for (let n = 0; n < 60; n++) void Promise.resolve(openings.turn("crowd")).then(() => opened++);
  const afterTurnOf = async (ms: number) => {
    const before = opened;
    now += ms;
    while (opened === before) await setImmediate();
    return opened - before;
  };
  await setImmediate();
  expect(opened).toBe(1);
  expect([await afterTurnOf(1), await afterTurnOf(41), await afterTurnOf(1_000)]).toEqual([1, 10, 16]);
});
