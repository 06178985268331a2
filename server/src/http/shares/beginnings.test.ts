import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { Beginnings } from "./beginnings.ts";

/** What a request does at once. */
const WORK_MS = 1;

function work(): void {
  for (const from = performance.now(); performance.now() - from < WORK_MS; );
}

it("requests begin for a few milliseconds of a turn of the loop, of tenants in turn: whoever has one waits for no crowd of another", async () => {
  const beginnings = new Beginnings();
  const begun: string[] = [];
  const begin = async (tenant: string) => {
    const turn = beginnings.turn(tenant);
    if (turn !== null) await turn;
    begun.push(tenant);
    work();
  };
  const crowd = Array.from({ length: 50 }, () => begin("crowd"));
  const modest = begin("modest");
  let mostInATurn = begun.length;
  for (let before = begun.length; begun.length < 51; before = begun.length) {
    await setImmediate();
    mostInATurn = Math.max(mostInATurn, begun.length - before);
  }
  await Promise.all([...crowd, modest]);
  expect([mostInATurn <= 4, begun.indexOf("modest") <= 5]).toEqual([true, true]);
});

it("a request beside which none came begins at once, in each turn anew", async () => {
  const beginnings = new Beginnings();
  expect(beginnings.turn("modest")).toBeNull();
  work();
  work();
  work();
  const late = beginnings.turn("modest");
  expect(late).not.toBeNull();
  await late;
  await setImmediate();
  await setImmediate();
  // Nobody waits, and the time of the turn before is long over.
  for (let ms = 0; ms < 5; ms++) work();
  expect(beginnings.turn("modest")).toBeNull();
});

it("whoever comes while others wait begins behind them, also in a turn that has just begun", async () => {
  const turnMs = 20;
  const beginnings = new Beginnings(turnMs);
  const order: string[] = [];
  expect(beginnings.turn("first")).toBeNull();
  for (let ms = 0; ms <= turnMs; ms++) work();
  const waiting = beginnings.turn("waiting")?.then(() => order.push("waiting"));
  await setImmediate();
  const later = beginnings.turn("later")?.then(() => order.push("later"));
  await Promise.all([waiting, later]);
  expect(order).toEqual(["waiting", "later"]);
});
