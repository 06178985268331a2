/** What a store does with decided changes. */
import { expect, test } from "vitest";
import { type Command, decide, submitted } from "../../task/decide.ts";
import { Refusal } from "../../task/errors.ts";
import type { AwaitedPlace, Below, OpenPlace } from "../../task/open-task.ts";
import { isTerminal, STATES, type State } from "../../task/states.ts";
import { NO_USAGE, type Task, type Wait } from "../../task/task.ts";
import type { Store } from "../store.ts";
import { complete, decided, live, paidCall, STALE, submit } from "./life.suite.ts";
import { newTask, START } from "./new-task.suite.ts";

const error = { code: "handler_error", message: "It broke." };
const question: Wait = {
  on: "input",
  key: "ask",
  since: START,
  until: null,
  prompt: { name: "ask", asks: "answer", text: "Which one?", schema: null },
};
const timer: Wait = { on: "timer", key: "nap", since: START, until: START + 1_000 };

/** How a task comes into each state. */
const ways: Record<State, Command[]> = {
  queued: [],
  running: [{ do: "start" }],
  paused: [{ do: "start" }, { do: "pause", by: "ada", reason: "lunch" }],
  input_required: [{ do: "start" }, { do: "suspend", attempt: 1, waits: [question], checkpoint: "ask" }],
  waiting: [{ do: "start" }, { do: "suspend", attempt: 1, waits: [timer], checkpoint: "nap" }],
  completed: [{ do: "start" }, { do: "complete", attempt: 1, output: { answer: "Paris" } }],
  failed: [{ do: "start" }, { do: "fail", attempt: 1, error, retryAt: null }],
  cancelled: [{ do: "cancel", by: "ada", reason: "no longer needed" }],
  timed_out: [{ do: "expire" }],
  rejected: [{ do: "start" }, { do: "reject", attempt: 1, error }],
};

const commands: Record<Command["do"], Command> = {
  start: { do: "start", lease: { worker: "w", until: START + 60_000 } },
  recover: { do: "recover" },
  blame: { do: "blame", crashes: 1 },
  suspend: { do: "suspend", attempt: 1, waits: [question, timer], checkpoint: "ask" },
  wake: { do: "wake", key: "nap" },
  record: {
    do: "record",
    attempt: 1,
    record: {
      events: [{ type: "step.completed", data: { name: "look up", ms: 3 } }],
      progress: { fraction: 0.5, message: "half" },
      details: { page: 3 },
      usage: [paidCall("call")],
      progressed: true,
    },
  },
  bill: { do: "bill", calls: [paidCall("late")] },
  grant: { do: "grant", spent: { ...NO_USAGE, calls: 3, costUsd: 0.25 } },
  set_budget: { do: "set_budget", by: "ada", budget: { tokens: 9, onSpent: "pause" }, reason: "" },
  renew: { do: "renew", attempt: 1, worker: "w", until: START + 60_000 },
  lapse: { do: "lapse", attempt: 1, until: START + 60_000 },
  complete: { do: "complete", attempt: 1, output: [1, "two", null] },
  fail: { do: "fail", attempt: 1, error: { ...error, step: "look up" }, retryAt: START + 5_000 },
  reject: { do: "reject", attempt: 1, error },
  expire: { do: "expire" },
  cancel: { do: "cancel", by: "ada", reason: "" },
  pause: { do: "pause", by: "ada", reason: "" },
  resume: { do: "resume", by: "ada" },
  ask: { do: "ask" },
  act: {
    do: "act",
    by: { user: "ada", looksAfterAll: true },
    act: { act: "suspend" },
    comment: "later",
    messageId: "m2",
  },
  overdue: { do: "overdue", to: [] },
  relay: { do: "relay", child: "task_9", questions: [question], answered: { by: "ada", messageId: "m3", prompt: "x" } },
  conclude: { do: "conclude", ending: { output: { outcome: "approve" } } },
  remark: { do: "remark", event: { type: "human.commented", data: { by: "ada", text: "Fine.", scope: "task" } } },
  input: { do: "input", by: "ada", messageId: "m1", prompt: null },
  delete: { do: "delete" },
};

async function inState(store: Store, state: State): Promise<Task> {
  const task = await live(store, await submit(store, newTask()), ...ways[state]);
  expect(task.state).toBe(state);
  return task;
}

export function transitionStories(setup: () => Promise<Store>): void {
  test("a submitted task is there with its first event, and its id is taken", async () => {
    const store = await setup();
    const task = await submit(store, newTask({ metadata: { team: "red" }, priority: 5, budget: { onSpent: "fail" } }));
    expect(await store.task(task.id)).toEqual(task);
    expect((await store.events(task.id, 0, 10)).map(({ seq, type }) => [seq, type])).toEqual([[1, "task.submitted"]]);
    expect(await store.apply([submitted(newTask({ id: task.id }))])).toEqual(STALE(task));
    expect(await store.task(newTask().id)).toBeNull();
  });

  for (const state of STATES) {
    test(`every command that a ${state} task takes is kept whole, once, and only under its guard`, async () => {
      const store = await setup();
      for (const command of Object.values(commands)) {
        const task = await inState(store, state);
        const change = decide(task, command, task.updatedAt + 10);
        if (change instanceof Refusal) continue;
        for (const before of otherGuards(task)) {
          expect(await store.apply([{ ...change, before }])).toEqual(STALE(task));
        }
        expect(await store.task(task.id)).toEqual(task);
        expect(await store.apply([change])).toEqual({ ok: true });
        expect(await store.apply([change])).toEqual(STALE(task));
        expect(await store.task(task.id)).toEqual(change.task.deletedAt === null ? change.task : null);
        const events = await store.events(task.id, task.lastSeq, 100);
        expect(events).toEqual(change.events);
      }
      expect(await store.check()).toEqual([]);
    });
  }

  test("a terminal state is never left, whatever the change says", async () => {
    const store = await setup();
    for (const state of STATES.filter(isTerminal)) {
      const ended = await inState(store, state);
      const running = await inState(store, "running");
      const before = { revision: ended.revision, state: ended.state, attempt: ended.attempt };
      const forged = { ...running, id: ended.id, revision: ended.revision + 1, lastSeq: ended.lastSeq };
      await expect(store.apply([{ command: "start", before, task: forged, events: [] }])).rejects.toThrow();
      expect(await store.task(ended.id)).toEqual(ended);
    }
  });

  test("what does not fit is refused by the database itself, and its neighbours are kept", async () => {
    const store = await setup();
    const good = Array.from({ length: 20 }, () => newTask());
    const task = await submit(store, newTask());
    const backwards = decided(task, { do: "start" });
    const garbage = { ...backwards, task: { ...backwards.task, progress: 7 } };
    const halves = [submitted(newTask()), garbage];
    const applied = await Promise.allSettled([
      ...good.slice(0, 10).map((each) => store.apply([submitted(each)])),
      store.apply(halves),
      ...good.slice(10).map((each) => store.apply([submitted(each)])),
    ]);
    expect(applied.map(({ status }) => status).filter((status) => status === "rejected")).toHaveLength(1);
    expect(await store.tasks(good.map(({ id }) => id))).toHaveLength(20);
    expect(await store.tasks(halves.map(({ task }) => task.id))).toEqual([task]);
    expect(await store.check()).toEqual([]);
  });

  test("writes of one request are kept together or not at all, and may follow each other on one task", async () => {
    const store = await setup();
    const parent = await submit(store, newTask());
    const child = newTask({ parent: parent.id });
    const started = decided(parent, { do: "start" });
    const ended = decided(started.task, { do: "complete", attempt: 1, output: null });
    const other = await submit(store, newTask());
    const late = { ...decided(other, { do: "start" }), before: { revision: 9, state: "queued" as const, attempt: 0 } };
    expect(await store.apply([started, submitted(child), late])).toEqual(STALE(other));
    expect(await store.tasks([parent.id, child.id, other.id])).toEqual([parent, other]);
    const born = submitted(child);
    expect(await store.apply([started, born, ended])).toEqual({ ok: true });
    expect(await store.tasks([parent.id, child.id])).toEqual([ended.task, born.task]);
  });

  test("of many that change one task at once, one wins", async () => {
    const store = await setup();
    const task = await submit(store, newTask());
    const started = decided(task, { do: "start" });
    const all = await Promise.all(Array.from({ length: 40 }, () => store.apply([started])));
    expect(all.filter(({ ok }) => ok)).toHaveLength(1);
    expect(all.filter(({ ok }) => !ok)).toEqual(Array.from({ length: 39 }, () => STALE(task)));
  });

  test("an idempotency key is taken by the first submit, also among many at once", async () => {
    const store = await setup();
    const record = (hash: string) => ({ scope: "acme/ada/native", key: "k", hash, at: START });
    const tasks = Array.from({ length: 30 }, () => newTask());
    const all = await Promise.all(
      tasks.map((task) => store.apply([{ ...submitted(task), idempotency: record("h1") }])),
    );
    const winner = tasks[all.findIndex(({ ok }) => ok)];
    expect(all.filter(({ ok }) => ok)).toHaveLength(1);
    expect(all.find(({ ok }) => !ok)).toEqual({ ok: false, why: "replayed", task: winner?.id, hash: "h1" });
    expect(await store.tasks(tasks.map(({ id }) => id))).toHaveLength(1);
    const again = await store.apply([{ ...submitted(newTask()), idempotency: record("h2") }]);
    expect(again).toEqual({ ok: false, why: "replayed", task: winner?.id, hash: "h1" });
  });

  test("open tasks that do not sleep come in pages in the order of a start, with what the engine needs of them", async () => {
    const store = await setup();
    const child = newTask();
    const waits: Wait[] = [{ on: "child", key: "c", since: START, until: null, child: child.id }];
    const rests: Command = { do: "suspend", attempt: 1, waits, checkpoint: "c" };
    const begun = async (more: Partial<Task>, ...commands: Command[]) =>
      await live(store, await submit(store, newTask(more)), { do: "start" }, ...commands);
    const deadlineAt = START + 60_000;
    const asks: Command = { ...rests, waits: [...waits, question] };
    const parent = await begun({ priority: 3, concurrency: { key: "gpu", limit: 2 }, deadlineAt }, asks);
    await submit(store, { ...child, parent: parent.id });
    const [queued, urgent] = [await submit(store, newTask()), await submit(store, newTask({ priority: 2 }))];
    const woken = await begun({}, rests, { do: "wake", key: "c" });
    await live(store, await submit(store, newTask()), ...complete(newTask()));
    const holds = await begun({ concurrency: { key: "gpu", limit: 1, toEnd: true } }, rests);
    const running = await begun({ priority: -9 });
    const pages = [];
    let next: OpenPlace | null = null;
    do {
      const page: Awaited<ReturnType<Store["open"]>> = await store.open(next, 2);
      pages.push(page.tasks);
      next = page.next;
    } while (next !== null);
    const ids = pages.flat().map(({ id }) => id);
    expect(ids).toEqual([holds, running, urgent, queued, woken, parent, child].map(({ id }) => id));
    expect(pages.map(({ length }) => length)).toEqual([2, 2, 2, 1]);
    expect(await store.openCount()).toBe(7);
    expect(pages[2]?.[1]).toMatchObject({
      state: "input_required",
      priority: 3,
      deadlineAt,
      dueAt: null,
      concurrencyKey: "gpu",
      concurrencyLimit: 2,
      concurrencyToEnd: false,
      awaitsChild: true,
      ready: false,
      wakesAt: null,
    });
    expect(pages[3]?.[0]).toMatchObject({ state: "queued", parent: parent.id, ready: true });
  });

  test("what waits for children, or for them and a timer, sleeps, and so do children that time moves, unless they ask somebody", async () => {
    const store = await setup();
    const child: Wait = { on: "child", key: "c", since: START, until: null, child: "task_x" };
    const deadlineAt = START + 60_000;
    const resting = async (waits: Wait[], more: Partial<Task> = {}) =>
      await live(store, await submit(store, newTask(more)), ways.running[0] ?? commands.start, {
        do: "suspend",
        attempt: 1,
        waits,
        checkpoint: "c",
      });
    const parent = await resting([child]);
    const dated = await resting([child, { ...child, key: "d" }], { deadlineAt });
    const racing = await resting([timer, child]);
    const napping = await resting([timer], { parent: parent.id });
    const middle = await resting([child], { parent: parent.id });
    const delayed = await submit(store, newTask({ parent: parent.id, notBefore: START + 500 }));
    const awake = [
      await resting([question], { parent: parent.id }),
      await resting([child, question]),
      await submit(store, newTask({ parent: parent.id, kind: "external", queue: "q" })),
      await submit(store, newTask({ parent: parent.id })),
      await resting([child], { concurrency: { key: "k", limit: 1, toEnd: true } }),
    ];
    const { tasks } = await store.asleep({ wakesAt: 0, id: "" }, Number.MAX_SAFE_INTEGER, 20);
    const wakesAt = (task: Task) => tasks.find(({ id }) => id === task.id)?.wakesAt;
    expect([delayed, napping, racing, dated].map(wakesAt)).toEqual([500, 1_000, 1_000, 60_000].map((ms) => START + ms));
    expect([parent, middle].map(wakesAt)).toEqual([Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]);
    expect(tasks).toHaveLength(6);
    const { tasks: others } = await store.open(null, 20);
    expect(new Set(others.map(({ id }) => id))).toEqual(new Set(awake.map(({ id }) => id)));
    expect(others.map(({ wakesAt }) => wakesAt)).toEqual(Array(5).fill(null));
  });

  test("tells the open children of tasks, whose parents are not open, and who waits for a child that is not, in pages", async () => {
    const store = await setup();
    const ended = async (more: Partial<Task>) =>
      await live(store, await submit(store, newTask(more)), ...complete(newTask()));
    const waitsFor = (...children: Task[]): Command => ({
      do: "suspend",
      attempt: 1,
      waits: children.map(({ id }, at) => ({ on: "child", key: `${at}`, since: START, until: null, child: id })),
      checkpoint: "c",
    });
    const [parent, gone, other] = [await submit(store, newTask()), await ended({}), await submit(store, newTask())];
    const [first, second, third] = [newTask(), newTask(), newTask()];
    await submit(store, { ...first, parent: parent.id });
    const over = await ended({ parent: parent.id });
    await submit(store, { ...second, parent: parent.id, notBefore: START + 500 });
    await submit(store, { ...third, parent: gone.id });
    const places = [gone, other, parent].map(({ id }) => ({ parent: id, after: "" }));
    const [low = "", high = ""] = [first.id, second.id].sort();
    expect(await store.openBelow(places, 9)).toEqual([
      { parent: gone.id, id: third.id },
      { parent: parent.id, id: low },
      { parent: parent.id, id: high },
    ]);
    expect(await store.openBelow([{ parent: parent.id, after: low }, ...places], 1)).toEqual([
      { parent: parent.id, id: high },
    ]);
    const orphaned = [];
    for (let after: Below | null = { parent: "", id: "" }; after; ) {
      const page: Awaited<ReturnType<Store["orphaning"]>> = await store.orphaning(after, 1);
      orphaned.push(...page.parents);
      after = page.next;
    }
    expect(orphaned).toEqual([gone.id]);
    await live(store, parent, commands.start, waitsFor(first, second, over));
    await live(store, other, commands.start, waitsFor(newTask()));
    const vain = [];
    for (let after: AwaitedPlace | null = { number: 0, position: -1 }; after; ) {
      const page: Awaited<ReturnType<Store["awaitedInVain"]>> = await store.awaitedInVain(after, 2);
      expect(page.those.length).toBeLessThan(3);
      vain.push(...page.those.map(({ parent, id }) => [parent, id === over.id]));
      after = page.next;
    }
    expect(vain).toEqual([
      [parent.id, true],
      [other.id, false],
    ]);
  });

  test("tells what a queue gives out by priority and age alone, in that order, and counts it by queue", async () => {
    const store = await setup();
    const inQueue = (queue: string, fields: Parameters<typeof newTask>[0] = {}) =>
      submit(store, newTask({ kind: "external", queue, deadlineAt: START + 60_000, ...fields }));
    const [third, second] = [
      await inQueue("q", { createdAt: START + 2 }),
      await inQueue("q", { createdAt: START + 1 }),
    ];
    const [first, last] = [
      await inQueue("q", { priority: 1, createdAt: START + 9 }),
      await inQueue("q", { priority: -1 }),
    ];
    const others = [await inQueue("other"), await inQueue("q", { tenant: "other" })];
    const awake = [
      await inQueue("q", { concurrency: { key: "k", limit: 1 } }),
      await inQueue("q", { parent: first.id }),
    ];
    const delayed = await inQueue("q", { notBefore: START + 70_000 });
    const claimed = await inQueue("q");
    await live(store, claimed, commands.start);
    const of = { tenant: "acme", queue: "q" };
    const beforeAll = { afterUrgent: -100, createdAt: 0, id: "" };
    const page = await store.backlog(of, beforeAll, 3);
    expect(page.tasks).toEqual([first, second, third].map((task) => expect.objectContaining({ id: task.id })));
    expect(page.tasks[0]).toMatchObject({ state: "queued", queue: "q", ready: true, wakesAt: START + 60_000 });
    const next = page.next ?? beforeAll;
    expect(await store.backlog(of, next, 3)).toMatchObject({ tasks: [{ id: last.id }], next: null });
    expect(await store.oldestInBacklog(of, beforeAll)).toBe(START);
    expect(await store.oldestInBacklog(of, { ...beforeAll, afterUrgent: -1, createdAt: START + 9 })).toBe(START);
    expect(await store.oldestInBacklog(of, { afterUrgent: 0, createdAt: START + 1, id: "" })).toBe(START);
    expect(await store.oldestInBacklog(of, { afterUrgent: 1, createdAt: START + 1, id: "" })).toBe(null);
    const awakeIds = (await store.open(null, 10)).tasks.map(({ id }) => id);
    expect(awakeIds.sort()).toEqual([claimed, ...awake].map(({ id }) => id).sort());
    const { those } = await store.asleepNumbers({ wakesAt: 0, id: "" }, 20);
    const numbersOf = (queue: object | null) =>
      those.flatMap((group) => (JSON.stringify(group.queue) === JSON.stringify(queue) ? group.numbers : []));
    const numbers = async (ids: string[]) => (await store.tasks(ids)).map(({ number }) => number);
    expect(numbersOf(of).sort()).toEqual((await numbers([first, second, third, last].map(({ id }) => id))).sort());
    expect(numbersOf(null)).toEqual(await numbers([delayed.id]));
    expect(those).toHaveLength(2 + others.length);
  });
}

/** Guards that differ from the task's in one part each. */
function otherGuards(task: Task) {
  const { revision, state, attempt } = task;
  return [
    { revision: revision + 1, state, attempt },
    { revision, state: state === "queued" ? ("running" as const) : ("queued" as const), attempt },
    { revision, state, attempt: attempt + 1 },
    null,
  ];
}
