/** What lists show: against a plain model, page by page. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Command } from "../../task/decide.ts";
import { openQuestions } from "../../task/people/questions.ts";
import type { Task } from "../../task/task.ts";
import type { TaskFilter } from "../../task/task-filter.ts";
import { isAmong, type Visible } from "../../task/visibility.ts";
import type { Store } from "../store.ts";
import { ADA, code, complete, EVERYBODY, live, submit } from "./life.suite.ts";
import { newConversation, newConversationId, newTask, START } from "./new-task.suite.ts";

const MINUTE = 60_000;
const KINDS = ["agent", "human", "external"] as const;
const USERS = ["ada", "bob"] as const;
const TENANTS = ["acme", "other"] as const;

/** Some hundred tasks over three days, of every owner, kind and some states; those deleted again are left out. */
async function populate(store: Store): Promise<Task[]> {
  const conversations: [string, string] = [newConversationId(), newConversationId()];
  for (const id of conversations) {
    const conversation = newConversation({ id });
    await submit(store, newTask({ tenant: "elsewhere", conversation: id }), {
      conversation: { conversation, alias: null },
    });
  }
  const numbers = Array.from({ length: 240 }, (_, index) => index);
  const pick = <Item>(from: readonly [Item, ...Item[]], at: number): Item => from[at % from.length] ?? from[0];
  const submits = numbers.map(async (n) => {
    const task = newTask({
      tenant: pick(TENANTS, Math.floor(n / 5) === 3 ? 1 : 0),
      user: pick(USERS, Math.floor(n / 3)),
      kind: pick(KINDS, Math.floor(n / 7)),
      // Uneven, with several in one millisecond, and across ends of ten minutes and of days.
      createdAt: START + Math.floor((Math.floor(n / 4) * 72 * MINUTE) / (1 + (n % 2))) - (n % 5 === 0 ? 1 : 0),
      conversation: n % 4 === 0 ? pick(conversations, n) : null,
      parent: n % 9 === 0 ? "task_parent" : null,
      metadata: n % 6 === 0 ? { team: n % 12 === 0 ? "red" : "blue", n } : {},
      title: n % 10 === 0 ? "Häuser zählen" : "Count ships",
    });
    const kept = await submit(store, task);
    if (n % 24 === 1) return live(store, kept, { do: "start" }, asks(n));
    if (n % 3 === 1) return live(store, kept, { do: "start" });
    if (n % 3 === 2) return live(store, kept, ...complete(kept));
    return kept;
  });
  const tasks = await Promise.all(submits);
  const [gone] = tasks.filter(({ state }) => state === "completed");
  if (gone) await live(store, gone, { do: "delete" });
  return tasks.filter((task) => task !== gone);
}

/** A question beside other work, or one that the task rests at. */
function asks(n: number): Command {
  const question = {
    on: "input" as const,
    key: "/go#0",
    since: START,
    until: null,
    prompt: { name: "go", asks: "approval" as const, text: "Go on?", schema: null },
  };
  if (n % 48 === 1) return { do: "record", attempt: 1, record: { events: [], asked: [question] } };
  return { do: "suspend", attempt: 1, waits: [question], checkpoint: "go" };
}

function matches(task: Task, visible: Visible, filter: TaskFilter): boolean {
  return (
    isAmong(visible, task) &&
    (filter.states?.includes(task.state) ?? true) &&
    (filter.kinds?.includes(task.kind) ?? true) &&
    (filter.conversation === undefined || task.conversation === filter.conversation) &&
    (filter.parent === undefined || task.parent === filter.parent) &&
    (filter.asks === undefined || openQuestions(task).length > 0) &&
    task.createdAt >= (filter.createdFrom ?? 0) &&
    task.createdAt < (filter.createdBefore ?? Number.POSITIVE_INFINITY) &&
    Object.entries(filter.metadata ?? {}).every(([key, value]) => String(task.metadata[key]) === value)
  );
}

/** Most filters name one or two things: naming all would match nothing. */
function sometimes<Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
}

const exactTime = fc.integer({ min: START - 10 * MINUTE, max: START + 75 * 60 * MINUTE });
const roundTime = fc.integer({ min: 0, max: 450 }).map((n) => START - (START % (10 * MINUTE)) + n * 10 * MINUTE);
const someTime = fc.oneof(exactTime, roundTime);
const someRange = fc.tuple(someTime, someTime, fc.boolean(), fc.boolean()).map(([one, other, hasFrom, hasBefore]) => ({
  ...(hasFrom && { createdFrom: Math.min(one, other) }),
  ...(hasBefore && { createdBefore: Math.max(one, other) }),
}));
const someStates = fc.subarray(["queued", "running", "completed"] as const, { minLength: 1 });
const someVisible = fc.record({
  tenant: fc.oneof({ weight: 9, arbitrary: fc.constant("acme") }, { weight: 1, arbitrary: fc.constant("other") }),
  user: fc.constantFrom(null, ...USERS),
});

/** Hundreds of pages. */
export function comparedLists(setup: () => Promise<Store>): void {
  test("every filter, page and total is what a plain filter of all tasks gives", async () => {
    const store = await setup();
    const tasks = await populate(store);
    const conversations = [...new Set(tasks.flatMap(({ conversation }) => conversation ?? []))];
    const named = fc.oneof(
      fc.constantFrom(...conversations).map((conversation): TaskFilter => ({ conversation })),
      fc.constant<TaskFilter>({ parent: "task_parent" }),
      fc.constant<TaskFilter>({ asks: true }),
      fc.constantFrom("red", "blue").map((team): TaskFilter => ({ metadata: { team } })),
    );
    const query = fc.record({
      visible: someVisible,
      states: sometimes(someStates),
      kinds: sometimes(fc.subarray([...KINDS], { minLength: 1 })),
      range: sometimes(someRange),
      named: sometimes(named),
      limit: fc.integer({ min: 1, max: 30 }),
      offset: fc.oneof(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 60 })),
    });
    /** What was drawn is only worth something when both ways of making a page had much to leave out. */
    const skipped = { byTotals: 0, byIndex: 0, acrossCursors: 0 };
    await fc.assert(
      fc.asyncProperty(query, async ({ visible, states, kinds, range, named, limit, offset }) => {
        const filter: TaskFilter = { ...(states && { states }), ...(kinds && { kinds }), ...range, ...named };
        const expected = tasks.filter((task) => matches(task, visible, filter));
        const times = expected.map(({ createdAt }) => createdAt).sort((a, b) => b - a);
        const page = await store.list(visible, filter, { limit, offset });
        expect(page.total).toBe(expected.length);
        expect(page.tasks.map(({ createdAt }) => createdAt)).toEqual(times.slice(offset, offset + limit));
        expect(page.next === null).toBe(expected.length <= offset + limit);
        if (offset > 0 && page.tasks.length > 0) skipped[named ? "byIndex" : "byTotals"]++;

        const first = await store.list(visible, filter, { limit });
        const seen = [...first.tasks];
        for (let cursor = first.next; cursor !== null; ) {
          const following = await store.list(visible, filter, { limit, cursor });
          seen.push(...following.tasks);
          cursor = following.next;
          skipped.acrossCursors++;
        }
        expect(seen.map(({ createdAt }) => createdAt)).toEqual(times);
        expect(seen.map(({ id }) => id).sort()).toEqual(expected.map(({ id }) => id).sort());
      }),
      { numRuns: 100 },
    );
    expect(Math.min(...Object.values(skipped)), JSON.stringify(skipped)).toBeGreaterThan(0);
    expect(await store.check()).toEqual([]);
  });
}

export function listStories(setup: () => Promise<Store>): void {
  test("a deleted task is gone from reads, lists and totals, and the others stay", async () => {
    const store = await setup();
    const kept = await submit(store, newTask());
    const gone = newTask();
    await live(store, await submit(store, gone), ...complete(gone), { do: "delete" });
    expect(await store.task(gone.id)).toBeNull();
    expect(await store.tasks([gone.id, kept.id])).toEqual([kept]);
    expect(await store.list(EVERYBODY, {}, { limit: 10 })).toEqual({ tasks: [kept], total: 1, next: null });
    expect((await store.list(EVERYBODY, { states: ["completed"] }, { limit: 10 })).total).toBe(0);
    expect((await store.list(EVERYBODY, { text: "capital" }, { limit: 10 })).tasks).toEqual([kept]);
  });

  test("a cursor that no list returned is invalid", async () => {
    const store = await setup();
    for (const cursor of ["", "x", "eyJhIjoxfQ", "WzEsMl0x", "[1,2]", "a".repeat(10_000), "\u0000", "WyItMSIsMl0"]) {
      expect(await code(store.list(EVERYBODY, {}, { limit: 10, cursor }))).toBe("invalid");
    }
  });

  test("words are found in titles and inputs, all of them, whatever they look like", async () => {
    const store = await setup();
    const ships = await submit(
      store,
      newTask({ title: "Count the ships", input: { query: "in the harbour of Kiel" } }),
    );
    await submit(store, newTask({ title: "Häuser zählen", user: "bob" }));
    const chinese = await submit(store, newTask({ title: "", input: { nested: [{ deep: "巴黎是法国的首都" }] } }));
    const find = async (text: string, visible: Visible = ADA) =>
      (await store.list(visible, { text }, { limit: 10 })).tasks.map(({ id }) => id);
    expect(await find("counting ship")).toEqual([ships.id]);
    expect(await find("ships KIEL")).toEqual([ships.id]);
    expect(await find("ships lübeck")).toEqual([]);
    expect(await find("hauser")).toEqual([]);
    expect(await find("hauser", EVERYBODY)).toHaveLength(1);
    expect(await find("法国")).toEqual([chinese.id]);
    expect(await find('ships" OR title:x NEAR( *')).toEqual([]);
    expect(await find("query")).toEqual([]);
    for (const text of ["", " ", '"*()', "x ".repeat(1000)]) {
      expect(await code(store.list(EVERYBODY, { text }, { limit: 10 }))).toBe("invalid");
    }
  });

  test("a list sees what was acknowledged just before it", async () => {
    const store = await setup();
    for (let n = 1; n <= 30; n++) {
      const task = await submit(store, newTask({ createdAt: START + n }));
      const page = await store.list(EVERYBODY, {}, { limit: 1 });
      expect([page.total, page.tasks[0]?.id]).toEqual([n, task.id]);
    }
  });
}
