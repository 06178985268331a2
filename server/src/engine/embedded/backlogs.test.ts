import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import type { Store } from "../../store/store.ts";
import { newTask } from "../../store/suite/new-task.suite.ts";
import { Refusal } from "../../task/errors.ts";
import { defineHandler, type Handler } from "../../task/handler.ts";
import { Handlers } from "../../task/handlers.ts";
import { backlogPlace } from "../../task/open-task.ts";
import type { Submission } from "../../task/submission.ts";
import { createVerbs } from "../../verbs/implementation/create-verbs.ts";
import type { Verbs } from "../../verbs/verbs.ts";
import { Ids, systemRandomBytes } from "../ids.ts";
import { atRest } from "../suite/at-rest.ts";
import { ada } from "../suite/stage.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { Backlogs } from "./backlogs.ts";
import { EmbeddedEngine } from "./embedded-engine.ts";
import { type Entry, entryOf } from "./entry.ts";
import { queueKey } from "./queue-key.ts";

const AHEAD = 4;
const ids = new Ids(systemRandomBytes);
const { signal: never } = new AbortController();

let clock: VirtualClock;
let store: Store;
let engine: EmbeddedEngine;
let verbs: Verbs;
/** Tasks that the store has told as open, however it was asked. */
let told: number;

const work = { kind: "work", input: z.json(), run: async () => null };
const claimed = defineHandler({ ...work, queueOf: () => "q" });
const runHere = defineHandler(work);

beforeEach(async () => {
  clock = new VirtualClock(Date.UTC(2026, 0, 1));
  store = await openSqliteStore(":memory:", { clock: () => clock.now() });
  for (const verb of ["open", "asleep", "backlog"] as const) {
    const read: (...given: never[]) => Promise<{ tasks: unknown[] }> = store[verb].bind(store);
    Object.assign(store, {
      [verb]: async (...given: never[]) => {
        const page = await read(...given);
        told += page.tasks.length;
        return page;
      },
    });
  }
  await start();
});

afterEach(async () => {
  await engine.stop(0);
  await store.close();
});

async function start(handlers: Handler[] = [claimed], ahead: object = { claimableAhead: AHEAD }): Promise<void> {
  told = 0;
  const parts = { store, clock, random: () => 0.5, ids };
  const limits = ahead;
  engine = new EmbeddedEngine({ ...parts, handlers, limits, log: { warn: () => {} } });
  verbs = createVerbs({ ...parts, engine });
  await engine.start();
  await atRest();
}

async function restart(handlers?: Handler[]): Promise<void> {
  await engine.stop(0);
  await start(handlers);
}

async function submitMany(count: number, more: Partial<Submission> = {}): Promise<string[]> {
  const made: string[] = [];
  for (let n = 0; n < count; n++) {
    made.push((await verbs.tasks.submit(ada, "native", { kind: "work", input: {}, ...more })).task.id);
    await clock.advance(1_000, atRest);
  }
  return made;
}

async function claim(max: number): Promise<string[]> {
  const asked = { worker: "w", queue: "q", max, leaseMs: 3_600_000, waitMs: 0 };
  return (await verbs.work.claim(ada, asked, never)).map(({ id }) => id);
}

const stateOf = async (id: string) => (await verbs.tasks.get(ada, id)).state;
const counted = () => [...engine.byState()];
const depth = () => engine.claims.depths();
const queued = (count: number) => [{ kind: "work", state: "queued", count }];

test("a start reads those of a queue that are next, and counts and measures all, whoever ends and whoever is claimed", async () => {
  const began = clock.now();
  const [low = ""] = await submitMany(1, { priority: -1 });
  const rest = await submitMany(19);
  expect(depth()).toEqual([{ tenant: "acme", queue: "q", ready: 20, oldestAt: began }]);
  await restart();
  expect(told).toBe(AHEAD);
  expect([counted(), engine.stats().open]).toEqual([queued(20), 20]);
  expect(depth()).toEqual([{ tenant: "acme", queue: "q", ready: 20, oldestAt: began }]);
  await verbs.tasks.cancel(ada, low);
  await atRest();
  expect([counted(), depth()]).toEqual([
    queued(19),
    [{ tenant: "acme", queue: "q", ready: 19, oldestAt: began + 1_000 }],
  ]);
  expect(await claim(3)).toEqual(rest.slice(0, 3));
  await atRest();
  expect(told).toBeLessThanOrEqual(3 * AHEAD);
  expect(depth()).toEqual([{ tenant: "acme", queue: "q", ready: 16, oldestAt: began + 4_000 }]);
  expect(await claim(99)).toEqual(rest.slice(3));
  expect([counted(), depth()]).toEqual([[{ kind: "work", state: "running", count: 19 }], []]);
});

test("what lies in memory and what lies on disk are one queue", async () => {
  const began = clock.now();
  await submitMany(2, { concurrency: { key: "k", limit: 1 } });
  await submitMany(2 * AHEAD);
  await restart();
  expect(depth()).toEqual([{ tenant: "acme", queue: "q", ready: 2 + 2 * AHEAD, oldestAt: began }]);
});

test("what was claimed by others runs here once its kind does, however many there are", async () => {
  const other = { ...claimed, kind: "other" };
  await restart([claimed, other]);
  const before = await submitMany(2 * AHEAD, { kind: "other" });
  const made = await submitMany(12);
  await restart([runHere, other]);
  expect(await Promise.all(made.map(stateOf))).toEqual(made.map(() => "completed"));
  expect([counted(), await claim(99)]).toEqual([[{ kind: "other", state: "queued", count: 2 * AHEAD }], before]);
});

test("what has lost its kind waits on disk for a start that has it again", async () => {
  const made = await submitMany(12);
  await restart([]);
  expect([counted(), await claim(9)]).toEqual([queued(12), []]);
  expect((await verbs.tasks.why(ada, made[9] ?? "")).reason).toBe("no_handler");
  await restart();
  expect(await claim(99)).toEqual(made);
});

test("what changes while a page of a queue is read is as it is by then, and none is lost", async () => {
  const made = await submitMany(12);
  const backlog = store.backlog.bind(store);
  const mayAnswer = Promise.withResolvers<void>();
  store.backlog = async (...given) => {
    const page = await backlog(...given);
    await mayAnswer.promise;
    return page;
  };
  await restart();
  await verbs.tasks.cancel(ada, made[1] ?? "");
  await verbs.tasks.pause(ada, made[2] ?? "");
  const [urgent = ""] = await submitMany(1, { priority: 5 });
  const given = claim(99);
  mayAnswer.resolve();
  expect(await given).toEqual([urgent, ...made.slice(0, 1), ...made.slice(3)]);
  const states = counted().map(({ state, count }) => [state, count]);
  expect(Object.fromEntries(states)).toEqual({ paused: 1, running: 11 });
});

test("one whose deadline is near is in memory, and is given out in its turn alone", async () => {
  const made = await submitMany(9);
  const [near = "", nearer = ""] = await submitMany(2, { deadlineMs: 300_000 });
  const [last = ""] = await submitMany(1);
  await restart();
  expect(await claim(9)).toEqual(made);
  expect(await claim(1)).toEqual([near]);
  await clock.advance(300_000, atRest);
  expect([await stateOf(nearer), await claim(9)]).toEqual(["timed_out", [last]]);
});

test("thousands that come before those in memory send these back to the disk, and each is given out in its turn", async () => {
  const expected: string[] = [];
  for (let priority = -20; priority <= 20; priority++) expected.unshift(...(await submitMany(1, { priority })));
  expect(counted()).toEqual(queued(41));
  told = 0;
  expect(await claim(5)).toEqual(expected.slice(0, 5));
  expect(await claim(99)).toEqual(expected.slice(5));
  // They were on disk alone, or would not have been read.
  expect(told).toBeGreaterThanOrEqual(41 - 2 * AHEAD - 1);
});

test("of very many queues fewer are next in each, of which all can be claimed in their order", async () => {
  const queues = 30;
  const named = defineHandler({ ...work, input: z.object({ queue: z.string() }), queueOf: ({ queue }) => queue });
  const limits = { claimableAhead: 20, claimableAheadOfAll: 200 };
  await engine.stop(0);
  await start([named], limits);
  const made = new Map<string, string[]>();
  for (let n = 0; n < 10 * queues; n++) {
    const queue = `q${n % queues}`;
    const { task } = await verbs.tasks.submit(ada, "native", { kind: "work", input: { queue } });
    made.set(queue, [...(made.get(queue) ?? []), task.id]);
    await clock.advance(1, atRest);
  }
  await engine.stop(0);
  await start([named], limits);
  // 200 of 30 queues, 6 of each, of which some are read again when half of them are gone.
  expect(told).toBe(6 * queues);
  for (const [queue, ids] of made) {
    const asked = { worker: "w", queue, max: 10, leaseMs: 3_600_000, waitMs: 0 };
    const got: string[] = [];
    while (got.length < ids.length) got.push(...(await verbs.work.claim(ada, asked, never)).map(({ id }) => id));
    expect(got).toEqual(ids);
  }
});

test("a tenant of very many queues leaves each queue of another as much", async () => {
  const named = defineHandler({ ...work, input: z.object({ queue: z.string() }), queueOf: ({ queue }) => queue });
  await engine.stop(0);
  await start([named]);
  const submit = (of: typeof ada, queue: string) =>
    verbs.tasks.submit(of, "native", { kind: "work", input: { queue } });
  for (let n = 0; n < 60; n++) await submit({ ...ada, tenant: "many" }, `q${n}`);
  for (let n = 0; n < 30; n++) await submit(ada, "one");
  await engine.stop(0);
  await start([named], { claimableAhead: 20, claimableAheadOfAll: 200 });
  expect(told).toBe(60 + 20);
});

const Q = queueKey("acme", "q");

/** The queue `q` alone, all of whose tasks stay in memory; `asleep` are on disk, and the store tells what `backlog` says. */
function alone(backlog: Store["backlog"], { claimableAhead = AHEAD, asleep = 0 } = {}) {
  const handlers = new Handlers([claimed]);
  const any = entryOf(newTask({ kind: "work", queue: "q" }), handlers);
  const here = new Map<string, Entry>();
  const seen = { placed: 0 };
  const backlogs: Backlogs = new Backlogs({
    ...{ store: { backlog, oldestInBacklog: async () => null }, clock, handlers, open: here },
    transitions: { find: async () => null },
    sleepers: { inQueue: () => asleep, isFarFrom: () => false, queues: () => new Map(), waiting: () => [] },
    place: (entry) => {
      seen.placed += 1;
      backlogs.withdraw(entry);
      backlogs.put(entry, false);
    },
    ...{ holdBack: () => {}, limits: { claimableAhead, claimableAheadOfAll: 50_000 }, log: { warn: () => {} } },
  });
  const put = (n: number, queue = "q"): Entry => {
    const entry = { ...any, id: String(n), number: n + 1, createdAt: n, queue, doneBy: { queue } };
    here.set(entry.id, entry);
    backlogs.put(entry, false);
    return entry;
  };
  return { backlogs, put, seen };
}

test("a queue with many whose deadline is near is measured whole, and a page of it moves those alone that are next by then", async () => {
  const count = 200_000;
  const claimableAhead = 500;
  const { backlogs, put, seen } = alone(
    async (_, after) => {
      const from = Math.max(0, after.createdAt + 1);
      const tasks = entries.slice(from, from + claimableAhead);
      const last = tasks.at(-1);
      return { tasks, next: last ? backlogPlace(last) : null };
    },
    { claimableAhead },
  );
  const entries = Array.from({ length: count }, (_, n) => put(n));
  const behind = count - claimableAhead;
  expect(backlogs.depths()).toEqual([{ tenant: "acme", queue: "q", ready: behind, oldestAt: claimableAhead }]);
  for (const entry of entries.slice(0, claimableAhead / 2 + 1)) backlogs.withdraw(entry);
  await backlogs.fill(Q);
  expect(seen.placed).toBe(claimableAhead);
  expect(backlogs.depths()).toMatchObject([{ ready: behind - claimableAhead, oldestAt: 2 * claimableAhead }]);
});

test("a queue that had much in memory before there were very many others gives each task back to the disk once", () => {
  const claimableAhead = 500;
  const { put, seen } = alone(async () => ({ tasks: [], next: null }), { claimableAhead });
  // Each is more urgent than those before it, so that all are next.
  for (let n = 2 * claimableAhead - 1; n > 0; n--) put(n);
  for (let n = 0; n < 13_000; n++) put(10_000 + n, `q${n}`);
  put(0);
  expect(seen.placed).toBeLessThan(2 * claimableAhead);
});

test("a store that does not tell the next ones is asked once a second, however many workers have asked", async () => {
  let asked = 0;
  const refuse = async () => {
    asked += 1;
    throw new Refusal("unavailable", "The store is busy.");
  };
  const { backlogs } = alone(refuse, { asleep: 9 });
  for (let worker = 0; worker < 20; worker++) {
    await expect(backlogs.fill(Q)).rejects.toThrow("busy");
    await clock.advance(10, atRest);
  }
  expect(asked).toBe(20);
  await clock.advance(5_000, atRest);
  expect(asked).toBe(25);
  backlogs.stop();
});

test("nothing is kept of a queue whose last tasks went while its next ones were read", async () => {
  const { backlogs, put } = alone(async () => ({ tasks: [], next: null }));
  const entries = Array.from({ length: AHEAD + 1 }, (_, n) => put(n));
  for (const entry of entries) backlogs.withdraw(entry);
  await atRest();
  expect(backlogs.depths()).toEqual([]);
});

test("those whose deadline is near are read many at a time by a start", async () => {
  await submitMany(2 * AHEAD + 1, { deadlineMs: 300_000 });
  const read = store.task.bind(store);
  let [reading, most] = [0, 0];
  store.task = async (id) => {
    reading += 1;
    most = Math.max(most, reading);
    return await read(id).finally(() => {
      reading -= 1;
    });
  };
  await restart();
  expect(most).toBeGreaterThan(2 * AHEAD);
});
