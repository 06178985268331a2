/** What waits for what: code for the record of crashes, a paid call and a budget for the disk, and a stop for a disk that is full. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import { newTask } from "../../store/suite/new-task.suite.ts";
import { submitted } from "../../task/decide.ts";
import type { StepContext } from "../../task/handler.ts";
import type { TaskId } from "../../task/id.ts";
import type { Json } from "../../task/json/json.ts";
import { Ids, systemRandomBytes } from "../ids.ts";
import { atRest } from "../suite/at-rest.ts";
import { gate, kind, paidCall } from "../suite/stage.ts";
import { StoreFaults } from "../suite/store-faults.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { CrashMemory, type CrashRecord } from "./crash/crash-record.ts";
import { EmbeddedEngine } from "./embedded-engine.ts";

const BORN = Date.UTC(2026, 0, 1);

let clock: VirtualClock;
let faults: StoreFaults;
beforeEach(async () => {
  clock = new VirtualClock(BORN);
  faults = new StoreFaults(await openSqliteStore(":memory:", { clock: () => clock.now() }));
});
afterEach(() => faults.close());

async function start(run: Parameters<typeof kind>[1], record: CrashRecord = new CrashMemory().next()) {
  const engine = new EmbeddedEngine({
    store: faults.plugIn(),
    handlers: [kind("work", run)],
    clock,
    random: () => 0.5,
    ids: new Ids(systemRandomBytes),
    record,
    log: { warn: () => {} },
  });
  await engine.start();
  return engine;
}

/** The id of a task of one step with this body, and its engine once all has come to rest. */
async function begun(body: (step: StepContext) => Promise<Json>): Promise<{ engine: EmbeddedEngine; id: TaskId }> {
  const engine = await start((ctx) => ctx.step("work", body));
  return { engine, id: await submit(engine) };
}

async function submit(engine: EmbeddedEngine): Promise<TaskId> {
  const budget = { tokens: 100, onSpent: "pause" } as const;
  const task = newTask({ kind: "work", createdAt: BORN, budget });
  await engine.transitions.submit(submitted(task));
  await atRest();
  return task.id;
}

test("no code of a run and no body of a step begins before it is on the record of crashes", async () => {
  const done: string[] = [];
  const [run, step] = [gate(), gate()];
  const known = new CrashMemory().next();
  const record: CrashRecord = { ...known, runBegins: () => run.promise, stepBegins: () => step.promise };
  const work: Parameters<typeof start>[0] = (ctx) => {
    done.push("code");
    return ctx.step("work", async () => done.push("body"));
  };
  const engine = await start(work, record);
  await submit(engine);
  expect(done).toEqual([]);
  run.resolve();
  await atRest();
  expect(done).toEqual(["code"]);
  step.resolve();
  await atRest();
  expect(done).toEqual(["code", "body"]);
  await engine.stop(0);
});

test("a call goes out once it is on disk what it will have cost if its process dies", async () => {
  let asked = 0;
  let release = () => {};
  const { engine } = await begun(async (step) => {
    release = faults.hold();
    await step.paying(paidCall("call"));
    asked += 1;
    return null;
  });
  expect(asked).toBe(0);
  release();
  await atRest();
  expect(asked).toBe(1);
  await engine.stop(0);
});

test("what a call has reserved is free once it is on disk what it has cost", async () => {
  let release = () => {};
  const { engine, id } = await begun(async (step) => {
    await step.reserve({ tokens: 20, costUsd: 0 }, await step.budgets());
    release = faults.hold();
    step.usage(paidCall("call"));
    return null;
  });
  const reserved = () => engine.reservations.of(id).reserved.tokens;
  expect(reserved()).toBe(20);
  release();
  await atRest();
  expect([reserved(), (await engine.transitions.find(id))?.usage.calls]).toEqual([0, 1]);
  await engine.stop(0);
});

test("what a run has reserved that is cut off is free", async () => {
  const { engine, id } = await begun(async (step) => {
    await step.reserve({ tokens: 20, costUsd: 0 }, await step.budgets());
    return new Promise<null>(() => {});
  });
  expect(engine.reservations.of(id).reserved.tokens).toBe(20);
  await engine.transitions.change(id, { do: "cancel", by: "ada", reason: "" });
  await atRest();
  expect(engine.reservations.of(id).reserved.tokens).toBe(0);
  await engine.stop(0);
});

test("what a step returns during a stop while the disk is full is written once there is room, as long as steps have time", async () => {
  let bodies = 0;
  const done = gate();
  const body = async () => {
    bodies += 1;
    await done.promise;
    return null;
  };
  const { engine, id } = await begun(body);
  const stopped = engine.stop(10_000);
  faults.isFull = true;
  done.resolve();
  await clock.advance(3_000, atRest);
  faults.isFull = false;
  await clock.advance(3_000, atRest);
  await stopped;
  const next = await start((ctx) => ctx.step("work", body));
  await atRest();
  expect([(await next.transitions.find(id))?.state, bodies]).toEqual(["completed", 1]);
  await next.stop(0);
});

test("a run has what came for it between the reading of its inbox and its beginning", async () => {
  const begins = gate();
  const record: CrashRecord = { ...new CrashMemory().next(), runBegins: () => begins.promise };
  const question = { asks: "answer", prompt: "Which?" } as const;
  const engine = await start(async (ctx) => (await ctx.waitForInput("colour", question))?.value ?? null, record);
  const id = await submit(engine);
  await engine.transitions.change(id, () => ({
    command: { do: "input", by: "ada", messageId: "m1", prompt: null },
    along: { inbox: { messageId: "m1", prompt: null, question: null, value: "red", by: "ada", at: BORN } },
  }));
  begins.resolve();
  await atRest();
  expect(await engine.transitions.find(id)).toMatchObject({ state: "completed", attempt: 1, output: "red" });
  await engine.stop(0);
});

test("a run that begins while its process stops does no step", async () => {
  const begins = gate();
  const record: CrashRecord = { ...new CrashMemory().next(), runBegins: () => begins.promise };
  let bodies = 0;
  const engine = await start((ctx) => ctx.step("work", async () => ++bodies), record);
  const id = await submit(engine);
  const stopped = engine.stop(1_000);
  begins.resolve();
  await clock.advance(1_000, atRest);
  await stopped;
  expect([bodies, (await engine.transitions.find(id))?.state]).toEqual([0, "running"]);
});

test("a task whose process it may have ended is suspected still when a step of it has failed, and no more once one is done", async () => {
  const [fails, ends, works] = [gate(), gate(), gate()];
  const engine = await start((ctx) =>
    ctx.parallel({
      fails: (ctx) => ctx.step("fails", () => fails.promise.then(() => Promise.reject(new Error("It has hung up.")))),
      ends: (ctx) => ctx.step("ends", () => ends.promise.then(() => null)),
      works: (ctx) => ctx.step("works", () => works.promise.then(() => null)),
    }),
  );
  const id = await submit(engine);
  await engine.transitions.change(id, { do: "blame", crashes: 1 });
  const crashes: unknown[] = [];
  for (const { resolve } of [fails, ends]) {
    resolve();
    await atRest();
    crashes.push((await engine.transitions.find(id))?.crashes);
  }
  works.resolve();
  expect(crashes).toEqual([1, 0]);
  await engine.stop(0);
});
