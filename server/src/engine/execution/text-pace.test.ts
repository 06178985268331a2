import { setImmediate as nextTurn } from "node:timers/promises";
import { beforeEach, expect, it } from "vitest";
import { VirtualClock } from "../virtual-clock.ts";
import { type Speaker, Speakers, TEXT_MS, textMs } from "./text-pace.ts";
import { WriteBuffer } from "./write-buffer.ts";

let clock: VirtualClock;
let buffer: WriteBuffer;
/** The texts of each commit, and what says that the oldest one under way is on disk. */
let commits: string[][];
let written: (() => void)[];

beforeEach(() => {
  clock = new VirtualClock(0);
  commits = [];
  written = [];
  const flush = () => {
    const { events } = buffer.take().record;
    commits.push(events.flatMap(({ data }) => ("text" in data ? [String(data["text"])] : [])));
    const { promise, resolve } = Promise.withResolvers<void>();
    written.push(resolve);
    return promise;
  };
  buffer = new WriteBuffer(clock, flush, () => 20);
});

it("shows the first text at once, and gathers what comes soon after it", async () => {
  for (const text of ["a", "b"]) buffer.text("s", "", text);
  await nextTurn();
  written.shift()?.();
  await nextTurn();
  for (const text of ["c", "d"]) buffer.text("s", "", text);
  await nextTurn();
  expect(commits).toEqual([["ab"]]);
  await clock.advance(20, nextTurn);
  expect(commits).toEqual([["ab"], ["cd"]]);
});

it("gathers while a commit is under way, however long that takes", async () => {
  buffer.text("s", "", "a");
  await nextTurn();
  for (const text of ["b", "c"]) {
    buffer.text("s", "", text);
    await clock.advance(1_000, nextTurn);
  }
  expect(commits).toEqual([["a"]]);
  written.shift()?.();
  await nextTurn();
  await nextTurn();
  expect(commits).toEqual([["a"], ["bc"]]);
});

/** Says something at each of these moments, all of which is on disk at once. */
async function speaksAt(moments: readonly number[]): Promise<void> {
  for (const moment of moments) {
    await clock.advance(moment - clock.elapsed(), nextTurn);
    buffer.text("s", "", `${moment}`);
    await nextTurn();
    written.shift()?.();
    await nextTurn();
  }
}

it("does not hold up what comes in time for what was late before it", async () => {
  const moments = [0, 23, 40, 61, 80, 103, 120];
  await speaksAt(moments);
  expect(commits).toEqual(moments.map((moment) => [`${moment}`]));
});

it("commits text no more often than it may go, however much comes", async () => {
  await speaksAt(Array.from({ length: 200 }, (_, n) => n * 5));
  expect(commits.length).toBeGreaterThan(40);
  expect(commits.length).toBeLessThan(53);
});

it("holds a long text up for nothing", async () => {
  buffer.text("s", "", "a");
  await nextTurn();
  buffer.text("s", "", "b".repeat(5_000));
  await nextTurn();
  expect(commits.map((texts) => texts.join("").length)).toEqual([1, 5_000]);
});

it("lets more time pass between commits the busier the thread is, and where nobody follows", () => {
  expect([0, 0.5, 0.7, 0.9, 1].map((busy) => textMs(true, busy, 500))).toEqual([20, 20, 60, TEXT_MS, TEXT_MS]);
  expect(textMs(false, 0, 1)).toBe(TEXT_MS);
});

it("lets more time pass in a busy thread the more tasks speak, and none for a few", () => {
  expect([1, 100, 250, 500, 5_000].map((speaking) => textMs(true, 1, speaking))).toEqual([20, 20, 50, 100, TEXT_MS]);
});

it("counts each task that has spoken lately once, and forgets those that say nothing more", () => {
  let now = 0;
  const speakers = new Speakers({ elapsed: () => now });
  const all = Array.from({ length: 40 }, (): Speaker => ({ spokeIn: 0 }));
  const [first = { spokeIn: 0 }] = all;
  const speak = () => all.map((speaker) => speakers.with(speaker)).at(-1);
  expect([speak(), speak()]).toEqual([40, 40]);
  now += 250;
  expect([speakers.with(first), speakers.with(first)]).toEqual([40, 40]);
  now += 250;
  expect(speakers.with(first)).toBe(1);
});
