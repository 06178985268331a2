/**
 * What every engine does, told as the lives of tasks. An implementation hands in how it is started over a store that
 * outlives it, and how its process dies.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Event } from "../task/event.ts";
import { type Context, defineHandler, type Handler, TaskFailure } from "../task/handler.ts";
import type { Json } from "../task/json.ts";
import { type Principal, SCOPES } from "../task/principal.ts";
import type { Task } from "../task/task.ts";
import type { Submission, Verbs } from "../task/verbs.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export type EngineLife = {
  verbs: Verbs;
  clock: VirtualClock;
  /** Lets everything that is under way come to rest. */
  settle: () => Promise<void>;
  /** The process dies here: nothing of it reaches the store any more. Then a new one starts with these handlers. */
  crash: (handlers?: readonly Handler[]) => Promise<EngineLife>;
  /** The process stops in good order, and a new one starts. */
  restart: () => Promise<EngineLife>;
  end: () => Promise<void>;
};

export type EngineSetup = (handlers: readonly Handler[], limits?: { concurrency: number }) => Promise<EngineLife>;

const ada: Principal = { tenant: "acme", user: "ada", scopes: new Set(SCOPES), keyId: "key_ada" };
const bob: Principal = { tenant: "acme", user: "bob", scopes: new Set(["tasks"]), keyId: "key_bob" };

/** A gate that a test opens, in the place of time passing. */
function gate<Value = void>() {
  return Promise.withResolvers<Value>();
}

function kind(name: string, run: (ctx: Context, input: Json) => Promise<Json>, more: Partial<Handler> = {}): Handler {
  return { ...defineHandler({ kind: name, input: z.json() as z.ZodType<Json>, run }), ...more };
}

export function engineSuite(name: string, setup: EngineSetup): void {
  describe(name, () => {
    let life: EngineLife | undefined;
    const begin = async (handlers: readonly Handler[], limits?: { concurrency: number }) => {
      life = await setup(handlers, limits);
      return life;
    };
    beforeEach(() => {
      life = undefined;
    });
    afterEach(async () => life?.end());

    const submit = async (at: EngineLife, kind: string, more: Partial<Submission> = {}, who = ada): Promise<string> =>
      (await at.verbs.tasks.submit(who, "native", { kind, input: {}, ...more })).task.id;

    const at = (life: EngineLife, id: string): Promise<Task> => life.verbs.tasks.get(ada, id);

    const events = async (life: EngineLife, id: string): Promise<Event[]> => life.verbs.tasks.events(ada, id, 0, 1_000);

    const types = async (life: EngineLife, id: string): Promise<string[]> =>
      (await events(life, id)).map((event) => event.type);

    const arrives = async (life: EngineLife, id: string, state: Task["state"]): Promise<Task> => {
      await life.settle();
      const task = await at(life, id);
      expect(task.state, JSON.stringify(task)).toBe(state);
      return task;
    };

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

    it("sleeps without holding anything, also through a crash, and wakes when it is time", async () => {
      let life = await begin([
        kind("nap", async (ctx) => {
          await ctx.sleep("night", 8 * 3_600_000);
          return "rested";
        }),
      ]);
      const id = await submit(life, "nap");
      const asleep = await arrives(life, id, "waiting");
      expect(asleep.waits).toMatchObject([{ on: "timer", until: life.clock.now() + 8 * 3_600_000 }]);
      await life.clock.advance(7 * 3_600_000, life.settle);
      life = await life.crash();
      await arrives(life, id, "waiting");
      await life.clock.advance(3_600_000, life.settle);
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
      const again = await life.verbs.tasks
        .input(ada, id, { messageId: "m1", prompt: "colour", value: "red" })
        .catch((error: unknown) => error);
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
      await life.clock.advance(60_000, life.settle);
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
      await life.clock.advance(1_000, life.settle);
      expect(await arrives(life, id, "completed")).toMatchObject({ output: ["slow", "fast"] });
      expect(calls).toEqual(["slow", "fast", "slow"]);
    });

    it("waits in one branch while another still works, and says so only when nothing works any more", async () => {
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
      const waiting = await arrives(life, id, "waiting");
      expect(waiting.waits).toMatchObject([{ on: "retry" }]);
      await life.clock.advance(1_000, life.settle);
      expect(tries).toBe(2);
      await life.clock.advance(2_000, life.settle);
      expect(await arrives(life, id, "completed")).toMatchObject({ output: "ok" });
      expect((await types(life, id)).filter((type) => type === "step.retrying")).toHaveLength(2);
      expect(await life.verbs.tasks.steps(ada, id)).toMatchObject([{ name: "call", state: "done", tries: 3 }]);
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
      await life.clock.advance(89_000, life.settle);
      await arrives(life, limited, "waiting");
      await life.clock.advance(1_000, life.settle);
      await arrives(life, limited, "completed");
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
      await life.clock.advance(1_000, life.settle);
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
      await life.clock.advance(5_000, life.settle);
      expect(await arrives(life, id, "completed")).toMatchObject({ output: "up", failures: 1 });
      expect(calls).toEqual(["first", "second", "second"]);
    });

    it("cuts a step off at its time limit", async () => {
      const life = await begin([
        kind("stuck", (ctx) => ctx.step("hang", () => new Promise<null>(() => {}), { retries: 0, timeoutMs: 30_000 })),
      ]);
      const id = await submit(life, "stuck");
      await arrives(life, id, "running");
      await life.clock.advance(30_000, life.settle);
      expect(await arrives(life, id, "failed")).toMatchObject({ error: { code: "step_timeout" } });
    });

    it("ends a task at its deadline, whatever it waits for", async () => {
      const life = await begin([
        kind("ask", async (ctx) => (await ctx.waitForInput("x", { asks: "answer", prompt: "?" }))?.value ?? null),
      ]);
      const id = await submit(life, "ask", { deadlineMs: 10_000 });
      await arrives(life, id, "input_required");
      await life.clock.advance(10_000, life.settle);
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
      await life.clock.advance(90_000, life.settle);
      await arrives(life, id, "queued");
      hold.resolve();
      await arrives(life, id, "running");
      await life.clock.advance(59_000, life.settle);
      await arrives(life, id, "running");
      await life.clock.advance(1_000, life.settle);
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

    it("cancels a task with its children at once, and fires the signal of what is in flight", async () => {
      const fired = gate<string>();
      const life = await begin([
        kind("parent", (ctx) => ctx.child("only", "child", {})),
        kind("child", (ctx) =>
          ctx.step("hang", (step) => {
            step.signal.addEventListener("abort", () => fired.resolve("aborted"));
            return new Promise<null>(() => {});
          }),
        ),
      ]);
      const id = await submit(life, "parent");
      await arrives(life, id, "waiting");
      const [child] = (await life.verbs.tasks.list(ada, { parent: id }, { limit: 1 })).tasks;
      await life.verbs.tasks.cancel(ada, id, { reason: "changed my mind" });
      expect(await at(life, id)).toMatchObject({
        state: "cancelled",
        cancelledBy: { by: "ada", reason: "changed my mind" },
      });
      expect(await at(life, child?.id ?? "")).toMatchObject({ state: "cancelled" });
      expect(await fired.promise).toBe("aborted");
      await expect(life.verbs.tasks.cancel(ada, id)).rejects.toMatchObject({ code: "not_allowed_in_state" });
      expect((await types(life, id)).at(-1)).toBe("task.cancelled");
    });

    it("counts a call that is reported again by a later try once, and keeps that try's result", async () => {
      const call = { provider: "p", model: "m", agent: "", inputTokens: 10, outputTokens: 5, costUsd: 0.5, raw: null };
      const life = await begin([
        kind("paid", (ctx) =>
          ctx.step("model", async (step) => {
            step.usage({ key: step.key, ...call, cacheReadTokens: 0, cacheWriteTokens: 0 });
            if (step.tries === 1) throw new Error("cut off");
            return "answered";
          }),
        ),
      ]);
      const id = await submit(life, "paid");
      await arrives(life, id, "waiting");
      await life.clock.advance(2_000, life.settle);
      expect(await arrives(life, id, "completed")).toMatchObject({ output: "answered", usage: { calls: 1 } });
      expect(await life.verbs.tasks.usage(ada, id)).toHaveLength(1);
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
      const woken = life.clock.advance(1_000, async () => {});
      await Promise.all([woken, life.verbs.tasks.input(ada, id, { value: "hello" })]);
      expect(await arrives(life, id, "completed")).toMatchObject({ attempt: 2 });
      expect(bodies).toBe(1);
    });

    it("counts usage once, also what a cancelled attempt reports late", async () => {
      const call = {
        provider: "p",
        model: "m",
        agent: "",
        inputTokens: 10,
        outputTokens: 5,
        cacheReadTokens: 0,
        cacheWriteTokens: 0,
        costUsd: 0.5,
        raw: null,
      };
      const late = gate();
      const reported = gate();
      const life = await begin([
        kind("paid", (ctx) =>
          ctx.step("model", async (step) => {
            await late.promise;
            step.usage({ key: step.key, ...call });
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

    it("shows a handler the same spending at the same point of every attempt", async () => {
      const call = {
        provider: "p",
        model: "m",
        agent: "",
        inputTokens: 10,
        outputTokens: 0,
        cacheReadTokens: 0,
        cacheWriteTokens: 0,
        costUsd: 1,
        raw: null,
      };
      const seen: number[] = [];
      let life = await begin([
        kind("thrifty", async (ctx) => {
          for (const name of ["a", "b"]) {
            seen.push(ctx.spent.costUsd);
            await ctx.step(name, async (step) => {
              step.usage({ key: step.key, ...call });
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
      await life.clock.advance(1_000, life.settle);
      expect(await arrives(life, id, "completed")).toMatchObject({ output: 2, usage: { costUsd: 2 } });
      expect(seen).toEqual([0, 1, 0, 1]);
    });

    it("pauses at the next checkpoint, lets the step in flight end, and goes on where it stood", async () => {
      const hold = gate();
      const calls: string[] = [];
      const life = await begin([
        kind("two", async (ctx) => {
          await ctx.step("first", () => Promise.all([calls.push("first"), hold.promise]).then(() => null));
          return ctx.step("second", async () => `done ${calls.push("second")}`);
        }),
      ]);
      const id = await submit(life, "two");
      await arrives(life, id, "running");
      await life.verbs.tasks.pause(ada, id, { reason: "lunch" });
      expect(await at(life, id)).toMatchObject({
        state: "paused",
        pausedBy: { by: "ada", reason: "lunch" },
        resumesAs: "running",
      });
      await expect(life.verbs.tasks.pause(ada, id)).rejects.toMatchObject({ code: "not_allowed_in_state" });
      hold.resolve();
      await arrives(life, id, "paused");
      expect(await types(life, id)).toEqual([
        "task.submitted",
        "task.started",
        "task.pausing",
        "step.completed",
        "task.paused",
      ]);
      expect(calls).toEqual(["first"]);
      await life.verbs.tasks.resume(ada, id);
      expect(await arrives(life, id, "completed")).toMatchObject({ output: "done 2", pausedBy: null });
      expect(calls).toEqual(["first", "second"]);
    });

    it("goes on in the same attempt when it is resumed before it came to rest", async () => {
      const hold = gate();
      const life = await begin([
        kind("two", async (ctx) => {
          await ctx.step("first", () => hold.promise.then(() => null));
          return ctx.step("second", async () => "done");
        }),
      ]);
      const id = await submit(life, "two");
      await arrives(life, id, "running");
      await life.verbs.tasks.pause(ada, id);
      await life.verbs.tasks.resume(ada, id);
      expect(await at(life, id)).toMatchObject({ state: "running", attempt: 1 });
      hold.resolve();
      expect(await arrives(life, id, "completed")).toMatchObject({ attempt: 1 });
    });

    it("stays paused through a crash, and while paused takes answers and lets timers wait", async () => {
      let life = await begin([
        kind(
          "ask",
          async (ctx) =>
            (await ctx.waitForInput("x", { asks: "answer", prompt: "?", deadlineMs: 1_000 }))?.value ?? "none",
        ),
      ]);
      const id = await submit(life, "ask");
      await arrives(life, id, "input_required");
      await life.verbs.tasks.pause(ada, id);
      life = await life.crash();
      await life.clock.advance(5_000, life.settle);
      await arrives(life, id, "paused");
      await life.verbs.tasks.input(ada, id, { value: "yes" });
      await arrives(life, id, "paused");
      await life.verbs.tasks.resume(ada, id);
      expect(await arrives(life, id, "completed")).toMatchObject({ output: "yes" });
    });

    it("pauses itself when its handler asks, and goes on past that point when resumed", async () => {
      const life = await begin([
        kind("budget", async (ctx) => {
          await ctx.pause("spent", "the budget is spent");
          return ctx.step("after", async () => "done");
        }),
      ]);
      const id = await submit(life, "budget");
      expect(await arrives(life, id, "paused")).toMatchObject({ pausedBy: { reason: "the budget is spent" } });
      await life.verbs.tasks.resume(ada, id);
      expect(await arrives(life, id, "completed")).toMatchObject({ output: "done" });
    });

    it("starts by priority first, and then in turn between tenants and conversations", async () => {
      const order: string[] = [];
      const hold = gate();
      const life = await begin(
        [
          kind("block", (ctx) => ctx.step("hold", () => hold.promise.then(() => null))),
          kind("note", (ctx, input) => ctx.step("note", async () => order.push(z.string().parse(input)))),
        ],
        { concurrency: 1 },
      );
      const other: Principal = { ...ada, tenant: "other" };
      const blocker = await submit(life, "block");
      await arrives(life, blocker, "running");
      for (const n of [1, 2, 3]) await submit(life, "note", { input: `ada ${n}` });
      await submit(life, "note", { input: "other 1" }, other);
      await submit(life, "note", { input: "urgent", priority: 5 }, other);
      await submit(life, "note", { input: "ada talk", conversation: { alias: "talk" } });
      const last = await submit(life, "note", { input: "idle", priority: -5 });
      expect((await life.verbs.tasks.why(ada, last)).ahead).toBe(6);
      hold.resolve();
      await arrives(life, last, "completed");
      expect(order).toEqual(["urgent", "ada 1", "other 1", "ada talk", "ada 2", "ada 3", "idle"]);
    });

    it("runs no more tasks of one concurrency key than it allows", async () => {
      const hold = gate();
      const life = await begin([kind("block", (ctx) => ctx.step("hold", () => hold.promise.then(() => null)))]);
      const concurrency = { key: "database", limit: 2 };
      const ids = [];
      for (let n = 0; n < 3; n++) ids.push(await submit(life, "block", { concurrency }));
      await life.settle();
      const states = await Promise.all(ids.map(async (id) => (await at(life, id)).state));
      expect(states).toEqual(["running", "running", "queued"]);
      expect((await life.verbs.tasks.why(ada, ids[2] ?? "")).heldBy.sort()).toEqual(ids.slice(0, 2).sort());
      hold.resolve();
      for (const id of ids) await arrives(life, id, "completed");
    });

    it("starts a delayed task when its time has come, also after a restart", async () => {
      let life = await begin([kind("later", async () => "now")]);
      const id = await submit(life, "later", { delayMs: 60_000 });
      await arrives(life, id, "queued");
      life = await life.restart();
      await life.clock.advance(59_000, life.settle);
      await arrives(life, id, "queued");
      await life.clock.advance(1_000, life.settle);
      await arrives(life, id, "completed");
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
      await life.clock.advance(100, life.settle);
      hold = gate();
      life = await life.crash();
      await life.settle();
      hold.resolve();
      await arrives(life, id, "completed");
      const told = (await events(life, id)).filter((event) => event.type.startsWith("output."));
      expect(told.map((event) => event.data["text"] ?? event.type)).toEqual([
        "Hello",
        "output.restarted",
        "Hello",
        " again",
      ]);
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
      await life.clock.advance(1_000, life.settle);
      await arrives(life, id, "completed");
      expect(
        (await events(life, id)).filter((event) => event.type === "my.note").map((event) => event.data["n"]),
      ).toEqual([1, 2]);
      expect(await life.verbs.tasks.artifacts(ada, id)).toMatchObject([
        { id: "report", parts: [{ text: "one" }, { text: "two" }] },
      ]);
    });

    it("fails a task whose journal no longer fits its handler, naming both sides", async () => {
      const version = (first: string) =>
        kind("changing", async (ctx) => {
          await ctx.step(first, async () => null);
          await ctx.sleep("breath", 1_000);
          return null;
        });
      let life = await begin([version("before")]);
      const id = await submit(life, "changing");
      await arrives(life, id, "waiting");
      life = await life.crash([version("after")]);
      await life.clock.advance(1_000, life.settle);
      const task = await arrives(life, id, "failed");
      expect(task).toMatchObject({ error: { code: "journal_mismatch" } });
      expect(task.state === "failed" && task.error.message).toMatch(/"before".*"after"/);
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
      const began = life.clock.now();
      life = await life.crash();
      await life.clock.advance(1_000, life.settle);
      const task = await arrives(life, id, "completed");
      expect(task.state === "completed" && task.output).toEqual([began, expect.any(Number), 0]);
    });

    it("gives a conversation's earlier turns to its later tasks", async () => {
      const echo = kind(
        "echo",
        async (ctx) => (await ctx.history(10)).map((message) => `${message.role}: ${JSON.stringify(message.parts)}`),
        {
          present: (input) => ({ title: String(input), message: [{ text: String(input) }] }),
          reply: () => [{ text: "noted" }],
        },
      );
      const life = await begin([echo]);
      const conversation = { alias: "talk" };
      const first = await submit(life, "echo", { input: "one", conversation });
      await arrives(life, first, "completed");
      const second = await submit(life, "echo", { input: "two", conversation });
      const task = await arrives(life, second, "completed");
      expect(task.state === "completed" && task.output).toEqual([
        'user: [{"text":"one"}]',
        'agent: [{"text":"noted"}]',
      ]);
      const { conversation: kept } = await life.verbs.conversations.get(ada, "native", "talk");
      expect(kept).toMatchObject({ tasks: 2, completed: 2, title: "one" });
    });

    it("makes one task of a submit that is sent twice at once under one idempotency key", async () => {
      const life = await begin([kind("once", async () => null)]);
      const idempotency = { key: "k", hash: "h" };
      const send = () => life.verbs.tasks.submit(ada, "native", { kind: "once", input: {} }, idempotency);
      const [a, b] = await Promise.all([send(), send()]);
      expect(a.task.id).toBe(b.task.id);
      expect([a.replayed, b.replayed].sort()).toEqual([false, true]);
      const other = life.verbs.tasks.submit(ada, "native", { kind: "once", input: {} }, { key: "k", hash: "other" });
      await expect(other).rejects.toMatchObject({ code: "conflict" });
    });

    it("tries an ended task again as a new one, with or without what it had done", async () => {
      let calls = 0;
      let broken = true;
      const life = await begin([
        kind("twice", async (ctx) => {
          await ctx.step("costly", async () => ++calls);
          return ctx.step(
            "end",
            async () => {
              if (broken) throw new TaskFailure("broken", "not yet");
              return "ok";
            },
            { retries: 0 },
          );
        }),
      ]);
      const id = await submit(life, "twice");
      await arrives(life, id, "failed");
      broken = false;
      const kept = await life.verbs.tasks.retry(ada, id, { reuseJournal: true });
      expect(await arrives(life, kept.task.id, "completed")).toMatchObject({ retryOf: id });
      expect(calls).toBe(1);
      const fresh = await life.verbs.tasks.retry(ada, id, { reuseJournal: false });
      await arrives(life, fresh.task.id, "completed");
      expect(calls).toBe(2);
    });

    it("cleans up after an unsuccessful end, until the cleanup has succeeded", async () => {
      const cleaned: string[] = [];
      let broken = true;
      const life = await begin([
        kind("messy", (ctx) => ctx.step("hang", () => new Promise<null>(() => {})), {
          cleanup: async (_, task) => {
            if (broken) throw new Error("not yet");
            cleaned.push(task.id);
          },
        }),
      ]);
      const id = await submit(life, "messy");
      await arrives(life, id, "running");
      await life.verbs.tasks.cancel(ada, id);
      await life.settle();
      expect(cleaned).toEqual([]);
      broken = false;
      await life.clock.advance(2_000, life.settle);
      expect(cleaned).toEqual([id]);
    });

    it("gives external work out under a lease, and fences off who lost it", async () => {
      const life = await begin([
        kind("external", async () => null, { queueOf: (input) => z.object({ queue: z.string() }).parse(input).queue }),
      ]);
      const id = await submit(life, "external", { input: { queue: "gpu" } });
      const never = new AbortController().signal;
      const claim = { worker: "w1", queue: "gpu", max: 5, leaseMs: 30_000, waitMs: 0 };
      await expect(life.verbs.work.claim(bob, claim, never)).rejects.toMatchObject({ code: "forbidden" });
      const [first] = await life.verbs.work.claim(ada, claim, never);
      expect(first).toMatchObject({ id, state: "running", attempt: 1, lease: { worker: "w1" } });
      expect(await life.verbs.work.claim(ada, claim, never)).toEqual([]);
      await life.clock.advance(20_000, life.settle);
      await life.verbs.work.heartbeat(ada, id, {
        worker: "w1",
        attempt: 1,
        leaseMs: 30_000,
        progress: { fraction: 0.5, message: "half" },
      });
      await life.clock.advance(20_000, life.settle);
      await arrives(life, id, "running");
      await life.clock.advance(10_000, life.settle);
      const [second] = await life.verbs.work.claim(ada, { ...claim, worker: "w2" }, never);
      expect(second).toMatchObject({ id, attempt: 2 });
      await expect(
        life.verbs.work.complete(ada, id, { worker: "w1", attempt: 1, output: "late" }),
      ).rejects.toMatchObject({ code: "fenced" });
      await life.verbs.work.complete(ada, id, { worker: "w2", attempt: 2, output: "mine" });
      expect(await arrives(life, id, "completed")).toMatchObject({ output: "mine", progress: 1 });
    });

    it("keeps a claimed task with its worker through a crash of the server, and wakes those who wait for work", async () => {
      let life = await begin([kind("external", async () => null, { queueOf: () => "q" })]);
      const never = new AbortController().signal;
      const claim = { worker: "w", queue: "q", max: 1, leaseMs: 30_000, waitMs: 10_000 };
      const waiting = life.verbs.work.claim(ada, claim, never);
      await life.settle();
      const id = await submit(life, "external");
      expect(await waiting).toMatchObject([{ id }]);
      life = await life.crash();
      await arrives(life, id, "running");
      await life.verbs.work.complete(ada, id, { worker: "w", attempt: 1, output: null });
      await arrives(life, id, "completed");
    });

    it("follows a log from any point, through to its end, without gap or repeat", async () => {
      const hold = gate();
      const life = await begin([
        kind("long", async (ctx) => {
          for (let n = 0; n < 20; n++) await ctx.step(`step ${n}`, async () => n);
          await ctx.step("hold", () => hold.promise.then(() => null));
          return null;
        }),
      ]);
      const id = await submit(life, "long");
      const collect = async (after: number) => {
        const seen: number[] = [];
        for await (const events of life.verbs.tasks.follow(ada, id, after, new AbortController().signal))
          seen.push(...events.map((event) => event.seq));
        return seen;
      };
      const early = [collect(0), collect(7)];
      await arrives(life, id, "running");
      const late = [collect(0), collect(22)];
      hold.resolve();
      const { lastSeq } = await arrives(life, id, "completed");
      const from = (first: number) => Array.from({ length: lastSeq - first }, (_, at) => first + at + 1);
      expect(await Promise.all([...early, ...late])).toEqual([from(0), from(7), from(0), from(22)]);
      expect(await Promise.all([collect(lastSeq), collect(lastSeq + 5)])).toEqual([[], []]);
    });

    it("shows tasks of a tenant to their user and to whoever may see all, and to nobody else", async () => {
      const life = await begin([kind("secret", async () => null)]);
      const id = await submit(life, "secret");
      await arrives(life, id, "completed");
      const stranger: Principal = { ...ada, tenant: "elsewhere" };
      for (const who of [bob, stranger]) {
        await expect(life.verbs.tasks.get(who, id)).rejects.toMatchObject({ code: "not_found" });
        await expect(life.verbs.tasks.cancel(who, id)).rejects.toMatchObject({ code: "not_found" });
        expect((await life.verbs.tasks.list(who, {}, { limit: 10 })).total).toBe(0);
      }
      expect(await life.verbs.tasks.get({ ...bob, scopes: new Set(["tasks:all"]) }, id)).toMatchObject({ id });
    });

    it("fails only the step that crashes the process every time it runs alone, and none of its neighbours", async () => {
      const running = new Set<string>();
      const hang = (name: string): Promise<null> => {
        running.add(name);
        return new Promise(() => {});
      };
      const handlers = [
        kind("bomb", (ctx) => ctx.step("explode", () => hang("bomb"))),
        kind("calm", (ctx) => ctx.step("work", () => hang("calm"))),
      ];
      let life = await begin(handlers);
      const bomb = await submit(life, "bomb");
      const calm = await submit(life, "calm");
      for (let crash = 1; crash <= 12; crash++) {
        await life.settle();
        // The process dies whenever the bomb's step runs; else it is left alone.
        if (!running.has("bomb")) await life.clock.advance(6_000, life.settle);
        if (!running.has("bomb")) break;
        running.clear();
        life = await life.crash();
      }
      expect(await arrives(life, bomb, "failed")).toMatchObject({ error: { code: "step_crashed", step: "explode" } });
      await arrives(life, calm, "running");
    });
  });
}
