/** API keys, and the log of who did what. */
import { expect, test } from "vitest";
import { submitted } from "../../task/decide.ts";
import type { Store, StoredKey } from "../store.ts";
import { submit } from "./life.suite.ts";
import { newTask, START } from "./new-task.suite.ts";

function key(fields: Partial<StoredKey>): StoredKey {
  return {
    id: "k1",
    name: "laptop",
    tenant: "acme",
    user: "ada",
    scopes: ["tasks", "admin"],
    groups: ["finance"],
    roles: [],
    tier: "pro",
    models: ["openai:*"],
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

export function keyStories(setup: () => Promise<Store>): void {
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
}
