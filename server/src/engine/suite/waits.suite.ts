/** Waits: for time, for people, for children and for branches, holding nothing meanwhile. */
import { expect, it } from "vitest";
import { z } from "zod";
import { type Context, TaskFailure } from "../../task/handler.ts";
import type { Task } from "../../task/task.ts";
import { blame } from "../execution/current-place.ts";
import { ada, arrives, at, type Begin, gate, inTurns, kind, paidCall, submit, types } from "./stage.ts";

export function waitsSuite(begin: Begin): void {
  it("sleeps without holding anything, also through a crash, and wakes when it is time", async () => {
    let life = await begin([
      kind("nap", async (ctx) => {
        await ctx.sleep("night", 8 * 3_600_000);
        return "rested";
      }),
    ]);
    const id = await submit(life, "nap");
    const asleep = await arrives(life, id, "waiting");
    expect(asleep.waits).toMatchObject([{ on: "timer", until: life.now() + 8 * 3_600_000 }]);
    await life.pass(7 * 3_600_000);
    life = await life.crash();
    await arrives(life, id, "waiting");
    await life.pass(3_600_000);
    expect(await arrives(life, id, "completed")).toMatchObject({ output: "rested" });
  });

  it("asks a person, takes the first answer, and takes the same message once", async () => {
    const life = await begin([
      kind("ask", async (ctx) => {
        const answer = await ctx.waitForInput("colour", { asks: "answer", prompt: "Which colour?" });
        return answer?.value ?? null;
      }),
    ]);
    const id = await submit(life, "ask");
    const asking = await arrives(life, id, "input_required");
    expect(asking.waits).toMatchObject([
      { on: "input", prompt: { name: "colour", asks: "answer", text: "Which colour?" } },
    ]);
    expect((await life.verbs.tasks.why(ada, id)).summary).toContain("Which colour?");
    await life.verbs.tasks.input(ada, id, { messageId: "m1", prompt: "colour", value: "blue" });
    const again = await life.verbs.tasks.input(ada, id, { messageId: "m1", prompt: "colour", value: "blue" });
    expect(again).toMatchObject({ replayed: true });
    expect(await arrives(life, id, "completed")).toMatchObject({ output: "blue" });
  });

  it("keeps an input that comes early until it is asked for", async () => {
    const ready = gate();
    const life = await begin([
      kind("ask", async (ctx) => {
        await ctx.step("prepare", async () => ready.promise.then(() => null));
        return (await ctx.waitForInput("colour", { asks: "answer", prompt: "Which colour?" }))?.value ?? null;
      }),
    ]);
    const id = await submit(life, "ask");
    await arrives(life, id, "running");
    await life.verbs.tasks.input(ada, id, { value: "green" });
    ready.resolve();
    expect(await arrives(life, id, "completed")).toMatchObject({ output: "green" });
  });

  it("goes on without an answer when the question's deadline passes", async () => {
    const life = await begin([
      kind(
        "ask",
        async (ctx) =>
          (await ctx.waitForInput("colour", { asks: "answer", prompt: "?", deadlineMs: 60_000 })) ?? "nobody",
      ),
    ]);
    const id = await submit(life, "ask");
    await arrives(life, id, "input_required");
    await life.pass(60_000);
    expect(await arrives(life, id, "completed")).toMatchObject({ output: "nobody" });
  });

  it("refuses an answer to another question than the one that is open", async () => {
    const life = await begin([
      kind("ask", async (ctx) => (await ctx.waitForInput("colour", { asks: "answer", prompt: "?" }))?.value ?? null),
    ]);
    const id = await submit(life, "ask");
    await arrives(life, id, "input_required");
    await expect(life.verbs.tasks.input(ada, id, { prompt: "size", value: 1 })).rejects.toMatchObject({
      code: "not_allowed_in_state",
    });
  });

  it("runs branches at once, and replays them whatever order they ended in", async () => {
    const gates = { slow: gate(), fast: gate() };
    const calls: string[] = [];
    const called = async (name: string, until: Promise<void>): Promise<string> => {
      calls.push(name);
      await until;
      return name;
    };
    const both = kind("both", async (ctx) => {
      const results = await ctx.parallel({
        slow: (ctx) => ctx.step("work", () => called("slow", gates.slow.promise)),
        fast: (ctx) => ctx.step("work", () => called("fast", gates.fast.promise)),
      });
      await ctx.sleep("breath", 1_000);
      return [results.slow, results.fast];
    });
    let life = await begin([both]);
    const id = await submit(life, "both");
    await life.settle();
    gates.fast.resolve();
    await life.settle();
    life = await life.crash();
    await life.settle();
    expect(calls).toEqual(["slow", "fast", "slow"]);
    gates.slow.resolve();
    await arrives(life, id, "waiting");
    await life.pass(1_000);
    expect(await arrives(life, id, "completed")).toMatchObject({ output: ["slow", "fast"] });
    expect(calls).toEqual(["slow", "fast", "slow"]);
  });

  it("waits in one branch while another still works, and is at rest only when nothing works any more", async () => {
    const work = gate();
    const life = await begin([
      kind("mixed", async (ctx) => {
        const { answer } = await ctx.parallel({
          work: (ctx) => ctx.step("work", () => work.promise.then(() => null)),
          answer: (ctx) => ctx.waitForInput("ok", { asks: "approval", prompt: "Go on?" }),
        });
        return answer?.value ?? null;
      }),
    ]);
    const id = await submit(life, "mixed");
    await arrives(life, id, "running");
    work.resolve();
    await arrives(life, id, "input_required");
    await life.verbs.tasks.input(ada, id, { value: true });
    expect(await arrives(life, id, "completed")).toMatchObject({ output: true });
  });

  it("ends a task at its deadline, whatever it waits for", async () => {
    const life = await begin([
      kind("ask", async (ctx) => (await ctx.waitForInput("x", { asks: "answer", prompt: "?" }))?.value ?? null),
    ]);
    const id = await submit(life, "ask", { deadlineMs: 10_000 });
    await arrives(life, id, "input_required");
    await life.pass(10_000);
    const task = await arrives(life, id, "timed_out");
    expect(task).toMatchObject({ error: { code: "deadline", message: expect.stringContaining("10 s") } });
  });

  it("counts a kind's own time limit from the first start, not from the submit", async () => {
    const hold = gate();
    const life = await begin(
      [
        kind("block", (ctx) => ctx.step("hold", () => hold.promise.then(() => null))),
        kind("brief", (ctx) => ctx.step("hang", () => new Promise<null>(() => {})), { timeLimitMs: () => 60_000 }),
      ],
      { concurrency: 1 },
    );
    await submit(life, "block");
    const id = await submit(life, "brief");
    await life.pass(90_000);
    await arrives(life, id, "queued");
    hold.resolve();
    await arrives(life, id, "running");
    await life.pass(59_000);
    await arrives(life, id, "running");
    await life.pass(1_000);
    const task = await arrives(life, id, "timed_out");
    expect(task).toMatchObject({ error: { message: expect.stringContaining("60 s") } });
  });

  it("runs children, hands their outputs and failures to the parent, and survives a crash in between", async () => {
    let release = gate();
    const parent = kind("parent", async (ctx) => {
      const good = await ctx.child("good", "child", { ok: true });
      const bad = await ctx.child("bad", "child", { ok: false }).catch((error: Error) => error.message);
      return [good, bad];
    });
    const child = kind("child", async (ctx, input) => {
      await ctx.step("work", () => release.promise.then(() => null));
      if (z.object({ ok: z.boolean() }).parse(input).ok) return "fine";
      throw new TaskFailure("bad_luck", "it was not to be");
    });
    let life = await begin([parent, child]);
    const id = await submit(life, "parent");
    const waiting = await arrives(life, id, "waiting");
    expect(waiting.waits).toMatchObject([{ on: "child" }]);
    release = gate();
    life = await life.crash();
    release.resolve();
    expect(await arrives(life, id, "completed")).toMatchObject({ output: ["fine", "it was not to be"] });
    expect((await life.verbs.tasks.list(ada, { parent: id }, { limit: 10 })).total).toBe(2);
  });

  it("starts a task once when a message comes at the moment that it wakes", async () => {
    let bodies = 0;
    const life = await begin([
      kind("nap", async (ctx) => {
        await ctx.sleep("breath", 1_000);
        return ctx.step("work", async () => ++bodies);
      }),
    ]);
    const id = await submit(life, "nap");
    await arrives(life, id, "waiting");
    const woken = life.leap(1_000);
    await Promise.all([woken, life.verbs.tasks.input(ada, id, { value: "hello" })]);
    expect(await arrives(life, id, "completed")).toMatchObject({ attempt: 2 });
    expect(bodies).toBe(1);
  });

  it("fails by what its code throws where nothing awaits it, also once it waits, asks or is paused", async () => {
    const thrown = gate();
    const rests: Record<string, { as: Task["state"]; rest: (ctx: Context) => Promise<unknown> }> = {
      sleeps: { as: "waiting", rest: (ctx) => ctx.sleep("night", 60_000) },
      asks: { as: "input_required", rest: (ctx) => ctx.waitForInput("colour", { asks: "answer", prompt: "Which?" }) },
      pauses: { as: "paused", rest: (ctx) => ctx.pause("rest", "It is late.") },
      begets: { as: "waiting", rest: (ctx) => ctx.child("child", "naps", {}) },
    };
    const life = await begin([
      kind("naps", (ctx) => ctx.sleep("night", 60_000).then(() => null)),
      ...Object.entries(rests).map(([name, { rest }]) =>
        kind(name, async (ctx) => {
          void thrown.promise.then(() => blame(new Error("stray")));
          await rest(ctx);
          return "well";
        }),
      ),
    ]);
    const ids = new Map<string, string>();
    for (const [name, { as }] of Object.entries(rests)) {
      const id = await submit(life, name, { retry: { attempts: name === "asks" || name === "pauses" ? 2 : 1 } });
      await arrives(life, id, as);
      ids.set(name, id);
    }
    const child = (await at(life, ids.get("begets") ?? "")).waits[0];
    thrown.resolve();
    for (const [name, id] of ids) {
      if (name === "asks") expect((await arrives(life, id, "waiting")).waits).toMatchObject([{ on: "retry" }]);
      else
        expect(await arrives(life, id, "failed")).toMatchObject({ error: { code: "handler_error", message: "stray" } });
    }
    await arrives(life, child?.on === "child" ? child.child : "", "cancelled");
  });

  it("fails by what its code throws where nothing awaits it while it comes to rest after a pause", async () => {
    const [thrown, work] = [gate(), gate()];
    const life = await begin([
      kind("works", async (ctx) => {
        void thrown.promise.then(() => blame(new Error("stray")));
        return ctx.step("work", () => work.promise.then(() => null));
      }),
    ]);
    const id = await submit(life, "works");
    await arrives(life, id, "running");
    await life.verbs.tasks.pause(ada, id, { reason: "It is late." });
    await arrives(life, id, "paused");
    thrown.resolve();
    expect(await arrives(life, id, "failed")).toMatchObject({ error: { message: "stray" } });
    work.resolve();
  });

  it("keeps what a step has returned in the moment in which its paused task fails by what other code throws", async () => {
    const work = gate();
    const life = await begin([
      kind("works", async (ctx) => {
        void work.promise.then(() => inTurns(100, () => blame(new Error("stray"))));
        return ctx.step("work", () => work.promise.then(() => null));
      }),
    ]);
    const id = await submit(life, "works");
    await arrives(life, id, "running");
    await life.verbs.tasks.pause(ada, id, { reason: "It is late." });
    work.resolve();
    await arrives(life, id, "failed");
    expect((await types(life, id)).slice(-2)).toEqual(["step.completed", "task.failed"]);
  });

  it("waits for a child whose submit is on its way to the disk when all else of it has come to rest", async () => {
    let release = () => {};
    const life = await begin([
      kind("child", async () => "grown"),
      kind("parent", async (ctx) => {
        const night = ctx.sleep("night", 60_000);
        await ctx.step("look", async () => {
          release = life.faults.hold();
          return null;
        });
        return Promise.race([night.then(() => "nobody"), ctx.child("child", "child", null)]);
      }),
    ]);
    const id = await submit(life, "parent");
    await life.settle();
    release();
    expect(await arrives(life, id, "completed")).toMatchObject({ output: "grown" });
  });

  it("counts what its code throws again and again at rest as one failure of its attempt", async () => {
    const thrown = gate();
    const life = await begin([
      kind("ticks", async (ctx) => {
        for (let n = 0; n < 3; n++) void thrown.promise.then(() => blame(new Error(`tick ${n}`)));
        await ctx.sleep("night", 60_000);
        return "well";
      }),
    ]);
    const id = await submit(life, "ticks", { retry: { attempts: 3 } });
    await arrives(life, id, "waiting");
    thrown.resolve();
    expect(await arrives(life, id, "waiting")).toMatchObject({ failures: 1, waits: [{ on: "retry" }] });
  });

  it("does no step again for what its code throws while its rest is on the way to the disk", async () => {
    const seen: unknown[] = [];
    for (let skipped = 1; skipped < 5; skipped++) {
      const thrown = gate();
      let bodies = 0;
      const life = await begin([
        kind("pays", async (ctx) => {
          if (bodies === 0) void thrown.promise.then(() => blame(new Error("stray")));
          await ctx.step("pay", async (step) => {
            step.usage(paidCall(`call ${++bodies}`));
            return null;
          });
          await ctx.sleep("night", 60_000);
          return "well";
        }),
      ]);
      life.faults.refuse(1, "apply", undefined, skipped);
      const id = await submit(life, "pays", { retry: { attempts: 2 } });
      await life.settle();
      thrown.resolve();
      await life.settle();
      for (let minutes = 0; minutes < 3; minutes++) await life.pass(60_000);
      const { usage, failures } = await arrives(life, id, "completed");
      seen.push({ bodies, failures, costUsd: usage.costUsd });
      await life.end();
    }
    expect(seen).toEqual(seen.map(() => ({ bodies: 1, failures: 1, costUsd: 0.5 })));
  });

  it("is failed by nothing that a step of it has left behind, or an attempt before its last", async () => {
    const [early, late] = [gate(), gate()];
    let attempts = 0;
    const life = await begin([
      kind("careless", async (ctx) => {
        if (++attempts === 1) void early.promise.then(() => blame(new Error("of the first attempt")));
        await ctx.step("look", async () => {
          void late.promise.then(() => blame(new Error("of a step")));
          return null;
        });
        await ctx.sleep("nap", 1_000);
        await ctx.sleep("night", 60_000);
        return "well";
      }),
    ]);
    const id = await submit(life, "careless");
    await arrives(life, id, "waiting");
    late.resolve();
    await arrives(life, id, "waiting");
    await life.pass(1_000);
    await arrives(life, id, "waiting");
    early.resolve();
    await arrives(life, id, "waiting");
    await life.pass(60_000);
    expect(await arrives(life, id, "completed")).toMatchObject({ output: "well" });
  });
}
