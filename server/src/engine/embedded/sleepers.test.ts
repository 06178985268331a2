import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { humanHandler } from "../../handlers/human/human.ts";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import type { Store } from "../../store/store.ts";
import { type Command, decide } from "../../task/decide.ts";
import { Refusal } from "../../task/errors.ts";
import { defineHandler } from "../../task/handler.ts";
import type { Submission } from "../../task/submission.ts";
import { createVerbs } from "../../verbs/implementation/create-verbs.ts";
import { Erasing } from "../../verbs/implementation/erasing.ts";
import type { Verbs } from "../../verbs/verbs.ts";
import { Ids, systemRandomBytes } from "../ids.ts";
import { atRest } from "../suite/at-rest.ts";
import { ada } from "../suite/stage.ts";
import { StoreFaults } from "../suite/store-faults.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { CrashMemory } from "./crash/crash-record.ts";
import { EmbeddedEngine } from "./embedded-engine.ts";

const HOUR = 3_600_000;
const ids = new Ids(systemRandomBytes);

let clock: VirtualClock;
let store: Store;
let faults: StoreFaults;
let engine: EmbeddedEngine;
let verbs: Verbs;
let warned: string[];
/** What asks does so once this is open. */
let mayAsk: PromiseWithResolvers<void>;
let crashes: CrashMemory;
/** Tasks that the store has told of those that sleep. */
let told: number;
/** How often parents have gone on after their children. */
let goneOn: number;

const kinds = [
  defineHandler({ kind: "naps", input: z.json(), run: (ctx) => ctx.sleep("long", HOUR).then(() => null) }),
  defineHandler({
    kind: "asks",
    input: z.json(),
    run: async (ctx) => {
      await ctx.step("first", () => mayAsk.promise.then(() => null));
      return (await ctx.waitForInput("go", { asks: "answer", prompt: "Go on?", deadlineMs: 3 * HOUR }))?.value ?? null;
    },
  }),
  defineHandler({ kind: "work", input: z.json(), run: async () => null }),
  defineHandler({
    kind: "family",
    input: z.json(),
    run: async (ctx) => {
      await Promise.allSettled([ctx.child("one", "naps", {}), ctx.child("other", "work", {})]);
      return await ctx.step("after", async () => ++goneOn);
    },
  }),
  defineHandler({ kind: "tree", input: z.json(), run: (ctx) => ctx.child("below", "family", {}) }),
];

/** Reads as `read` does, and counts the tasks that are told. */
function countingTold<Given extends unknown[], Page extends { tasks: readonly unknown[] }>(
  read: (...given: Given) => Promise<Page>,
): (...given: Given) => Promise<Page> {
  return async (...given) => {
    const page = await read(...given);
    told += page.tasks.length;
    return page;
  };
}

beforeEach(async () => {
  clock = new VirtualClock(Date.UTC(2026, 0, 1));
  store = await openSqliteStore(":memory:", { clock: () => clock.now() });
  faults = new StoreFaults(store);
  warned = [];
  told = 0;
  goneOn = 0;
  crashes = new CrashMemory();
  mayAsk = Promise.withResolvers();
  mayAsk.resolve();
  store.asleep = countingTold(store.asleep.bind(store));
  await start();
});

afterEach(async () => {
  await engine.stop(0);
  await faults.close();
});

async function start(): Promise<void> {
  const parts = { store: faults.plugIn(), clock, random: () => 0.5, ids };
  const log = { warn: (message: string) => warned.push(message) };
  engine = new EmbeddedEngine({ ...parts, handlers: [...kinds, humanHandler()], log, record: crashes.next() });
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

test("what waits for people alone is not read by a start, is counted and listed, and goes on when they act or time is over", async () => {
  const [answered, late, cancelled] = [await submit("asks"), await submit("asks"), await submit("asks")];
  const work = await submit("human", { input: { title: "Read it." } });
  store.open = countingTold(store.open.bind(store));
  await start();
  expect(told).toBe(0);
  expect(engine.stats().open).toBe(4);
  expect(counted()).toEqual(
    expect.arrayContaining([
      { kind: "asks", state: "input_required", count: 3 },
      { kind: "human", state: "input_required", count: 1 },
    ]),
  );
  expect((await verbs.tasks.list(ada, { asks: true }, { limit: 9 })).total).toBe(4);
  await verbs.tasks.input(ada, answered, { value: "yes" });
  await verbs.human.act(ada, work, { act: "decide", outcome: "approve" });
  await verbs.tasks.cancel(ada, cancelled);
  await atRest();
  expect(await Promise.all([answered, work, cancelled, late].map(stateOf))).toEqual([
    "completed",
    "completed",
    "cancelled",
    "input_required",
  ]);
  expect(counted()).toEqual([{ kind: "asks", state: "input_required", count: 1 }]);
  await clock.advance(3 * HOUR, atRest);
  expect(await stateOf(late)).not.toBe("input_required");
  expect(counted()).toEqual([]);
});

test("an answer that was there before its question is found after a death, though who asks is on disk alone", async () => {
  mayAsk = Promise.withResolvers();
  const id = await submit("asks");
  await verbs.tasks.input(ada, id, { value: "early" });
  // The process had looked into the inbox before that came, and died before it could look again.
  const prompt = { name: "go", asks: "answer", text: "Go on?", schema: null } as const;
  const wait = { on: "input", key: "go", since: clock.now(), until: null, prompt } as const;
  await unseen(id, { do: "suspend", attempt: 1, waits: [wait], checkpoint: "go" });
  mayAsk.resolve();
  await start();
  expect(told).toBe(0);
  expect(await verbs.tasks.get(ada, id)).toMatchObject({ state: "completed", output: "early" });
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

/** A tree that waits for what sleeps: its tasks from the root down, by a start that has read none of them. */
async function asleepTree(more: Partial<Submission> = {}): Promise<[string, string, string]> {
  const root = await submit("tree", more);
  const below = async (parent: string, kind: string) =>
    (await verbs.tasks.list(ada, { parent, kinds: [kind] }, { limit: 9 })).tasks[0]?.id ?? "";
  const middle = await below(root, "family");
  const tree: [string, string, string] = [root, middle, await below(middle, "naps")];
  store.open = countingTold(store.open.bind(store));
  await start();
  expect(told).toBe(0);
  expect([...counted()].map(({ kind, state, count }) => [kind, state, count]).sort()).toEqual([
    ["family", "waiting", 1],
    ["naps", "waiting", 1],
    ["tree", "waiting", 1],
  ]);
  expect(engine.stats().open).toBe(3);
  return tree;
}

/** A change that is on disk, and of which no process has told anybody. */
async function unseen(id: string, ...commands: Command[]): Promise<void> {
  faults.plugIn();
  for (const command of commands) {
    const task = await store.task(id);
    const decided = task && decide(task, command, clock.now());
    if (!decided || decided instanceof Refusal) throw new Error(`${id} cannot ${command.do}`);
    expect(await store.apply([decided])).toEqual({ ok: true });
  }
}

test("who waits for children that sleep is not read by a start, says what it waits for, and goes on once when the last has ended", async () => {
  const tree = await asleepTree();
  expect((await verbs.tasks.why(ada, tree[0])).summary).toContain(`in the end for ${tree[2]}, of which is true`);
  await clock.advance(HOUR, atRest);
  expect(await Promise.all(tree.map(stateOf))).toEqual(["completed", "completed", "completed"]);
  expect([goneOn, counted(), engine.stats().open]).toEqual([1, [], 0]);
});

test("the end of a child that a death kept from its parent, which is on disk alone, is told it once by the next start", async () => {
  const tree = await asleepTree();
  const { attempt } = await verbs.tasks.get(ada, tree[2]);
  const wake: Command = { do: "wake", key: (await verbs.tasks.get(ada, tree[2])).waits[0]?.key ?? "" };
  await unseen(tree[2], wake, { do: "start" }, { do: "complete", attempt: attempt + 1, output: null });
  await start();
  expect(await Promise.all(tree.map(stateOf))).toEqual(["completed", "completed", "completed"]);
  await start();
  expect([goneOn, engine.stats().open]).toEqual([1, 0]);
});

test("a cancel takes what sleeps below a task, and so does an end that nobody has seen", async () => {
  const [cancelled, ended] = [await asleepTree(), await submit("tree")];
  await verbs.tasks.cancel(ada, cancelled[0]);
  expect(await Promise.all(cancelled.map(stateOf))).toEqual(["cancelled", "cancelled", "cancelled"]);
  expect(engine.stats().open).toBe(3);
  await unseen(ended, { do: "cancel", by: "ada", reason: "" });
  await start();
  expect([counted(), engine.stats().open, goneOn]).toEqual([[], 0, 0]);
  expect((await verbs.tasks.list(ada, { states: ["cancelled"] }, { limit: 9 })).total).toBe(6);
});

test("a deadline ends who waits for children that sleep, and they go with it", async () => {
  const tree = await asleepTree({ deadlineMs: HOUR / 2 });
  await clock.advance(HOUR / 2, atRest);
  expect(await Promise.all(tree.map(stateOf))).toEqual(["timed_out", "cancelled", "cancelled"]);
  expect(engine.stats().open).toBe(0);
});

test("who was paused while its child slept goes on when it is resumed after that one's end", async () => {
  const tree = await asleepTree();
  await verbs.tasks.pause(ada, tree[1]);
  await clock.advance(HOUR, atRest);
  expect(await Promise.all(tree.map(stateOf))).toEqual(["waiting", "paused", "completed"]);
  await start();
  await verbs.tasks.resume(ada, tree[1]);
  await atRest();
  expect([await stateOf(tree[0]), goneOn]).toEqual(["completed", 1]);
});

test("who waits for a child that cannot be read when its time comes waits no longer", async () => {
  const [, middle, nap] = await asleepTree();
  const { attempt } = await verbs.tasks.get(ada, middle);
  const { asleep } = store;
  store.asleep = async (...given) => {
    const page = await asleep.call(store, ...given);
    return { ...page, tasks: page.tasks.filter(({ id }) => id !== nap), unread: page.tasks.length > 0 };
  };
  store.awaitedInVain = async () => ({ those: [{ parent: middle, id: nap }], next: null });
  await clock.advance(HOUR, atRest);
  expect((await verbs.tasks.get(ada, middle)).attempt).toBe(attempt + 1);
});

test("who sleeps or asks people is erased with its user, also when nobody has looked at it since a start, and is counted no more", async () => {
  const ofBob = { ...ada, user: "bob" };
  const bobs: string[] = [];
  for (const kind of ["naps", "asks", "human"]) {
    const input = kind === "human" ? { title: "Read it." } : {};
    bobs.push((await verbs.tasks.submit(ofBob, "native", { kind, input })).task.id);
  }
  const own = await submit("asks");
  await start();
  expect([told, engine.stats().open]).toEqual([0, 4]);
  const { id } = await verbs.erasures.begin(ada, { type: "user", id: "bob" });
  const erasing = new Erasing({
    store,
    engine,
    clock,
    holder: "this process",
    warn: (error) => warned.push(String(error)),
  });
  erasing.goOn();
  for (let turns = 0; turns < 100 && (await verbs.erasures.get(ada, id)).state === "running"; turns++)
    await clock.advance(1_000, atRest);
  await erasing.close();
  expect(await verbs.erasures.get(ada, id)).toMatchObject({ state: "completed" });
  for (const erased of bobs) await expect(verbs.tasks.get(ofBob, erased)).rejects.toMatchObject({ code: "not_found" });
  expect(counted()).toEqual([{ kind: "asks", state: "input_required", count: 1 }]);
  expect([(await verbs.tasks.list(ada, { asks: true }, { limit: 9 })).total, await stateOf(own)]).toEqual([
    1,
    "input_required",
  ]);
  await start();
  expect(counted()).toEqual([{ kind: "asks", state: "input_required", count: 1 }]);
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
  await start();
  // It is in memory for the other's sake, and counted once.
  expect(counted()).toEqual(
    expect.arrayContaining([
      { kind: "naps", state: "waiting", count: 1 },
      { kind: "work", state: "queued", count: 1 },
    ]),
  );
  await clock.advance(HOUR, atRest);
  expect([await stateOf(nap), await stateOf(behind)]).toEqual(["completed", "completed"]);
  expect(engine.stats().open).toBe(0);
  const again = await submit("naps", { conversation });
  await start();
  const interrupter = await submit("work", { conversation, multitaskStrategy: "interrupt" });
  expect([await stateOf(again), await stateOf(interrupter)]).toEqual(["cancelled", "completed"]);
});

test("a delayed task of a conversation goes on though the clock was set back between its time and its turn", async () => {
  const conversation = { alias: "talk" };
  const first = await submit("asks", { conversation });
  const behind = await submit("work", { conversation, multitaskStrategy: "enqueue", delayMs: 60_000 });
  await start();
  await clock.advance(60_000, atRest);
  await clock.setForward(-30_000, atRest);
  await verbs.tasks.cancel(ada, first);
  await clock.advance(29_999, atRest);
  expect(await stateOf(behind)).toBe("queued");
  await clock.advance(1, atRest);
  expect(await stateOf(behind)).toBe("completed");
});

test("one that ends while it is looked for, since another waits for its turn behind it, holds that one no longer", async () => {
  const conversation = { alias: "talk" };
  const asked = await submit("asks", { conversation });
  const behind = await submit("work", { conversation, multitaskStrategy: "enqueue" });
  const before = Promise.withResolvers<void>();
  const openBefore = store.openBefore.bind(store);
  store.openBefore = async (...given) => {
    const ids = await openBefore(...given);
    await before.promise;
    return ids;
  };
  const started = start();
  await atRest();
  const release = faults.holdAnswers();
  const cancelled = verbs.tasks.cancel(ada, asked);
  await atRest();
  before.resolve();
  await atRest();
  release();
  await Promise.all([cancelled, started]);
  await atRest();
  expect(await stateOf(behind)).toBe("completed");
  expect(engine.stats()).toMatchObject({ ready: 0, open: 0 });
});

const broken = new Error("It cannot be read.");

test("a conversation of which the store cannot tell who comes first keeps nobody else from going on", async () => {
  const conversation = { alias: "talk" };
  const asked = await submit("asks", { conversation });
  const behind = await submit("work", { conversation, multitaskStrategy: "enqueue" });
  const nap = await submit("naps");
  faults.refuse(Number.POSITIVE_INFINITY, "openBefore", broken);
  await start();
  expect(engine.recovering).toBeNull();
  expect(warned).toEqual(["Who comes first in a conversation could not be read."]);
  await clock.advance(HOUR, atRest);
  expect(await Promise.all([asked, behind, nap].map(stateOf))).toEqual(["input_required", "queued", "completed"]);
  await verbs.tasks.cancel(ada, asked);
  await atRest();
  expect(await stateOf(behind)).toBe("completed");
});

test("a start asks once for those who come first in many conversations, and of one that cannot be told costs the others nothing", async () => {
  const talks: { first: string; behind: string }[] = [];
  for (const alias of ["a", "b", "c"]) {
    const conversation = { alias };
    const first = await submit("naps", { conversation });
    talks.push({ first, behind: await submit("work", { conversation, multitaskStrategy: "enqueue" }) });
  }
  const { conversation: damaged } = await verbs.tasks.get(ada, talks[1]?.first ?? "");
  const openBefore = store.openBefore.bind(store);
  const asked: number[] = [];
  store.openBefore = async (places) => {
    asked.push(places.length);
    if (places.some(({ conversation }) => conversation === damaged)) throw broken;
    return await openBefore(places);
  };
  await start();
  expect(asked).toEqual([3, 1, 1, 1]);
  await verbs.tasks.cancel(ada, talks[0]?.first ?? "");
  await atRest();
  expect(await Promise.all(talks.map(({ behind }) => stateOf(behind)))).toEqual(["completed", "queued", "queued"]);
  await clock.advance(HOUR, atRest);
  expect(await stateOf(talks[2]?.behind ?? "")).toBe("completed");
});

test.each<[string, keyof Store, Error | undefined, number]>([
  ["refuses", "asleep", undefined, 2],
  ["fails to read them", "asleep", broken, 2],
  ["fails to tell who is first", "firstWake", broken, 2],
  ["fails to tell all their numbers, which a start asks for,", "asleepNumbers", broken, 1],
])("a store that %s is asked again, and nobody oversleeps", async (_, verb, error, times) => {
  const nap = await submit("naps");
  faults.refuse(2, verb, error);
  await start();
  await clock.advance(HOUR, atRest);
  expect(await stateOf(nap)).toBe("completed");
  const later = [await submit("naps"), await submit("naps", { delayMs: HOUR })];
  faults.refuse(1, verb, error);
  await clock.advance(2 * HOUR, atRest);
  expect(await Promise.all(later.map(stateOf))).toEqual(["completed", "completed"]);
  expect(warned).toEqual(Array(times).fill("The store did not tell the tasks that sleep; it is asked again."));
});

test("what the store says late of who sleeps does not stand against what has been told of them since", async () => {
  const [ended, left] = [await submit("asks"), await submit("asks")];
  const asleepNumbers = store.asleepNumbers.bind(store);
  const mayAnswer = Promise.withResolvers<void>();
  store.asleepNumbers = async (...given) => {
    const before = await asleepNumbers(...given);
    await mayAnswer.promise;
    return before;
  };
  await start();
  const fresh = await submit("asks");
  await verbs.tasks.cancel(ada, ended);
  await verbs.tasks.pause(ada, left);
  mayAnswer.resolve();
  await atRest();
  expect(counted()).toEqual([
    { kind: "asks", state: "input_required", count: 1 },
    { kind: "asks", state: "paused", count: 1 },
  ]);
  await verbs.tasks.cancel(ada, fresh);
  await verbs.tasks.cancel(ada, left);
  expect(counted()).toEqual([]);
  expect(engine.stats().open).toBe(0);
});

test("who sleeps is counted once, also where the store has written a change before it is told", async () => {
  const ended = await submit("asks");
  await submit("asks");
  const asleepNumbers = store.asleepNumbers.bind(store);
  const mayAsk = Promise.withResolvers<void>();
  store.asleepNumbers = (...given) => mayAsk.promise.then(() => asleepNumbers(...given));
  await start();
  const release = faults.holdAnswers();
  const told = Promise.all([verbs.tasks.cancel(ada, ended), submit("asks")]);
  await atRest();
  mayAsk.resolve();
  await atRest();
  release();
  await told;
  expect(counted()).toEqual([{ kind: "asks", state: "input_required", count: 2 }]);
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
