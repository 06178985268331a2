/** Trees of tasks: every end of a parent takes its open descendants along, and no child escapes or outlives it. */
import { expect, it } from "vitest";
import { z } from "zod";
import { type Context, StepError, TaskFailure } from "../../task/handler.ts";
import type { Json } from "../../task/json/json.ts";
import { TERMINAL_STATES, type TerminalState } from "../../task/states.ts";
import type { Task } from "../../task/task.ts";
import { clauseOf } from "../../task/text/clause.ts";
import { ada, arrives, at, type Begin, type EngineLife, gate, kind, submit } from "./stage.ts";

const forever = () => new Promise<null>(() => {});
/** A child that its parent does not wait for. */
const child = (ctx: Context, name: string, kind: string, input: Json = {}) => {
  ctx.child(name, kind, input).catch(() => {});
};
const hangs = kind("hangs", (ctx) => ctx.step("hang", forever));

async function family(life: EngineLife, parent: string): Promise<Task[]> {
  return (await life.verbs.tasks.list(ada, { parent }, { limit: 200 })).tasks;
}

export function treesSuite(begin: Begin): void {
  const ends: Record<
    TerminalState,
    { act: (life: EngineLife, id: string) => Promise<unknown>; by: string; why: string }
  > = {
    completed: { act: async () => open("done"), by: "waybill", why: "completed" },
    failed: { act: async () => open("fail"), by: "waybill", why: "failed" },
    rejected: { act: async () => open("reject"), by: "waybill", why: "rejected" },
    timed_out: { act: (life) => life.pass(60_000), by: "waybill", why: "timed out" },
    cancelled: {
      act: (life, id) => life.verbs.tasks.cancel(ada, id, { reason: "no longer wanted" }),
      by: "ada",
      why: "no longer wanted",
    },
  };
  let open: (how: string) => void = () => {};

  for (const state of TERMINAL_STATES) {
    const { act, by, why } = ends[state];
    it(`ends the open descendants of a task that is ${state}, and says who ended it and why`, async () => {
      const how = gate<string>();
      open = how.resolve;
      const life = await begin([
        kind("root", async (ctx) => {
          child(ctx, "one", "middle");
          child(ctx, "two", "middle");
          await ctx
            .step("work", async () => {
              const end = await how.promise;
              if (end === "fail") throw Object.assign(new Error("failed"), { retryable: false });
              if (end === "reject") throw Object.assign(new Error("rejected"), { retryable: false });
              return null;
            })
            .catch((error: unknown) => {
              if (error instanceof StepError && error.failure.message === "rejected")
                throw new TaskFailure("rejected", "no", { rejected: true });
              throw error;
            });
          return null;
        }),
        kind("middle", (ctx) => ctx.child("leaf", "hangs", {})),
        hangs,
      ]);
      const id = await submit(life, "root", { deadlineMs: 60_000 });
      await arrives(life, id, "running");
      const middles = await family(life, id);
      const leaves = (await Promise.all(middles.map((middle) => family(life, middle.id)))).flat();
      expect([middles.length, leaves.length]).toEqual([2, 2]);
      await act(life, id);
      await arrives(life, id, state);
      for (const each of [...middles, ...leaves]) {
        const task = await arrives(life, each.id, "cancelled");
        expect(task.cancelledBy).toMatchObject({ by, reason: expect.stringContaining(why) });
        expect(task.cancelledBy?.at).toBe(life.now());
      }
    });
  }

  it("gives a child less time than its parent has, and tells the parent that it is over", async () => {
    const life = await begin([
      kind("root", async (ctx) =>
        ctx.child("child", "hangs", {}, { deadlineMs: 60_000 }).catch((error: unknown) => {
          if (error instanceof StepError) return error.failure.code;
          throw error;
        }),
      ),
      kind("wrong", (ctx) => ctx.child("child", "hangs", {}, { deadlineMs: -1 })),
      hangs,
    ]);
    const id = await submit(life, "root", { deadlineMs: 120_000 });
    await arrives(life, id, "waiting");
    await life.pass(60_000);
    expect(await arrives(life, id, "completed")).toMatchObject({ output: "deadline" });
    const wrong = await arrives(life, await submit(life, "wrong"), "failed");
    expect("error" in wrong && wrong.error.message).toContain('The deadlineMs of child "child"');
  });

  it("ends children that run, wait, ask, are paused or delayed, and those that a worker holds", async () => {
    const life = await begin([
      kind("root", (ctx) =>
        ctx.parallel(
          Object.fromEntries(
            ["hangs", "sleeps", "asks", "pauses", "external", "hangs paused"].map((name) => [
              name,
              (ctx: Context) => ctx.child("child", name.split(" ")[0] ?? "", {}),
            ]),
          ),
        ),
      ),
      hangs,
      kind("sleeps", async (ctx) => ctx.sleep("night", 8 * 3_600_000).then(() => null)),
      kind("asks", async (ctx) => (await ctx.waitForInput("x", { asks: "answer", prompt: "?" }))?.value ?? null),
      kind("pauses", async (ctx) => ctx.pause("stop", "spent").then(() => null)),
      kind("external", async () => null, { queueOf: () => "gpu" }),
    ]);
    const id = await submit(life, "root");
    await arrives(life, id, "input_required");
    const claim = { worker: "w", queue: "gpu", max: 1, leaseMs: 30_000, waitMs: 0 };
    const [claimed] = await life.verbs.work.claim(ada, claim, new AbortController().signal);
    const running = (await family(life, id)).find((task) => task.kind === "hangs");
    await life.verbs.tasks.pause(ada, running?.id ?? "");
    await life.settle();
    expect((await family(life, id)).map(({ state }) => state).sort()).toEqual(
      ["input_required", "paused", "paused", "running", "running", "waiting"].sort(),
    );
    await life.verbs.tasks.cancel(ada, id);
    expect((await family(life, id)).map(({ state }) => state)).toEqual(Array(6).fill("cancelled"));
    const late = life.verbs.work.complete(ada, claimed?.id ?? "", { worker: "w", attempt: 1, output: "late" });
    await expect(late).rejects.toMatchObject({ code: "fenced" });
  });

  it("lets no child escape that its parent begins in the moment of its end", async () => {
    const life = await begin([
      kind("root", async (ctx) => {
        for (let n = 0; n < 1_000; n++) child(ctx, `child ${n}`, "sleeps");
        return ctx.step("hang", forever);
      }),
      kind("sleeps", async (ctx) => ctx.sleep("night", 8 * 3_600_000).then(() => null)),
    ]);
    const id = await submit(life, "root");
    // Some of its children are made by now, and the others are not.
    while ((await family(life, id)).length === 0) await new Promise((resolve) => setImmediate(resolve));
    await life.verbs.tasks.cancel(ada, id);
    await arrives(life, id, "cancelled");
    const { total } = await life.verbs.tasks.list(ada, { parent: id }, { limit: 1 });
    const { total: cancelled } = await life.verbs.tasks.list(ada, { parent: id, states: ["cancelled"] }, { limit: 1 });
    expect(cancelled).toBe(total);
    await life.pass(9 * 3_600_000);
    expect((await life.verbs.tasks.list(ada, { parent: id }, { limit: 1 })).total).toBe(total);
  });

  it("begins no child deeper than the limit, and ends a tree of that depth at the first call", async () => {
    const refused = gate<string>();
    const life = await begin([
      kind("deep", async (ctx, input) => {
        const generation = z.number().parse(input);
        const output = await ctx.child("next", "deep", generation + 1).catch((error: StepError) => {
          refused.resolve(`${generation}: ${error.failure.code}`);
          return ctx.step("hang", forever);
        });
        return output;
      }),
    ]);
    const id = await submit(life, "deep", { input: 0 });
    expect(await refused.promise).toBe("100: too_deep");
    await life.settle();
    await life.verbs.tasks.cancel(ada, id);
    let task = await at(life, id);
    for (let generation = 0; ; generation++) {
      expect([task.state, task.depth]).toEqual(["cancelled", generation]);
      const [next] = await family(life, task.id);
      if (!next) break;
      task = next;
    }
    expect(task.depth).toBe(100);
  });

  it("gives a child no later deadline than its parent's, whatever its kind allows", async () => {
    const life = await begin([
      kind("root", (ctx) =>
        ctx.parallel({ a: (ctx) => ctx.child("child", "hangs", {}), b: (ctx) => ctx.child("child", "brief", {}) }),
      ),
      hangs,
      kind("brief", (ctx) => ctx.step("hang", forever), { timeLimitMs: () => 10_000 }),
    ]);
    const id = await submit(life, "root", { deadlineMs: 60_000 });
    const parent = await arrives(life, id, "waiting");
    for (const { deadlineAt } of await family(life, id)) expect(deadlineAt).toBeLessThanOrEqual(parent.deadlineAt ?? 0);
    await life.pass(10_000);
    const states = async () => (await family(life, id)).map((task) => `${task.kind} ${task.state}`).sort();
    expect(await states()).toEqual(["brief timed_out", "hangs running"]);
    await life.pass(50_000);
    await arrives(life, id, "timed_out");
    expect((await states()).includes("hangs running")).toBe(false);
  });

  it("says of a task what it waits for in truth, down to the one where something can be done", async () => {
    const life = await begin([
      kind("top", (ctx) => ctx.child("down", "middle", {})),
      kind("middle", (ctx) => ctx.child("down", "leaf", {})),
      kind("leaf", async (ctx) => ctx.pause("look", "Look at it.").then(() => "seen")),
    ]);
    const id = await submit(life, "top");
    const middle = (await family(life, (await arrives(life, id, "waiting")).id))[0];
    const leaf = (await family(life, middle?.id ?? ""))[0];
    const why = async (id = "") => (await life.verbs.tasks.why(ada, id)).summary;
    await arrives(life, leaf?.id ?? "", "paused");
    expect(await why(id)).toBe(
      `It waits: for the end of ${middle?.id}, which waits in the end for ${leaf?.id}, of which is true: "${clauseOf(await why(leaf?.id))}".`,
    );
    expect(await why(middle?.id)).toBe(
      `It waits: for the end of ${leaf?.id}, of which is true: "${clauseOf(await why(leaf?.id))}".`,
    );
    expect(await why(leaf?.id)).toContain("Look at it");
    await life.verbs.tasks.resume(ada, leaf?.id ?? "");
    await arrives(life, id, "completed");
  });
}
