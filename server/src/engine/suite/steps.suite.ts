/** Steps: once journaled never run again, tried again when they fail, heard while they run. */
import { expect, it } from "vitest";
import type { StepContext } from "../../task/handler.ts";
import { ada, arrives, at, type Begin, events, gate, kind, submit, types } from "./stage.ts";

export function stepsSuite(begin: Begin): void {
  it("runs a task of one step to its end, and its log tells the story in order", async () => {
    const life = await begin([
      kind("greet", (ctx, input) => ctx.step("say", async () => `Hello, ${JSON.stringify(input)}`)),
    ]);
    const id = await submit(life, "greet", { input: "Ada" });
    const task = await arrives(life, id, "completed");
    expect(task).toMatchObject({ output: 'Hello, "Ada"', attempt: 1, progress: 1, title: "greet" });
    expect(await types(life, id)).toEqual(["task.submitted", "task.started", "step.completed", "task.completed"]);
    expect((await events(life, id)).map((event) => event.seq)).toEqual([1, 2, 3, 4]);
  });

  it("never runs a journaled step again, however often the process dies", async () => {
    const calls: string[] = [];
    let hold = gate();
    const two = kind("two", async (ctx) => {
      const first = await ctx.step("first", async () => {
        calls.push("first");
        return 1;
      });
      return ctx.step("second", async () => {
        calls.push("second");
        await hold.promise;
        return first + 1;
      });
    });
    let life = await begin([two]);
    const id = await submit(life, "two");
    await arrives(life, id, "running");
    hold = gate();
    life = await life.crash();
    await arrives(life, id, "running");
    hold.resolve();
    const task = await arrives(life, id, "completed");
    expect(task).toMatchObject({ output: 2, attempt: 2 });
    expect(calls).toEqual(["first", "second", "second"]);
  });

  it("tries a failing step again with growing delays, and gives its result", async () => {
    let tries = 0;
    const flaky = kind("flaky", (ctx) =>
      ctx.step(
        "call",
        async (step) => {
          tries = step.tries;
          if (step.tries < 3) throw new Error("busy");
          return "ok";
        },
        { backoffMs: 1_000 },
      ),
    );
    const life = await begin([flaky]);
    const id = await submit(life, "flaky");
    const delayOf = async () => {
      const [wait] = (await arrives(life, id, "waiting")).waits;
      return wait?.on === "retry" && wait.until !== null ? wait.until - wait.since : 0;
    };
    const first = await delayOf();
    expect(first).toBeGreaterThanOrEqual(500);
    await life.pass(1_000);
    expect(tries).toBe(2);
    expect(await delayOf()).toBeGreaterThan(first);
    await life.pass(2_000);
    expect(await arrives(life, id, "completed")).toMatchObject({ output: "ok" });
    expect((await types(life, id)).filter((type) => type === "step.retrying")).toHaveLength(2);
    const [step] = (await life.verbs.tasks.steps(ada, id)).steps;
    expect(step).toMatchObject({ name: "call", state: "done", tries: 3 });
    // Each try with its error, when it began and when it ended.
    const each = step?.trace?.tries ?? [];
    expect(each.map(({ error }) => error?.message)).toEqual(["busy", "busy", undefined]);
    for (const [n, { startedAt, endedAt }] of each.entries()) {
      expect(endedAt).toBeGreaterThanOrEqual(startedAt);
      expect(startedAt).toBeGreaterThanOrEqual(each[n - 1]?.endedAt ?? 0);
    }
  });

  it("honours the wait that a failure asks for, and does not try what cannot succeed", async () => {
    const life = await begin([
      kind("limited", (ctx) =>
        ctx.step("call", async (step) => {
          if (step.tries === 1)
            throw Object.assign(new Error("slow down"), { code: "rate_limited", retryAfterMs: 90_000 });
          return "ok";
        }),
      ),
      kind("refused", (ctx) =>
        ctx.step("call", async () => {
          throw Object.assign(new Error("no such model"), { code: "refused", retryable: false });
        }),
      ),
    ]);
    const limited = await submit(life, "limited");
    const refused = await submit(life, "refused");
    const failed = await arrives(life, refused, "failed");
    expect(failed).toMatchObject({ error: { code: "refused", message: "no such model", step: "call" } });
    await life.pass(89_000);
    await arrives(life, limited, "waiting");
    await life.pass(1_000);
    await arrives(life, limited, "completed");
  });

  it("does not wait for whoever asks to be left alone until after the deadline", async () => {
    const slow = async () => {
      throw Object.assign(new Error("slow down"), { code: "rate_limited", retryAfterMs: 3_600_000 });
    };
    const life = await begin([
      kind("step", (ctx) => ctx.step("call", slow)),
      kind("body", slow),
      kind("parent", (ctx) => ctx.child("asked", "step", {})),
    ]);
    for (const [named, attempts] of [
      ["step", 1],
      ["body", 3],
      ["parent", 1],
    ] as const) {
      const id = await submit(life, named, { deadlineMs: 60_000, retry: { attempts, backoffMs: 1 } });
      expect(await arrives(life, id, "failed")).toMatchObject({
        error: {
          message: expect.stringMatching(/slow down.*tried again in 3600 s, which is after the task's deadline/),
        },
      });
    }
    const patient = await submit(life, "step");
    await arrives(life, patient, "waiting");
  });

  it("lets a handler catch a failed step, the same way on every attempt", async () => {
    let life = await begin([
      kind("brave", async (ctx) => {
        const result = await ctx
          .step("risky", async (): Promise<string> => Promise.reject(new Error("boom")), { retries: 0 })
          .catch((error: Error) => `caught ${error.message}`);
        await ctx.sleep("breath", 1_000);
        return result;
      }),
    ]);
    const id = await submit(life, "brave");
    await arrives(life, id, "waiting");
    life = await life.crash();
    await life.pass(1_000);
    expect(await arrives(life, id, "completed")).toMatchObject({ output: "caught boom" });
  });

  it("retries the whole task when the submit asks for it, from the step that failed", async () => {
    const calls: string[] = [];
    let broken = true;
    const life = await begin([
      kind("whole", async (ctx) => {
        await ctx.step("first", async () => calls.push("first"));
        return ctx.step(
          "second",
          async () => {
            calls.push("second");
            if (broken) throw new Error("down");
            return "up";
          },
          { retries: 0 },
        );
      }),
    ]);
    const id = await submit(life, "whole", { retry: { attempts: 3, backoffMs: 5_000 } });
    const waiting = await arrives(life, id, "waiting");
    expect(waiting).toMatchObject({ failures: 1, waits: [{ on: "retry" }] });
    broken = false;
    await life.pass(5_000);
    expect(await arrives(life, id, "completed")).toMatchObject({ output: "up", failures: 1 });
    expect(calls).toEqual(["first", "second", "second"]);
  });

  it("keeps where in the code its last error was thrown, and shows what it gave up as failed, with its tries", async () => {
    const explode = () => {
      throw new TypeError("Cannot read properties of undefined");
    };
    const life = await begin([
      kind("broken", async (ctx) => {
        await ctx.step("fine", async () => 1);
        return ctx.step("explode", async () => explode(), { retries: 1, backoffMs: 1 });
      }),
      kind("by itself", async () => explode()),
    ]);
    const [inStep, byItself] = [await submit(life, "broken"), await submit(life, "by itself")];
    await life.pass(10);
    for (const id of [inStep, byItself])
      expect((await arrives(life, id, "failed")).stack).toMatch(/^TypeError: Cannot read[^\n]*\n +at explode /);
    const { steps } = await life.verbs.tasks.steps(ada, inStep);
    expect(steps).toMatchObject([
      { name: "fine", state: "done" },
      { name: "explode", state: "failed", tries: 2, error: { message: "Cannot read properties of undefined" } },
    ]);
  });

  it("cuts a step off at its time limit", async () => {
    const life = await begin([
      kind("stuck", (ctx) => ctx.step("hang", () => new Promise<null>(() => {}), { retries: 0, timeoutMs: 30_000 })),
    ]);
    const id = await submit(life, "stuck");
    await arrives(life, id, "running");
    await life.pass(30_000);
    // Its body has not ended: it has a grace for that.
    await life.settle();
    expect(await at(life, id)).toMatchObject({ state: "running" });
    await life.pass(5_000);
    expect(await arrives(life, id, "failed")).toMatchObject({ error: { code: "step_timeout" } });
  });

  it("tries a step whose time was over again once its body has ended, and never two of it at once within the grace", async () => {
    let bodies = 0;
    const atOnce: number[] = [];
    const life = await begin([
      kind("slow", (ctx) =>
        ctx.step(
          "call",
          async (step) => {
            atOnce.push(++bodies);
            if (step.tries > 1) return "answered";
            await new Promise<void>((resolve) =>
              step.signal.addEventListener("abort", () => life.after(2_000, resolve)),
            );
            bodies--;
            return "too late";
          },
          { timeoutMs: 1_000, backoffMs: 1 },
        ),
      ),
    ]);
    const id = await submit(life, "slow");
    await arrives(life, id, "running");
    await life.pass(1_000);
    await life.pass(2_000);
    await life.pass(1_000);
    expect(await arrives(life, id, "completed")).toMatchObject({ output: "answered" });
    expect(atOnce).toEqual([1, 1]);
  });

  it("coalesces live text, and says when a step that had spoken runs again", async () => {
    let hold = gate();
    let life = await begin([
      kind("talk", (ctx) =>
        ctx.step("model", async (step) => {
          step.output("Hel");
          step.output("lo");
          await hold.promise;
          step.output(" again");
          return null;
        }),
      ),
    ]);
    const id = await submit(life, "talk");
    await life.settle();
    await life.pass(100);
    hold = gate();
    life = await life.crash();
    await life.settle();
    hold.resolve();
    await arrives(life, id, "completed");
    const told = (await events(life, id)).filter((event) => event.type.startsWith("output."));
    expect(
      told.map((event) => (event.type === "output.delta" && !event.custom ? event.data.text : event.type)),
    ).toEqual(["Hello", "output.restarted", "Hello", " again"]);
  });

  it("takes the text of a step back once in each of its tries, and nothing where it has said none", async () => {
    const life = await begin([
      kind("talk", (ctx) =>
        ctx.step("model", async (step) => {
          step.retract();
          step.output("Let me see");
          step.retract();
          step.retract();
          step.output("Hello");
          if (step.tries === 1) throw new Error("It has hung up.");
          return null;
        }),
      ),
    ]);
    const id = await submit(life, "talk");
    await life.pass(2_000);
    await arrives(life, id, "completed");
    const told = (await events(life, id)).filter((event) => event.type.startsWith("output."));
    const once = ["Let me see", "output.restarted", "Hello"];
    expect(
      told.map((event) => (event.type === "output.delta" && !event.custom ? event.data.text : event.type)),
    ).toEqual([...once, "output.restarted", ...once]);
  });

  it("tells apart what steps say that run side by side", async () => {
    const together = gate();
    const sings = (text: string) => async (step: StepContext) => {
      step.output(text);
      await together.promise;
      step.output(text);
      return null;
    };
    const life = await begin([
      kind("choir", (ctx) =>
        ctx.parallel({
          high: (branch) => branch.step("high", sings("la")),
          low: (branch) => branch.step("low", sings("lo")),
        }),
      ),
    ]);
    const id = await submit(life, "choir");
    await arrives(life, id, "running");
    together.resolve();
    await arrives(life, id, "completed");
    const said = (await events(life, id)).flatMap((event) =>
      event.type === "output.delta" && !event.custom ? [`${event.data.step}: ${event.data.text}`] : [],
    );
    expect(said).toEqual(["high: la", "low: lo", "high: la", "low: lo"]);
  });

  it("shows progress that never falls, and keeps details, events and artifacts once", async () => {
    let life = await begin([
      kind("loud", async (ctx) => {
        ctx.progress(0.5, "half");
        ctx.emit({ type: "my.note", data: { n: 1 } });
        ctx.details({ a: 1 });
        await ctx.step("work", async (step) => {
          step.emit({ type: "my.note", data: { n: 2 } });
          step.artifact({ id: "report", parts: [{ text: "one" }] });
          step.details({ b: 2 });
          return null;
        });
        ctx.artifact({ id: "report", parts: [{ text: "two" }], append: true });
        ctx.progress(0.2, "less");
        await ctx.sleep("breath", 1_000);
        return null;
      }),
    ]);
    const id = await submit(life, "loud");
    const resting = await arrives(life, id, "waiting");
    expect(resting).toMatchObject({ progress: 0.5, progressMessage: "less", details: { a: 1, b: 2 } });
    life = await life.crash();
    await life.pass(1_000);
    await arrives(life, id, "completed");
    expect(
      (await events(life, id)).flatMap((event) => (event.custom && event.type === "my.note" ? [event.data["n"]] : [])),
    ).toEqual([1, 2]);
    expect((await life.verbs.tasks.artifacts(ada, id)).artifacts).toMatchObject([
      { id: "report", parts: [{ text: "one" }, { text: "two" }] },
    ]);
  });

  it("refuses a second call of one name while the first is in flight in the same branch", async () => {
    const life = await begin([
      kind("twice", async (ctx) => {
        const slow = ctx.step("same", () => new Promise<null>((resolve) => setImmediate(() => resolve(null))));
        const second = await ctx.step("same", async () => null).catch((error: Error) => error.message);
        await slow;
        return second ?? "accepted";
      }),
    ]);
    const id = await submit(life, "twice");
    expect(await arrives(life, id, "completed")).toMatchObject({
      output: expect.stringContaining("still in flight"),
    });
  });

  it("shows live text while the step that makes it runs on", async () => {
    const more = gate();
    const life = await begin([
      kind("talker", (ctx) =>
        ctx.step("talk", async (step) => {
          step.output("Once ");
          await more.promise;
          step.output("upon a time");
          return new Promise<null>(() => {});
        }),
      ),
    ]);
    const id = await submit(life, "talker");
    const said = async () =>
      (await events(life, id)).flatMap((event) => (event.type === "output.delta" ? [event.data["text"]] : []));
    await life.pass(1_000);
    expect(await said()).toEqual(["Once "]);
    more.resolve();
    await life.pass(1_000);
    expect(await said()).toEqual(["Once ", "upon a time"]);
  });

  it("gives time, chance and history once, and the same on every attempt", async () => {
    let life = await begin([
      kind("chance", async (ctx) => {
        const before = [await ctx.now(), await ctx.random()];
        await ctx.sleep("breath", 1_000);
        return [...before, (await ctx.history(10)).length];
      }),
    ]);
    const id = await submit(life, "chance", { conversation: { alias: "c" } });
    await arrives(life, id, "waiting");
    const began = life.now();
    life = await life.crash();
    await life.pass(1_000);
    const task = await arrives(life, id, "completed");
    expect(task.state === "completed" && task.output).toEqual([began, expect.any(Number), 0]);
  });
}
