/** How long a task may take: the limit of its kind counts while it runs, a named deadline always. */
import { expect, it } from "vitest";
import type { Context } from "../../task/handler.ts";
import { ada, arrives, at, type Begin, type EngineLife, kind, submit } from "./stage.ts";

const MINUTE_MS = 60_000;

const hang = () => new Promise<null>(() => {});
const forAMinute = { timeLimitMs: () => MINUTE_MS };

export function limitSuite(begin: Begin): void {
  it("counts a kind's limit while the task runs, and not while it sleeps, asks or is paused", async () => {
    const life = await begin([
      kind(
        "slow",
        async (ctx: Context) => {
          await ctx.sleep("nap", 10 * MINUTE_MS);
          await ctx.waitForInput("go", { asks: "approval", prompt: "Go on?" });
          return ctx.step("work", hang);
        },
        forAMinute,
      ),
    ]);
    const id = await submit(life, "slow");
    await life.pass(10 * MINUTE_MS);
    await arrives(life, id, "input_required");
    await life.pass(10 * MINUTE_MS);
    await life.verbs.tasks.input(ada, id, { value: true });
    await life.pass(MINUTE_MS / 2);
    await life.verbs.tasks.pause(ada, id);
    await life.pass(10 * MINUTE_MS);
    await arrives(life, id, "paused");
    await life.verbs.tasks.resume(ada, id);
    await life.pass(MINUTE_MS / 2 - 1);
    await arrives(life, id, "running");
    await life.pass(1);
    const task = await arrives(life, id, "timed_out");
    expect(task.state === "timed_out" && task.error.message).toContain("limit of 60 s");
  });

  it("counts a kind's limit by the time that passes, and a named deadline by the time of day, when that is set forward", async () => {
    const work = async (ctx: Context) => {
      await ctx.step("work", () => new Promise<null>((resolve) => life.after(MINUTE_MS / 4, () => resolve(null))));
      await ctx.sleep("nap", MINUTE_MS);
      return ctx.step("more", hang);
    };
    const life: EngineLife = await begin([kind("slow", work, forAMinute), kind("other", work)]);
    const id = await submit(life, "slow");
    const named = await submit(life, "other", { deadlineMs: MINUTE_MS });
    await life.settle();
    for (let leap = 0; leap < 2; leap++) await life.setForward(365 * 24 * 60 * MINUTE_MS);
    await arrives(life, named, "timed_out");
    await life.pass(MINUTE_MS / 4);
    await arrives(life, id, "waiting");
    await life.pass(MINUTE_MS + MINUTE_MS / 2);
    await life.setForward(MINUTE_MS);
    await life.pass(MINUTE_MS / 4 - 1);
    await arrives(life, id, "running");
    await life.pass(1);
    await arrives(life, id, "timed_out");
  });

  it("keeps all of a kind's limit that has not passed where the clock is set forward and the task comes to rest before it is over", async () => {
    const work = async (ctx: Context) => {
      await ctx.step("work", () => new Promise<null>((resolve) => life.after(MINUTE_MS / 4, () => resolve(null))));
      await ctx.sleep("nap", MINUTE_MS);
      return ctx.step("more", hang);
    };
    const life: EngineLife = await begin([kind("slow", work, forAMinute)]);
    const [id, named] = [await submit(life, "slow"), await submit(life, "slow", { deadlineMs: 10 * MINUTE_MS })];
    await life.settle();
    await life.setForward(MINUTE_MS / 2);
    await life.pass(MINUTE_MS / 4);
    for (const each of [id, named]) await arrives(life, each, "waiting");
    await life.pass(MINUTE_MS + (MINUTE_MS * 3) / 4 - 1);
    await arrives(life, id, "running");
    await life.pass(1);
    await arrives(life, id, "timed_out");
  });

  it("counts a deadline that the caller named always", async () => {
    const life = await begin([kind("slow", (ctx) => ctx.sleep("nap", 10 * MINUTE_MS).then(() => null), forAMinute)]);
    const id = await submit(life, "slow", { deadlineMs: 5 * MINUTE_MS });
    await life.pass(4 * MINUTE_MS);
    await life.verbs.tasks.pause(ada, id);
    await arrives(life, id, "paused");
    await life.pass(MINUTE_MS);
    await arrives(life, id, "timed_out");
  });

  it("counts no time in which no process was there to run the task", async () => {
    const life = await begin([kind("slow", (ctx) => ctx.step("work", hang), forAMinute)]);
    const id = await submit(life, "slow");
    await life.settle();
    let next = life;
    for (let death = 0; death < 12; death++) {
      await next.pass(MINUTE_MS / 20);
      next = await next.crash(undefined, { downMs: 10 * MINUTE_MS });
    }
    await arrives(next, id, "running");
    await next.pass(2 * MINUTE_MS);
    await arrives(next, id, "timed_out");
  });

  it("lets a child run for as long as its own limit says, whatever the limit of its parent was when it began", async () => {
    const life = await begin([
      kind("parent", (ctx) => ctx.child("child", "patient", {}), forAMinute),
      kind("patient", (ctx) => ctx.sleep("nap", 10 * MINUTE_MS).then(() => "done")),
    ]);
    const id = await submit(life, "parent");
    await life.pass(10 * MINUTE_MS);
    expect(await arrives(life, id, "completed")).toMatchObject({ output: "done" });
    expect(await at(life, id)).toMatchObject({ state: "completed" });
  });
}
