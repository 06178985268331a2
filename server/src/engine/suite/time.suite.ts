/** Time: no setting of the clock, no laptop that slept and no long wait loses what is due, or makes a duration wrong. */
import { expect, it } from "vitest";
import { ada, arrives, at, type Begin, events, gate, kind, submit } from "./stage.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export function timeSuite(begin: Begin): void {
  it("does at once what was due when the clock has leapt over it: sleeps, delays, deadlines, questions and leases", async () => {
    const life = await begin([
      kind("nap", (ctx) => ctx.sleep("night", 8 * HOUR_MS).then(() => "rested")),
      kind("later", async () => "now"),
      kind("late", (ctx) => ctx.sleep("long", 2 * DAY_MS).then(() => null)),
      kind("ask", (ctx) => ctx.waitForInput("q", { asks: "answer", prompt: "?", deadlineMs: HOUR_MS })),
      kind("external", async () => null, { queueOf: () => "q" }),
    ]);
    const nap = await submit(life, "nap");
    const later = await submit(life, "later", { delayMs: 7 * HOUR_MS });
    const late = await submit(life, "late", { deadlineMs: DAY_MS });
    const ask = await submit(life, "ask");
    const external = await submit(life, "external");
    const claim = { worker: "w", queue: "q", max: 1, leaseMs: 60_000, waitMs: 0 };
    await life.verbs.work.claim(ada, claim, new AbortController().signal);
    await life.settle();
    await life.setForward(30 * HOUR_MS);
    await arrives(life, nap, "completed");
    await arrives(life, later, "completed");
    await arrives(life, late, "timed_out");
    await arrives(life, ask, "completed");
    await arrives(life, external, "waiting");
  });

  it("measures a step by the time that has passed, and lets no leap of the clock use up its time limit", async () => {
    const done = gate();
    const life = await begin([
      kind("slow", (ctx) => ctx.step("work", () => done.promise.then(() => null), { timeoutMs: 60_000 })),
    ]);
    const id = await submit(life, "slow");
    await arrives(life, id, "running");
    await life.pass(5_000);
    await life.setForward(HOUR_MS);
    done.resolve();
    await arrives(life, id, "completed");
    expect((await life.verbs.tasks.steps(ada, id)).steps).toMatchObject([{ name: "work", durationMs: 5_000 }]);
  });

  it("holds an answer for as long as was asked, whatever the clock is set to", async () => {
    const hold = gate();
    const life = await begin([kind("slow", (ctx) => ctx.step("work", () => hold.promise.then(() => null)))]);
    const id = await submit(life, "slow");
    const claim = { worker: "w", queue: "q", max: 1, leaseMs: 60_000, waitMs: 10_000 };
    let answered = 0;
    const count = () => {
      answered += 1;
    };
    const { signal } = new AbortController();
    void life.verbs.tasks.settled(ada, id, 10_000, signal).then(count);
    void life.verbs.work.claim(ada, claim, signal).then(count);
    await life.setForward(HOUR_MS);
    await life.pass(9_999);
    expect(answered).toBe(0);
    await life.pass(1);
    expect(answered).toBe(2);
    hold.resolve();
    await life.settle();
  });

  it("sleeps for longer than any timer of the machine takes", async () => {
    const life = await begin([kind("nap", (ctx) => ctx.sleep("month", 30 * DAY_MS).then(() => "rested"))]);
    const id = await submit(life, "nap");
    await life.settle();
    await life.pass(29 * DAY_MS);
    expect((await at(life, id)).state).toBe("waiting");
    await life.pass(DAY_MS);
    await arrives(life, id, "completed");
  });

  it("times nobody out before the deadline when the clock was set back while the disk was full", async () => {
    const life = await begin([kind("stuck", (ctx) => ctx.step("hang", () => new Promise<null>(() => {})))]);
    const id = await submit(life, "stuck", { deadlineMs: 60_000 });
    await life.settle();
    life.faults.isFull = true;
    await life.pass(60_000);
    await life.setForward(-30_000);
    life.faults.isFull = false;
    await life.pass(25_000);
    await arrives(life, id, "running");
    await life.pass(5_000);
    const { deadlineAt, endedAt } = await arrives(life, id, "timed_out");
    expect(endedAt).toBe(deadlineAt);
  });

  for (const [says, ms] of [
    ["a day back", -DAY_MS],
    ["a year forward", 365 * DAY_MS],
  ] as const)
    it(`goes on after a restart by a clock that was set ${says} meanwhile, and shows no time that is negative`, async () => {
      const limit = { timeLimitMs: () => HOUR_MS };
      const codes = [
        kind("slow", (ctx) => ctx.step("work", () => Promise.resolve(null)), limit),
        kind("hangs", (ctx) => ctx.step("work", () => new Promise<null>(() => {})), limit),
        kind("nap", (ctx) => ctx.sleep("hour", HOUR_MS).then(() => "rested"), limit),
        kind("ask", (ctx) => ctx.waitForInput("q", { asks: "answer", prompt: "?", deadlineMs: HOUR_MS }), limit),
        kind("external", async () => null, { queueOf: () => "q" }),
      ];
      const old = await begin(codes);
      const claim = { worker: "w", queue: "q", max: 1, leaseMs: 60_000, waitMs: 0 };
      const names = ["nap", "ask", "external"] as const;
      const ids = await Promise.all(names.map((name) => submit(old, name)));
      const paused = await submit(old, "hangs");
      const due = await submit(old, "slow", { delayMs: 60_000 });
      await old.verbs.work.claim(ada, claim, new AbortController().signal);
      await old.settle();
      await old.verbs.tasks.pause(ada, paused);
      await old.settle();
      const life = await old.crash(codes);
      await life.setForward(ms);
      const next = await life.restart(codes);
      const later = await submit(next, "slow");
      await arrives(next, later, "completed");
      await next.verbs.tasks.cancel(ada, paused);
      await next.pass(HOUR_MS + Math.max(0, -ms));
      const states = ["completed", "completed", "waiting", "cancelled", "completed", "completed"] as const;
      for (const [n, id] of [...ids, paused, due, later].entries()) {
        const { createdAt, updatedAt } = await arrives(next, id, states[n] ?? "completed");
        const moments = [createdAt, ...(await events(next, id)).map(({ at }) => at), updatedAt];
        expect(moments).toEqual(moments.toSorted((one, other) => one - other));
        const { steps } = await next.verbs.tasks.steps(ada, id);
        for (const { durationMs } of steps) expect(durationMs ?? 0).toBeGreaterThanOrEqual(0);
      }
    });
}
