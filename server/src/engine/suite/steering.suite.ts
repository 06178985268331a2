/** Steering: cancel, pause, resume, retry, and what is paid for in between. */
import { expect, it } from "vitest";
import { type Context, TaskFailure } from "../../task/handler.ts";
import { ada, arrives, at, type Begin, events, gate, inTurns, kind, submit, types } from "./stage.ts";

/** More turns than a pause or an end takes until it has effect. */
const TURNS_MAX = 60;

export function steeringSuite(begin: Begin): void {
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

  it.each(["step", "child"])(
    "begins no %s that had to wait for a disk when its task is paused meanwhile",
    async (next) => {
      const hold = gate();
      const begun: string[] = [];
      const step = (ctx: Context) => ctx.step("second", async () => `done ${begun.push("second")}`);
      const life = await begin([
        kind("two", async (ctx) => {
          await ctx.step("first", () => hold.promise.then(() => null));
          return next === "step" ? step(ctx) : ctx.child("second", "child", {});
        }),
        kind("child", step),
      ]);
      const id = await submit(life, "two");
      await arrives(life, id, "running");
      life.faults.refuse(1);
      hold.resolve();
      await life.settle();
      await life.verbs.tasks.pause(ada, id);
      await life.pass(2_000);
      await arrives(life, id, "paused");
      expect(begun).toEqual([]);
      expect((await types(life, id)).slice(-2)).toEqual(["step.completed", "task.paused"]);
      await life.verbs.tasks.resume(ada, id);
      expect(await arrives(life, id, "completed")).toMatchObject({ output: "done 1" });
    },
  );

  it("says which step goes on while it pauses, and stops it at once for whoever asks: it is done again after the resume", async () => {
    const begun: string[] = [];
    const cut: string[] = [];
    let ends = gate<null>();
    const life = await begin([
      kind("long", async (ctx) => {
        await ctx.step("first", async () => null);
        await ctx.step("long one", (step) => {
          begun.push(step.key);
          step.signal.addEventListener("abort", () => cut.push(step.key));
          return ends.promise;
        });
        return ctx.waitForInput("ok", { asks: "answer", prompt: "OK?" }).then(() => "done");
      }),
    ]);
    const id = await submit(life, "long");
    await arrives(life, id, "running");
    await life.settle();
    await life.verbs.tasks.pause(ada, id, { reason: "too dear" });
    expect(await life.verbs.tasks.why(ada, id)).toMatchObject({
      reason: "pausing",
      running: ["long one"],
      summary: expect.stringContaining('"long one" still runs, and may cost'),
    });
    await life.verbs.tasks.pause(ada, id, { now: true });
    await life.settle();
    expect(cut).toHaveLength(1);
    expect(await life.verbs.tasks.why(ada, id)).toMatchObject({ reason: "paused", running: [] });
    await expect(life.verbs.tasks.pause(ada, id, { now: true })).rejects.toMatchObject({
      code: "not_allowed_in_state",
    });
    ends = gate<null>();
    ends.resolve(null);
    await life.verbs.tasks.resume(ada, id);
    await arrives(life, id, "input_required");
    await life.verbs.tasks.input(ada, id, { value: "yes" });
    expect(await arrives(life, id, "completed")).toMatchObject({ output: "done", attempt: 3 });
    expect(begun).toEqual([begun[0], begun[0]]);
    const starts = (await events(life, id)).filter(({ type }) => type === "task.started");
    expect(starts.map(({ data }) => data)).toMatchObject([
      { attempt: 1, cause: "first" },
      { attempt: 1, cause: "resumed" },
      { attempt: 1, cause: "resumed" },
    ]);
  });

  it("says that it has come to rest, also when the process died before its step had ended", async () => {
    let life = await begin([kind("stuck", (ctx) => ctx.step("hang", () => new Promise<null>(() => {})))]);
    const id = await submit(life, "stuck");
    await arrives(life, id, "running");
    await life.verbs.tasks.pause(ada, id);
    for (let start = 0; start < 2; start++) {
      life = await life.crash();
      await arrives(life, id, "paused");
    }
    expect(await types(life, id)).toEqual(["task.submitted", "task.started", "task.pausing", "task.paused"]);
    await life.verbs.tasks.resume(ada, id);
    await arrives(life, id, "running");
  });

  it("goes on when it is resumed at once after the process died that was bringing it to rest", async () => {
    const work = (body: () => Promise<string>) => kind("work", (ctx) => ctx.step("only", body));
    let life = await begin([work(() => new Promise(() => {}))]);
    const id = await submit(life, "work");
    await arrives(life, id, "running");
    await life.verbs.tasks.pause(ada, id);
    life = await life.crash([work(async () => "done")]);
    await life.verbs.tasks.resume(ada, id);
    expect(await arrives(life, id, "completed")).toMatchObject({ output: "done", attempt: 2 });
  });

  it("comes to rest when it is paused in the moment of its end, and ends after the resume", async () => {
    let ends = gate();
    const life = await begin([
      kind("brief", async (ctx) => {
        await ends.promise;
        ctx.details({ ready: true });
        return "done";
      }),
    ]);
    for (let turns = 0; turns <= TURNS_MAX; turns++) {
      ends = gate();
      const id = await submit(life, "brief");
      await arrives(life, id, "running");
      const paused = inTurns(TURNS_MAX - turns, () =>
        life.verbs.tasks.pause(ada, id).then(
          () => true,
          () => false,
        ),
      );
      await inTurns(turns, () => ends.resolve());
      // Where the end was first, there is nothing left to pause.
      if (await paused) {
        expect(await arrives(life, id, "paused")).toMatchObject({ details: { ready: true } });
        expect((await types(life, id)).at(-1)).toBe("task.paused");
        await life.verbs.tasks.resume(ada, id);
      }
      expect(await arrives(life, id, "completed")).toMatchObject({ output: "done", details: { ready: true } });
    }
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

  it("does no step twice that ended while it paused, whenever it is resumed, also where a full disk held that up", async () => {
    let bodies = 0;
    let hold = gate();
    const life = await begin([
      kind("two", async (ctx) => {
        await ctx.step("first", async () => {
          bodies += 1;
          await hold.promise;
          return null;
        });
        return ctx.step("second", async () => "done");
      }),
    ]);
    const pausing = async () => {
      hold = gate();
      const id = await submit(life, "two");
      await arrives(life, id, "running");
      await life.verbs.tasks.pause(ada, id);
      return id;
    };
    for (let turns = 0; turns < TURNS_MAX; turns++) {
      const id = await pausing();
      hold.resolve();
      await inTurns(turns, () => life.verbs.tasks.resume(ada, id));
      await arrives(life, id, "completed");
    }
    const id = await pausing();
    life.faults.refuse(1);
    hold.resolve();
    await life.settle();
    expect(await at(life, id)).toMatchObject({ state: "paused", resumesAs: "running" });
    await life.verbs.tasks.resume(ada, id);
    await life.pass(5_000);
    await arrives(life, id, "completed");
    expect(bodies).toBe(TURNS_MAX + 1);
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
    await life.pass(5_000);
    await arrives(life, id, "paused");
    await life.verbs.tasks.input(ada, id, { value: "yes" });
    await arrives(life, id, "paused");
    await life.verbs.tasks.resume(ada, id);
    expect(await arrives(life, id, "completed")).toMatchObject({ output: "yes" });
  });

  it("pauses itself when its handler asks, and goes on past that point when resumed", async () => {
    let behind = 0;
    const life = await begin([
      kind("budget", async (ctx) => {
        await ctx.pause("spent", "the budget is spent");
        behind += 1;
        return ctx.step("after", async () => "done");
      }),
    ]);
    const id = await submit(life, "budget");
    expect(await arrives(life, id, "paused")).toMatchObject({ pausedBy: { reason: "the budget is spent" } });
    expect(behind).toBe(0);
    await life.verbs.tasks.resume(ada, id);
    expect(await arrives(life, id, "completed")).toMatchObject({ output: "done" });
  });

  it("lets a pause that ends by itself end in time, and one that somebody has made a lasting one never", async () => {
    const life = await begin([
      kind("until", async (ctx) => {
        await ctx.pause("night", "it is night", (await ctx.now()) + 59_999.5);
        return ctx.step("after", async () => "done");
      }),
    ]);
    const [ends, lasts] = [await submit(life, "until"), await submit(life, "until")];
    for (const id of [ends, lasts]) expect(await arrives(life, id, "paused")).toMatchObject({ resumesAs: "waiting" });
    await life.verbs.tasks.pause(ada, lasts, { reason: "not tomorrow either" });
    const paused = { state: "paused", pausedBy: { by: "ada", reason: "not tomorrow either" }, resumesAs: "waiting" };
    expect(await at(life, lasts)).toMatchObject(paused);
    await expect(life.verbs.tasks.pause(ada, lasts)).rejects.toMatchObject({ code: "not_allowed_in_state" });
    await life.pass(60_000);
    expect(await arrives(life, ends, "completed")).toMatchObject({ output: "done" });
    expect(await at(life, lasts)).toMatchObject(paused);
    await life.verbs.tasks.resume(ada, lasts);
    expect(await arrives(life, lasts, "completed")).toMatchObject({ output: "done" });
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
    const kept = await life.verbs.tasks.retry(ada, id, { reuseJournal: true, reason: "the supplier is back" });
    expect(await arrives(life, kept.task.id, "completed")).toMatchObject({ retryOf: id });
    expect(calls).toBe(1);
    expect((await events(life, kept.task.id))[0]).toMatchObject({ data: { reason: "the supplier is back" } });
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
    await life.pass(2_000);
    expect(cleaned).toEqual([id]);
  });

  it("cleans up after nothing that was completed", async () => {
    const life = await begin([kind("tidy", async () => "done", { cleanup: async () => {} })]);
    await arrives(life, await submit(life, "tidy"), "completed");
    await life.settle();
    expect(await life.verbs.tasks.list(ada, { kinds: ["waybill.cleanup"] }, { limit: 1 })).toMatchObject({ total: 0 });
  });

  it("cleans up after nothing that somebody names: a cleanup is nobody's to submit, as a child or as a retry", async () => {
    const cleaned: string[] = [];
    const life = await begin([
      kind("held", (ctx) => ctx.step("hang", () => new Promise<null>(() => {})), {
        cleanup: async (_, task) => {
          cleaned.push(task.id);
        },
      }),
      kind("sly", (ctx, input) => ctx.child("cleanup", "waybill.cleanup", input)),
    ]);
    const victim = await submit(life, "held");
    const input = { task: victim };
    await expect(submit(life, "waybill.cleanup", { input })).rejects.toMatchObject({ code: "invalid" });
    await arrives(life, await submit(life, "sly", { input }), "failed");
    await life.verbs.tasks.cancel(ada, victim);
    await life.settle();
    expect(cleaned).toEqual([victim]);
    const { tasks } = await life.verbs.tasks.list(ada, { kinds: ["waybill.cleanup"] }, { limit: 10 });
    expect(tasks).toMatchObject([{ input, state: "completed" }]);
    const again = life.verbs.tasks.retry(ada, tasks[0]?.id ?? "", { reuseJournal: false });
    await expect(again).rejects.toMatchObject({ code: "invalid" });
    await life.settle();
    expect(cleaned).toEqual([victim]);
  });

  it.each(["a person", "its own code"])(
    "names each step of branches side by side that goes on when %s pauses it, ends them, and pays none twice after a restart",
    async (who) => {
      const begun: string[] = [];
      const gates = { left: gate<null>(), right: gate<null>() };
      const branch = (name: "left" | "right") => async (ctx: Context) => {
        await ctx.step(name, () => {
          begun.push(name);
          return gates[name].promise;
        });
        return ctx.step(`after ${name}`, async () => {
          begun.push(`after ${name}`);
          return null;
        });
      };
      const handlers = [
        kind("branches", (ctx) =>
          ctx.parallel({
            left: branch("left"),
            right: branch("right"),
            stop: async (ctx) => (who === "its own code" ? ctx.pause("spent", "Enough.").then(() => null) : null),
          }),
        ),
      ];
      let life = await begin(handlers);
      const id = await submit(life, "branches");
      await life.settle();
      if (who === "a person") await life.verbs.tasks.pause(ada, id, {});
      await life.settle();
      const running = async () => (await life.verbs.tasks.why(ada, id)).running;
      expect((await running()).map((name) => name.split("/").at(-1)).sort()).toEqual(["left", "right"]);
      expect(await at(life, id)).toMatchObject({ state: "paused", resumesAs: "running" });
      gates.left.resolve(null);
      await life.settle();
      expect((await running()).map((name) => name.split("/").at(-1))).toEqual(["right"]);
      gates.right.resolve(null);
      await life.settle();
      expect([await running(), begun]).toEqual([[], ["left", "right"]]);
      life = await life.restart(handlers);
      await life.verbs.tasks.resume(ada, id);
      await arrives(life, id, "completed");
      expect(begun.toSorted()).toEqual(["after left", "after right", "left", "right"]);
    },
  );
}
