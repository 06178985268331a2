import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import type { Store } from "../../store/store.ts";
import { defineHandler } from "../../task/handler.ts";
import type { Submission } from "../../task/submission.ts";
import { createVerbs } from "../../verbs/implementation/create-verbs.ts";
import type { Verbs } from "../../verbs/verbs.ts";
import { Ids, systemRandomBytes } from "../ids.ts";
import { atRest } from "../suite/at-rest.ts";
import { ada } from "../suite/stage.ts";
import { StoreFaults } from "../suite/store-faults.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { CrashMemory } from "./crash-record.ts";
import { EmbeddedEngine } from "./embedded-engine.ts";

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
  defineHandler({ kind: "naps", input: z.json(), run: (ctx) => ctx.sleep("long", 1_000).then(() => null) }),
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
    await rest.promise;
    return page;
  };
  crashes = new CrashMemory();
  ran = [];
  warned = [];
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

async function submit(kind = "work", more: Partial<Submission> = {}): Promise<string> {
  await clock.advance(1, atRest);
  return (await verbs.tasks.submit(ada, "native", { kind, input: {}, ...more })).task.id;
}

/** It sleeps, and is in memory all the same, since it has a key meanwhile. */
function submitNap(): Promise<string> {
  const key = ids.taskId(clock.now());
  return submit("naps", { concurrency: { key, limit: 1, toEnd: true } });
}

const stateOf = async (id: string) => (await verbs.tasks.get(ada, id)).state;

test("callers are served while open tasks are on their way, and what they hand in runs in its order once all are there", async () => {
  await start();
  const [running, first, urgent, last] = [
    await submit(),
    await submit(),
    await submit("work", { priority: 5 }),
    await submit(),
  ];
  await start();
  expect(engine.isRecovering).toBe(true);
  const [late, lateAndUrgent] = [await submit(), await submit("work", { priority: 9 })];
  await atRest();
  expect(ran).toEqual([running]);
  expect(await stateOf(late)).toBe("queued");
  expect(await verbs.tasks.why(ada, late)).toMatchObject({ reason: "recovering" });
  mayEnd.resolve();
  rest.resolve();
  await atRest();
  expect(engine.isRecovering).toBe(false);
  expect(ran).toEqual([running, lateAndUrgent, urgent, running, first, last, late]);
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

test("children that are not there yet go with their parent, and the cancel is answered after that", async () => {
  await start(5);
  const filler = await submitNap();
  const parent = await submit("parent");
  await atRest();
  const [child = ""] = ran;
  await start(5);
  let answered = false;
  const cancelled = verbs.tasks.cancel(ada, parent).then(() => {
    answered = true;
  });
  await atRest();
  expect([await stateOf(parent), await stateOf(child), answered]).toEqual(["cancelled", "running", false]);
  rest.resolve();
  await cancelled;
  expect([await stateOf(child), await stateOf(filler)]).toEqual(["cancelled", "waiting"]);
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

test("a task that is resumed before all are there goes on once, after the others were judged", async () => {
  await start(5);
  for (let made = 0; made < 2; made++) await submitNap();
  const task = await submit();
  await atRest();
  await verbs.tasks.pause(ada, task);
  await start(5);
  await verbs.tasks.resume(ada, task);
  await atRest();
  expect(ran).toEqual([task]);
  rest.resolve();
  await atRest();
  expect(ran).toEqual([task, task]);
  mayEnd.resolve();
  await atRest();
  expect(await stateOf(task)).toBe("completed");
});

test("workers are given the oldest work, once all of it is there, also those that wait for it since before", async () => {
  await start();
  const [oldest] = [await submit("claimed"), await submit("claimed"), await submit("claimed")];
  await start();
  await submit("claimed", { priority: -1 });
  const claim = { worker: "w", queue: "queue", max: 1, leaseMs: 60_000, waitMs: 0 };
  const { signal } = new AbortController();
  expect(await verbs.work.claim(ada, claim, signal)).toEqual([]);
  const waiting = verbs.work.claim(ada, { ...claim, waitMs: 30_000 }, signal);
  rest.resolve();
  expect((await waiting).map(({ id }) => id)).toEqual([oldest]);
});

test("what is due meanwhile comes once all are there", async () => {
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
