/** What becomes of the children of ended parents that nobody saw end, and of trees that are wide. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import type { Store, Write } from "../../store/store.ts";
import { type Command, decide, submitted } from "../../task/decide.ts";
import { Refusal } from "../../task/errors.ts";
import { type Context, defineHandler } from "../../task/handler.ts";
import { queuedTask } from "../../task/queued-task.ts";
import type { Task } from "../../task/task.ts";
import { Ids, systemRandomBytes } from "../ids.ts";
import { atRest } from "../suite/at-rest.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { EmbeddedEngine } from "./embedded-engine.ts";

const NOW = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

let store: Store;
let clock: VirtualClock;
let engine: EmbeddedEngine | undefined;
let failures = 0;
const ids = new Ids(systemRandomBytes);

beforeEach(async () => {
  clock = new VirtualClock(NOW);
  store = await openSqliteStore(":memory:", { clock: () => clock.now() });
  failures = 0;
});

afterEach(async () => {
  await engine?.stop(0);
  engine = undefined;
  await store.close();
});

const later = defineHandler({ kind: "later", input: z.json(), run: async () => null });

async function start(handlers = [later]): Promise<EmbeddedEngine> {
  engine = new EmbeddedEngine({
    store,
    handlers,
    clock,
    random: () => 0.5,
    ids,
    log: { warn: () => failures++ },
  });
  await engine.start();
  return engine;
}

/** A task that waits a day for its start. */
function delayed(fields: { parent?: string; depth?: number } = {}): Task {
  const fresh = { tenant: "acme", user: "ada", kind: "later", title: "later", input: {}, createdAt: NOW };
  return queuedTask({ id: ids.taskId(NOW), ...fresh, notBefore: NOW + DAY_MS, ...fields });
}

/** The same of one that has begun so many children. */
function delayedParent(children: number, fields: { parent?: string; depth?: number } = {}): Task {
  return { ...delayed(fields), children };
}

async function put(...tasks: Task[]): Promise<void> {
  for (let from = 0; from < tasks.length; from += 500)
    await store.apply(tasks.slice(from, from + 500).map((task): Write => submitted(task)));
}

async function change(id: string, command: Command): Promise<void> {
  const task = await store.task(id);
  const decided = task && decide(task, command, clock.now());
  if (!decided || decided instanceof Refusal) throw new Error(`${id} cannot ${command.do}`);
  await store.apply([decided]);
}

async function open(): Promise<number> {
  const { tasks } = await store.asleep({ wakesAt: 0, id: "" }, Number.MAX_SAFE_INTEGER, 100_000);
  return tasks.length + (await store.open(null, 100_000)).tasks.length;
}

function takesTimeToRead(slow: Task): void {
  const { task } = store;
  store.task = async (id) => {
    if (id === slow.id) await clock.advance(1, atRest);
    return task.call(store, id);
  };
}

test("a start takes along what parents left open that ended when nobody saw it, and leaves all others alone", async () => {
  const root = delayedParent(1);
  const middle = delayedParent(1, { parent: root.id, depth: 1 });
  const leaf = delayed({ parent: middle.id, depth: 2 });
  const swept = delayed({ parent: ids.taskId(NOW) });
  const [parent, child] = [delayedParent(1), delayed()];
  await put(root, middle, leaf, swept, parent, { ...child, parent: parent.id });
  await change(root.id, { do: "cancel", by: "ada", reason: "enough" });
  await start();
  await atRest();
  for (const { id } of [middle, leaf])
    expect(await store.task(id)).toMatchObject({ state: "cancelled", cancelledBy: { by: "ada", reason: "enough" } });
  expect(await store.task(swept.id)).toMatchObject({ state: "cancelled", cancelledBy: { by: "waybill" } });
  const { tasks: asleep } = await store.asleep({ wakesAt: 0, id: "" }, Number.MAX_SAFE_INTEGER, 10);
  expect([...asleep, ...(await store.open(null, 10)).tasks].map(({ id }) => id)).toEqual([parent.id, child.id]);
});

test("a child goes with its parent that nobody saw end, also when its own time is over before its parent is looked for", async () => {
  const deadlineAt = NOW + 1_000;
  const root = { ...delayedParent(1), deadlineAt };
  const child = { ...delayed({ parent: root.id, depth: 1 }), deadlineAt };
  await put(root, child);
  await clock.advance(1_000, atRest);
  await change(root.id, { do: "expire" });
  takesTimeToRead(root);
  await start();
  await atRest();
  expect(await store.task(child.id)).toMatchObject({ state: "cancelled", cancelledBy: { by: "waybill" } });
});

test("no lease of a child runs out at a start before it is known what has become of its parent", async () => {
  const root = delayedParent(1);
  const child = { ...delayed({ parent: root.id, depth: 1 }), notBefore: null };
  await put(root, child);
  await change(child.id, { do: "start", lease: { worker: "w", until: NOW + 500 } });
  await change(root.id, { do: "cancel", by: "ada", reason: "" });
  await clock.advance(1_000, atRest);
  takesTimeToRead(root);
  await start();
  await atRest();
  const types = (await store.events(child.id, 0, 10)).map(({ type }) => type);
  expect(types).toEqual(["task.submitted", "task.started", "task.cancelled"]);
});

test("a start that may not read a parent for now is refused, and leaves no child behind", async () => {
  const root = delayedParent(1);
  const child = delayed({ parent: root.id, depth: 1 });
  await put(root, child);
  await change(root.id, { do: "cancel", by: "ada", reason: "" });
  const { task } = store;
  store.task = () => Promise.reject(new Refusal("unavailable", "Too much is waiting."));
  await expect(start()).rejects.toMatchObject({ code: "unavailable" });
  store.task = task;
  await start();
  await atRest();
  expect(await store.task(child.id)).toMatchObject({ state: "cancelled" });
});

test("a tree of 3,000 children ends at the first call, and others are served meanwhile", async () => {
  const root = delayedParent(3_000);
  const children = Array.from({ length: 3_000 }, () => delayed({ parent: root.id, depth: 1 }));
  await put(root, ...children);
  const { transitions } = await start();
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  count();
  await transitions.cancel(root.id, { do: "cancel", by: "ada", reason: "" }, {}).finally(() => {
    isOver = true;
  });
  expect(await open()).toBe(0);
  expect(turns).toBeGreaterThan(30);
});

test("trees that end at once end whole, the narrow ones behind a wide one too", async () => {
  const roots = [120, 1, 60].map((children) => delayedParent(children));
  await put(...roots);
  for (const { id, children } of roots)
    await put(...Array.from({ length: children }, () => delayed({ parent: id, depth: 1 })));
  const { transitions } = await start();
  const cancelled = roots.map(({ id }) => transitions.cancel(id, { do: "cancel", by: "ada", reason: "" }, {}));
  expect(await Promise.race([Promise.all(cancelled).then(() => "ended"), atRest().then(() => "wait")])).toBe("ended");
  expect(await open()).toBe(0);
});

test("a tree that the store refuses to end in between is ended once it takes writes again", async () => {
  const root = delayedParent(120);
  const children = Array.from({ length: 120 }, () => delayed({ parent: root.id, depth: 1 }));
  await put(root, ...children);
  const { transitions } = await start();
  const { apply } = store;
  let writes = 0;
  store.apply = async (given) => {
    if (++writes > 70) throw new Refusal("unavailable", "The disk is full.");
    return apply.call(store, given);
  };
  await transitions.cancel(root.id, { do: "cancel", by: "ada", reason: "" }, {});
  expect(await open()).toBeGreaterThan(0);
  expect(failures).toBeGreaterThan(0);
  store.apply = apply;
  await clock.advance(2_000, atRest);
  expect(await open()).toBe(0);
});

test("a cancel waits for no store that does not tell what is below its task, and that ends once it is told", async () => {
  const roots = [delayedParent(1), delayedParent(1)];
  await put(...roots, ...roots.map(({ id }) => delayed({ parent: id, depth: 1 })));
  const { transitions } = await start();
  const { openBelow } = store;
  store.openBelow = () => Promise.reject(new Refusal("unavailable", "Too much is waiting."));
  const cancelled = roots.map(({ id }) => transitions.cancel(id, { do: "cancel", by: "ada", reason: "" }, {}));
  expect(await Promise.race([Promise.all(cancelled).then(() => "ended"), atRest().then(() => "wait")])).toBe("ended");
  expect(await open()).toBe(2);
  store.openBelow = openBelow;
  await clock.advance(2_000, atRest);
  expect(await open()).toBe(0);
});

test("a cancel while the engine stops waits for nobody, and the next start takes what is below it", async () => {
  const root = delayedParent(1);
  const child = delayed({ parent: root.id, depth: 1 });
  await put(root, child);
  const { transitions } = await start();
  await engine?.stop(0);
  const cancelled = transitions.cancel(root.id, { do: "cancel", by: "ada", reason: "" }, {}).then(() => "cancelled");
  expect(await Promise.race([cancelled, atRest().then(() => "waits")])).toBe("cancelled");
  expect(await open()).toBe(1);
  await start();
  await atRest();
  expect(await open()).toBe(0);
});

test("a child whose parent has ended does nothing any more, even before its own end was written", async () => {
  const root = delayedParent(200);
  const children = Array.from({ length: 200 }, () => delayed({ parent: root.id, depth: 1 }));
  await put(root, ...children);
  const { transitions } = await start();
  const last = children.at(-1)?.id ?? "";
  const cancelled = transitions.cancel(root.id, { do: "cancel", by: "ada", reason: "" }, {});
  const paused = transitions.change(last, { do: "pause", by: "bob", reason: "" }).catch((error: unknown) => error);
  await cancelled;
  expect(await paused).toMatchObject({ code: "not_allowed_in_state" });
  expect(await store.task(last)).toMatchObject({ state: "cancelled", cancelledBy: { by: "ada" } });
  expect((await store.events(last, 0, 10)).map(({ type }) => type)).toEqual(["task.submitted", "task.cancelled"]);
});

test("who comes to rest above very many children looks at each, and not at itself for each of them", async () => {
  const naps = defineHandler({
    kind: "naps",
    input: z.json(),
    run: (ctx) => ctx.sleep("nap", DAY_MS).then(() => null),
  });
  const below = (ctx: Context) => ctx.child("child", "naps", {});
  const branches = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`branch ${n}`, below]));
  const many = defineHandler({ kind: "many", input: z.json(), run: (ctx) => ctx.parallel(branches) });
  const task = { ...delayed(), kind: "many", notBefore: null };
  await put(task);
  const { transitions } = await start([many, naps]);
  const { find } = transitions;
  let looks = 0;
  transitions.find = (id) => {
    if (id === task.id) looks += 1;
    return find.call(transitions, id);
  };
  await atRest();
  expect((await store.task(task.id))?.waits).toHaveLength(100);
  expect(looks).toBeLessThan(20);
});

test("a parent asks nobody what its child was answered while it was being told of the question", async () => {
  const parent = defineHandler({ kind: "parent", input: z.json(), run: (ctx) => ctx.child("child", "asks", {}) });
  const asks = defineHandler({
    kind: "asks",
    input: z.json(),
    run: async (ctx) => {
      await ctx.waitForInput("colour", { asks: "answer", prompt: "Which colour?" });
      await ctx.sleep("nap", DAY_MS);
      return null;
    },
  });
  const task = { ...delayed(), kind: "parent", notBefore: null };
  await put(task);
  const { apply } = store;
  const [told, release] = [Promise.withResolvers<string>(), Promise.withResolvers<void>()];
  store.apply = async (writes) => {
    const [write] = writes;
    if (write?.command === "relay" && write.task.waits.length > 1) {
      told.resolve(write.task.waits.flatMap((wait) => (wait.on === "child" ? [wait.child] : []))[0] ?? "");
      await release.promise;
    }
    return await apply.call(store, writes);
  };
  const { transitions } = await start([parent, asks]);
  const child = await told.promise;
  const messageId = "m";
  await transitions.change(child, () => ({
    command: { do: "input", by: "ada", messageId, prompt: null },
    along: { inbox: { messageId, prompt: null, value: "blue", by: "ada", at: NOW, question: null } },
  }));
  await atRest();
  release.resolve();
  await atRest();
  expect((await store.task(child))?.waits).toMatchObject([{ on: "timer" }]);
  expect((await store.task(task.id))?.waits).toMatchObject([{ on: "child" }]);
});
