import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { Beginnings } from "./beginnings.ts";

/** What a request does at once. */
const WORK_MS = 1;

/** By the processor's time, and so by the clock at least as long. */
function work(): void {
  for (const from = process.threadCpuUsage(); workedUs(from) < WORK_MS * 1_000; );
}

function workedUs(from: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(from);
  return user + system;
}

/** As where the machine has something else to do. */
function beOffTheProcessor(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
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

it("as many begin in a turn where the machine is busy with something else", async () => {
  const beginnings = new Beginnings();
  let begun = 0;
  const begin = async () => {
    await beginnings.turn("crowd");
    begun += 1;
    beOffTheProcessor(4);
  };
  expect(beginnings.turn("first")).toBeNull();
  beOffTheProcessor(4);
  const all = Promise.all(Array.from({ length: 12 }, begin));
  let mostInATurn = 0;
  for (let before = begun; begun < 12; before = begun) {
    await setImmediate();
    mostInATurn = Math.max(mostInATurn, begun - before);
  }
  await all;
  expect(mostInATurn).toBeGreaterThan(2);
});
