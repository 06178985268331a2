import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import type { Store } from "../../store/store.ts";
import { decide } from "../../task/decide.ts";
import { Refusal } from "../../task/errors.ts";
import { defineHandler } from "../../task/handler.ts";
import type { Submission } from "../../task/submission.ts";
import { createVerbs } from "../../verbs/implementation/create-verbs.ts";
import type { Verbs } from "../../verbs/verbs.ts";
import { Ids, systemRandomBytes } from "../ids.ts";
import { atRest } from "../suite/at-rest.ts";
import { ada } from "../suite/stage.ts";
import { StoreFaults } from "../suite/store-faults.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { CrashMemory } from "./crash/crash-record.ts";
import { EmbeddedEngine } from "./embedded-engine.ts";
import { Placement } from "./placement.ts";

const NOW = Date.UTC(2026, 0, 1);
const ids = new Ids(systemRandomBytes);

let clock: VirtualClock;
let store: Store;
let crashes: CrashMemory;
let engine: EmbeddedEngine;
let verbs: Verbs;
let ran: string[];
let warned: string[];
/** What runs comes to its end once this is open. */
let mayEnd: PromiseWithResolvers<void>;
/** Pages of open tasks after the first are told once this is open. */
let rest: PromiseWithResolvers<void>;
/** Open once the second of them was read. */
let secondRead: PromiseWithResolvers<void>;
/** Also those of what runs. */
let runsAreHeld: boolean;
let faults: StoreFaults;

const kinds = [
  defineHandler({
    kind: "work",
    input: z.json(),
    run: async (ctx) => {
      ran.push(ctx.task.id);
      await mayEnd.promise;
      return null;
    },
  }),
  defineHandler({ kind: "parent", input: z.json(), run: (ctx) => ctx.child("child", "work", {}) }),
  defineHandler({
    kind: "asks",
    input: z.json(),
    run: async (ctx) => {
      await ctx.waitForInput("go", { asks: "answer", prompt: "Go on?" });
      ran.push(ctx.task.id);
      return null;
    },
  }),
  defineHandler({ kind: "waits", input: z.json(), run: (ctx) => ctx.child("child", "asks", {}) }),
  defineHandler({ kind: "above", input: z.json(), run: (ctx) => ctx.child("child", "waits", {}) }),
  defineHandler({ kind: "watches", input: z.json(), run: (ctx) => ctx.child("child", "naps", {}) }),
  defineHandler({ kind: "naps", input: z.json(), run: (ctx) => ctx.sleep("long", 1_000).then(() => null) }),
  defineHandler({
    kind: "tree",
    input: z.json(),
    run: (ctx) =>
      ctx.parallel({ a: (ctx) => ctx.child("child", "work", {}), b: (ctx) => ctx.child("child", "work", {}) }),
  }),
  defineHandler({
    kind: "steps",
    input: z.json(),
    run: async (ctx) => {
      await ctx.step("first", () => mayEnd.promise.then(() => null));
      return ctx.step("second", async () => null);
    },
  }),
  defineHandler({ kind: "claimed", input: z.json(), queueOf: () => "queue", run: async () => null }),
];

beforeEach(async () => {
  clock = new VirtualClock(NOW);
  store = await openSqliteStore(":memory:", { clock: () => clock.now() });
  faults = new StoreFaults(store);
  const open = store.open.bind(store);
  store.open = async (after, limit) => {
    const page = await open(after, limit);
    if (after === null) return page;
    secondRead.resolve();
    if (page.tasks.some(({ state }) => state !== "running") || runsAreHeld) await rest.promise;
    return page;
  };
  crashes = new CrashMemory();
  ran = [];
  warned = [];
  runsAreHeld = false;
  mayEnd = Promise.withResolvers();
});

afterEach(async () => {
  rest.resolve();
  mayEnd.resolve();
  await engine.stop(0);
  await faults.close();
});

/** Another process, which reads two open tasks at a time; callers wait for the first page alone. The one before it has died. */
async function start(concurrency = 1): Promise<void> {
  rest = Promise.withResolvers();
  secondRead = Promise.withResolvers();
  const parts = { store: faults.plugIn(), clock, random: () => 0.5, ids };
  const limits = { concurrency, concurrencyReserve: 0, openPage: 2, openAwaited: 1 };
  const log = { warn: (message: string) => warned.push(message) };
  engine = new EmbeddedEngine({ ...parts, handlers: kinds, limits, log, record: crashes.next() });
  verbs = createVerbs({ ...parts, engine });
  await engine.start();
}

async function submit(kind = "work", more: Partial<Submission> = {}, who = ada): Promise<string> {
  await clock.advance(1, atRest);
  return (await verbs.tasks.submit(who, "native", { kind, input: {}, ...more })).task.id;
}

/** It waits for its child, so that it is none of those that a start takes up first. */
async function submitParent(): Promise<string> {
  const id = await submit("waits");
  await atRest();
  return id;
}

/** It sleeps, and is in memory all the same, since it has a key meanwhile. */
function submitNap(): Promise<string> {
  const key = ids.taskId(clock.now());
  return submit("naps", { concurrency: { key, limit: 1, toEnd: true } });
}

const stateOf = async (id: string) => (await verbs.tasks.get(ada, id)).state;

test("what ran goes on before others are there, and what is handed in meanwhile runs in its order", async () => {
  await start();
  const [running, first, urgent, last] = [
    await submit(),
    await submit(),
    await submit("work", { priority: 5 }),
    await submit(),
  ];
  await start();
  expect(engine.recovering).toEqual({ read: 2, all: 4 });
  const [late, lateAndUrgent] = [await submit(), await submit("work", { priority: 9 })];
  await atRest();
  expect(ran).toEqual([running, urgent]);
  expect(await stateOf(late)).toBe("queued");
  expect(await verbs.tasks.why(ada, late)).toMatchObject({
    reason: "recovering",
    summary: expect.stringContaining("2 of about 4 so far"),
  });
  mayEnd.resolve();
  await atRest();
  // All that are as urgent as these are there.
  expect(ran).toEqual([running, urgent, lateAndUrgent, running]);
  expect([await stateOf(running), await stateOf(first), await stateOf(late)]).toEqual([
    "completed",
    "queued",
    "queued",
  ]);
  rest.resolve();
  await atRest();
  expect(engine.recovering).toBe(null);
  expect(ran).toEqual([running, urgent, lateAndUrgent, running, first, last, late]);
});

test("a tenant whose tasks are all there does not wait for those of others", async () => {
  const [fresh, known] = [
    { ...ada, tenant: "fresh" },
    { ...ada, tenant: "known" },
  ];
  await start(1);
  const running = await submit();
  for (let made = 0; made < 3; made++) await submit();
  const old = await submit("work", {}, known);
  await start(9);
  const mine = await submit();
  const first = await submit("work", {}, fresh);
  const late = await submit("work", {}, known);
  await atRest();
  const second = await submit("work", {}, fresh);
  await atRest();
  expect(ran).toEqual(expect.arrayContaining([running, first, second]));
  for (const id of [mine, old, late]) expect(ran).not.toContain(id);
  rest.resolve();
  await atRest();
  expect(ran).toEqual(expect.arrayContaining([mine, old, late]));
  expect(ran.indexOf(old)).toBeLessThan(ran.indexOf(late));
});

test("tasks that wait for their turn in a conversation are looked at again in turns with everybody else", async () => {
  const TASKS = 150;
  await start();
  const conversation = { alias: "talk" };
  for (let n = 0; n < TASKS; n++) await submit("work", { conversation, multitaskStrategy: "enqueue" });
  await start();
  const looks = new Map<string, number>();
  const most = new Map<number, number>();
  let turn = 0;
  const { place: placed } = Placement.prototype;
  const place = vi.spyOn(Placement.prototype, "place");
  place.mockImplementation(function (this: Placement, entry) {
    const before = looks.get(entry.id) ?? 0;
    looks.set(entry.id, before + 1);
    if (before > 0) most.set(turn, (most.get(turn) ?? 0) + 1);
    return Reflect.apply(placed, this, [entry]);
  });
  rest.resolve();
  for (; engine.recovering; turn++) await nextTurn();
  place.mockRestore();
  const again = [...most.values()];
  expect(again.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(100);
  expect(Math.max(...again)).toBeLessThanOrEqual(64);
});

test("a new task takes no free slot from those that are on their way", async () => {
  await start();
  const all = [await submit(), await submit(), await submit(), await submit()];
  await start(5);
  const late = await submit();
  await atRest();
  expect(await Promise.all([...all, late].map(stateOf))).toEqual(["running", "running", "queued", "queued", "queued"]);
  rest.resolve();
  await atRest();
  expect(ran.slice(1).toSorted()).toEqual([...all, late]);
  expect(ran.at(-1)).toBe(late);
});

test("a key that is held to its end has no room before its holder is there", async () => {
  await start(5);
  const concurrency = { key: "k", limit: 1, toEnd: true } as const;
  const holder = await submit("naps", { concurrency });
  await atRest();
  await start(5);
  const [behind, other] = [await submit("work", { concurrency }), await submit("work")];
  await atRest();
  expect([await stateOf(behind), await stateOf(other)]).toEqual(["queued", "running"]);
  rest.resolve();
  await verbs.tasks.cancel(ada, holder);
  await atRest();
  expect(await stateOf(behind)).toBe("running");
});

test.each([
  ["before what ran is judged", async () => {}],
  ["after that, before all are there", atRest],
])("a child whose parent ended when nobody saw it does nothing more, whatever it is told %s", async (_, arrives) => {
  await start(1);
  for (let made = 0; made < 2; made++) await submitParent();
  const top = await submit("waits", { deadlineMs: 60_000 });
  await atRest();
  const child = (await store.open(null, 10)).tasks.find(({ parent }) => parent === top)?.id ?? "";
  expect(await stateOf(child)).toBe("input_required");
  await start(5);
  await engine.stop(0);
  const [task] = await store.tasks([top]);
  if (!task) throw new Error("It is gone.");
  // Another process has ended the parent, and died before it ended the child.
  const ended = decide(task, { do: "cancel", by: "ada", reason: "enough" }, clock.now());
  if (ended instanceof Refusal) throw ended;
  expect(await store.apply([ended])).toMatchObject({ ok: true });
  await start(5);
  await arrives();
  await verbs.tasks.input(ada, child, { value: "go on" });
  // Its parent's deadline is its own.
  await clock.advance(60_000, atRest);
  expect(ran).toEqual([]);
  rest.resolve();
  await atRest();
  expect(await stateOf(child)).toBe("cancelled");
  expect(ran).toEqual([]);
});

test("what has changed since its page was read stays as it is", async () => {
  await start();
  const all = [];
  for (let made = 0; made < 5; made++) all.push(await submit());
  await start(5);
  const [, , ended, paused, again] = all;
  const cancelled = verbs.tasks.cancel(ada, ended ?? "");
  await verbs.tasks.pause(ada, paused ?? "");
  await verbs.tasks.pause(ada, again ?? "");
  await verbs.tasks.resume(ada, again ?? "");
  await atRest();
  rest.resolve();
  await cancelled;
  await atRest();
  expect(await Promise.all(all.map(stateOf))).toEqual(["running", "running", "cancelled", "paused", "running"]);
  expect(engine.stats()).toMatchObject({ open: 4, running: 3 });
});

test("a task that ended after its page was read is open no more", async () => {
  await start();
  const all = [await submitNap(), await submitNap(), await submitNap(), await submitNap()];
  await atRest();
  await start();
  await secondRead.promise;
  const cancelled = verbs.tasks.cancel(ada, all[2] ?? "");
  await atRest();
  rest.resolve();
  await cancelled;
  await atRest();
  expect(await Promise.all(all.map(stateOf))).toEqual(["waiting", "waiting", "cancelled", "waiting"]);
  expect(engine.stats()).toMatchObject({ open: 3 });
});

test("a cancel waits for the children of its task, at any depth, and for no other task that is not there yet", async () => {
  await start(5);
  const tops = [await submit("above"), await submit("above")];
  const alone = await submit("asks");
  await atRest();
  const { tasks } = await store.open(null, 10);
  const childOf = (id: string | undefined) => tasks.find(({ parent }) => parent === id)?.id ?? "";
  const [kept, ended] = tops.map((top) => [top, childOf(top), childOf(childOf(top))]);
  await start(5);
  await verbs.tasks.cancel(ada, tops[1] ?? "");
  await verbs.tasks.cancel(ada, alone);
  expect(engine.recovering).not.toBe(null);
  expect(await Promise.all([...(ended ?? []), alone].map(stateOf))).toEqual(Array(4).fill("cancelled"));
  rest.resolve();
  await atRest();
  expect(await Promise.all((kept ?? []).map(stateOf))).toEqual(["input_required", "input_required", "input_required"]);
  expect(engine.stats()).toMatchObject({ open: 3 });
});

test("a child that is not there yet does nothing once its parent has ended, also where another child of it ran", async () => {
  await start(1);
  const top = await submit("tree");
  await atRest();
  expect(ran).toHaveLength(1);
  const low = await submit("waits", { priority: -1 });
  await verbs.tasks.pause(ada, low);
  for (let made = 0; made < 3; made++) await submit("work", { priority: -1 });
  await start(5);
  await atRest();
  const cancelled = verbs.tasks.cancel(ada, top);
  await atRest();
  rest.resolve();
  await cancelled;
  await atRest();
  const { tasks } = await store.open(null, 20);
  expect(tasks.filter(({ parent }) => parent === top)).toEqual([]);
  expect(new Set(ran).size).toBe(4);
});

test("a store that does not tell for a moment whose child has ended is asked again, and what a start looks for beside that goes on", async () => {
  await start(5);
  const top = await submit("watches");
  await atRest();
  // The child is woken, begins, and ends.
  faults.dieAt(3);
  await clock.advance(1_000, atRest);
  faults.refuse(2, "awaitedInVain");
  await start(5);
  await atRest();
  const [child = ""] = (await store.tasks([top])).flatMap(({ waits }) =>
    waits.flatMap((wait) => (wait.on === "child" ? [wait.child] : [])),
  );
  expect([await stateOf(top), await stateOf(child)]).toEqual(["waiting", "completed"]);
  await clock.advance(10_000, atRest);
  expect(await stateOf(top)).toBe("completed");
});

test("a child that is begun meanwhile goes on, though its parent, which waits for it, is on disk alone by then", async () => {
  await start(5);
  for (let made = 0; made < 2; made++) await submitParent();
  await start(5);
  await secondRead.promise;
  const top = await submit("watches");
  await atRest();
  expect(await stateOf(top)).toBe("waiting");
  await clock.advance(1_000, atRest);
  expect(engine.recovering).not.toBe(null);
  expect(await stateOf(top)).toBe("completed");
  rest.resolve();
});

test("a parent that is not there yet hears of the end of its child", async () => {
  await start(5);
  for (let made = 0; made < 2; made++) await submitNap();
  const parent = await submit("parent");
  await atRest();
  const [child = ""] = ran;
  await start(5);
  const cancelled = verbs.tasks.cancel(ada, child);
  await atRest();
  rest.resolve();
  await cancelled;
  await atRest();
  expect(await stateOf(parent)).toBe("failed");
});

test.each([
  ["while what ran is judged", true],
  ["after that, before all are there", false],
])("a task that is resumed %s goes on once", async (_, held) => {
  await start(5);
  const others = [await submit(), await submit(), await submit()];
  const task = await submit();
  await atRest();
  await verbs.tasks.pause(ada, task);
  runsAreHeld = held;
  await start(5);
  await verbs.tasks.resume(ada, task);
  await atRest();
  expect(ran.filter((id) => id === task)).toHaveLength(held ? 1 : 2);
  rest.resolve();
  await atRest();
  expect(ran.toSorted()).toEqual([...others, task, ...others, task].toSorted());
  mayEnd.resolve();
  await atRest();
  expect(await stateOf(task)).toBe("completed");
});

test("workers are given the oldest work as soon as all that comes before it is there, also those that wait for it", async () => {
  await start();
  // What has a key is not on disk alone.
  const submitKeyed = () => submit("claimed", { concurrency: { key: "k", limit: 9 } });
  const old = [await submitKeyed(), await submitKeyed(), await submitKeyed()];
  await start();
  old.push(await submitKeyed());
  const claim = { worker: "w", queue: "queue", max: 9, leaseMs: 60_000, waitMs: 0 };
  const { signal } = new AbortController();
  const claimed = async (waitMs = 0) => (await verbs.work.claim(ada, { ...claim, waitMs }, signal)).map(({ id }) => id);
  expect(await claimed()).toEqual(old.slice(0, 2));
  expect(await claimed()).toEqual([]);
  const waiting = claimed(30_000);
  rest.resolve();
  expect(await waiting).toEqual(old.slice(2));
});

test("what is due meanwhile comes once what has its key is there", async () => {
  await start();
  const all = [await submitNap(), await submitNap(), await submitNap()];
  await atRest();
  await start();
  await clock.advance(5_000, atRest);
  expect(await Promise.all(all.map(stateOf))).toEqual(["waiting", "waiting", "waiting"]);
  rest.resolve();
  await clock.advance(1, atRest);
  expect(await Promise.all(all.map(stateOf))).toEqual(["completed", "completed", "completed"]);
});

test("a store that refuses while callers wait ends the start, and one that refuses later is asked again", async () => {
  await start();
  const all = [await submitNap(), await submitNap(), await submitNap()];
  await atRest();
  faults.refuse(1, "open");
  await expect(start()).rejects.toMatchObject({ code: "unavailable" });
  faults.refuse(2, "open", undefined, 1);
  await start();
  rest.resolve();
  await clock.advance(10_000, atRest);
  expect(await Promise.all(all.map(stateOf))).toEqual(["completed", "completed", "completed"]);
  expect(warned).toEqual(["The store did not tell all open tasks; it is asked again."]);
});

test("a stop before all are there runs nothing more", async () => {
  await start();
  const all = [await submit(), await submit(), await submit()];
  await start();
  await engine.stop(0);
  rest.resolve();
  await atRest();
  expect(ran).toEqual(all.slice(0, 1));
  expect(engine.stats().running).toBe(0);
});

test("what a stop holds between two steps runs by its row, so that the next start goes on with it first", async () => {
  await start();
  const id = await submit("steps");
  await atRest();
  const stopped = engine.stop(1_000);
  mayEnd.resolve();
  await stopped;
  expect(await store.tasks([id])).toMatchObject([{ state: "running", attempt: 1 }]);
  const { tasks } = await store.open(null, 1);
  expect(tasks).toMatchObject([{ id, state: "running" }]);
});
