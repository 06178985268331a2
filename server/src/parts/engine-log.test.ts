/** What the log of a server has of its tasks: each that did not end well, and what the code of its kinds says. */
import { afterEach, expect, test } from "vitest";
import { EmbeddedEngine } from "../engine/embedded/embedded-engine.ts";
import { Ids, systemRandomBytes } from "../engine/ids.ts";
import { atRest } from "../engine/suite/at-rest.ts";
import { ada, gate, kind } from "../engine/suite/stage.ts";
import { StoreFaults } from "../engine/suite/store-faults.ts";
import { VirtualClock } from "../engine/virtual-clock.ts";
import { openSqliteStore } from "../store/sqlite/store.ts";
import { type Handler, TaskFailure } from "../task/handler.ts";
import type { Submission } from "../task/submission.ts";
import { LOG_LEVELS, type LogLevel } from "../task/text/log-line.ts";
import { createVerbs } from "../verbs/implementation/create-verbs.ts";
import { engineLog } from "./engine-log.ts";

type Line = { level: LogLevel; message: string; [fact: string]: unknown };

let end = async () => {};
afterEach(() => end());

async function begin(handlers: readonly Handler[], known?: { faults: StoreFaults; clock: VirtualClock }) {
  const clock = known?.clock ?? new VirtualClock(Date.UTC(2026, 0, 1));
  const faults = known?.faults ?? new StoreFaults(await openSqliteStore(":memory:", { clock: () => clock.now() }));
  const store = faults.plugIn();
  const lines: Line[] = [];
  const at = (level: LogLevel) => (facts: object, message: string) => void lines.push({ ...facts, level, message });
  const log = engineLog({ debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") });
  const ids = new Ids(systemRandomBytes);
  const random = () => 0.5;
  const engine = new EmbeddedEngine({ store, handlers, clock, random, ids, log });
  const verbs = createVerbs({ engine, store, clock, ids, random });
  await engine.start();
  end = () => faults.close();
  const submit = async (kind: string, more: Partial<Submission> = {}) =>
    (await verbs.tasks.submit(ada, "native", { kind, input: {}, ...more })).task.id;
  return { verbs, lines, submit, faults, clock };
}

test("every task that did not end well has a line in the log, whatever its end", async () => {
  const fails = async () => {
    throw new Error("No.");
  };
  const { verbs, lines, submit, clock } = await begin([
    kind("throws", fails),
    kind("step", (ctx) => ctx.step("work", fails, { retries: 1 })),
    kind("says so", async () => {
      throw new TaskFailure("no_paper", "There is no paper.");
    }),
    kind("rejects", async () => {
      throw new TaskFailure("unfit", "Not this.", { rejected: true });
    }),
    kind("sleeps", async (ctx) => {
      await ctx.sleep("long", 3_600_000);
      return null;
    }),
    kind("child", (ctx) => ctx.child("below", "step", {})),
    kind("returns what is no JSON", async () => JSON.parse("1", () => 1n)),
    kind("claimed", async () => null, { queueOf: () => "q" }),
  ]);
  for (const name of ["throws", "step", "says so", "rejects", "child", "returns what is no JSON"]) await submit(name);
  await submit("throws", { retry: { attempts: 3, backoffMs: 10 } });
  await submit("sleeps", { deadlineMs: 1_000 });
  await submit("claimed", { deadlineMs: 1_000 });
  const claimed = await submit("claimed");
  const { signal } = new AbortController();
  const [first] = await verbs.work.claim(ada, { worker: "w", queue: "q", max: 2, leaseMs: 60_000, waitMs: 0 }, signal);
  expect(first).toBeDefined();
  const held = await verbs.tasks.get(ada, claimed);
  await verbs.work.fail(ada, claimed, {
    worker: "w",
    attempt: held.attempt,
    error: { code: "x", message: "Broken." },
    retryable: false,
  });
  await clock.advance(60_000, atRest);
  const { tasks } = await verbs.tasks.list(ada, {}, { limit: 50 });
  expect(new Set(tasks.map(({ state }) => state))).toEqual(new Set(["failed", "rejected", "timed_out"]));
  for (const task of tasks) {
    const told = lines.filter((line) => line["task"] === task.id && line.message === "A task did not end well.");
    expect([task.kind, task.state, told.length]).toEqual([task.kind, task.state, 1]);
  }
});

test("a task that failed with its child names its own step that began it, also at a later attempt", async () => {
  const fails = kind("fails", (ctx) => ctx.step("inner", () => Promise.reject(new Error("No.")), { retries: 0 }));
  const seen: unknown[] = [];
  const hands = kind("hands", async (ctx) => {
    const child = () => ctx.child("outer", "fails", {});
    await child().catch((error: unknown) => seen.push(error));
    await ctx.sleep("rest", 1_000);
    return child();
  });
  const { verbs, submit, clock } = await begin([fails, hands]);
  const id = await submit("hands");
  await clock.advance(60_000, atRest);
  expect(await verbs.tasks.get(ada, id)).toMatchObject({
    error: { code: "handler_error", message: "No.", step: "outer" },
  });
  expect(seen.length).toBeGreaterThan(1);
  for (const error of seen) expect(error).toMatchObject({ failure: { step: "outer" } });
});

test("what is thrown that is no error is in the log, once for each try", async () => {
  const { lines, submit, clock } = await begin([kind("throws", () => Promise.reject({ id: 17 }))]);
  const id = await submit("throws", { retry: { attempts: 2, backoffMs: 10 } });
  await clock.advance(60_000, atRest);
  const told = lines.filter((line) => line["task"] === id && line.message === "A handler failed.");
  expect(told.map(({ err }) => err)).toMatchObject([{ stack: expect.stringContaining("id: 17") }, {}]);
});

test("what a step or a tool of it throws that is no error is told like any other", async () => {
  const goesOn = kind("goes on", (ctx) =>
    ctx.step("work", async (step) => {
      step.report("A word.");
      step.report(Object.create(null, { id: { value: 18, enumerable: true } }));
      return null;
    }),
  );
  const gives = kind("gives", (ctx) => ctx.step("work", () => Promise.reject({ id: 17 }), { retries: 0 }));
  const { verbs, lines, submit, clock } = await begin([goesOn, gives]);
  const id = await submit("gives");
  await submit("goes on");
  await clock.advance(60_000, atRest);
  expect((await verbs.tasks.get(ada, id)).stack).toContain("id: 17");
  expect(lines.filter(({ message }) => message === 'Step "work" goes on after an error.')).toHaveLength(2);
});

test("what code throws is in the log once for each try, with where it was thrown, whether a step threw it or the handler", async () => {
  const misses = async (): Promise<null> => {
    throw new TypeError("It has no pages.");
  };
  const { lines, submit, clock } = await begin([
    kind("handler", misses),
    kind("step", (ctx) => ctx.step("read", misses, { retries: 1 })),
    kind("branch", async (ctx) => ctx.parallel({ one: misses })),
    kind("says so", async () => {
      throw new TaskFailure("no_paper", "There is no paper.");
    }),
  ]);
  const tries = { handler: 1, step: 2, branch: 1, "says so": 0 };
  const ids = new Map<string, number>();
  for (const [name, times] of Object.entries(tries)) ids.set(await submit(name), times);
  ids.set(await submit("handler", { retry: { attempts: 3, backoffMs: 10 } }), 3);
  await clock.advance(60_000, atRest);
  for (const [id, times] of ids) {
    const thrown = lines.filter((line) => line["task"] === id && line["err"] instanceof TypeError);
    expect(thrown).toHaveLength(times);
    for (const { err } of thrown) expect(err).toMatchObject({ stack: expect.stringContaining("engine-log.test.ts") });
  }
});

test("a line of a kind's own code is in the log at once and in its task, once also on replay, and in each try of a step", async () => {
  const hold = gate();
  const says = kind("says", async (ctx) => {
    ctx.log.info("Begun.", { page: 1 });
    await ctx.sleep("rest", 1_000);
    ctx.log.debug("Rested.");
    await ctx.parallel({
      one: async (branch) => branch.log.warn("In one."),
      two: async (branch) => branch.log.warn("In two."),
    });
    await ctx.step(
      "work",
      async (step) => {
        step.log.error(`Try ${step.tries}.`);
        if (step.tries === 1) throw new Error("Not yet.");
        await hold.promise;
        return null;
      },
      { retries: 1 },
    );
    ctx.log.info("Done.");
    return null;
  });
  const life = await begin([says]);
  const id = await life.submit("says");
  await atRest();
  const own = () => life.lines.filter((line) => line["kind"] === "says" && LOG_LEVELS.includes(line.level));
  const saidIn = async (verbs = life.verbs) =>
    (await verbs.tasks.events(ada, id, 0, 1_000)).flatMap((event) =>
      event.type === "task.logged" && !event.custom ? [`${event.data.level} ${event.data.message}`] : [],
    );
  expect(own()).toMatchObject([{ level: "info", message: "Begun.", task: id, facts: { page: 1 } }]);
  await life.clock.advance(10_000, atRest);
  // What is for finding faults is in the server's log alone: others may read the task.
  const before = ["info Begun.", "warn In one.", "warn In two.", "error Try 1.", "error Try 2."];
  expect(await saidIn()).toEqual(before);
  expect(own().filter(({ level }) => level === "debug")).toMatchObject([{ message: "Rested.", task: id }]);
  expect(own().find(({ message }) => message === "Try 2.")).toMatchObject({ step: "work", level: "error" });
  // The process dies, and another one goes on from the journal.
  const next = await begin([says], life);
  hold.resolve();
  await atRest();
  expect(await saidIn(next.verbs)).toEqual([...before, "error Try 2.", "info Done."]);
  expect((await next.verbs.tasks.get(ada, id)).state).toBe("completed");
});

test("a line tells of an error among its facts its name, message, code, cause and where it was thrown", async () => {
  const refused = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
  const own = Object.assign(new TypeError("its own cause"), { toJSON: () => ({ nothing: true }) });
  own.cause = own;
  const life = await begin([
    kind("talks", async (ctx) => {
      ctx.log.error("One", { page: 1, err: new TypeError("no such order", { cause: refused }) });
      ctx.log.error("Bare", own);
      return ctx.step("work", async (step) => {
        step.log.warn("In a list", { each: [new TaskFailure("gone", "It is gone.")] });
        step.log.warn("Long", { err: new Error("x".repeat(9_000)) });
        return null;
      });
    }),
  ]);
  const id = await life.submit("talks");
  await atRest();
  const logged = (await life.verbs.tasks.events(ada, id, 0, 100)).filter(({ type }) => type === "task.logged");
  const stack = expect.stringContaining("engine-log.test.ts");
  const cause = { name: "Error", code: "ECONNREFUSED", message: "refused" };
  const wanted = [
    { page: 1, err: { name: "TypeError", message: "no such order", cause, stack } },
    { name: "TypeError", message: "its own cause", cause: { cause: { cause: { message: "its own cause" } } }, stack },
    { each: [{ name: "TaskFailure", code: "gone", message: "It is gone.", stack }] },
    { err: { name: "Error", message: "x".repeat(500) } },
  ];
  expect(logged.map(({ data }) => data)).toMatchObject(wanted.map((facts) => ({ facts })));
});

test("lines are cut, are no end of a task, and are kept by it up to a number", async () => {
  const circle = JSON.parse("{}");
  circle.itself = circle;
  const life = await begin([
    kind("talks", async (ctx) => {
      ctx.log.info("x".repeat(10_000), { text: "y".repeat(10_000) });
      ctx.log.info("A circle", circle);
      for (let n = 0; n < 1_100; n++) ctx.log.info(`${n}`);
      return null;
    }),
  ]);
  const id = await life.submit("talks");
  await atRest();
  expect((await life.verbs.tasks.get(ada, id)).state).toBe("completed");
  const logged = [];
  for (let after = 0; ; ) {
    const page = await life.verbs.tasks.events(ada, id, after, 1_000);
    logged.push(...page.filter(({ type }) => type === "task.logged"));
    const last = page.at(-1);
    if (!last) break;
    after = last.seq;
  }
  expect(logged).toHaveLength(1_000);
  expect(JSON.stringify(logged[0]).length).toBeLessThan(9_000);
  expect(logged[1]?.data).toMatchObject({ facts: { unreadable: expect.any(String) } });
  expect(life.lines).toHaveLength(1_102);
});
