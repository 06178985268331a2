/** API keys. */
import { expect, test } from "vitest";
import type { Store, StoredKey } from "../store.ts";
import { START } from "./new-task.suite.ts";

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

function act(at: number) {
  return { tenant: "acme", at, user: "ada", keyId: "k1", act: "keys.create", task: null, origin: null, detail: {} };
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
}
