/** Who runs when: priorities, turns, limits, delays and claims. */
import { expect, it } from "vitest";
import { z } from "zod";
import { defineHandler } from "../../task/handler.ts";
import type { Json } from "../../task/json/json.ts";
import type { Principal } from "../../task/principal.ts";
import { ada, arrives, at, type Begin, bob, gate, kind, submit } from "./stage.ts";

export function queueSuite(begin: Begin): void {
  it("starts in turn between tenants, in a tenant by priority, and then in turn between conversations", async () => {
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
    expect((await life.verbs.tasks.why(ada, last)).ahead).toBe(4);
    hold.resolve();
    await arrives(life, last, "completed");
    // The other tenant has nothing running, so that its first need not wait for the end of the blocker.
    expect(order).toEqual(["other 1", "urgent", "ada 1", "ada talk", "ada 2", "ada 3", "idle"]);
  });

  it("counts before a task in the queue nobody who has ended, and gives the slot of a refused submit to the next", async () => {
    const hold = gate();
    const life = await begin([kind("block", (ctx) => ctx.step("hold", () => hold.promise.then(() => null)))], {
      concurrency: 1,
    });
    life.faults.refuse(1);
    await expect(submit(life, "block")).rejects.toMatchObject({ code: "unavailable" });
    const [first, second, third] = [
      await submit(life, "block"),
      await submit(life, "block"),
      await submit(life, "block"),
    ];
    await arrives(life, first, "running");
    expect((await life.verbs.tasks.why(ada, third)).ahead).toBe(1);
    await life.verbs.tasks.cancel(ada, second);
    expect((await life.verbs.tasks.why(ada, third)).ahead).toBe(0);
    hold.resolve();
    await arrives(life, third, "completed");
  });

  it("keeps no tenant waiting for the end of another's long task, however many those are and whatever their priority", async () => {
    const hold = gate();
    const life = await begin(
      [
        kind("block", (ctx) => ctx.step("hold", () => hold.promise.then(() => null))),
        kind("note", (ctx) => ctx.step("note", async () => null)),
      ],
      { concurrency: 2 },
    );
    const other: Principal = { ...ada, tenant: "other" };
    const greedy = [];
    for (let n = 0; n < 20; n++) greedy.push(await submit(life, "block", { priority: 100 }));
    for (let n = 0; n < 3; n++) {
      const first = await submit(life, "note", {}, other);
      await life.settle();
      expect(await life.verbs.tasks.get(other, first)).toMatchObject({ state: "completed" });
    }
    const held = await submit(life, "block", {}, other);
    const second = await submit(life, "note", { priority: 100 }, other);
    await life.settle();
    expect(await life.verbs.tasks.get(other, held)).toMatchObject({ state: "running" });
    // The reserve is for those that have nothing: it is no second share.
    expect(await life.verbs.tasks.why(other, second)).toMatchObject({ state: "queued", ahead: 0, heldBy: [held] });
    expect(
      (await Promise.all(greedy.map((id) => at(life, id)))).filter(({ state }) => state === "running"),
    ).toHaveLength(2);
    hold.resolve();
    for (const id of greedy) await arrives(life, id, "completed");
  });

  it("keeps the turns of five tenants, and the priorities within each, over a restart", async () => {
    const order: string[] = [];
    const hold = gate();
    const codes = [
      kind("block", (ctx) => ctx.step("hold", () => hold.promise.then(() => null))),
      kind("note", (ctx, input) => ctx.step("note", async () => order.push(z.string().parse(input)))),
    ];
    const life = await begin(codes, { concurrency: 1 });
    // Of so many others that no slot is left, not even of the reserve.
    for (let n = 0; n < 10; n++) await submit(life, "block", {}, { ...ada, tenant: `other ${n}` });
    await life.settle();
    const tenants = ["a", "b", "c", "d", "e"].map((tenant): Principal => ({ ...ada, tenant }));
    for (const level of [-1, 0, 1])
      for (const [n, tenant] of tenants.entries())
        for (let times = 0; times <= n; times++) {
          // What is urgent to one tenant is nothing to another.
          const priority = level * 20 * (n + 1);
          await submit(life, "note", { input: `${tenant.tenant}${level}`, priority }, tenant);
        }
    expect(order).toEqual([]);
    const next = await life.crash(codes);
    await next.settle();
    hold.resolve();
    await next.settle();
    expect(order).toHaveLength(3 * 15);
    for (const [n, { tenant }] of tenants.entries()) {
      const own = order.filter((line) => line.startsWith(tenant));
      expect(own).toEqual([1, 0, -1].flatMap((level) => Array<string>(n + 1).fill(`${tenant}${level}`)));
    }
    // While all of them have some that wait, each has its turn before another has two.
    for (const turn of [0, 1, 2])
      expect(new Set(order.slice(turn * 5, turn * 5 + 5).map(([tenant]) => tenant)).size, `${order}`).toBe(5);
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
    const why = await life.verbs.tasks.why(ada, ids[2] ?? "");
    expect(why.heldBy.sort()).toEqual(ids.slice(0, 2).sort());
    expect(why.reason).toBe("concurrency");
    expect(why.summary).toMatch(/behind the concurrency key "database", which task_\w+, task_\w+ hold\.$/);
    hold.resolve();
    for (const id of ids) await arrives(life, id, "completed");
  });

  it("lets tasks of a key that each has to its end follow one another, whatever they wait for, also after a restart", async () => {
    let life = await begin([
      kind("asks", async (ctx) => (await ctx.waitForInput("go", { asks: "answer", prompt: "Go on?" }))?.value ?? null),
    ]);
    const concurrency = { key: "a conversation", limit: 1, toEnd: true as const };
    const [first, second] = [await submit(life, "asks", { concurrency }), await submit(life, "asks", { concurrency })];
    await arrives(life, first, "input_required");
    await life.settle();
    expect((await at(life, second)).state).toBe("queued");
    expect((await life.verbs.tasks.why(ada, second)).heldBy).toEqual([first]);
    life = await life.restart();
    await life.pass(1);
    const third = await submit(life, "asks", { concurrency });
    await life.settle();
    for (const id of [second, third]) expect((await at(life, id)).state).toBe("queued");
    await life.verbs.tasks.input(ada, first, { value: 1 });
    await arrives(life, first, "completed");
    await arrives(life, second, "input_required");
    await life.verbs.tasks.cancel(ada, second);
    await arrives(life, third, "input_required");
    await life.verbs.tasks.input(ada, third, { value: 3 });
    await arrives(life, third, "completed");
  });

  it("starts a delayed task when its time has come, also after a restart", async () => {
    let life = await begin([kind("later", async () => "now")]);
    const id = await submit(life, "later", { delayMs: 60_000 });
    await arrives(life, id, "queued");
    life = await life.restart();
    await life.pass(59_000);
    await arrives(life, id, "queued");
    await life.pass(1_000);
    await arrives(life, id, "completed");
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
    await life.pass(20_000);
    await life.verbs.work.heartbeat(ada, id, {
      worker: "w1",
      attempt: 1,
      leaseMs: 30_000,
      progress: { fraction: 0.5, message: "half" },
    });
    await life.pass(20_000);
    await arrives(life, id, "running");
    await life.pass(10_000);
    const [second] = await life.verbs.work.claim(ada, { ...claim, worker: "w2" }, never);
    expect(second).toMatchObject({ id, attempt: 2 });
    await expect(life.verbs.work.complete(ada, id, { worker: "w1", attempt: 1, output: "late" })).rejects.toMatchObject(
      { code: "fenced" },
    );
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

  it("starts over a task whose input no longer fits its kind, and fails that task alone", async () => {
    const external = (input: z.ZodType<Json>) => kind("external", async () => null, { input, queueOf: () => "q" });
    let life = await begin([external(z.json())]);
    const id = await submit(life, "external", { input: { old: true } });
    const claimed = defineHandler({
      kind: "external",
      input: z.strictObject({}),
      queueOf: () => "q",
      run: async () => null,
    });
    life = await life.crash([claimed]);
    await arrives(life, id, "failed");
    await arrives(life, await submit(life, "external"), "queued");
  });
}
