import { afterEach, beforeEach, expect, it } from "vitest";
import { paidCall } from "../../store/suite/life.suite.ts";
import { Refusal } from "../../task/errors.ts";
import { ada, Stage } from "../suite/stage.ts";
import { PaidRequests } from "./paid-requests.ts";

let stage: Stage;
let lost: unknown[];
/** What the disk answers to the next writes, before it takes them. */
let refusals: Error[];
let paid: PaidRequests;
beforeEach(async () => {
  stage = await Stage.open();
  [lost, refusals] = [[], []];
  const { store, clock } = stage;
  const dailyUsage: typeof store.dailyUsage = {
    sums: (...asked) => store.dailyUsage.sums(...asked),
    add: async (...given) => {
      const refusal = refusals.shift();
      if (refusal) throw refusal;
      await store.dailyUsage.add(...given);
    },
  };
  const held: typeof store.held = (...asked) => store.held(...asked);
  paid = new PaidRequests({ dailyUsage, held }, clock, { lost: (error) => lost.push(error) });
});
afterEach(() => stage.close());

const fullDisk = () => new Refusal("unavailable", "The disk is full.");
const pays = () => paid.counted("search", ada, async ({ onPaid }) => onPaid(paidCall("one")));
const counted = async () => (await stage.verbs.usage.sums(ada, { groups: ["day"] }, { limit: 1 })).total.calls;

it("what a full disk did not take is counted once there is room, each call once", async () => {
  refusals = [fullDisk(), fullDisk(), fullDisk()];
  await pays();
  await pays();
  expect(await counted()).toBe(0);
  await stage.clock.advance(10_000, () => new Promise((resolve) => setImmediate(() => setImmediate(resolve))));
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
  expect(lost).toEqual([new Error("a damaged page")]);
});
