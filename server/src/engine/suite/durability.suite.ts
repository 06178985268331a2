/** What a store that refuses, and a process that dies between two commits, cost a task: nothing that was done, and nothing twice. */
import { expect, it } from "vitest";
import { notKept } from "../../store/damage.ts";
import { isTerminal } from "../../task/states.ts";
import { ada, arrives, at, type Begin, events, gate, kind, submit, types } from "./stage.ts";

const MINUTE_MS = 60_000;
/** More commits than the longest of these tasks makes. */
const COMMITS_MAX = 12;

const STARTS: ReadonlySet<string> = new Set(["task.started", "task.recovered"]);

export function durabilitySuite(begin: Begin): void {
  it("pauses once at a pause of the code, whichever commit the process dies at", async () => {
    let life = await begin([
      kind("careful", async (ctx) => {
        await ctx.step("prepare", async () => null);
        ctx.details({ ready: true });
        await ctx.pause("look", "Look at it first.");
        return ctx.step("go on", async () => "done");
      }),
    ]);
    for (let commit = 1; commit <= COMMITS_MAX; commit++) {
      const id = await submit(life, "careful", { delayMs: 1_000 });
      life.faults.dieAt(commit);
      await life.pass(1_000);
      life = await life.crash();
      await life.settle();
      for (let resumes = 0; resumes < 3 && (await at(life, id)).state === "paused"; resumes++) {
        await life.verbs.tasks.resume(ada, id);
        await life.settle();
      }
      const log = await events(life, id);
      expect(log.filter(({ type }) => type === "task.pausing")).toHaveLength(1);
      expect(log.filter(({ type }) => type === "task.paused")).toHaveLength(1);
      expect(await arrives(life, id, "completed")).toMatchObject({ output: "done", details: { ready: true } });
    }
  });

  it("brings a parent and its child to their end, whichever commit the process dies at", async () => {
    let life = await begin([
      kind("parent", (ctx) => ctx.child("child", "child", null)),
      kind("child", async (ctx) => {
        await ctx.step("work", async () => null);
        return "done";
      }),
    ]);
    for (let commit = 1; commit <= COMMITS_MAX; commit++) {
      const id = await submit(life, "parent", { delayMs: 1_000 });
      life.faults.dieAt(commit);
      await life.pass(1_000);
      life = await life.crash();
      expect(await arrives(life, id, "completed")).toMatchObject({ output: "done" });
      expect((await life.verbs.tasks.list(ada, { parent: id }, { limit: 10 })).total).toBe(1);
    }
  });

  it("commits what was recorded before a wait together with the wait", async () => {
    let life = await begin([
      kind("nap", async (ctx) => {
        ctx.details({ tired: true });
        await ctx.sleep("night", MINUTE_MS);
        return "rested";
      }),
    ]);
    for (let commit = 1; commit <= COMMITS_MAX; commit++) {
      const id = await submit(life, "nap");
      life.faults.dieAt(commit);
      await life.pass(0);
      life = await life.crash();
      await arrives(life, id, "waiting");
      await life.pass(MINUTE_MS);
      expect(await arrives(life, id, "completed")).toMatchObject({ output: "rested", details: { tired: true } });
    }
  });

  it("keeps what a step returned while the disk is full, and commits it when there is room, without doing it again", async () => {
    const call = {
      provider: "p",
      model: "m",
      agent: "",
      inputTokens: 1,
      outputTokens: 1,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      costUsd: 1,
      raw: null,
    };
    let bodies = 0;
    const done = gate();
    const life = await begin([
      kind("paid", async (ctx) => {
        const answer = await ctx.step("ask", async (step) => {
          bodies += 1;
          step.usage({ ...call, key: step.key });
          await done.promise;
          return "answer";
        });
        return ctx.step("use", async () => `${answer}, used`);
      }),
    ]);
    const id = await submit(life, "paid");
    await arrives(life, id, "running");
    life.faults.isFull = true;
    done.resolve();
    await life.pass(60 * MINUTE_MS);
    await arrives(life, id, "running");
    life.faults.isFull = false;
    await life.pass(1_000);
    expect(await arrives(life, id, "completed")).toMatchObject({
      output: "answer, used",
      usage: { calls: 1 },
      attempt: 1,
    });
    expect(bodies).toBe(1);
  });

  it("commits nothing of a run after what the store has refused", async () => {
    const life = await begin([
      kind("both", (ctx) =>
        ctx
          .parallel({
            a: (branch) => branch.sleep("a", MINUTE_MS),
            b: (branch) => branch.sleep("b", MINUTE_MS),
          })
          .then(() => null),
      ),
    ]);
    const names = async (id: string) => (await life.verbs.tasks.steps(ada, id)).steps.map(({ name }) => name);
    const later = { delayMs: 1_000 };
    const id = await submit(life, "both", later);
    // What comes after its start.
    life.faults.refuse(1, "apply", undefined, 1);
    await life.pass(1_000);
    expect(await names(id)).toEqual([]);
    await life.pass(1_000);
    expect(await names(id)).toEqual(["a", "b"]);
    const broken = await submit(life, "both", later);
    life.faults.refuse(1, "apply", new Error("The store is broken."), 1);
    await life.pass(1_000);
    expect(await names(broken)).toEqual([]);
  });

  it("runs a task whose start took effect though its answer was lost", async () => {
    const life = await begin([kind("plain", (ctx) => ctx.step("work", async () => "done"))]);
    life.faults.loseAnswer();
    await expect(submit(life, "plain")).rejects.toMatchObject({ code: "unavailable" });
    const { tasks } = await life.verbs.tasks.list(ada, {}, { limit: 1 });
    const id = tasks[0]?.id ?? "";
    await arrives(life, id, "running");
    await life.pass(MINUTE_MS);
    await arrives(life, id, "completed");
  });

  it("does nothing twice of what took effect though its answer was lost, and shows it to whoever follows", async () => {
    const life = await begin([
      kind("plain", async () => "done"),
      kind("talk", async (ctx) => {
        ctx.progress(0.1, "begun");
        await ctx.step("speak", async (step) => {
          step.output("Hello.");
          return null;
        });
        ctx.emit({ type: "talk.note", data: { said: "hello" } });
        await ctx.child("child", "plain", null);
        await ctx.sleep("a while", MINUTE_MS);
        await ctx.pause("look", "Look at it.");
        ctx.emit({ type: "talk.note", data: { said: "bye" } });
        return ctx.step("end", async () => "done");
      }),
    ]);
    const lives: { log: string[]; children: number }[] = [];
    for (let skipped = 0; skipped < 2 * COMMITS_MAX; skipped++) {
      const id = await submit(life, "talk", { delayMs: 1_000 });
      const followed: string[] = [];
      const following = (async () => {
        for await (const events of life.verbs.tasks.follow(ada, id, 0, new AbortController().signal))
          followed.push(...events.map(({ type }) => type));
      })();
      life.faults.loseAnswer(skipped);
      for (let time = 0; time < 3; time++) await life.pass(MINUTE_MS);
      await arrives(life, id, "paused");
      await life.verbs.tasks.resume(ada, id).catch(() => {});
      for (let time = 0; time < 2; time++) await life.pass(MINUTE_MS);
      await arrives(life, id, "completed");
      await following;
      expect(followed).toEqual(await types(life, id));
      const { total } = await life.verbs.tasks.list(ada, { parent: id }, { limit: 1 });
      // A start that was not heard of is another attempt: nothing else may differ.
      lives.push({ log: followed.filter((type) => !STARTS.has(type)), children: total });
      life.faults.heal();
    }
    for (const each of lives) expect(each).toEqual(lives.at(-1));
  });

  it("lets a step end when it is told to stop, and begins no other before its next start", async () => {
    const work = gate();
    const life = await begin([
      kind("two", async (ctx) => {
        await ctx.step("first", () => work.promise.then(() => null));
        return await ctx.step("second", async () => "done");
      }),
    ]);
    const id = await submit(life, "two");
    await arrives(life, id, "running");
    const restarted = life.restart();
    work.resolve();
    // All of it in the attempt that the next start has begun.
    expect(await arrives(await restarted, id, "completed")).toMatchObject({ output: "done", attempt: 2 });
  });

  it("puts claimed work back at the head of its queue when the store refuses the claim", async () => {
    const life = await begin([kind("external", async () => null, { queueOf: () => "q" })]);
    const ids = [await submit(life, "external"), await submit(life, "external"), await submit(life, "external")];
    const claim = { worker: "w", queue: "q", max: 2, leaseMs: 30_000, waitMs: 0 };
    const { signal } = new AbortController();
    life.faults.refuse(1);
    await expect(life.verbs.work.claim(ada, claim, signal)).rejects.toMatchObject({ code: "unavailable" });
    life.faults.refuse(1, "apply", undefined, 1);
    expect((await life.verbs.work.claim(ada, claim, signal)).map(({ id }) => id)).toEqual(ids.slice(0, 1));
    expect((await life.verbs.work.claim(ada, claim, signal)).map(({ id }) => id)).toEqual(ids.slice(1));
  });

  it("offers work again whose lease ran out while the disk was full, once there is room", async () => {
    const life = await begin([kind("external", async () => null, { queueOf: () => "q" })]);
    const id = await submit(life, "external");
    const claim = { worker: "w", queue: "q", max: 1, leaseMs: 30_000, waitMs: 0 };
    const { signal } = new AbortController();
    await life.verbs.work.claim(ada, claim, signal);
    life.faults.isFull = true;
    await life.pass(MINUTE_MS);
    life.faults.isFull = false;
    await life.pass(10_000);
    expect(await life.verbs.work.claim(ada, claim, signal)).toMatchObject([{ id, attempt: 2 }]);
  });

  it("starts while the disk is full, whatever was in flight when the process died, and goes on once there is room", async () => {
    const hold = gate();
    let life = await begin([
      kind("slow", (ctx) => ctx.step("work", () => hold.promise.then(() => "done"))),
      kind("nap", (ctx) => ctx.sleep("a while", MINUTE_MS).then(() => "rested")),
    ]);
    const slow = [await submit(life, "slow"), await submit(life, "slow")];
    const nap = await submit(life, "nap");
    const paused = await submit(life, "slow");
    await life.settle();
    await life.verbs.tasks.pause(ada, paused);
    for (let death = 0; death < 3; death++) {
      life.faults.isFull = true;
      life = await life.crash();
      await life.pass(2 * MINUTE_MS);
      expect((await at(life, nap)).state).toBe("waiting");
      await expect(submit(life, "nap")).rejects.toMatchObject({ code: "unavailable" });
    }
    life.faults.isFull = false;
    hold.resolve();
    await life.pass(5 * MINUTE_MS);
    for (const id of [...slow, nap]) await arrives(life, id, "completed");
    await arrives(life, paused, "paused");
    // Once in each life, however often it was tried.
    expect(life.warnings.filter((warning) => warning.includes("could not be started"))).toHaveLength(3);
  });

  it("a task stands still with what a damaged page refuses it alone, at a start, a step and a wake, and goes on once that is whole", async () => {
    let life = await begin([
      kind("work", (ctx) => ctx.step("work", async () => "done")),
      kind("nap", (ctx) => ctx.sleep("a while", MINUTE_MS).then(() => "rested")),
    ]);
    const held: string[] = [];
    for (const [name, commits] of [
      ["work", 0],
      ["work", 1],
      ["nap", 1],
    ] as const) {
      const id = await submit(life, name, { delayMs: 1_000 });
      life.faults.refuse(1, "apply", notKept(null), commits);
      await life.pass(2 * MINUTE_MS);
      expect(isTerminal((await at(life, id)).state), `${name} at commit ${commits}`).toBe(false);
      expect((await life.verbs.tasks.why(ada, id)).summary).toContain("This server does not go on with it: ");
      held.push(id);
    }
    life = await life.crash();
    await life.pass(2 * MINUTE_MS);
    for (const id of held) await arrives(life, id, "completed");
  });

  it("goes on with whatever the store refuses once: starts, wakes, deadlines, questions, children and their ends", async () => {
    const handlers = [
      kind("plain", async () => "done"),
      kind("nap", (ctx) => ctx.sleep("a while", MINUTE_MS).then(() => "rested")),
      kind("doze", (ctx) => ctx.sleep("long", 60 * MINUTE_MS).then(() => null)),
      kind("ask", (ctx) => ctx.waitForInput("q", { asks: "answer", prompt: "?", deadlineMs: MINUTE_MS })),
      kind("parent", (ctx) => ctx.child("child", "nap", null)),
    ];
    const life = await begin(handlers);
    for (const verb of ["apply", "task", "journal", "inbox"] as const) {
      for (let skipped = 0; skipped < COMMITS_MAX; skipped++) {
        const later = await submit(life, "plain", { delayMs: MINUTE_MS });
        const late = await submit(life, "doze", { deadlineMs: MINUTE_MS });
        const ask = await submit(life, "ask");
        const parent = await submit(life, "parent");
        life.faults.refuse(1, verb, undefined, skipped);
        await life.settle();
        await life.pass(MINUTE_MS);
        await life.pass(MINUTE_MS);
        await arrives(life, later, "completed");
        await arrives(life, late, "timed_out");
        await arrives(life, ask, "completed");
        await arrives(life, parent, "completed");
      }
    }
  });
}
