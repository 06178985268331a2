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
import { EmbeddedEngine } from "./embedded-engine.ts";

const HOUR = 3_600_000;
const ids = new Ids(systemRandomBytes);

let clock: VirtualClock;
let store: Store;
let faults: StoreFaults;
let engine: EmbeddedEngine;
let verbs: Verbs;
let warned: string[];
/** Tasks that the store has told of those that sleep. */
let told: number;

const kinds = [
  defineHandler({ kind: "naps", input: z.json(), run: (ctx) => ctx.sleep("long", HOUR).then(() => null) }),
  defineHandler({ kind: "work", input: z.json(), run: async () => null }),
];

beforeEach(async () => {
  clock = new VirtualClock(Date.UTC(2026, 0, 1));
  store = await openSqliteStore(":memory:", { clock: () => clock.now() });
  faults = new StoreFaults(store);
  warned = [];
  told = 0;
  const asleep = store.asleep.bind(store);
  store.asleep = async (...given) => {
    const page = await asleep(...given);
    told += page.tasks.length;
    return page;
  };
  await start();
});

afterEach(async () => {
  await engine.stop(0);
  await faults.close();
});

async function start(): Promise<void> {
  const parts = { store: faults.plugIn(), clock, random: () => 0.5, ids };
  const log = { warn: (message: string) => warned.push(message) };
  engine = new EmbeddedEngine({ ...parts, handlers: kinds, log });
  verbs = createVerbs({ ...parts, engine });
  await engine.start();
  await atRest();
}

async function submit(kind: string, more: Partial<Submission> = {}): Promise<string> {
  const { task } = await verbs.tasks.submit(ada, "native", { kind, input: {}, ...more });
  await atRest();
  return task.id;
}

const stateOf = async (id: string) => (await verbs.tasks.get(ada, id)).state;
const counted = () => [...engine.byState()];

test("who sleeps for long is not read by a start, is counted, and goes on when its time has come", async () => {
  const naps = [await submit("naps"), await submit("naps")];
  const later = await submit("work", { delayMs: 2 * HOUR });
  await start();
  expect(told).toBe(0);
  const asleep = [
    { kind: "naps", state: "waiting", count: 2 },
    { kind: "work", state: "queued", count: 1 },
  ];
  expect(counted()).toEqual(asleep);
  expect(engine.stats().open).toBe(3);
  await clock.advance(HOUR - 1, atRest);
  expect(told).toBe(2);
  expect(counted()).toEqual(expect.arrayContaining(asleep));
  await clock.advance(1, atRest);
  expect(await Promise.all([...naps, later].map(stateOf))).toEqual(["completed", "completed", "queued"]);
  await clock.advance(HOUR, atRest);
  expect(await stateOf(later)).toBe("completed");
  expect(counted()).toEqual([]);
});

test("whose time came while no server was there goes on at once", async () => {
  const nap = await submit("naps");
  await engine.stop(0);
  await clock.advance(2 * HOUR, atRest);
  await start();
  await clock.advance(1, atRest);
  expect(await stateOf(nap)).toBe("completed");
});

test("a caller acts on who sleeps: a cancel, a pause and a resume, after which it sleeps on", async () => {
  const [ended, paused] = [await submit("naps"), await submit("naps")];
  await start();
  await verbs.tasks.cancel(ada, ended);
  await verbs.tasks.pause(ada, paused);
  expect([await stateOf(ended), await stateOf(paused)]).toEqual(["cancelled", "paused"]);
  expect(counted()).toEqual([{ kind: "naps", state: "paused", count: 1 }]);
  await verbs.tasks.resume(ada, paused);
  expect(counted()).toEqual([{ kind: "naps", state: "waiting", count: 1 }]);
  await clock.advance(HOUR, atRest);
  expect(await stateOf(paused)).toBe("completed");
});

test("a deadline before its time ends who sleeps", async () => {
  const nap = await submit("naps", { deadlineMs: HOUR / 2 });
  await start();
  expect(told).toBe(0);
  await clock.advance(HOUR / 2, atRest);
  expect(await stateOf(nap)).toBe("timed_out");
});

test("a task waits for one of its conversation that sleeps, and another ends it", async () => {
  const conversation = { alias: "talk" };
  const nap = await submit("naps", { conversation });
  await start();
  const behind = await submit("work", { conversation, multitaskStrategy: "enqueue" });
  expect(await stateOf(behind)).toBe("queued");
  await clock.advance(HOUR, atRest);
  expect([await stateOf(nap), await stateOf(behind)]).toEqual(["completed", "completed"]);
  const again = await submit("naps", { conversation });
  await start();
  const interrupter = await submit("work", { conversation, multitaskStrategy: "interrupt" });
  expect([await stateOf(again), await stateOf(interrupter)]).toEqual(["cancelled", "completed"]);
});

const broken = new Error("It cannot be read.");

test.each<[string, keyof Store, Error | undefined]>([
  ["refuses", "asleep", undefined],
  ["fails to read them", "asleep", broken],
  ["fails to tell who is first", "firstWake", broken],
  ["fails to count them", "asleepByState", broken],
])("a store that %s is asked again, at a start and later, and nobody oversleeps", async (_, verb, error) => {
  const nap = await submit("naps");
  faults.refuse(2, verb, error);
  await start();
  await clock.advance(HOUR, atRest);
  expect(await stateOf(nap)).toBe("completed");
  const later = [await submit("naps"), await submit("naps", { delayMs: HOUR })];
  faults.refuse(1, verb, error);
  await clock.advance(2 * HOUR, atRest);
  expect(await Promise.all(later.map(stateOf))).toEqual(["completed", "completed"]);
  const once = "The store did not tell the tasks that sleep; it is asked again.";
  expect(warned).toEqual([once, once]);
});

test("a count that comes late does not stand against the one that was asked for after it", async () => {
  const naps = [await submit("naps"), await submit("naps", { delayMs: HOUR })];
  const asleepByState = store.asleepByState.bind(store);
  const late = Promise.withResolvers<Awaited<ReturnType<Store["asleepByState"]>>>();
  store.asleepByState = () => late.promise;
  await start();
  store.asleepByState = asleepByState;
  await clock.advance(HOUR, atRest);
  late.resolve([{ kind: "naps", state: "waiting", count: 9 }]);
  await atRest();
  expect(warned).toEqual([]);
  expect(await Promise.all(naps.map(stateOf))).toEqual(["completed", "waiting"]);
  expect(counted()).toEqual([{ kind: "naps", state: "waiting", count: 1 }]);
});

test("a store that closes while it is asked is nothing to warn of after a stop", async () => {
  await submit("naps");
  const { promise, reject } = Promise.withResolvers<never>();
  store.asleep = () => promise;
  await start();
  await engine.stop(0);
  reject(broken);
  await atRest();
  expect(warned).toEqual([]);
});
