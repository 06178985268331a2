/** What a store keeps beside tasks, and what it lets go. */
import { expect, test } from "vitest";
import { submitted } from "../../task/decide.ts";
import type { Store, StoredKey } from "../store.ts";
import { code, complete, EVERYBODY, live, submit } from "./life.suite.ts";
import { newTask, START } from "./new-task.suite.ts";

const DAY = 86_400_000;

function key(fields: Partial<StoredKey>): StoredKey {
  return {
    id: "k1",
    name: "laptop",
    tenant: "acme",
    user: "ada",
    scopes: ["tasks", "admin"],
    createdAt: START,
    expiresAt: null,
    revokedAt: null,
    hint: "wxyz",
    hash: "a".repeat(64),
    ...fields,
  };
}

function act(at: number, task: string | null = null) {
  return { tenant: "acme", at, user: "ada", keyId: "k1", act: "tasks.cancel", task, detail: { why: "late" } };
}

export function keepingStories(setup: () => Promise<Store>): void {
  test("keys are found by their hash, listed by tenant, and revoked in place", async () => {
    const store = await setup();
    expect(await store.countKeys()).toBe(0);
    await store.putKey(key({}), act(START));
    await store.putKey(key({ id: "k2", tenant: "other", hash: "b".repeat(64) }), act(START));
    expect(await store.keyByHash("a".repeat(64))).toEqual(key({}));
    expect(await store.keyByHash("c".repeat(64))).toBeNull();
    expect(await store.countKeys()).toBe(2);
    await store.putKey(key({ revokedAt: START + 1 }), act(START + 1));
    expect(await store.keys("acme")).toEqual([key({ revokedAt: START + 1 })]);
    expect(await store.countKeys()).toBe(1);
  });

  test("the audit log is read newest first, by tenant, time and task", async () => {
    const store = await setup();
    const task = await submit(store, newTask(), { audit: act(START) });
    await store.apply([{ ...submitted(newTask()), audit: act(START + 1, task.id) }]);
    await store.apply([{ ...submitted(newTask()), audit: { ...act(START + 2), tenant: "other" } }]);
    const { tenant: _, ...entry } = act(START + 1, task.id);
    expect(await store.audit("acme", { limit: 1 })).toEqual([entry]);
    expect((await store.audit("acme", { limit: 9, before: START + 1 })).map(({ at }) => at)).toEqual([START]);
    expect((await store.audit("acme", { limit: 9, task: task.id })).map(({ at }) => at)).toEqual([START + 1]);
    expect(await store.audit("other", { limit: 9, task: task.id })).toEqual([]);
  });

  test("a setting is there until it is put anew", async () => {
    const store = await setup();
    expect(await store.setting("process")).toBeNull();
    await store.putSetting("process", { clean: true });
    await store.putSetting("process", { clean: false });
    expect(await store.setting("process")).toEqual({ clean: false });
  });

  test("a sweep takes what ended long ago with all that hangs on it, some at a time", async () => {
    const store = await setup();
    const ended = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const task = await submit(store, newTask({ metadata: { team: "red" } }));
        return live(store, task, ...complete(task));
      }),
    );
    const gone = await live(store, await submit(store, newTask()), { do: "expire" }, { do: "delete" });
    const open = await submit(store, newTask());
    const young = newTask({ createdAt: START + DAY });
    await live(store, await submit(store, young), ...complete(young));
    expect((await store.list(EVERYBODY, { text: "capital" }, { limit: 10 })).total).toBe(7);
    const record = { scope: "s", key: "k", hash: "h", at: START };
    await submit(store, newTask(), { idempotency: record });
    expect(await store.sweep(START + DAY, START, 4)).toBe(4);
    expect(await store.sweep(START + DAY, START + 1, 4)).toBe(2);
    expect(await store.sweep(START + DAY, START + 1, 4)).toBe(0);
    for (const { id } of [...ended, gone]) {
      expect([await store.task(id), await store.events(id, 0, 10)]).toEqual([null, []]);
    }
    expect(await store.task(open.id)).toEqual(open);
    expect((await store.list(EVERYBODY, {}, { limit: 10 })).total).toBe(3);
    expect((await store.list(EVERYBODY, { metadata: { team: "red" } }, { limit: 10 })).total).toBe(0);
    expect((await store.list(EVERYBODY, { text: "capital" }, { limit: 10 })).total).toBe(3);
    await submit(store, newTask(), { idempotency: record });
    expect(await store.check()).toEqual([]);
  });

  test("a closed store refuses", async () => {
    const store = await setup();
    const task = await submit(store, newTask());
    const [first, second] = [store.close(), store.close()];
    expect(await code(store.task(task.id))).toBe("unavailable");
    expect(await code(store.apply([submitted(newTask())]))).toBe("unavailable");
    await Promise.all([first, second]);
  });

  test("what was asked before the close is answered", async () => {
    const store = await setup();
    const submits = Array.from({ length: 50 }, () => store.apply([submitted(newTask())]));
    const closed = store.close();
    expect(await Promise.all(submits)).toEqual(submits.map(() => ({ ok: true })));
    await closed;
  });
}
