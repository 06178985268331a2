/** A task may run while its submit is on its way to the disk: what that saves, and that nobody ever sees it. */
import { expect, it } from "vitest";
import type { Context, Handler } from "../../task/handler.ts";
import type { Json } from "../../task/json/json.ts";
import type { Task } from "../../task/task.ts";
import { ada, arrives, at, type Begin, type EngineLife, events, gate, kind, submit, types } from "./stage.ts";

const CALL = {
  ...{ key: "call", provider: "p", model: "m", agent: "", inputTokens: 1, outputTokens: 1 },
  ...{ cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 1, raw: null },
};

/** Those whose code has ended before their submit is on disk. */
const ENDED = ["instant", "fails", "restless"];
/** What one of each kind comes to: bodies of steps, and children. */
const BODIES = 5;
const CHILDREN = 1;

/** Kinds by how their code goes on, which count the starts of their code and of the bodies of their steps. */
function countedKinds() {
  const counted = { begun: 0, bodies: 0, stopped: 0 };
  const counts = (name: string, run: (ctx: Context) => Promise<Json>): Handler =>
    kind(
      name,
      (ctx) => {
        counted.begun += 1;
        ctx.signal.addEventListener("abort", () => {
          counted.stopped += 1;
        });
        return run(ctx);
      },
      { present: () => ({ title: name, message: [{ text: "Go." }] }), reply: () => [{ text: "Gone." }] },
    );
  const step = (ctx: Context) => ctx.step("work", async () => ++counted.bodies);
  const kinds = [
    counts("instant", async (ctx) => {
      ctx.emit({ type: "test.note", data: { n: 1 } });
      ctx.artifact({ id: "made", parts: [{ text: "Here it is." }] });
      ctx.details({ ready: true });
      return "done";
    }),
    counts("paid", async (ctx) => {
      ctx.usage(CALL);
      ctx.signal.addEventListener("abort", () => ctx.usage({ ...CALL, key: "broken off" }));
      return await step(ctx);
    }),
    counts("fails", async () => {
      throw Object.assign(new Error("No."), { retryable: false });
    }),
    // What begins with a step at once waits for the disk.
    counts("stepped", (ctx) => Promise.resolve(ctx).then(step)),
    counts("both", (ctx) => Promise.resolve({ a: step, b: step }).then((branches) => ctx.parallel(branches))),
    counts("asks", async (ctx) => (await ctx.waitForInput("q", { asks: "answer", prompt: "?" }))?.value ?? null),
    counts("naps", (ctx) => ctx.sleep("a while", 1_000).then(() => null)),
    counts("restless", async (ctx) => {
      for (const n of [1, 2, 3]) {
        ctx.artifact({ id: `made ${n}`, parts: [{ text: "Here it is." }] });
        ctx.usage({ ...CALL, key: `call ${n}` });
        ctx.details({ [`n${n}`]: true });
        // Commits what came before it.
        void ctx.sleep(`${n}`, 1_000);
        for (let turn = 0; turn < 9; turn++) await null;
      }
      return "done";
    }),
    counts("pauses", (ctx) => ctx.pause("look", "Look.").then(() => null)),
    counts("parent", (ctx) => ctx.child("child", "stepped", null)),
    counts("hears", async (ctx) => (await ctx.history(5)).length),
  ];
  /** Of each kind, in a conversation of its own. */
  const submissions = kinds.map(({ kind }) => ({ kind, input: {}, conversation: { alias: kind } }));
  return { submissions, kinds, counted };
}

/** A life in which each kind has begun once: the next ones of it need not wait for the disk. Forgets what was counted. */
async function warm(life: EngineLife, { kinds, counted }: ReturnType<typeof countedKinds>): Promise<EngineLife> {
  for (const { kind } of kinds) await submit(life, kind);
  await life.settle();
  Object.assign(counted, { begun: 0, bodies: 0, stopped: 0 });
  return life;
}

async function total(life: EngineLife): Promise<number> {
  return (await life.verbs.tasks.list(ada, {}, { limit: 1 })).total;
}

async function onlyTask(life: EngineLife, n: number): Promise<string> {
  const { tasks, total } = await life.verbs.tasks.list(ada, { metadata: { n: String(n) } }, { limit: 1 });
  expect(total).toBe(1);
  return tasks[0]?.id ?? "";
}

export function beginningsSuite(begin: Begin): void {
  it("makes a task that waits for nobody durable together with its submit, in one commit", async () => {
    const made = countedKinds();
    let life = await begin(made.kinds);
    for (const [name, end] of [
      ["instant", { state: "completed", output: "done", details: { ready: true } }],
      ["fails", { state: "failed", error: { message: "No." } }],
    ] as const) {
      await warm(life, made);
      life.faults.dieAt(1);
      void submit(life, name, { metadata: { name } });
      await life.settle();
      life = await life.crash();
      const { tasks } = await life.verbs.tasks.list(ada, { metadata: { name } }, { limit: 2 });
      expect(tasks).toMatchObject([{ attempt: 1, ...end }]);
    }
    const instant = await life.verbs.tasks.list(ada, { metadata: { name: "instant" } }, { limit: 1 });
    const id = instant.tasks[0]?.id ?? "";
    const all = await events(life, id);
    expect(all.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(all.map(({ type }) => type)).toEqual([
      ...["task.submitted", "task.started", "test.note", "artifact.updated", "task.details", "task.completed"],
    ]);
    expect((await life.verbs.tasks.artifacts(ada, id)).artifacts).toMatchObject([{ id: "made" }]);
  });

  it("keeps all that a run commits, one thing after the other, before its code comes to rest", async () => {
    const made = countedKinds();
    let life = await warm(await begin(made.kinds), made);
    life.faults.dieAt(1);
    void submit(life, "restless", { metadata: { n: "1" }, conversation: { alias: "talk" } });
    await life.settle();
    life = await life.crash();
    const id = await onlyTask(life, 1);
    expect(await at(life, id)).toMatchObject({
      ...{ state: "completed", attempt: 1, output: "done", details: { n1: true, n2: true, n3: true } },
      usage: { calls: 3 },
    });
    const { artifacts } = await life.verbs.tasks.artifacts(ada, id);
    expect(artifacts.map(({ id }) => id)).toEqual(["made 1", "made 2", "made 3"]);
    const { calls } = await life.verbs.tasks.usage(ada, id);
    expect(calls.map(({ key }) => key)).toEqual(["call 1", "call 2", "call 3"]);
    const { steps } = await life.verbs.tasks.steps(ada, id);
    const noted = ["1", "2", "3"].flatMap((nap) => ["artifact", "usage", "details", nap]);
    expect(steps.map(({ name }) => name)).toEqual(noted);
    const { conversation } = await at(life, id);
    const { messages } = await life.verbs.conversations.messages(ada, conversation ?? "", { limit: 9, offset: 0 });
    expect(messages.map(({ role, parts }) => [role, parts])).toEqual([
      ["user", [{ text: "Go." }]],
      ["agent", [{ text: "Gone." }]],
    ]);
  });

  it("answers a submit, and lets anybody see the task, no sooner than it is on disk", async () => {
    const made = countedKinds();
    const { submissions, kinds, counted } = made;
    const life = await warm(await begin(kinds), made);
    const before = await total(life);
    const release = life.faults.hold();
    let answered = 0;
    for (const each of submissions) void submit(life, each.kind, each).then(() => (answered += 1));
    await life.settle();
    expect(counted).toEqual({ begun: kinds.length, bodies: 0, stopped: 0 });
    expect(answered).toBe(0);
    expect(await total(life)).toBe(before);
    release();
    await life.settle();
    expect(answered).toBe(kinds.length);
    expect(counted.bodies).toBe(BODIES);
    expect(await total(life)).toBe(before + kinds.length + CHILDREN);
  });

  it("waits for the disk with code that computed for long before its first wait, until it does so no more", async () => {
    const code = { computes: 0, begun: 0 };
    const life = await begin([
      kind("thinker", async (ctx) => {
        code.begun += 1;
        life.spend(code.computes);
        await ctx.sleep("a while", 1_000);
        return null;
      }),
    ]);
    /** Whether it has begun although its submit is refused. */
    const beginsEarly = async () => {
      const before = code.begun;
      life.faults.refuse(1);
      await expect(submit(life, "thinker")).rejects.toMatchObject({ code: "unavailable" });
      await life.settle();
      return code.begun > before;
    };
    const once = async (computes: number) => {
      code.computes = computes;
      await submit(life, "thinker");
      await life.settle();
    };
    await once(1);
    expect(await beginsEarly()).toBe(true);
    await once(50);
    expect(await beginsEarly()).toBe(false);
    await once(1);
    expect(await beginsEarly()).toBe(true);
  });

  it("waits for the disk with code that begins with a step, and with no other", async () => {
    const begun: string[] = [];
    const step = (ctx: Context) => ctx.step("work", async () => null);
    const noted = (name: string, run: (ctx: Context) => Promise<Json>) =>
      kind(name, (ctx) => {
        begun.push(name);
        return run(ctx);
      });
    const kinds = [
      noted("step", step),
      noted("usage", (ctx) => {
        ctx.usage(CALL);
        return step(ctx);
      }),
      noted("nap", (ctx) => ctx.sleep("a while", 1_000).then(() => step(ctx))),
    ];
    const life = await begin(kinds);
    for (const { kind } of kinds) await submit(life, kind);
    await life.settle();
    begun.length = 0;
    const release = life.faults.hold();
    for (const { kind } of kinds) void submit(life, kind);
    await life.settle();
    expect(begun).toEqual(["usage", "nap"]);
    release();
    await life.settle();
    expect(begun).toEqual(["usage", "nap", "step"]);
  });

  it("leaves nothing of a run whose submit the store refuses, and gives its slot to the next", async () => {
    const made = countedKinds();
    const { submissions, kinds, counted } = made;
    const life = await warm(await begin(kinds, { concurrency: 1 }), made);
    const before = await total(life);
    for (const each of submissions) {
      life.faults.refuse(1);
      await expect(submit(life, each.kind, each)).rejects.toMatchObject({ code: "unavailable" });
      await life.settle();
    }
    expect(counted).toEqual({ begun: kinds.length, bodies: 0, stopped: kinds.length - ENDED.length });
    await life.pass(60_000);
    expect(await total(life)).toBe(before);
    expect(life.warnings).toEqual([]);
    const id = await submit(life, "stepped");
    expect(await arrives(life, id, "completed")).toMatchObject({ output: 1, attempt: 1 });
  });

  it("leaves nothing of a run whose submit turns out to be a repeat", async () => {
    const made = countedKinds();
    const { submissions, kinds, counted } = made;
    const life = await warm(await begin(kinds), made);
    const before = await total(life);
    for (const { conversation: _, ...each } of submissions) {
      const { kind } = each;
      const again = () => life.verbs.tasks.submit(ada, "native", each, { key: kind, hash: kind });
      const [first, second] = await Promise.all([again(), again()]);
      expect(second).toMatchObject({ replayed: true, task: { id: first.task.id } });
    }
    await life.settle();
    expect(counted).toMatchObject({ bodies: BODIES });
    expect(await total(life)).toBe(before + kinds.length + CHILDREN);
  });

  it("keeps a submit whose run wants to write what the store cannot, and fails the task by that", async () => {
    const made = countedKinds();
    const life = await warm(await begin(made.kinds), made);
    for (const name of ["instant", "fails"]) {
      life.faults.refuse(1, "apply", new Error("That cannot be written."));
      const id = await submit(life, name);
      expect(await arrives(life, id, "failed")).toMatchObject({ attempt: 1 });
      expect(await types(life, id)).toEqual(["task.submitted", "task.started", "task.failed"]);
    }
  });

  it("writes nothing of a run behind what the store could not take with its submit, except what it cost", async () => {
    let more = gate();
    const life = await begin([
      kind("notes", async (ctx) => {
        ctx.usage({ ...CALL, key: "first" });
        ctx.details({ first: true });
        void ctx.sleep("first", 1_000);
        await more.promise;
        ctx.usage({ ...CALL, key: "second" });
        ctx.details({ second: true });
        void ctx.sleep("second", 1_000);
        return new Promise<null>(() => {});
      }),
    ]);
    // The first of its kind waits for the disk.
    await life.verbs.tasks.cancel(ada, await submit(life, "notes"));
    more = gate();
    const release = life.faults.hold();
    life.faults.refuse(1, "apply", new Error("That cannot be written."));
    const submitted = submit(life, "notes");
    await life.settle();
    more.resolve();
    await life.settle();
    release();
    const { details, usage } = await arrives(life, await submitted, "failed");
    expect([details, usage.calls]).toEqual([{}, 2]);
  });

  it("keeps what follows from its end as well: the cleanup of one that has failed at once", async () => {
    const cleaned: string[] = [];
    const cleanup = async (_: unknown, { id }: Task) => void cleaned.push(id);
    const fails = async () => {
      throw Object.assign(new Error("No."), { retryable: false });
    };
    const life = await begin([kind("untidy", fails, { cleanup })]);
    const ids: string[] = [];
    // The first of its kind waits for the disk.
    for (let n = 0; n < 2; n++) {
      ids.push(await submit(life, "untidy"));
      await arrives(life, ids.at(-1) ?? "", "failed");
    }
    expect(cleaned).toEqual(ids);
  });

  it("obeys whoever cancels or pauses it before this process knows that it is on disk", async () => {
    const made = countedKinds();
    const { kinds, counted } = made;
    const life = await warm(await begin(kinds), made);
    const release = life.faults.holdAnswers();
    const submitted = submit(life, "stepped", { metadata: { n: 1 } });
    await life.settle();
    const cancelled = life.verbs.tasks.cancel(ada, await onlyTask(life, 1));
    await life.settle();
    release();
    await arrives(life, await submitted, "cancelled");
    await cancelled;
    const releasePause = life.faults.holdAnswers();
    const second = submit(life, "stepped", { metadata: { n: 2 } });
    await life.settle();
    const paused = life.verbs.tasks.pause(ada, await onlyTask(life, 2));
    await life.settle();
    releasePause();
    await paused;
    await arrives(life, await second, "paused");
    expect(counted.bodies).toBe(0);
    await life.verbs.tasks.resume(ada, await second);
    await arrives(life, await second, "completed");
  });

  it("runs nothing before its submit is on disk after a death of which only such a run can be the cause", async () => {
    const made = countedKinds();
    const { kinds, counted } = made;
    let life = await warm(await begin(kinds), made);
    life.faults.dieAt(0);
    void submit(life, "instant");
    await life.settle();
    expect(counted.begun).toBe(1);
    life = await warm(await life.crash(kinds, { own: true }), made);
    life.faults.dieAt(1);
    void submit(life, "instant", { metadata: { n: 2 } });
    await life.settle();
    expect(counted.begun).toBe(0);
    life = await life.crash();
    const id = await onlyTask(life, 2);
    await arrives(life, id, "completed");
    expect((await at(life, id)).attempt).toBe(2);
  });

  it("lets the first of a kind in a process wait for the disk", async () => {
    const { kinds, counted } = countedKinds();
    let life = await begin(kinds);
    const begunEarly = async () => {
      const before = counted.begun;
      const release = life.faults.hold();
      const submitted = submit(life, "instant");
      await life.settle();
      const early = counted.begun - before;
      release();
      await submitted;
      await life.settle();
      return early;
    };
    expect([await begunEarly(), await begunEarly(), await begunEarly()]).toEqual([0, 1, 1]);
    life = await life.restart();
    expect([await begunEarly(), await begunEarly()]).toEqual([0, 1]);
  });
}
