import { afterEach, beforeEach, expect, it } from "vitest";
import { DAY_MS } from "../../task/daily-usage.ts";
import { ada, bob, Stage } from "../suite/stage.ts";
import { type LastingBounds, LastingShares } from "./lasting-shares.ts";

const NONE: LastingBounds = { openTasks: null, usdPerDay: null };

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

function sharesOf(user: Partial<LastingBounds>, tenant: Partial<LastingBounds> = {}) {
  const bounds = { user: { ...NONE, ...user }, tenant: { ...NONE, ...tenant } };
  return new LastingShares(stage.store, stage.clock, () => bounds);
}

const room = (shares: LastingShares) =>
  shares.mustHaveRoom(ada, "external").then(
    () => "room",
    () => "full",
  );
const refused = (message: RegExp) => ({ code: "rate_limited", message: expect.stringMatching(message) });

it("counts the open tasks of a user in the store, and those that have ended no more", async () => {
  const shares = sharesOf({ openTasks: 2 });
  const first = await stage.submit("external");
  await stage.submit("external");
  // The first question is not waited for: what it finds holds for the submits after it.
  await expect.poll(() => room(shares)).toBe("full");
  await shares.mustHaveRoom(bob, "external");
  await expect(shares.mustHaveRoom(ada, "external")).rejects.toMatchObject(refused(/^You have 2 open tasks/));
  await stage.verbs.tasks.cancel(ada, first);
  await shares.mustHaveRoom(ada, "external");
  await stage.submit("external");
  expect(await room(shares)).toBe("full");
});

it("counts what this process adds at once, and those of a tenant together", async () => {
  const shares = sharesOf({}, { openTasks: 20 });
  for (let task = 0; task < 10; task++) {
    for (const who of [ada, bob]) {
      await shares.mustHaveRoom(who, "external");
      await stage.submit("external", {}, who);
    }
  }
  await expect(shares.mustHaveRoom(bob, "external")).rejects.toMatchObject(refused(/^Your tenant has 20 open tasks/));
});

it("takes no task that may call models once the money of the day is spent, until the next day", async () => {
  const day = { spent: 5 };
  const sums: typeof stage.store.dailyUsage.sums = async (visible, filter, groups, page) => {
    const { rows, total, next } = await stage.store.dailyUsage.sums(visible, filter, groups, page);
    return { rows, total: { ...total, costUsd: filter.from < Date.UTC(2026, 0, 2) ? day.spent : 0 }, next };
  };
  const store = { list: stage.store.list.bind(stage.store), dailyUsage: { sums } };
  const shares = new LastingShares(store, stage.clock, () => ({ user: { ...NONE, usdPerDay: 5 }, tenant: NONE }));
  const full = () =>
    shares.mustHaveRoom(ada, "agent").then(
      () => null,
      (error: unknown) => error,
    );
  await expect.poll(full).toMatchObject({ ...refused(/^You have spent \$5/), detail: { retryAfterS: DAY_MS / 1_000 } });
  await shares.mustHaveRoom(ada, "external");
  await stage.clock.advance(DAY_MS, async () => {});
  await shares.mustHaveRoom(ada, "agent");
});
