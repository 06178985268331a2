import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Ids, systemRandomBytes } from "../../engine/ids.ts";
import { Reservations } from "../../engine/reservations.ts";
import { paidCall } from "../../store/suite/life.suite.ts";
import { UNWRITTEN_BYTES, UnwrittenUsageFile } from "../../store/unwritten-usage.ts";
import { moneyAccountOf } from "../../task/daily-usage.ts";
import { Refusal } from "../../task/errors.ts";
import { ada, Stage } from "../suite/stage.ts";
import { PaidRequests } from "./paid-requests.ts";

let stage: Stage;
let lost: unknown[];
/** Places of the payments that were written, in their order. */
let places: string[];
/** What the disk answers to the next writes, before it takes them. */
let refusals: Error[];
/** Whether it has taken them all the same, and only its answer says otherwise. */
let isLost: boolean;
let folder: string;
let paid: PaidRequests;
let reservations: Reservations;
/** What happens while it is read what of the day is spent. */
let meanwhile: () => Promise<void>;
beforeEach(async () => {
  stage = await Stage.open();
  [lost, refusals, places, isLost] = [[], [], [], false];
  folder = await mkdtemp(join(tmpdir(), "waybill-paid-"));
  const { store } = stage;
  const dailyUsage: typeof store.dailyUsage = {
    sums: (...asked) => store.dailyUsage.sums(...asked),
    add: async (payment) => {
      places.push(payment.place);
      const refusal = refusals.shift();
      if (refusal && !isLost) throw refusal;
      await store.dailyUsage.add(payment);
      if (refusal) throw refusal;
    },
  };
  const held: typeof store.held = async (...asked) => {
    await meanwhile();
    return store.held(...asked);
  };
  meanwhile = async () => {};
  reservations = new Reservations();
  open = (unwritten) => {
    const parts = { lost: (...told: unknown[]) => lost.push(told), ...(unwritten && { unwritten }) };
    return new PaidRequests({ dailyUsage, held }, stage.clock, new Ids(systemRandomBytes), {
      ...{ ...parts, reservations },
      boundsOf: () => ({ user: { ...ANY, usdPerDay: 1 }, tenant: ANY }),
    });
  };
  paid = open();
});
afterEach(async () => {
  await stage.close();
  await rm(folder, { recursive: true, force: true });
});

const ANY = { openTasks: null, usdPerDay: null, storedBytes: null };
/** The requests of a process; with where payments are safe from its end. */
let open: (unwritten?: UnwrittenUsageFile) => PaidRequests;
const fileIn = () => new UnwrittenUsageFile(join(folder, "unwritten-usage"));

const fullDisk = () => new Refusal("unavailable", "The disk is full.");
const { key: _key, raw: _raw, ...CALL } = paidCall("one");
const pays = (by = paid) => by.counted("search", ada, async ({ onPaid }) => onPaid(CALL));
const reserving = (costUsd: number) => paid.counted("search", ada, ({ reserve }) => reserve(costUsd));
/** As long as it takes to write again what waits. */
const later = () =>
  stage.clock.advance(10_000, () => new Promise((resolve) => setImmediate(() => setImmediate(resolve))));
const counted = async () => (await stage.verbs.usage.sums(ada, { groups: ["day"] }, { limit: 1 })).total.calls;

it("what a full disk did not take is counted once there is room, each call once", async () => {
  refusals = [fullDisk(), fullDisk(), fullDisk()];
  await pays();
  await pays();
  expect(await counted()).toBe(0);
  await later();
  await paid.close();
  expect(await counted()).toBe(2);
  expect(lost).toEqual([]);
});

it("a close writes what waits, once", async () => {
  refusals = [fullDisk(), fullDisk()];
  await pays();
  await pays();
  await paid.close();
  expect(await counted()).toBe(2);
});

it("what cannot be counted for another reason is told, and the request is answered", async () => {
  refusals = [new Error("a damaged page")];
  const answer = await paid.counted("search", ada, async ({ onPaid }) => {
    onPaid(paidCall("one"));
    return "an answer";
  });
  expect(answer).toBe("an answer");
  expect(lost).toEqual([
    [new Error("a damaged page"), [expect.objectContaining({ owner: { tenant: "acme", user: "ada" } })]],
  ]);
});

it("what was taken counts once, though the answer was lost and it is written again", async () => {
  isLost = true;
  refusals = [fullDisk(), fullDisk()];
  await pays();
  await later();
  await pays();
  await paid.close();
  expect(await counted()).toBe(2);
  expect(lost).toEqual([]);
});

it("payments one after the other have one place, those side by side one each, and what waits for room keeps its own", async () => {
  for (let n = 0; n < 3; n++) await pays();
  const [first] = places;
  expect(places.splice(0)).toEqual([first, first, first]);
  await Promise.all([pays(), pays()]);
  const [, second] = places;
  expect(second).not.toBe(first);
  expect(places.splice(0)).toEqual([first, second]);
  refusals = [fullDisk()];
  await pays();
  await pays();
  const [waiting, other] = places.splice(0);
  expect(new Set([waiting, other])).toEqual(new Set([first, second]));
  await later();
  await Promise.all([pays(), pays()]);
  expect(places).toEqual([waiting, waiting, other]);
  expect([await counted(), lost]).toEqual([9, []]);
});

it("what waits for room counts for the money of its day at once", async () => {
  refusals = Array.from({ length: 3 }, fullDisk);
  await pays();
  expect(await reserving(0.1)).toBeNull();
  await pays();
  expect(await reserving(0.1)).toMatchObject({ code: "rate_limited" });
});

it("the money of a day is not passed by requests side by side: each waits for what those before it may pay", async () => {
  const gates = [0, 1, 2].map(() => Promise.withResolvers<void>());
  const outcomes = gates.map(({ promise }) =>
    paid.counted("search", ada, async ({ onPaid, reserve }) => {
      const refused = await reserve(0.6);
      if (refused) return refused.code;
      await promise;
      onPaid(CALL);
      return "paid";
    }),
  );
  await later();
  // The third has waited for as long as it may; the first and what it has paid for leave room for none of them.
  for (const { resolve } of gates) resolve();
  expect(await Promise.all(outcomes)).toEqual(["paid", "rate_limited", "rate_limited"]);
  expect(await reserving(0.5)).toBeNull();
  const [first, second] = [reserving(0.3), reserving(0.1)];
  expect([await first, await second]).toEqual([null, null]);
});

it("a request that has waited for as long as it may pays nothing that another has taken at that moment", async () => {
  const account = moneyAccountOf(ada);
  meanwhile = async () => {
    meanwhile = async () => {};
    reservations.take("other", { tokens: 0, costUsd: 0.9 }, [
      { task: account, version: reservations.of(account).version },
    ]);
    await later();
  };
  expect(await reserving(0.6)).toMatchObject({ code: "rate_limited" });
});

it("what a full disk refuses until the end is counted by the next process, once, and its file forgets it", async () => {
  const first = open(fileIn());
  first.goOn();
  refusals = Array.from({ length: 9 }, fullDisk);
  await pays(first);
  await pays(first);
  const killed = fileIn().read();
  await first.close();
  expect(lost).toEqual([]);
  expect(fileIn().read()).toEqual(killed);
  expect(killed).toMatchObject([{ calls: [CALL] }, { calls: [CALL] }]);
  // One of them was taken, and the process ended before its file said so.
  refusals = [];
  const [taken] = killed;
  if (taken) await stage.store.dailyUsage.add(taken);
  const second = open(fileIn());
  second.goOn();
  await second.close();
  expect([await counted(), fileIn().read()]).toEqual([2, []]);
  expect((await readFile(join(folder, "unwritten-usage"))).every((byte) => byte === 10)).toBe(true);
});

it("what the file may tell a next process keeps its place, and counts once there", async () => {
  // Its file does not forget: as if each kill came just before that.
  const kept = fileIn();
  const first = open(Object.assign(kept, { clear: () => {} }));
  first.goOn();
  refusals = [fullDisk()];
  await pays(first);
  await later();
  for (let n = 0; n < 3; n++) await pays(first);
  await first.close();
  const second = open(fileIn());
  second.goOn();
  await second.close();
  expect([await counted(), lost]).toEqual([4, []]);
});

it("payments that a version without places has kept are known by their ids", async () => {
  const line = (id: string) => `${JSON.stringify({ id, owner: { tenant: "t", user: "u" }, at: 0, calls: [CALL] })}\n`;
  await writeFile(join(folder, "unwritten-usage"), line("a") + line("b"));
  expect(fileIn().read()).toMatchObject([
    { id: "a", place: "a" },
    { id: "b", place: "b" },
  ]);
});

it("what is safe nowhere is told at the end, with whose it is and what it has cost", async () => {
  refusals = Array.from({ length: 9 }, fullDisk);
  await pays();
  await paid.close();
  expect(lost).toEqual([[expect.any(Error), [expect.objectContaining({ calls: [CALL] })]]]);
});

it("a file of payments that is cut, harmed or full is no hindrance", async () => {
  const file = fileIn();
  expect(file.keep({ id: "a", place: "p", owner: ada, at: 0, calls: [CALL] })).toBe(false);
  file.lay();
  const payment = { id: "a", place: "p", owner: { tenant: "t", user: "u".repeat(50_000) }, at: 0, calls: [CALL] };
  const kept = Array.from({ length: 9 }, () => file.keep(payment));
  expect(kept).toEqual([...Array(5).fill(true), ...Array(4).fill(false)]);
  expect(fileIn().read()).toHaveLength(5);
  await writeFile(join(folder, "unwritten-usage"), `${JSON.stringify(payment)}\n{"id":"b","ow`);
  expect(fileIn().read()).toEqual([payment]);
  await writeFile(join(folder, "unwritten-usage"), Buffer.alloc(UNWRITTEN_BYTES));
  expect(fileIn().read()).toEqual([]);
});

it("a harmed line of the file of payments takes no other out of the sums, and goes with them", async () => {
  const [first, last] = ["a", "b"].map((id) =>
    JSON.stringify({ id, owner: { tenant: "t", user: "u" }, at: 0, calls: [CALL] }),
  );
  await writeFile(join(folder, "unwritten-usage"), `${first}\n{"id":\xff\n${last}\n`);
  const file = fileIn();
  expect(file.read().map(({ id }) => id)).toEqual(["a", "b"]);
  file.clear();
  file.lay();
  expect((await readFile(join(folder, "unwritten-usage"))).equals(Buffer.alloc(UNWRITTEN_BYTES, "\n"))).toBe(true);
});

it("a file of payments of another size is read no further than there is room, and laid anew once it is empty", async () => {
  const line = `${JSON.stringify({ id: "a", owner: { tenant: "t", user: "u" }, at: 0, calls: [CALL] })}\n`;
  await writeFile(join(folder, "unwritten-usage"), `${"\n".repeat(UNWRITTEN_BYTES)}${line}`);
  const file = fileIn();
  expect(file.read()).toEqual([]);
  file.lay();
  expect((await readFile(join(folder, "unwritten-usage"))).equals(Buffer.alloc(UNWRITTEN_BYTES, "\n"))).toBe(true);
});
