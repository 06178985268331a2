/** Subscriptions, and the log of their deliveries. */
import { expect, test } from "vitest";
import { submitted } from "../../task/decide.ts";
import { uuidFromBytes, uuidV7Bytes } from "../../task/id.ts";
import { type Delivery, SUBSCRIPTIONS_OF_TASK_MAX, type Subscription } from "../../task/subscription.ts";
import type { Store } from "../store.ts";
import { DELIVERIES_KEPT_MAX } from "../subscription-store.ts";
import { complete, decided, live, submit } from "./life.suite.ts";
import { newTask, START } from "./new-task.suite.ts";

const ada = { tenant: "acme", user: "ada" };

let made = 0;

export function newSubscription(task: string | null, fields: Partial<Subscription> = {}): Subscription {
  made++;
  const random = new Uint8Array(16).fill(made % 256);
  const key = uuidFromBytes(uuidV7Bytes(START + made, random));
  return {
    settings: { scheme: "Bearer" },
    ...{ key, id: key, task, standing: null, ...ada, version: 1, done: false },
    ...{
      url: "https://example.com/hook",
      format: "native",
      events: ["task.completed"],
      secrets: { secret: "whsec_☃" },
    },
    ...{ cursor: 3, announces: true, state: "active", reason: null, attempts: 0, dueAt: null, failures: 0 },
    ...{ error: null, givenUp: null, chooses: null, createdAt: START, updatedAt: START },
    ...fields,
  };
}

function delivery(seq: number, fields: Partial<Delivery> = {}): Omit<Delivery, "n"> {
  return {
    ...{
      task: null,
      seq,
      type: "task.started",
      attempt: 1,
      at: START,
      ms: 12,
      outcome: "delivered",
      status: 204,
      error: null,
    },
    ...fields,
  };
}

function act(name: string) {
  return {
    tenant: "acme",
    at: START,
    user: "ada",
    keyId: "k1",
    act: `subscriptions.${name}`,
    task: null,
    origin: null,
    detail: {},
  };
}

export function subscriptionStories(setup: () => Promise<Store>): void {
  test("a subscription is its owner's alone, and goes with its task", async () => {
    const store = await setup();
    const { subscriptions } = store;
    const task = await submit(store, newTask());
    const kept = newSubscription(task.id, { id: "mine" });
    await subscriptions.put(kept, act("create"));
    expect(await subscriptions.find(ada, task.id, "mine")).toEqual(kept);
    expect(await subscriptions.get(kept.key)).toEqual(kept);
    expect(await subscriptions.find({ ...ada, user: "bob" }, task.id, "mine")).toBeNull();
    expect(await subscriptions.find({ ...ada, tenant: "other" }, task.id, "mine")).toBeNull();
    const ended = await live(store, task, ...complete(task));
    await store.apply([decided(ended, { do: "delete" })]);
    expect(await subscriptions.get(kept.key)).toBeNull();
    await expect(subscriptions.put(newSubscription(task.id), act("create"))).rejects.toMatchObject({
      code: "not_found",
    });
    await store.sweep(START + 1e12, 100);
    expect(await subscriptions.unfinished("", 10)).toEqual([]);
  });

  test("one of the same id takes the place of the one before it, and a task has so many of one owner", async () => {
    const store = await setup();
    const { subscriptions } = store;
    const task = await submit(store, newTask());
    await subscriptions.put(newSubscription(task.id, { id: "a", url: "https://one.example" }), act("create"));
    const second = newSubscription(task.id, { id: "a", url: "https://two.example" });
    await subscriptions.put(second, act("create"));
    expect(await subscriptions.list(ada, task.id)).toEqual([second]);
    for (let n = 1; n < SUBSCRIPTIONS_OF_TASK_MAX; n++)
      await subscriptions.put(newSubscription(task.id), act("create"));
    const more = subscriptions.put(newSubscription(task.id), act("create"));
    await expect(more).rejects.toMatchObject({ code: "conflict" });
    await subscriptions.put({ ...second, key: newSubscription(null).key }, act("create"));
    await subscriptions.put(newSubscription(task.id, { user: "bob" }), act("create"));
    expect(await subscriptions.list(ada, task.id)).toHaveLength(SUBSCRIPTIONS_OF_TASK_MAX);
  });

  test("one that comes with a submit is there with its task, or neither is", async () => {
    const store = await setup();
    const task = newTask();
    const along = newSubscription(task.id);
    const heard: unknown[] = [];
    store.subscriptions.changes((changed) => heard.push(changed));
    await submit(store, task, { subscriptions: [along] });
    expect(await store.subscriptions.list(ada, task.id)).toEqual([along]);
    expect(heard).toEqual([{ key: along.key, task: task.id, standing: null }]);
    expect(await store.apply([{ ...submitted(task), subscriptions: [newSubscription(task.id)] }])).toMatchObject({
      ok: false,
    });
    expect(heard).toHaveLength(1);
  });

  test("one that comes with a change of its task is there with it, or neither is, and takes the place of its name", async () => {
    const store = await setup();
    const task = await submit(store, newTask());
    const begun = decided(task, { do: "start" });
    const first = newSubscription(task.id, { id: "mine" });
    await store.apply([{ ...begun, subscriptions: [first] }]);
    expect(await store.subscriptions.list(ada, task.id)).toEqual([first]);
    const late = newSubscription(task.id, { id: "mine" });
    expect(await store.apply([{ ...begun, subscriptions: [late] }])).toMatchObject({ ok: false, why: "stale" });
    expect(await store.subscriptions.list(ada, task.id)).toEqual([first]);
    const others = newSubscription(task.id, { id: "mine", user: "bob" });
    await store.apply([
      { ...decided(begun.task, { do: "cancel", by: "ada", reason: "" }), subscriptions: [late, others] },
    ]);
    expect(await store.subscriptions.list(ada, task.id)).toEqual([late]);
  });

  test("a change follows on the version that it names, and brings an entry of the log, of which the last ones stay", async () => {
    const store = await setup();
    const { subscriptions } = store;
    const task = await submit(store, newTask());
    let now = newSubscription(task.id);
    await subscriptions.put(now, act("create"));
    const heard: unknown[] = [];
    subscriptions.changes((changed) => heard.push(changed));
    for (let seq = 4; seq < DELIVERIES_KEPT_MAX + 10; seq++) {
      const next = { ...now, version: now.version + 1, cursor: seq };
      expect(await subscriptions.change(next, { delivery: delivery(seq) })).toBe(true);
      expect(await subscriptions.change(next, { delivery: delivery(seq) })).toBe(false);
      now = next;
    }
    expect(await subscriptions.get(now.key)).toEqual(now);
    const entries = await subscriptions.deliveries(now.key, { limit: 1_000 });
    expect(entries).toHaveLength(DELIVERIES_KEPT_MAX);
    expect(entries[0]).toEqual({ n: DELIVERIES_KEPT_MAX + 6, ...delivery(DELIVERIES_KEPT_MAX + 9) });
    const before = entries[1]?.n ?? 0;
    expect((await subscriptions.deliveries(now.key, { limit: 2, before })).map(({ n }) => n)).toEqual([
      before - 1,
      before - 2,
    ]);
    expect(heard).toEqual([]);
    expect(await subscriptions.change({ ...now, version: now.version + 1 }, { audit: act("enable") })).toBe(true);
    expect(await subscriptions.remove(now, act("delete"))).toBe(true);
    expect(await subscriptions.remove(now, act("delete"))).toBe(false);
    expect(heard).toEqual([
      { key: now.key, task: task.id, standing: null },
      { key: now.key, task: task.id, standing: null },
    ]);
    expect(await subscriptions.deliveries(now.key, { limit: 9 })).toEqual([]);
    expect((await store.audit.page({}, { before: null }, 9)).entries.map(({ act }) => act)).toEqual([
      "subscriptions.delete",
      "subscriptions.enable",
      "subscriptions.create",
    ]);
  });

  test("what is unfinished is found in pages: not what is disabled, and not what has nothing left to tell", async () => {
    const store = await setup();
    const { subscriptions } = store;
    const task = await submit(store, newTask());
    const kept = [
      newSubscription(task.id, { dueAt: START + 5 }),
      newSubscription(task.id, { user: "bob" }),
      newSubscription(task.id, { done: true }),
      newSubscription(task.id, { state: "disabled", reason: "dead" }),
    ];
    for (const each of kept) await subscriptions.put(each, act("create"));
    const [first, second] = kept;
    const url = "https://example.com/hook";
    expect(await subscriptions.unfinished("", 1)).toEqual([
      { key: first?.key, task: task.id, standing: null, owner: ada, url, dueAt: START + 5 },
    ]);
    expect(await subscriptions.unfinished(second?.key ?? "", 9)).toEqual([
      { key: second?.key, task: task.id, standing: null, owner: { ...ada, user: "bob" }, url, dueAt: null },
    ]);
  });

  test("one of all tasks begins a cursor with each new task that it chooses, which says only how far it is", async () => {
    const store = await setup();
    const { subscriptions } = store;
    const old = await submit(store, newTask());
    const standing = newSubscription(null, {
      chooses: { kinds: ["agent"], agents: ["poet"], metadata: { team: "red", n: "7" } },
    });
    await subscriptions.put(standing, act("create"));
    const heard: unknown[] = [];
    subscriptions.changes((changed) => heard.push(changed));
    const input = { agent: "poet", query: "x" };
    const fits = { kind: "agent", input, metadata: { team: "red", n: 7, more: true } };
    const task = await submit(store, newTask(fits));
    for (const other of [
      { kind: "human" },
      { input: {} },
      { metadata: { team: "red" } },
      { user: "bob" },
      { tenant: "b" },
    ])
      await submit(store, newTask({ ...fits, ...other }));
    await submit(store, newTask({ ...fits, parent: task.id, depth: 1 }));
    const key = `${standing.key}_${task.id}`;
    expect(heard).toEqual([{ key, task: task.id, standing: standing.key }]);
    expect(await subscriptions.list(ada, old.id)).toEqual([]);
    const [cursor] = await subscriptions.list(ada, task.id);
    expect(cursor).toMatchObject({
      key,
      standing: standing.key,
      cursor: 0,
      url: standing.url,
      secrets: standing.secrets,
    });
    expect((await subscriptions.unfinished("", 9)).map((each) => [each.key, each.url])).toEqual([[key, standing.url]]);
    const [found] = await subscriptions.unfinished("", 9);
    expect(await subscriptions.cursorsOf([task.id, old.id])).toEqual([found]);
    await subscriptions.change({ ...standing, version: 2, state: "disabled", reason: "dead" }, { audit: act("x") });
    expect(await subscriptions.get(key)).toMatchObject({ state: "disabled", reason: "dead" });
    expect(await subscriptions.unfinished("", 9)).toEqual([]);
    await subscriptions.remove(standing, act("delete"));
    expect(await subscriptions.get(key)).toBeNull();
    expect(await subscriptions.list(ada, task.id)).toEqual([]);
  });

  test("what comes with one of all tasks in one commit begins a cursor while it is there, and not before or after", async () => {
    const store = await setup();
    const { subscriptions } = store;
    const standing = newSubscription(null, { chooses: {} });
    const other = newSubscription(null, { chooses: {} });
    const [before, , during, , after, , again] = await Promise.all([
      submit(store, newTask()),
      subscriptions.put(standing, act("create")),
      submit(store, newTask()),
      subscriptions.remove(standing, act("delete")),
      submit(store, newTask()),
      subscriptions.put(other, act("create")),
      submit(store, newTask()),
    ]);
    const begun = async (of: Subscription, { id }: { id: string }) =>
      (await subscriptions.get(`${of.key}_${id}`)) !== null;
    for (const task of [before, during, after]) expect(await begun(other, task)).toBe(false);
    expect(await begun(other, again)).toBe(true);
    await subscriptions.put(standing, act("create"));
    expect(await begun(standing, during)).toBe(true);
    for (const task of [before, after, again]) expect(await begun(standing, task)).toBe(false);
  });

  test("of what one of all tasks tells, attempts are in its log, and failures in a row are its own", async () => {
    const store = await setup();
    const { subscriptions } = store;
    const standing = newSubscription(null, { chooses: { everybody: true } });
    await subscriptions.put(standing, act("create"));
    const tasks = [await submit(store, newTask()), await submit(store, newTask({ user: "bob" }))];
    const now = () => subscriptions.find(ada, null, standing.id);
    const attempt = async (task: string, outcome: Delivery["outcome"], at: number) => {
      const cursor = await subscriptions.get(`${standing.key}_${task}`);
      if (!cursor) throw new Error("There is no cursor.");
      const answer = { status: 503, error: "HTTP 503", failuresMax: 3, at, askedMs: null };
      const after = { ...cursor, version: cursor.version + 1, ...(outcome === "given_up" && { givenUp: 1 }) };
      const attempted = { ...answer, outcome };
      await subscriptions.change(after, { delivery: delivery(1, { task, outcome }), attempted });
    };
    const [first = "", second = ""] = tasks.map(({ id }) => id);
    await attempt(first, "retrying", START);
    await attempt(second, "retrying", START + 500);
    expect(await now()).toMatchObject({ failures: 1, dueAt: START + 1_000, error: "HTTP 503" });
    expect(await subscriptions.get(`${standing.key}_${second}`)).toMatchObject({ dueAt: START + 1_000 });
    await attempt(second, "delivered", START + 1_500);
    expect(await now()).toMatchObject({ failures: 0, dueAt: null, error: null });
    for (const at of [2_000, 9_000]) await attempt(first, "retrying", START + at);
    await attempt(first, "given_up", START + 99_000);
    expect(await now()).toMatchObject({ state: "disabled", failures: 3, reason: "3 attempts in a row have failed." });
    const log = await subscriptions.deliveries(standing.key, { limit: 9 });
    expect(log.map(({ task, outcome }) => [task, outcome])).toEqual([
      ...[
        [first, "given_up"],
        [first, "retrying"],
        [first, "retrying"],
      ],
      ...[
        [second, "delivered"],
        [second, "retrying"],
        [first, "retrying"],
      ],
    ]);
    expect((await subscriptions.givenUp(standing.key, "", 9)).subscriptions.map(({ task }) => task)).toEqual([first]);
  });
}
