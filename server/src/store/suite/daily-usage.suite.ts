/** What paid calls add up to by day, user, agent and model: with the calls themselves, once, and for good. */
import { expect, test } from "vitest";
import { DAY_MS, type UsageRow } from "../../task/daily-usage.ts";
import type { Task } from "../../task/task.ts";
import type { UsageCall } from "../../task/usage.ts";
import type { Store } from "../store.ts";
import { ADA, code, decided, EVERYBODY, live, paidCall, submit } from "./life.suite.ts";
import { newTask, START } from "./new-task.suite.ts";

const DAY = START - (START % DAY_MS);
const ALWAYS = { from: DAY - 10 * DAY_MS, before: DAY + 10 * DAY_MS };
const PAGE = { limit: 100 };

export function dailyUsageStories(setup: () => Promise<Store>): void {
  const running = async (store: Store, fields: Parameters<typeof newTask>[0] = {}) =>
    live(store, await submit(store, newTask(fields)), { do: "start" });
  const paid = (task: Task, usage: UsageCall[], at: number) =>
    decided(task, { do: "record", attempt: 1, record: { events: [], usage } }, at);
  const pay = async (store: Store, task: Task, usage: UsageCall[], at: number) => {
    const change = paid(task, usage, at);
    expect(await store.apply([{ ...change, usage }])).toEqual({ ok: true });
    return change.task;
  };
  /** Ada pays on two days, Bob and another tenant on the second one. */
  const spendAll = async (store: Store) => {
    const ada = await pay(store, await running(store), [paidCall("a"), paidCall("b", 5)], DAY + DAY_MS - 1);
    const more = { model: "m2", agent: "writer", costUsd: null, estimated: true as const, cacheReadTokens: 3 };
    await pay(store, ada, [{ ...paidCall("c"), ...more }], DAY + DAY_MS);
    await pay(store, await running(store, { user: "bob" }), [paidCall("a", 7)], DAY + DAY_MS);
    await pay(store, await running(store, { tenant: "other" }), [paidCall("a", 1_000)], DAY + DAY_MS);
  };
  const short = ({ day, user, agent, provider, model, calls, inputTokens, costUsd }: UsageRow) => [
    day === null ? null : (day - DAY) / DAY_MS,
    ...[user, agent, provider, model, calls, inputTokens, costUsd],
  ];

  test("calls are added up by UTC days, users, agents and models, latest day first", async () => {
    const store = await setup();
    await spendAll(store);
    const all = await store.dailyUsage.sums(EVERYBODY, ALWAYS, ["day", "user", "agent", "model"], PAGE);
    expect(all.rows.map(short)).toEqual([
      [1, "ada", "writer", "local", "m2", 1, 10, 0],
      [1, "bob", "default", "local", "reference", 1, 7, 0.5],
      [0, "ada", "default", "local", "reference", 2, 15, 1],
    ]);
    expect(all.rows[0]).toMatchObject({ outputTokens: 10, cacheReadTokens: 3, unpricedCalls: 1, estimatedCalls: 1 });
    const total = { calls: 4, inputTokens: 32, outputTokens: 32, cacheReadTokens: 3, cacheWriteTokens: 0 };
    expect(all.total).toEqual({ ...total, costUsd: 1.5, unpricedCalls: 1, estimatedCalls: 1 });
    const byModel = await store.dailyUsage.sums(EVERYBODY, ALWAYS, ["model"], PAGE);
    expect(byModel.rows.map(short)).toEqual([
      [null, null, null, "local", "m2", 1, 10, 0],
      [null, null, null, "local", "reference", 3, 22, 1.5],
    ]);
    expect(byModel.total).toEqual(all.total);
  });

  test("a payment that comes again in its place counts once, and so does the next one there", async () => {
    const store = await setup();
    const { key: _key, ...call } = paidCall("a");
    const payment = { id: "one", place: "p", owner: { tenant: "acme", user: "ada" }, at: DAY, calls: [call] };
    const next = { ...payment, id: "two", owner: { tenant: "acme", user: "bob" }, at: DAY + 1 };
    const beside = { ...payment, id: "three", place: "q" };
    for (const each of [payment, beside, payment, beside, next, next]) await store.dailyUsage.add(each);
    await store.dailyUsage.add(payment);
    const { rows } = await store.dailyUsage.sums(EVERYBODY, ALWAYS, ["user"], PAGE);
    // One that was followed in its place by another is not known any more.
    expect(rows.map(({ user, calls }) => [user, calls])).toEqual([
      ["ada", 3],
      ["bob", 1],
    ]);
  });

  test("of a user's day a thousand agents and models have sums of their own, and all further ones one together", async () => {
    const store = await setup();
    const { key: _key, ...call } = paidCall("a");
    const pays = (user: string, from: number, count: number) => {
      const name = `${user} ${from} ${count}`;
      const calls = Array.from({ length: count }, (_, n) => ({ ...call, agent: `agent-${from + n}` }));
      return store.dailyUsage.add({ id: name, place: name, owner: { tenant: "acme", user }, at: DAY, calls });
    };
    await pays("ada", 0, 999);
    await pays("ada", 998, 5);
    await pays("ada", 0, 1);
    await pays("bob", 5_000, 1);
    const { rows, total } = await store.dailyUsage.sums(ADA, ALWAYS, ["agent"], { limit: 2_000 });
    expect([rows.length, total.calls]).toEqual([1_001, 1_005]);
    const calls = Object.fromEntries(rows.map((row) => [row.agent, row.calls]));
    expect([calls["agent-0"], calls["agent-998"], calls["agent-999"], calls["(others)"]]).toEqual([2, 2, 1, 3]);
    const bobs = await store.dailyUsage.sums(EVERYBODY, { ...ALWAYS, user: "bob" }, ["agent"], PAGE);
    expect(bobs.rows.map(({ agent }) => agent)).toEqual(["agent-5000"]);
  });

  test("a filter leaves out other days, users, agents and models, and one user sees none of another's", async () => {
    const store = await setup();
    await spendAll(store);
    const calls = async (filter: object, visible: typeof ADA | typeof EVERYBODY = EVERYBODY) =>
      (await store.dailyUsage.sums(visible, { ...ALWAYS, ...filter }, ["day"], PAGE)).total.calls;
    expect(await calls({ before: DAY + DAY_MS })).toBe(2);
    expect(await calls({ from: DAY + DAY_MS })).toBe(2);
    expect(await calls({ user: "bob" })).toBe(1);
    expect(await calls({ agent: "writer" })).toBe(1);
    expect(await calls({ provider: "local", model: "reference" })).toBe(3);
    expect(await calls({ provider: "remote" })).toBe(0);
    expect(await calls({}, ADA)).toBe(3);
    expect(await calls({ user: "bob" }, ADA)).toBe(0);
  });

  test("pages go on where the last one ended, in every order, and no other cursor is taken", async () => {
    const store = await setup();
    await spendAll(store);
    for (const groups of [["day"], ["user"], ["day", "user", "agent", "model"], ["model"]] as const) {
      const { rows, total } = await store.dailyUsage.sums(EVERYBODY, ALWAYS, groups, PAGE);
      const paged: UsageRow[] = [];
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const page = { limit: 1, ...(cursor !== undefined && { cursor }) };
        const next = await store.dailyUsage.sums(EVERYBODY, ALWAYS, groups, page);
        expect(next.total).toEqual(total);
        paged.push(...next.rows);
        cursor = next.next;
      }
      expect(paged).toEqual(rows);
    }
    const { next } = await store.dailyUsage.sums(EVERYBODY, ALWAYS, ["day"], { limit: 1 });
    for (const cursor of ["", "x", "W10", next ?? "", "x".repeat(10_000)]) {
      const asked = async () => store.dailyUsage.sums(EVERYBODY, ALWAYS, ["user"], { limit: 1, cursor });
      expect(await code(asked())).toBe("invalid");
    }
  });

  test("a call that is reported twice counts once, and so does one whose change is refused", async () => {
    const store = await setup();
    const task = await running(store);
    const late = paid(task, [paidCall("late")], START + 9);
    const after = await pay(store, task, [paidCall("a")], START + 5);
    expect(await store.apply([{ ...late, usage: [paidCall("late")] }])).toMatchObject({ why: "stale" });
    const twice = paid(after, [paidCall("a")], START + 9);
    expect(await store.apply([{ ...twice, usage: [paidCall("a")] }])).toMatchObject({ why: "duplicate" });
    expect((await store.dailyUsage.sums(EVERYBODY, ALWAYS, ["day"], PAGE)).total).toMatchObject({ calls: 1 });
  });

  test("it stays when its tasks are deleted and swept", async () => {
    const store = await setup();
    const task = await pay(store, await running(store), [paidCall("a")], START + 5);
    await live(store, task, { do: "cancel", by: "ada", reason: "" }, { do: "delete" });
    await submit(store, newTask());
    expect(await store.sweep(START + DAY_MS, 10)).toBe(1);
    const { total } = await store.dailyUsage.sums(EVERYBODY, ALWAYS, ["day"], PAGE);
    expect(total).toMatchObject({ calls: 1, inputTokens: 10, costUsd: 0.5 });
  });

  test("names and counts beyond all measure are kept, the names cut, the counts as the largest that can be written", async () => {
    const store = await setup();
    const big = { ...paidCall("a"), model: `${"m".repeat(254)}😀`, inputTokens: Number.MAX_SAFE_INTEGER };
    await pay(store, await running(store), [big, { ...big, key: "b" }], START + 5);
    const { rows } = await store.dailyUsage.sums(EVERYBODY, ALWAYS, ["model"], PAGE);
    expect(rows).toMatchObject([{ calls: 2, model: `${"m".repeat(254)}\ufffd`, inputTokens: Number.MAX_SAFE_INTEGER }]);
  });
}
