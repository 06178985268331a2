/** Suspects in processes of their own, which are simulated here: each hosts runs over a line that its death cuts. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSqliteStore } from "../../../store/sqlite/store.ts";
import type { Store } from "../../../store/store.ts";
import { Refusal } from "../../../task/errors.ts";
import type { Handler } from "../../../task/handler.ts";
import { Handlers } from "../../../task/handlers.ts";
import type { TaskId } from "../../../task/id.ts";
import { createVerbs } from "../../../verbs/implementation/create-verbs.ts";
import type { Verbs } from "../../../verbs/verbs.ts";
import { currentPlace } from "../../execution/current-place.ts";
import { hostRuns } from "../../execution/hosted-runs.ts";
import type { FromProcess, LookUp, ToProcess } from "../../execution/run-messages.ts";
import { Ids, systemRandomBytes } from "../../ids.ts";
import { atRest } from "../../suite/at-rest.ts";
import { ada, kind, paidCall } from "../../suite/stage.ts";
import { VirtualClock } from "../../virtual-clock.ts";
import { EmbeddedEngine } from "../embedded-engine.ts";
import { CrashMemory, type HowItEnded } from "./crash-record.ts";
import type { LaunchRunProcess, ProcessEnd } from "./run-process.ts";

const STEP_MS = 20_000;
const LONG_MS = 20 * STEP_MS;
/** Longer than anybody would wait for. */
const FUSE_MS = 300_000;

/** Deaths of the server after which one task is accused and one more would be proof. */
const MENDED_AFTER = 4;

/** The place where code runs: `die` ends its process. */
type Here = { die: (how: HowItEnded) => Promise<never>; lookUp: LookUp };

let clock: VirtualClock;
let store: Store;
let crashes: CrashMemory;
let server: { engine: EmbeddedEngine; verbs: Verbs; die: (how: HowItEnded) => void };
let serverDeaths: number;
let launched: { here: Here; tasks: Set<TaskId>; lives: () => boolean }[];
let deaths: number;
/** Processes that are launched have other code than the server. */
let isChanged: boolean;
/** When each body of a step began. */
let began: Map<TaskId, number[]>;

beforeEach(async () => {
  clock = new VirtualClock(Date.UTC(2026, 0, 1));
  store = await openSqliteStore(":memory:", { clock: () => clock.now() });
  crashes = new CrashMemory();
  serverDeaths = 0;
  launched = [];
  deaths = 0;
  isChanged = false;
  began = new Map();
});

afterEach(async () => {
  const stopped = server.engine.stop(0);
  await clock.advance(1, atRest);
  await stopped;
  await store.close();
});

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}

function handlersIn(here: Here): Handler[] {
  const noted = (task: TaskId) => began.set(task, [...(began.get(task) ?? []), clock.now()]);
  return [
    kind("slow", (ctx) =>
      ctx.step("work", async () => {
        noted(ctx.task.id);
        await pass(STEP_MS);
        return "done";
      }),
    ),
    { ...kind("at home", (ctx) => ctx.step("work", () => pass(STEP_MS).then(() => "done"))), inServer: true },
    kind("long", (ctx) => ctx.step("work", () => pass(LONG_MS).then(() => "done"))),
    {
      ...kind("bomb at home", (ctx) =>
        ctx.step("explode", async () => {
          await pass(FUSE_MS);
          return here.die("own");
        }),
      ),
      inServer: true,
    },
    {
      ...kind("mended at home", (ctx) =>
        ctx.step("explode", async () => {
          await pass(STEP_MS);
          return serverDeaths < MENDED_AFTER ? here.die("own") : "done";
        }),
      ),
      inServer: true,
    },
    kind("walker", async (ctx) => {
      for (let n = 0; n < 100; n++) {
        await ctx.step(`walk ${n}`, async () => {
          noted(ctx.task.id);
          await pass(STEP_MS);
          return null;
        });
        if (n % 3 === 0) await ctx.sleep("rest", 1_000);
      }
      return "there";
    }),
    kind("bomb", (ctx) =>
      ctx.step("explode", async () => {
        noted(ctx.task.id);
        await pass(STEP_MS / 2);
        return here.die("own");
      }),
    ),
    kind("curious", async (ctx) => {
      const think = () => pass(STEP_MS).then(() => Promise.reject(Object.create(null)));
      const thrown = await ctx.step("think", think, { retries: 0 }).catch(String);
      const answer = await here.lookUp("six times", [7]).then(Number);
      const refused = await here.lookUp("nonsense", []).catch((error: unknown) => error);
      return [answer, refused instanceof Refusal ? refused.code : null, thrown.split(":", 1)];
    }),
    kind("parent", async (ctx) => {
      const [child, answer] = [await ctx.child("child", "slow", {}), await ctx.history(3)];
      return [child, answer.length];
    }),
    kind("stuck", (ctx) =>
      ctx.step("hang", async (step) => {
        noted(ctx.task.id);
        await step.paying(paidCall(`in life ${serverDeaths}`));
        return new Promise<null>(() => {});
      }),
    ),
  ];
}

/** What the server alone can answer. */
const atHome: LookUp = async (name, [given]) => {
  if (name === "six times") return 6 * Number(given);
  throw new Refusal("not_found", `There is no ${name}.`);
};

const launch: LaunchRunProcess = async () => {
  const tasks = new Set<TaskId>();
  const ended = Promise.withResolvers<ProcessEnd>();
  const toProcess: ((message: ToProcess) => void)[] = [];
  const fromProcess: ((message: FromProcess) => void)[] = [];
  let isAlive = true;
  const end = (how: HowItEnded) => {
    if (!isAlive) return;
    isAlive = false;
    if (how !== "clean") deaths += 1;
    ended.resolve({ how, said: `It ended ${how}.` });
  };
  const here: Here = {
    die: (how) => {
      end(how);
      return new Promise(() => {});
    },
    lookUp: (name, given) => ask(name, given),
  };
  const handlers = new Handlers(handlersIn(here));
  const ask = hostRuns({
    channel: {
      send: (message) => queueMicrotask(() => isAlive && fromProcess.forEach((hear) => void hear(message))),
      receive: (listener) => void toProcess.push(listener),
    },
    handlerOf: (task) => {
      tasks.add(task.id);
      return isChanged ? undefined : handlers.of(task);
    },
    clock,
    random: () => 0.5,
    ids: new Ids(systemRandomBytes),
  });
  launched.push({ here, tasks, lives: () => isAlive });
  return {
    channel: {
      send: (message) => queueMicrotask(() => isAlive && toProcess.forEach((hear) => void hear(message))),
      receive: (listener) => void fromProcess.push(listener),
    },
    ended: ended.promise,
    lookUp: atHome,
    end,
  };
};

/** A server over what the one before has left. */
async function start(launching: LaunchRunProcess = launch): Promise<void> {
  let isAlive = true;
  const record = crashes.next();
  const cut = new Proxy(store, {
    get(target, name) {
      const verb: unknown = Reflect.get(target, name);
      if (typeof verb !== "function") return verb;
      return (...given: unknown[]) => (isAlive ? Reflect.apply(verb, target, given) : new Promise(() => {}));
    },
  });
  const die = (how: HowItEnded) => {
    if (!isAlive) return;
    if (how === "own") record.ends(how, "It ended itself.", null);
    isAlive = false;
    serverDeaths += 1;
    for (const { here } of launched) void here.die("clean");
  };
  const handlers = handlersIn({
    die: (how) => {
      die(how);
      return new Promise(() => {});
    },
    lookUp: atHome,
  });
  const ids = new Ids(systemRandomBytes);
  const log = { warn: () => {} };
  const parts = { handlers, clock, random: () => 0.5, ids, limits: { concurrency: 300 }, record, log };
  const engine = new EmbeddedEngine({ ...parts, store: cut, launch: launching });
  server = { engine, die, verbs: createVerbs({ engine, store: cut, clock, ids, random: () => 0.5 }) };
  await engine.start();
}

/** Kills the server so often, each time `ms` after its start; `own`: its code ends it. */
async function kills(times: number, ms: number, how: HowItEnded = "unknown", launching = launch): Promise<void> {
  for (let n = 0; n < times; n++) {
    await clock.advance(ms, atRest);
    server.die(how);
    await start(launching);
  }
  await atRest();
}

async function submit(kind: string, count = 1): Promise<TaskId[]> {
  const ids: TaskId[] = [];
  for (let n = 0; n < count; n++)
    ids.push((await server.verbs.tasks.submit(ada, "native", { kind, input: {} })).task.id);
  return ids;
}

async function statesOf(ids: readonly TaskId[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const id of ids) {
    const { state } = await server.verbs.tasks.get(ada, id);
    counts[state] = (counts[state] ?? 0) + 1;
  }
  return counts;
}

async function passUntilEnded(ids: readonly TaskId[], maxMs: number, everyMs = 1_000): Promise<number> {
  const from = clock.now();
  for (let at = 0; at < maxMs; at += everyMs) {
    await clock.advance(everyMs, atRest);
    if (!Object.keys(await statesOf(ids)).includes("running")) break;
  }
  return clock.now() - from;
}

describe("suspects", () => {
  test("all complete, 200 of them after two kills, as fast as their step takes", async () => {
    await start();
    const ids = await submit("slow", 200);
    await kills(2, 1_000);
    expect(await passUntilEnded(ids, 100_000)).toBeLessThanOrEqual(STEP_MS + 1_000);
    expect(await statesOf(ids)).toEqual({ completed: 200 });
    expect(launched).toHaveLength(2);
  });

  test("are halved until the culprit among 200 is alone: 8 deaths that cost the server none", async () => {
    await start();
    const innocent = await submit("long", 199);
    const [bomb = ""] = await submit("bomb");
    await kills(2, 1_000);
    const before = serverDeaths;
    // Each death of a half costs it half a step, and none of the innocent waits for the end of another.
    expect(await passUntilEnded([...innocent, bomb], 4 * LONG_MS, 10_000)).toBeLessThan(LONG_MS + 8 * STEP_MS);
    expect(await statesOf(innocent)).toEqual({ completed: 199 });
    const task = await server.verbs.tasks.get(ada, bomb);
    expect(task).toMatchObject({ state: "failed", error: { code: "step_crashed", step: "explode" } });
    expect(serverDeaths).toBe(before);
    // Two more deaths of the culprit by itself prove it.
    expect(deaths - 2).toBeLessThanOrEqual(8);
  });

  test("ask their server what it alone knows, are answered or refused as in it, and may throw what no text can be made of", async () => {
    await start();
    const [id = ""] = await submit("curious");
    await kills(2, 1_000);
    await passUntilEnded([id], 20_000);
    expect(launched.some(({ tasks }) => tasks.has(id))).toBe(true);
    expect(await server.verbs.tasks.get(ada, id)).toMatchObject({ output: [42, "not_found", ["StepError"]] });
  });

  test("keep nobody waiting: what is submitted meanwhile runs in the server at once", async () => {
    await start();
    await submit("bomb");
    await kills(2, 1_000);
    const [id = ""] = await submit("slow");
    await atRest();
    expect(began.get(id)).toEqual([clock.now()]);
    await clock.advance(STEP_MS, atRest);
    expect(await statesOf([id])).toEqual({ completed: 1 });
  });

  test("are told from their neighbours when two of them crash", async () => {
    await start();
    const bombs = await submit("bomb", 2);
    const innocent = await submit("slow", 30);
    await kills(2, 1_000);
    await passUntilEnded([...bombs, ...innocent], 900_000);
    expect(await statesOf(bombs)).toEqual({ failed: 2 });
    expect(await statesOf(innocent)).toEqual({ completed: 30 });
  });

  test("are none any more once they come further, and go on in the server", async () => {
    await start();
    const [id = ""] = await submit("parent");
    await kills(2, 1);
    await passUntilEnded([id], 100_000);
    await clock.advance(STEP_MS, atRest);
    expect(await server.verbs.tasks.get(ada, id)).toMatchObject({
      state: "completed",
      output: ["done", 0],
      crashes: 0,
    });
  });

  test("fail for no kill of their process, however many, and wait longer after each", async () => {
    await start();
    const [id = ""] = await submit("stuck");
    await kills(2, 1_000);
    for (let kill = 0; kill < 12; kill++) {
      const home = launched.findLast(({ tasks }) => tasks.has(id));
      void home?.here.die("unknown");
      await clock.advance(60_000, atRest);
    }
    expect(await statesOf([id])).toEqual({ running: 1 });
    expect((await server.verbs.tasks.why(ada, id)).summary).toContain("in a process of its own");
  });

  test("can be paused, cancelled and resumed where they run", async () => {
    await start();
    const [stuck = "", slow = ""] = [...(await submit("stuck")), ...(await submit("slow"))];
    await kills(2, 1_000);
    await server.verbs.tasks.pause(ada, slow);
    await server.verbs.tasks.cancel(ada, stuck);
    await clock.advance(STEP_MS, atRest);
    expect(await statesOf([stuck, slow])).toEqual({ cancelled: 1, paused: 1 });
    await server.verbs.tasks.resume(ada, slow);
    await atRest();
    expect(await statesOf([slow])).toEqual({ completed: 1 });
    expect(began.get(slow)).toHaveLength(3);
  });

  test("stand still where the code of their process has changed, until the server is started again", async () => {
    await start();
    const [id = ""] = await submit("slow");
    isChanged = true;
    await kills(2, 1_000);
    await clock.advance(600_000, atRest);
    expect(await server.verbs.tasks.get(ada, id)).toMatchObject({ state: "running", attempt: 3 });
    expect((await server.verbs.tasks.why(ada, id)).summary).toContain("has no code for it");
    isChanged = false;
    server.die("outside");
    await start();
    await passUntilEnded([id], 100_000);
    expect(await statesOf([id])).toEqual({ completed: 1 });
  });

  test("whose process is killed again and again while they are alone in it wait twice as long each time", async () => {
    await start();
    const [id = ""] = await submit("stuck");
    await kills(2, 1_000);
    const begunOf = () => began.get(id)?.length ?? 0;
    const waits: number[] = [];
    for (let kill = 0; kill < 4; kill++) {
      const [from, before] = [clock.now(), begunOf()];
      void launched.at(-1)?.here.die("unknown");
      await atRest();
      for (let s = 0; s < 60 && begunOf() === before; s++) await clock.advance(1_000, atRest);
      waits.push(clock.now() - from);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000]);
  });

  test("are parted by every third death of their process that may have been a kill", async () => {
    await start();
    await submit("stuck", 4);
    await kills(2, 1_000);
    const sizes: number[] = [];
    for (let kill = 0; kill < 3; kill++) {
      void launched.at(-1)?.here.die("unknown");
      await clock.advance(1_000, atRest);
      sizes.push(launched.at(-1)?.tasks.size ?? 0);
    }
    expect(sizes).toEqual([2, 2, 1]);
  });

  test("that come further leave the others alone, and a process in which nobody is left ends", async () => {
    await start();
    const [, stuck = "", , other = ""] = [
      ...[...(await submit("slow")), ...(await submit("stuck"))],
      ...[...(await submit("slow")), ...(await submit("stuck"))],
    ];
    await kills(2, 1_000);
    const sentence = async () => (await server.verbs.tasks.why(ada, stuck)).summary;
    expect(await sentence()).toContain("with 1 others in a process of its own");
    await clock.advance(STEP_MS, atRest);
    expect(await sentence()).toContain("alone in a process of its own");
    for (const id of [stuck, other]) await server.verbs.tasks.cancel(ada, id);
    await atRest();
    // The call that its own process cuts off is not one of those that the server has died in.
    expect((await server.verbs.tasks.get(ada, stuck)).usage.calls).toBe(2);
    expect(launched.filter(({ lives }) => lives())).toHaveLength(2);
    await clock.advance(10_000, atRest);
    expect(launched.filter(({ lives }) => lives())).toEqual([]);
  });

  test("take turns in the server when their code needs what only the server has", async () => {
    await start();
    const home = await submit("at home", 2);
    const slow = await submit("slow", 2);
    await kills(2, 1_000, "own");
    const why = await Promise.all(home.map((id) => server.verbs.tasks.why(ada, id)));
    expect(why.filter(({ summary }) => summary.includes("goes on by itself"))).toHaveLength(2);
    await passUntilEnded([...home, ...slow], 100_000);
    expect(await statesOf([...home, ...slow])).toEqual({ completed: 4 });
    const apart = new Set(launched.flatMap(({ tasks }) => [...tasks]));
    expect(home.some((id) => apart.has(id))).toBe(false);
    expect(slow.every((id) => apart.has(id))).toBe(true);
  });

  test("are found out in the server too, however late their code ends it, while all others go on beside or apart", async () => {
    await start();
    const [bomb = ""] = await submit("bomb at home");
    const [walker = "", slow = ""] = [...(await submit("walker")), ...(await submit("slow"))];
    const longest = { ms: 0 };
    for (let lives = 0; lives < 8; lives++) {
      const from = serverDeaths;
      for (let s = 0; s < 2_000 && serverDeaths === from; s++) await clock.advance(1_000, atRest);
      if (serverDeaths === from) break;
      await start();
      await atRest();
    }
    expect(await server.verbs.tasks.get(ada, bomb)).toMatchObject({
      state: "failed",
      error: { code: "step_crashed", step: "explode" },
    });
    expect(serverDeaths).toBeLessThanOrEqual(5);
    expect(await statesOf([walker, slow])).toEqual({ completed: 2 });
    const times = began.get(walker) ?? [];
    for (const [at, time] of times.entries()) longest.ms = Math.max(longest.ms, time - (times[at - 1] ?? time));
    expect(longest.ms).toBeLessThanOrEqual(STEP_MS + 2_000);
  });

  test("leave the server to the others again, once the one that was accused there has come further", async () => {
    await start();
    const [mended = ""] = await submit("mended at home");
    for (let s = 0; s < 5_000 && serverDeaths < MENDED_AFTER; s++) {
      const before = serverDeaths;
      await clock.advance(1_000, atRest);
      if (serverDeaths > before) await start();
    }
    await atRest();
    expect(await server.verbs.tasks.get(ada, mended)).toMatchObject({ state: "running", crashes: MENDED_AFTER });
    await passUntilEnded([mended], 1_000_000);
    expect(await server.verbs.tasks.get(ada, mended)).toMatchObject({ state: "completed" });
    const [walker = ""] = await submit("walker");
    await clock.advance(10 * STEP_MS, atRest);
    expect((await server.verbs.tasks.get(ada, walker)).attempt).toBeGreaterThan(1);
    expect(launched.some(({ tasks }) => tasks.has(walker))).toBe(false);
  });

  test("take turns in the server where no process can be started", async () => {
    await start();
    const ids = await submit("slow", 4);
    const none: LaunchRunProcess = async () => {
      throw new Error("no process");
    };
    await kills(2, 1_000, "own", none);
    expect((await server.verbs.tasks.why(ada, ids.at(-1) ?? "")).summary).toContain("goes on by itself");
    await passUntilEnded(ids, 100_000);
    expect(await statesOf(ids)).toEqual({ completed: 4 });
    // Three groups, each as soon as the one before it has come to its end, and not at the end of its minute.
    const others = await submit("slow", 4);
    await kills(3, 1_000, "own", none);
    expect(await passUntilEnded(others, 300_000)).toBeLessThan(4 * STEP_MS);
  });
});

test("a death whose culprit is known blames nobody else, at once", async () => {
  await start();
  const [slow = "", bomb = ""] = [...(await submit("slow")), ...(await submit("bomb"))];
  await atRest();
  expect(currentPlace()).toBeNull();
  const record = crashes.next();
  record.ends("own", "It exited.", { task: bomb, step: "explode" });
  server.die("unknown");
  await start();
  await passUntilEnded([slow, bomb], 200_000);
  expect(await server.verbs.tasks.get(ada, slow)).toMatchObject({ state: "completed", attempt: 2 });
  expect(await server.verbs.tasks.get(ada, bomb)).toMatchObject({ state: "failed", attempt: 3 });
  expect(serverDeaths).toBe(1);
});
