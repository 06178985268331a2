/**
 * Two processes over one store: an engine, and transitions of another process, which write and run nothing. What they
 * write must move, wake, stream and invalidate here.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import type { Store } from "../../store/store.ts";
import { newConversation, newTask } from "../../store/suite/new-task.suite.ts";
import { turnWait } from "../../task/agent/multitask.ts";
import { submitted } from "../../task/decide.ts";
import { Refusal } from "../../task/errors.ts";
import type { TaskEvent } from "../../task/events/event.ts";
import type { TaskId } from "../../task/id.ts";
import type { Task } from "../../task/task.ts";
import { LocalEventFeed } from "../event-feed.ts";
import { Ids, systemRandomBytes } from "../ids.ts";
import { atRest } from "../suite/at-rest.ts";
import { gate, kind } from "../suite/stage.ts";
import { MemoryTaskCache } from "../task-cache.ts";
import type { TaskOwnership } from "../task-ownership.ts";
import { Transitions } from "../transitions.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { EmbeddedEngine } from "./embedded-engine.ts";

const BORN = Date.UTC(2026, 0, 1);
const QUESTION = { asks: "answer", prompt: "Which?" } as const;

let clock: VirtualClock;
let store: Store;
let other: Transitions;
let engine: EmbeddedEngine;

beforeEach(async () => {
  clock = new VirtualClock(BORN);
  store = await openSqliteStore(":memory:", { clock: () => clock.now() });
  other = new Transitions(store, clock, new MemoryTaskCache(1_000_000), feedOver(store));
});

afterEach(async () => {
  await engine.stop(0);
  await store.close();
});

function feedOver(store: Store): LocalEventFeed {
  return new LocalEventFeed((id, after, limit) => store.events(id, after, limit));
}

async function start(
  run: Parameters<typeof kind>[1],
  ownership?: TaskOwnership,
  more: Parameters<typeof kind>[2] = {},
): Promise<void> {
  engine = new EmbeddedEngine({
    store,
    handlers: [kind("work", run, more)],
    clock,
    random: () => 0.5,
    ids: new Ids(systemRandomBytes),
    ...(ownership && { ownership }),
    log: { warn: (message, { error }) => process.stderr.write(`${message} ${String(error)}\n`) },
  });
  await engine.start();
}

/** The other process takes a task, which it leaves to others to run. */
async function submitElsewhere(own: Parameters<typeof newTask>[0] = {}): Promise<TaskId> {
  const task = newTask({ kind: "work", createdAt: BORN, ...own });
  await other.submit(submitted(task));
  return task.id;
}

async function stateHere(id: TaskId): Promise<Task["state"] | undefined> {
  await atRest();
  return (await engine.transitions.find(id))?.state;
}

/** Follows a log here; what it resolves with is filled while the log goes on. */
function followHere(id: TaskId): TaskEvent[] {
  const seen: TaskEvent[] = [];
  const end = async () => {
    const task = await engine.transitions.find(id);
    return { ended: task?.state === "completed" || task?.state === "cancelled", lastSeq: task?.lastSeq ?? 0 };
  };
  void (async () => {
    for await (const events of engine.feed.follow(id, 0, end, new AbortController().signal)) seen.push(...events);
  })();
  return seen;
}

describe("what another process writes", () => {
  test("starts here when it is a new task, and ends here", async () => {
    await start(async () => "done");
    const id = await submitElsewhere();
    expect(await stateHere(id)).toBe("completed");
  });

  test("reaches those who follow the task here, without a gap and in order", async () => {
    const open = gate();
    await start((ctx) => ctx.step("wait", () => open.promise.then(() => null)));
    const id = await submitElsewhere();
    const seen = followHere(id);
    await atRest();
    await other.change(id, { do: "input", by: "bob", messageId: "m1", prompt: null });
    await other.change(id, { do: "pause", by: "bob", reason: "" });
    await other.change(id, { do: "resume", by: "bob" });
    await atRest();
    expect(seen.at(-1)?.type).toBe("task.resumed");
    open.resolve();
    await atRest();
    expect(seen.map(({ type }) => type)).toEqual([
      "task.submitted",
      "task.started",
      "task.input_received",
      "task.pausing",
      "task.resumed",
      "step.completed",
      "task.completed",
    ]);
    expect(seen.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test("cuts off a run that is here when it cancels its task", async () => {
    const begun = gate<AbortSignal>();
    await start((ctx) =>
      ctx.step("wait", (step) => {
        begun.resolve(step.signal);
        return new Promise(() => {});
      }),
    );
    const id = await submitElsewhere();
    const signal = await begun.promise;
    await other.cancel(id, { do: "cancel", by: "bob", reason: "" }, {});
    expect(await stateHere(id)).toBe("cancelled");
    expect(signal.aborted).toBe(true);
    expect(engine.stats()).toEqual({ running: 0, ready: 0, open: 0, standing: 0 });
  });

  test("brings a run that is here to rest when it pauses its task, and goes on with it when it resumes that", async () => {
    const open = gate();
    await start(async (ctx) => {
      await ctx.step("first", () => open.promise.then(() => null));
      return ctx.step("second", async () => "done");
    });
    const id = await submitElsewhere();
    await atRest();
    await other.change(id, { do: "pause", by: "bob", reason: "" });
    await atRest();
    open.resolve();
    await atRest();
    expect((await store.events(id, 0, 100)).at(-1)?.type).toBe("task.paused");
    await other.change(id, { do: "resume", by: "bob" });
    expect(await stateHere(id)).toBe("completed");
  });

  test("cuts off a run that is here when it pauses its task at once", async () => {
    const [begun, over] = [gate<AbortSignal>(), gate()];
    await start((ctx) =>
      ctx.step("wait", (step) => {
        begun.resolve(step.signal);
        return over.promise.then(() => null);
      }),
    );
    const id = await submitElsewhere();
    const signal = await begun.promise;
    await other.change(id, { do: "pause", by: "bob", reason: "", now: true });
    expect(await stateHere(id)).toBe("paused");
    const { aborted } = signal;
    over.resolve();
    expect(aborted).toBe(true);
  });

  test("answers a run that is here, and asks beside other work, without another attempt", async () => {
    const work = gate();
    await start((ctx) =>
      ctx.parallel({
        works: (ctx) => ctx.step("work", () => work.promise.then(() => null)),
        asks: async (ctx) => (await ctx.waitForInput("colour", QUESTION))?.value ?? null,
      }),
    );
    const id = await submitElsewhere();
    await atRest();
    await other.change(id, () => ({
      command: { do: "input", by: "bob", messageId: "m1", prompt: null },
      along: { inbox: { messageId: "m1", prompt: null, question: null, value: "red", by: "bob", at: BORN } },
    }));
    await atRest();
    work.resolve();
    expect(await stateHere(id)).toBe("completed");
    expect(await store.task(id)).toMatchObject({ attempt: 1, output: { asks: "red" } });
  });

  test("is asked by a parent here as well when its child asks it", async () => {
    const { id: parent } = newTask({ kind: "work" });
    await start((ctx) => ctx.child("child", "work", {}), { acquire: async (id) => id === parent, release: () => {} });
    await other.submit(submitted(newTask({ kind: "work", id: parent })));
    await atRest();
    const child = (await store.open(null, 10)).tasks.find((task) => task.parent === parent);
    if (!child) throw new Error("the parent has made no child");
    const prompt = { name: "colour", asks: "answer", text: "Which?", schema: null } as const;
    const waits = [{ on: "input", key: "1", since: BORN, until: null, prompt }] as const;
    await other.change(child.id, { do: "start" });
    await other.change(child.id, { do: "suspend", attempt: 1, waits: [...waits], checkpoint: "colour" });
    expect(await stateHere(parent)).toBe("input_required");
  });

  test("comes before what is decided here at the same moment, which is decided again on what that left", async () => {
    await start(async () => "done");
    const id = await submitElsewhere({ notBefore: BORN + 60_000 });
    let decided = 0;
    const { task } = await engine.transitions.change(id, async () => {
      if (decided++ === 0) await other.change(id, { do: "pause", by: "bob", reason: "" });
      return { command: { do: "cancel", by: "ada", reason: "" } };
    });
    expect([task.state, decided]).toEqual(["cancelled", 2]);
    expect((await store.events(id, 0, 100)).at(-1)).toMatchObject({ data: { wasPaused: true } });
  });

  test("cleans up after a task of its own user alone, though it names any: older versions let anybody submit that", async () => {
    const cleaned: TaskId[] = [];
    const victim = await submitElsewhere({ notBefore: BORN + 60_000 });
    await other.cancel(victim, { do: "cancel", by: "ada", reason: "" }, {});
    await submitElsewhere({ kind: "waybill.cleanup", user: "eve", input: { task: victim } });
    await start(async () => null, undefined, { cleanup: async (_, { id }) => void cleaned.push(id) });
    await atRest();
    expect(cleaned).toEqual([]);
    await submitElsewhere({ kind: "waybill.cleanup", input: { task: victim } });
    await atRest();
    expect(cleaned).toEqual([victim]);
  });

  test("wakes a parent here when it ends its child", async () => {
    await start((ctx) => ctx.child("child", "work", {}), { acquire: async (id) => id === parent, release: () => {} });
    const { id: parent } = newTask({ kind: "work" });
    await other.submit(submitted(newTask({ kind: "work", id: parent })));
    await atRest();
    const child = (await store.open(null, 10)).tasks.find((task) => task.parent === parent);
    if (!child) throw new Error("the parent has made no child");
    await other.change(child.id, { do: "start" });
    await other.change(child.id, { do: "complete", attempt: 1, output: "from elsewhere" });
    await atRest();
    expect(await store.task(parent)).toMatchObject({ state: "completed", output: "from elsewhere" });
  });
});

describe("a write that took effect, though its answer was lost", () => {
  test("is found, and the task goes on", async () => {
    const { apply } = store;
    let lost = 0;
    store.apply = async (writes) => {
      const applied = await apply.call(store, writes);
      if (writes[0]?.command === "start" && lost++ === 0) throw new Refusal("unavailable", "The connection is gone.");
      return applied;
    };
    await start(async () => "done");
    const id = await submitElsewhere();
    expect(await stateHere(id)).toBe("running");
    await clock.advance(1_000, atRest);
    expect(await engine.transitions.find(id)).toMatchObject({ state: "completed", attempt: 2 });
  });
});

describe("a task that belongs to another process", () => {
  test("is not started here, and is once it is let go", async () => {
    let ours = false;
    await start(async () => "done", { acquire: async () => ours, release: () => {} });
    const id = await submitElsewhere();
    expect(await stateHere(id)).toBe("queued");
    expect(engine.stats()).toEqual({ running: 0, ready: 0, open: 1, standing: 0 });
    ours = true;
    await other.change(id, { do: "input", by: "bob", messageId: "m1", prompt: null });
    expect(await stateHere(id)).toBe("completed");
  });

  test("is heard of by those who follow it here, where nobody had said that it has ended and a change here finds it so", async () => {
    store = deafened(store);
    await start(async () => "done");
    const task = newTask({ kind: "work", createdAt: BORN, notBefore: BORN + 60_000 });
    await engine.transitions.submit(submitted(task));
    const seen = followHere(task.id);
    await atRest();
    const cancel = { do: "cancel", by: "ada", reason: "" } as const;
    await other.change(task.id, { ...cancel, by: "bob" });
    await expect(engine.transitions.change(task.id, cancel)).rejects.toThrow(Refusal);
    await atRest();
    expect(seen.at(-1)?.type).toBe("task.cancelled");
  });

  test("comes first in its conversation before what waits for its turn here, also where nobody here had heard of it", async () => {
    // Notices between processes may be lost.
    store = deafened(store);
    const order: TaskId[] = [];
    await start((ctx) => ctx.step("note", async () => order.push(ctx.task.id)));
    const conversation = newConversation();
    const { id } = conversation;
    const first = newTask({ kind: "work", createdAt: BORN, conversation: id });
    await other.submit({ ...submitted(first), conversation: { conversation, alias: null } });
    const waits = [turnWait(BORN)];
    const second = newTask({ kind: "work", createdAt: BORN, conversation: id, multitaskStrategy: "enqueue", waits });
    await engine.transitions.submit({ ...submitted(second), turn: "last" });
    expect(await stateHere(second.id)).toBe("completed");
    expect(order).toEqual([first.id, second.id]);
  });
});

/** The store as one sees it who hears of nobody else's writes. */
function deafened(store: Store): Store {
  return new Proxy(store, {
    get: (target, name) => {
      if (name === "changes") return () => () => {};
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
