/** API keys. */
import { expect, test } from "vitest";
import type { KeyPlace } from "../key-store.ts";
import type { Store, StoredKey } from "../store.ts";
import { key, ROOM } from "./key.suite.ts";
import { START } from "./new-task.suite.ts";

function act(at: number) {
  return { tenant: "acme", at, user: "ada", keyId: "k1", act: "keys.create", task: null, origin: null, detail: {} };
}

const ofTenant = { tenant: "acme", user: null };

async function withKeys(store: Store, keys: readonly Partial<StoredKey>[]): Promise<void> {
  for (const each of keys) {
    const id = each.id ?? "k1";
    expect(await store.keys.add(key({ hash: id.repeat(8), ...each }), ROOM, act(START))).toBe("added");
  }
}

async function idsIn(store: Store, visible: Parameters<Store["keys"]["list"]>[0], limit = 10): Promise<string[][]> {
  const pages: string[][] = [];
  for (let after: KeyPlace | null | undefined; after !== null; ) {
    const { keys, next } = await store.keys.list(visible, { limit, after: after ?? null });
    pages.push(keys.map(({ id }) => id));
    after = next;
  }
  return pages;
}

export function keyStories(setup: () => Promise<Store>): void {
  test("keys are found by their hash and their id, and listed in pages by tenant, user and line", async () => {
    const store = await setup();
    expect(await store.keys.hasAny()).toBe(false);
    await withKeys(store, [
      {},
      { id: "k2", createdAt: START + 1 },
      { id: "k3", above: ["k1"], user: "bob", createdAt: START + 1 },
      { id: "k4", tenant: "other" },
    ]);
    expect(await store.keys.byHash("k1".repeat(8))).toEqual(key({ hash: "k1".repeat(8) }));
    expect(await store.keys.byHash("c".repeat(64))).toBeNull();
    expect(await store.keys.find("acme", "k3")).toMatchObject({ above: ["k1"] });
    expect(await store.keys.find("other", "k3")).toBeNull();
    expect(await store.keys.hasAny()).toBe(true);
    expect(await idsIn(store, ofTenant, 2)).toEqual([["k1", "k2"], ["k3"]]);
    expect(await idsIn(store, { tenant: "acme", user: "ada" })).toEqual([["k1", "k2"]]);
    expect(await idsIn(store, { tenant: "acme", user: "ada", within: "k1" })).toEqual([["k1", "k3"]]);
    expect(await idsIn(store, { tenant: "other", user: null, within: "k1" })).toEqual([[]]);
  });

  test("a key that ends takes all below it with it, and nothing can be made below it any more", async () => {
    const store = await setup();
    await withKeys(store, [
      { id: "top" },
      { id: "mid", above: ["top"] },
      { id: "low", above: ["top", "mid"], user: "bob" },
      { id: "own", user: "bob" },
      { id: "theirs", tenant: "other" },
      { id: "short", expiresAt: START + 10 },
    ]);
    const hashes = ["top", "mid", "low", "own", "theirs"].map((id) => id.repeat(8));
    expect(await store.keys.revoke({ tenant: "other", id: "top" }, START + 1, act(START))).toBe(0);
    expect(await store.keys.revoke({ tenant: "acme", id: "mid" }, START + 1, act(START))).toBe(2);
    expect(await store.keys.endedSecrets([...hashes, "nobody's"], START + 2)).toEqual([
      hashes[1],
      hashes[2],
      "nobody's",
    ]);
    expect(await store.keys.endedKeys(["top", "low", "short", "nobody"], START + 10)).toEqual([
      "low",
      "short",
      "nobody",
    ]);
    const child = (above: string[]) =>
      store.keys.add(key({ id: "new", hash: "n", above, createdAt: START + 10 }), ROOM, act(START));
    for (const above of [["top", "mid"], ["short"], ["theirs"], ["nobody"]]) expect(await child(above)).toBe("orphan");
    expect(await store.keys.find("acme", "new")).toBeNull();
    expect(await store.keys.revoke({ tenant: "acme", user: "ada" }, START + 3, act(START))).toBe(2);
    expect(await store.keys.find("acme", "low")).toMatchObject({ revokedAt: START + 1 });
    expect(await store.keys.find("acme", "own")).toMatchObject({ revokedAt: null });
  });

  test("a secret that is replaced goes on for its time, then and after another replacement it is nobody's", async () => {
    const store = await setup();
    await withKeys(store, [{ hash: "one" }]);
    const turn = (from: string, hash: string) =>
      store.keys.rotate({ id: "k1", from, hash, hint: "new!", at: START, formerUntil: START + 10 }, act(START));
    expect(await turn("one", "two")).toBe(true);
    expect(await turn("one", "three")).toBe(false);
    expect(await store.keys.byHash("one")).toMatchObject({ hash: "two", formerHash: "one", formerUntil: START + 10 });
    expect(await store.keys.endedSecrets(["one", "two"], START + 9)).toEqual([]);
    expect(await store.keys.endedSecrets(["one", "two"], START + 10)).toEqual(["one"]);
    expect(await turn("two", "three")).toBe(true);
    expect(await store.keys.byHash("one")).toBeNull();
    await store.keys.revoke({ tenant: "acme", id: "k1" }, START, act(START));
    expect(await turn("three", "four")).toBe(false);
    expect(await store.keys.endedSecrets(["two", "three"], START)).toEqual(["two", "three"]);
  });

  test("a user has so many good keys, and of those that are kept the first that ended go", async () => {
    const store = await setup();
    const room = { good: 2, kept: 3 };
    const add = (id: string, fields: Partial<StoredKey> = {}) =>
      store.keys.add(key({ id, hash: id, ...fields }), room, act(START));
    expect([await add("a"), await add("b"), await add("c")]).toEqual(["added", "added", "full"]);
    expect(await add("c", { user: "bob" })).toBe("added");
    for (const id of ["d", "e", "f"]) {
      expect(await store.keys.revoke({ tenant: "acme", id: "b" }, START + 1, act(START))).toBe(id === "d" ? 1 : 0);
      expect(await add(id, { expiresAt: START + 2, createdAt: START + 2 })).toBe("added");
    }
    expect(await idsIn(store, { tenant: "acme", user: "ada" })).toEqual([["a", "e", "f"]]);
  });

  test("uses of keys are noted, and never taken back to an earlier one", async () => {
    const store = await setup();
    await withKeys(store, [{ id: "k1" }, { id: "k2" }]);
    await store.keys.noteUses([
      { id: "k1", at: START + 60_000, from: "192.0.2.1" },
      { id: "gone", at: START, from: "192.0.2.1" },
    ]);
    await store.keys.noteUses([{ id: "k1", at: START, from: "192.0.2.9" }]);
    expect(await store.keys.find("acme", "k1")).toMatchObject({ usedAt: START + 60_000, usedFrom: "192.0.2.1" });
    expect(await store.keys.find("acme", "k2")).toMatchObject({ usedAt: null, usedFrom: null });
    await store.keys.noteUses([{ id: "k1", at: START + 60_001, from: "192.0.2.2" }]);
    expect(await store.keys.find("acme", "k1")).toMatchObject({ usedAt: START + 60_001, usedFrom: "192.0.2.2" });
  });
}
