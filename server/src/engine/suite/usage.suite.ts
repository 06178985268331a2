/** What is paid for counts: once, whoever reports it and however often, and whatever becomes of the task meanwhile. */
import { expect, it } from "vitest";
import { z } from "zod";
import { Damaged } from "../../store/damage.ts";
import type { Bound, StepContext } from "../../task/handler.ts";
import { failure } from "../../task/task.ts";
import { ada, arrives, at, type Begin, paidCall as call, gate, inTurns, kind, submit, types } from "./stage.ts";

/** More turns than a cancel or a commit takes until it has effect. */
const TURNS_MAX = 60;

export function usageSuite(begin: Begin): void {
  it("counts usage once, also what a cancelled attempt reports late", async () => {
    const late = gate();
    const reported = gate();
    const life = await begin([
      kind("paid", (ctx) =>
        ctx.step("model", async (step) => {
          await late.promise;
          step.usage(call(step.key));
          reported.resolve();
          return null;
        }),
      ),
    ]);
    const id = await submit(life, "paid");
    await arrives(life, id, "running");
    await life.verbs.tasks.cancel(ada, id);
    late.resolve();
    await reported.promise;
    const task = await arrives(life, id, "cancelled");
    expect(task.usage).toEqual({ calls: 1, inputTokens: 10, outputTokens: 5, costUsd: 0.5, unpricedCalls: 0 });
    expect((await types(life, id)).at(-1)).toBe("task.cancelled");
  });

  it("fails a step by the name of the call that is handed no budgets, no amount or no tasks, and takes nothing for it", async () => {
    type Call = (step: StepContext, given: unknown, seen: Bound[]) => Promise<unknown>;
    const one = { tokens: 1, costUsd: 0.1 };
    // To look through the longest list that there can be takes minutes, also when nothing is in it.
    const unread = [new Array(3), new Array(2 ** 32 - 1)];
    const calls: Record<string, { call: Call; refused: readonly unknown[] }> = {
      "reserve()": {
        call: (step, ...given) => Reflect.apply(step.reserve, step, given),
        refused: [7, null, {}, { ...one, tokens: Number.NaN }, { ...one, costUsd: -1 }, { ...one, tokens: "1" }],
      },
      "seen by reserve()": {
        call: (step, given) => Reflect.apply(step.reserve, step, [one, given]),
        refused: [7, null, "all", [null], [7], [{}], ...unread],
      },
      "seen by budgets()": {
        call: (step, given) => Reflect.apply(step.budgets, step, [given]),
        refused: [null, "all", [undefined], [{ task: 1 }], ...unread],
      },
      "paying()": {
        call: (step, given) => Reflect.apply(step.paying, step, [call("own"), given]),
        refused: [null, "1", -1, Number.NaN, Number.POSITIVE_INFINITY, 1e13],
      },
      "grant()": {
        call: (step, given) => Reflect.apply(step.grant, step, [given]),
        refused: [undefined, 7, "all", [{}], [7n], [null], ...unread],
      },
    };
    const left: number[] = [];
    const life = await begin([
      kind("spends", (ctx, input) => {
        const [name, at] = z.tuple([z.string(), z.int()]).parse(input);
        const { call, refused } = calls[name] ?? {};
        return ctx.step("pay", async (step) => {
          const seen = await step.budgets();
          await call?.(step, refused?.[at], seen).finally(async () => {
            left.push(...(await step.budgets()).map(({ reserved }) => reserved.tokens));
          });
          return null;
        });
      }),
    ]);
    for (const [name, { refused }] of Object.entries(calls))
      for (const at of refused.keys()) {
        const id = await submit(life, "spends", { input: [name, at], budget: { tokens: 100 } });
        const { error } = z.looseObject({ error: failure }).parse(await arrives(life, id, "failed"));
        expect([name, at, error]).toMatchObject([name, at, { code: "bad_value", step: "pay" }]);
        expect(error.message).toContain(name);
      }
    expect(new Set(left)).toEqual(new Set([0]));
  });

  it("shows a handler the same spending at the same point of every attempt", async () => {
    const seen: number[] = [];
    let life = await begin([
      kind("thrifty", async (ctx) => {
        for (const name of ["a", "b"]) {
          seen.push(ctx.spent.costUsd);
          await ctx.step(name, async (step) => {
            step.usage(call(step.key));
            return null;
          });
        }
        await ctx.sleep("breath", 1_000);
        return ctx.spent.costUsd;
      }),
    ]);
    const id = await submit(life, "thrifty");
    await arrives(life, id, "waiting");
    life = await life.crash();
    await life.pass(1_000);
    expect(await arrives(life, id, "completed")).toMatchObject({ output: 1, usage: { costUsd: 1 } });
    expect(seen).toEqual([0, 0.5, 0, 0.5]);
  });

  it("counts a call that is reported again by a later try once, and keeps that try's result", async () => {
    const life = await begin([
      kind("paid", (ctx) =>
        ctx.step("model", async (step) => {
          step.usage(call(step.key));
          if (step.tries === 1) throw new Error("cut off");
          return "answered";
        }),
      ),
    ]);
    const id = await submit(life, "paid");
    await arrives(life, id, "waiting");
    await life.pass(2_000);
    expect(await arrives(life, id, "completed")).toMatchObject({ output: "answered", usage: { calls: 1 } });
    expect((await life.verbs.tasks.usage(ada, id)).calls).toHaveLength(1);
  });

  it("counts what a body had paid for when its task is cancelled", async () => {
    const life = await begin([
      kind("paying", (ctx) =>
        ctx.step("ask", (step) => {
          step.usage(call(step.key));
          return new Promise<null>(() => {});
        }),
      ),
    ]);
    const id = await submit(life, "paying");
    await arrives(life, id, "running");
    await life.verbs.tasks.cancel(ada, id);
    expect(await arrives(life, id, "cancelled")).toMatchObject({ usage: { calls: 1, costUsd: 0.5 } });
  });

  it("counts what was paid for, whichever moment of its commit a cancel comes in", async () => {
    let done = gate();
    const life = await begin([
      kind("paid", async (ctx) => {
        await ctx.step("model", async (step) => {
          await done.promise;
          step.usage(call(step.key));
          return null;
        });
        ctx.usage(call("its own"));
        return ctx.step("next", () => new Promise<null>(() => {}));
      }),
    ]);
    for (let turns = 0; turns <= TURNS_MAX; turns++) {
      done = gate();
      const id = await submit(life, "paid");
      await arrives(life, id, "running");
      const cancelled = inTurns(TURNS_MAX - turns, () => life.verbs.tasks.cancel(ada, id));
      await inTurns(turns, () => done.resolve());
      await cancelled;
      await life.settle();
      const { usage } = await arrives(life, id, "cancelled");
      expect(usage.calls).toBe(2);
    }
  });

  it("counts what was paid for in writes that wait behind one which is refused, or behind a cancel", async () => {
    let paid = [gate(), gate(), gate()];
    const life = await begin([
      kind("paid", async (ctx) => {
        await ctx.step("begin", async () => null);
        for (const [n, each] of paid.entries()) {
          await each.promise;
          ctx.usage(call(`call ${n}`));
        }
        return new Promise<null>(() => {});
      }),
    ]);
    for (const state of ["failed", "cancelled"] as const) {
      paid = [gate(), gate(), gate()];
      const id = await submit(life, "paid");
      await arrives(life, id, "running");
      const release = life.faults.hold();
      if (state === "failed") life.faults.refuse(1, "apply", new Error("That cannot be written."));
      const cancelled = state === "cancelled" ? life.verbs.tasks.cancel(ada, id) : null;
      for (const each of paid.slice(0, -1)) {
        await life.settle();
        each.resolve();
      }
      await life.settle();
      paid.at(-1)?.resolve();
      await inTurns(20, release);
      await cancelled;
      expect((await arrives(life, id, state)).usage.calls).toBe(3);
    }
  });

  it("grants nothing to what has ended meanwhile, and fails nobody by that", async () => {
    const life = await begin([
      kind("done", async () => null),
      kind("grants", async (ctx, input) =>
        ctx.step("grant", async (step) => {
          await step.grant([String(input)]);
          return null;
        }),
      ),
    ]);
    const ended = await submit(life, "done", { budget: { tokens: 10 } });
    const before = await arrives(life, ended, "completed");
    await arrives(life, await submit(life, "grants", { input: ended }), "completed");
    expect(await at(life, ended)).toEqual(before);
  });

  it("holds a child to the budgets above it and to its own, by what each tree has spent, also after a restart", async () => {
    const seen: Bound[][] = [];
    let life = await begin([
      kind("parent", async (ctx) => {
        await ctx.step("model", async (step) => {
          step.usage(call("parent's"));
          return null;
        });
        return ctx.child("child", "child", {}, { budget: { tokens: 20 } });
      }),
      kind("child", async (ctx) => {
        await ctx.step("model", async (step) => {
          step.usage(call("child's"));
          return null;
        });
        await ctx.sleep("breath", 1_000);
        return ctx.step("look", async (step) => {
          seen.push(await step.budgets());
          await step.grant([ctx.task.id]);
          seen.push(await step.budgets());
          return null;
        });
      }),
    ]);
    const id = await submit(life, "parent", { budget: { costUsd: 2, onSpent: "fail" } });
    await arrives(life, id, "waiting");
    await life.settle();
    life = await life.restart();
    await life.pass(1_000);
    const { children } = await arrives(life, id, "completed");
    expect(children).toBe(1);
    const above = {
      task: id,
      budget: { costUsd: 2, onSpent: "fail" },
      from: { calls: 0 },
      spent: { calls: 2, costUsd: 1 },
    };
    const own = { budget: { tokens: 20, onSpent: "pause" }, spent: { calls: 1, costUsd: 0.5 } };
    expect(seen).toMatchObject([
      [above, { ...own, from: { calls: 0 } }],
      [above, { ...own, from: { calls: 1 } }],
    ]);
  });

  it("counts a call of a process that has died by what was known before it and by what it had said, once", async () => {
    let tries = 0;
    const handler = kind("paid", (ctx) =>
      ctx.step("model", async (step) => {
        tries += 1;
        const own = { ...call(`own ${tries}`), outputTokens: 0 };
        await step.paying(own, 0.25);
        if (tries > 1) return tries;
        step.output("Eight by");
        return new Promise<null>(() => {});
      }),
    );
    let life = await begin([handler]);
    const id = await submit(life, "paid");
    await arrives(life, id, "running");
    await life.settle();
    life = await life.crash();
    expect(await arrives(life, id, "completed")).toMatchObject({
      output: 2,
      usage: { calls: 1, outputTokens: 2, costUsd: 1 },
    });
    expect((await life.verbs.tasks.usage(ada, id)).calls).toMatchObject([{ key: "own 1" }]);
  });

  it("counts what was said for the call that it answers alone, where the next one's process dies before a word of it", async () => {
    let tries = 0;
    const handler = kind("paid", (ctx) =>
      ctx.step("model", async (step) => {
        tries += 1;
        if (tries > 2) return tries;
        await step.paying({ ...call(`own ${tries}`), outputTokens: 0 }, 0.25);
        if (tries === 1) step.output("Eight by");
        return new Promise<null>(() => {});
      }),
    );
    let life = await begin([handler]);
    const id = await submit(life, "paid");
    for (let death = 0; death < 2; death++) {
      await arrives(life, id, "running");
      await life.settle();
      life = await life.crash();
    }
    await life.pass(5_000);
    await arrives(life, id, "completed");
    expect((await life.verbs.tasks.usage(ada, id)).calls).toMatchObject([
      { key: "own 1", outputTokens: 2, costUsd: 1 },
      { key: "own 2", outputTokens: 0, costUsd: 0.5 },
    ]);
  });

  it("counts all calls of a task that fails since it has crashed its process each time", async () => {
    let tries = 0;
    const handler = kind("paid", (ctx) =>
      ctx.step("model", async (step) => {
        tries += 1;
        await step.paying(call(`own ${tries}`), 0, false);
        return new Promise<null>(() => {});
      }),
    );
    let life = await begin([handler]);
    const id = await submit(life, "paid");
    for (let lives = 0; lives < 10 && (await at(life, id)).state === "running"; lives++) {
      for (let s = 0; s < 900 && tries === lives; s++) await life.pass(1_000);
      await life.settle();
      life = await life.crash(undefined, { own: true });
      await life.settle();
    }
    const { usage } = await arrives(life, id, "failed");
    expect(usage.calls).toBe(tries);
  });

  it("counts each of several calls that a process died in, and live text for none whose answer is no live text", async () => {
    let tries = 0;
    const unsaid = (key: string) => ({ ...call(key), outputTokens: 0 });
    const handler = kind("paid", (ctx) =>
      ctx.step("model", async (step) => {
        tries += 1;
        if (tries > 1) return tries;
        await step.paying(unsaid("speaks"), 0.25);
        step.output("Eight by");
        await step.paying(unsaid("told"), 0, false);
        step.usage(call("told"));
        await step.paying(unsaid("looks"), 0, false);
        return new Promise<null>(() => {});
      }),
    );
    let life = await begin([handler]);
    const id = await submit(life, "paid");
    await arrives(life, id, "running");
    await life.settle();
    life = await life.crash();
    await arrives(life, id, "completed");
    expect((await life.verbs.tasks.usage(ada, id)).calls).toMatchObject([
      { key: "told", costUsd: 0.5 },
      { key: "looks", outputTokens: 0, costUsd: 0.5 },
      { key: "speaks", outputTokens: 2, costUsd: 1 },
    ]);
  });

  it.each([
    ["", 0],
    [", also when the clock was set back meanwhile", 3_600_000],
  ])(
    "counts the calls that a process died in for a task that is cancelled before it goes on, once%s",
    async (_, setBackMs) => {
      const handler = kind("paid", (ctx) =>
        ctx.step("model", async (step) => {
          await step.paying({ ...call("own"), outputTokens: 0 }, 0.25);
          step.output("Eight by");
          return new Promise<null>(() => {});
        }),
      );
      let life = await begin([handler]);
      const id = await submit(life, "paid");
      await arrives(life, id, "running");
      await life.settle();
      await life.verbs.tasks.pause(ada, id);
      life = await life.crash();
      life = await life.crash(undefined, { setBackMs });
      expect(await life.verbs.tasks.get(ada, id)).toMatchObject({ state: "paused", usage: { calls: 0 } });
      await life.verbs.tasks.cancel(ada, id);
      await life.settle();
      const usage = { calls: 1, outputTokens: 2, costUsd: 1 };
      expect(await life.verbs.tasks.get(ada, id)).toMatchObject({ state: "cancelled", usage });
      expect((await life.verbs.tasks.usage(ada, id)).calls).toMatchObject([{ key: "own" }]);
    },
  );

  it("counts no call that was cut off before its answer, by a pause or a stop, as a cancel counts none", async () => {
    let tries = 0;
    const handler = kind("paid", (ctx) =>
      ctx.step("model", async (step) => {
        tries += 1;
        await step.paying(call(`own ${tries}`), 0.25);
        if (tries > 2) return tries;
        return new Promise<null>((_, reject) =>
          step.signal.addEventListener("abort", () => reject(step.signal.reason)),
        );
      }),
    );
    let life = await begin([handler]);
    const id = await submit(life, "paid");
    await arrives(life, id, "running");
    await life.verbs.tasks.pause(ada, id, { now: true });
    await life.settle();
    await life.verbs.tasks.resume(ada, id);
    await arrives(life, id, "running");
    const stopping = life.restart();
    await life.pass(1_000);
    life = await stopping;
    expect(await arrives(life, id, "completed")).toMatchObject({ output: 3, usage: { calls: 0 } });
  });

  it("goes on where the log of a lost call cannot be read, and counts what was known before it", async () => {
    let tries = 0;
    const handler = kind("paid", (ctx) =>
      ctx.step("model", async (step) => {
        tries += 1;
        await step.paying({ ...call("own"), outputTokens: 0 }, 0.25);
        if (tries > 1) return tries;
        step.output("Eight by");
        return new Promise<null>(() => {});
      }),
    );
    let life = await begin([handler]);
    const id = await submit(life, "paid");
    await arrives(life, id, "running");
    await life.settle();
    life.faults.refuse(1_000, "events", new Damaged(`log of task ${id}`, new Error("a page of it is gone")));
    life = await life.crash();
    expect(await arrives(life, id, "completed")).toMatchObject({ usage: { calls: 1, outputTokens: 0, costUsd: 0.5 } });
    life.faults.heal();
  });

  it("keeps nothing that a failed try has recorded, except what it cost", async () => {
    const life = await begin([
      kind("twice", (ctx) =>
        ctx.step("model", async (step) => {
          step.usage(call(`try ${step.tries}`));
          if (step.tries > 1) return "done";
          step.emit({ type: "my.note", data: { tries: step.tries } });
          step.artifact({ id: "report", parts: [{ text: "half" }] });
          step.details({ half: true });
          throw new Error("Cut off.");
        }),
      ),
    ]);
    const id = await submit(life, "twice");
    await arrives(life, id, "waiting");
    await life.pass(2_000);
    expect(await arrives(life, id, "completed")).toMatchObject({ details: {}, usage: { calls: 2 } });
    expect(await life.verbs.tasks.artifacts(ada, id)).toEqual({ artifacts: [], next: null });
    expect((await types(life, id)).filter((type) => /note|artifact|details/.test(type))).toEqual([]);
  });
}
