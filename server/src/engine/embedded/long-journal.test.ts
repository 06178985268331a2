import { expect, test } from "vitest";
import { z } from "zod";
import { Ids, systemRandomBytes } from "../../engine/ids.ts";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import type { Store } from "../../store/store.ts";
import { decided, live, submit } from "../../store/suite/life.suite.ts";
import { newTask, START } from "../../store/suite/new-task.suite.ts";
import { type Context, defineHandler, type Handler } from "../../task/handler.ts";
import { OBJECT_KEYS_MAX } from "../../task/json/object-keys.ts";
import { CALLS_PER_TURN } from "../execution/run.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { EmbeddedEngine } from "./embedded-engine.ts";

const STEPS = 20_000;
const CHILDREN = 300;

const clock = new VirtualClock(START);
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

async function engineOver(store: Store, handlers: readonly Handler[]): Promise<EmbeddedEngine> {
  const log = { warn: (message: string) => process.stderr.write(`${message}\n`) };
  const ids = new Ids(systemRandomBytes);
  const engine = new EmbeddedEngine({ store, handlers, clock, random: () => 0.5, ids, log });
  await engine.start();
  return engine;
}

test("a journal of 20,000 steps is replayed without holding the event loop", async () => {
  const store = await openSqliteStore(":memory:", { clock: () => clock.now() });
  let bodies = 0;
  const handler = defineHandler({
    kind: "long",
    input: z.json(),
    run: async (ctx) => {
      for (let n = 0; n < STEPS; n++) await ctx.step(`step ${n}`, async () => ++bodies);
      return "done";
    },
  });
  const task = await live(store, await submit(store, newTask({ kind: "long" })), { do: "start" });
  const journal = Array.from({ length: STEPS }, (_, position) => ({
    ...({ branch: "", position, name: `step ${position}`, occurrence: 0, kind: "step", state: "done" } as const),
    ...{ tries: 1, at: START, durationMs: 1, result: position, error: null, usage: null, trace: null },
  }));
  await store.apply([{ ...decided(task, { do: "record", attempt: 1, record: { events: [] } }), journal }]);
  const engine = await engineOver(store, [handler]);
  let turns = 0;
  while ((await store.task(task.id))?.state === "running") {
    turns += 1;
    await nextTurn();
  }
  expect(await store.task(task.id)).toMatchObject({ state: "completed", output: "done" });
  expect(bodies).toBe(0);
  expect(turns).toBeGreaterThan(STEPS / CALLS_PER_TURN / 2);
  await engine.stop(0);
  await store.close();
});

test("thousands of children are begun some at a time, and others have their turn in between", async () => {
  const store = await openSqliteStore(":memory:", { clock: () => clock.now() });
  let begun = 0;
  const branch = (ctx: Context) => {
    begun += 1;
    return ctx.child("child", "child", null);
  };
  const branches = Object.fromEntries(Array.from({ length: CHILDREN }, (_, n) => [`child ${n}`, branch]));
  const parent = defineHandler({ kind: "parent", input: z.json(), run: (ctx) => ctx.parallel(branches) });
  const child = defineHandler({ kind: "child", input: z.null(), run: async () => null });
  const task = await live(store, await submit(store, newTask({ kind: "parent" })), { do: "start" });
  const engine = await engineOver(store, [parent, child]);
  const inTurn: number[] = [];
  while (begun < CHILDREN) {
    const before = begun;
    await nextTurn();
    inTurn.push(begun - before);
  }
  expect(Math.max(...inTurn)).toBeLessThanOrEqual(CALLS_PER_TURN);
  await expect.poll(async () => (await store.task(task.id))?.state, { timeout: 60_000 }).toBe("completed");
  await engine.stop(0);
  await store.close();
});

test("a long input of a child is copied in turns, and so is what a handler is given", async () => {
  const store = await openSqliteStore(":memory:", { clock: () => clock.now() });
  const list = Array.from({ length: 200_000 }, (_, n) => n);
  const seen: number[] = [];
  let turns = 0;
  let sub = "";
  const parent = defineHandler({
    kind: "parent",
    input: z.json(),
    run: async (ctx) => {
      seen.push(turns);
      return await ctx.child("sub", "child", list);
    },
  });
  const child = defineHandler({
    kind: "child",
    input: z.array(z.json()),
    run: async (ctx, input) => {
      sub = ctx.task.id;
      seen.push(turns);
      return input.splice(0).length;
    },
  });
  const { id } = await live(store, await submit(store, newTask({ kind: "parent" })), { do: "start" });
  const engine = await engineOver(store, [parent, child]);
  while ((await store.task(id))?.state !== "completed") {
    turns += 1;
    await nextTurn();
  }
  const [asked = 0, given = 0] = seen;
  // 50,000 values a turn: four turns each.
  expect(given - asked).toBeGreaterThan(8);
  const made = await store.task(sub);
  expect(made).toMatchObject({ output: list.length });
  expect(made?.input).toHaveLength(list.length);
  await engine.stop(0);
  await store.close();
});

test("calls with more values than a new one may hold, which the version before has taken, are the same at a later attempt", async () => {
  const store = await openSqliteStore(":memory:", { clock: () => clock.now() });
  const many = Array.from({ length: 260_000 }, () => []);
  const wide = Object.fromEntries(Array.from({ length: OBJECT_KEYS_MAX + 1 }, (_, n) => [`k${n}`, n]));
  const talks = defineHandler({
    kind: "talks",
    input: z.json(),
    run: async (ctx) => {
      ctx.emit({ type: "own.said", data: { many } });
      ctx.artifact({ id: "many", parts: [{ data: many }] });
      ctx.artifact({ id: "wide", parts: [{ data: wide }] });
      ctx.details({ many });
      ctx.details({ k0: "another" });
      return "done";
    },
  });
  const task = await live(store, await submit(store, newTask({ kind: "talks" })), { do: "start" });
  const journal = ["emit", "artifact", "artifact", "details"].map((name, position, names) => ({
    ...({ branch: "", position, name, kind: "effect", state: "done" } as const),
    occurrence: names.slice(0, position).filter((before) => before === name).length,
    ...{ tries: 1, at: START, durationMs: null, result: null, error: null, usage: null, trace: null },
  }));
  await store.apply([
    { ...decided(task, { do: "record", attempt: 1, record: { events: [], details: wide } }), journal },
  ]);
  const engine = await engineOver(store, [talks]);
  while ((await store.task(task.id))?.state === "running") await nextTurn();
  const details = { ...wide, k0: "another" };
  expect(await store.task(task.id)).toMatchObject({ state: "completed", output: "done", details });
  const types = (await store.events(task.id, 0, 100)).map(({ type }) => type);
  expect(types).not.toContain("own.said");
  expect(types).not.toContain("artifact.updated");
  await engine.stop(0);
  await store.close();
});

function isTaken(call: () => void): boolean {
  try {
    call();
    return true;
  } catch {
    return false;
  }
}

test("what is said after calls that held too many values is said once, and those are refused at a later attempt too", async () => {
  const store = await openSqliteStore(":memory:", { clock: () => clock.now() });
  const many = Array.from({ length: 260_000 }, (_, n) => n);
  let attempts = 0;
  const retreats = defineHandler({
    kind: "retreats",
    input: z.json(),
    run: async (ctx) => {
      attempts += 1;
      const taken = [many, many.slice(1), [1], [2]].map((list) =>
        isTaken(() => ctx.emit({ type: "own.said", data: { list } })),
      );
      expect(taken).toEqual([false, false, true, true]);
      await ctx.sleep("nap", 1_000);
      return "done";
    },
  });
  const { id } = await live(store, await submit(store, newTask({ kind: "retreats" })), { do: "start" });
  const engine = await engineOver(store, [retreats]);
  while ((await store.task(id))?.state !== "waiting") await nextTurn();
  await clock.advance(1_000, async () => void (await nextTurn()));
  while ((await store.task(id))?.state !== "completed") await nextTurn();
  expect(attempts).toBe(2);
  expect((await store.events(id, 0, 100)).filter(({ type }) => type === "own.said")).toMatchObject([
    { data: { list: [1] } },
    { data: { list: [2] } },
  ]);
  await engine.stop(0);
  await store.close();
});

test("a handler does not begin whose task has ended while its long input was copied", async () => {
  const store = await openSqliteStore(":memory:", { clock: () => clock.now() });
  let begun = 0;
  const given = defineHandler({
    kind: "given",
    input: z.unknown(),
    run: async () => {
      begun += 1;
      return null;
    },
  });
  const input = Array.from({ length: 900_000 }, (_, n) => n);
  const { id } = await live(store, await submit(store, newTask({ kind: "given", input })), { do: "start" });
  const engine = await engineOver(store, [given]);
  while (engine.stats().running === 0 || (await store.task(id))?.attempt === 1) await nextTurn();
  await engine.transitions.cancel(id, { do: "cancel", by: "ada", reason: "" }, {});
  for (let turn = 0; turn < 50; turn++) await nextTurn();
  expect((await store.task(id))?.state).toBe("cancelled");
  expect(begun).toBe(0);
  await engine.stop(0);
  await store.close();
});
