import { afterEach, beforeEach, expect, it } from "vitest";
import { Ids, systemRandomBytes } from "../../engine/ids.ts";
import { key as storedKey } from "../../store/suite/key.suite.ts";
import type { Principal, Scope } from "../../task/principal.ts";
import { ada, admin, bob, Stage, stranger } from "../suite/stage.ts";
import { KEY_DEPTH_MAX, KEYS_OF_USER_MAX, KeyVerbs } from "./key-verbs.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

const ALL = { limit: 100 };
const refused = (code: string) => expect.objectContaining({ code });

/** Who a secret lets in. */
async function by(secret: string): Promise<Principal> {
  const found = await stage.verbs.keys.authenticate(secret);
  if (found === null || found === "ended") throw new Error(`The secret is ${found ?? "unknown"}.`);
  return found.principal;
}

/** A key of ada with these scopes, and who comes with it. */
async function keyOfAda(scopes: Scope[] = ["tasks"], fields: { expiresAt?: number } = {}) {
  const made = await stage.verbs.keys.create(admin, { name: "laptop", user: "ada", scopes, ...fields });
  return { ...made, principal: await by(made.secret) };
}

it("lets an admin make a key that stands for its user, with no more than its maker may", async () => {
  const { keys } = stage.verbs;
  const { key, secret } = await keys.create(admin, { name: "laptop", user: "ada" });
  expect(key).toMatchObject({ user: "ada", scopes: ["tasks"], above: [], hint: secret.slice(-4) });
  expect(await keys.authenticate(secret)).toMatchObject({
    principal: { tenant: "acme", user: "ada", keyId: key.id },
    expiresAt: null,
  });
  const narrow = { ...admin, scopes: new Set(["admin"] as const) };
  const beyond = [
    keys.create(ada, { name: "own" }),
    keys.create(ada, { name: "more", user: "bob" }),
    keys.create(ada, { name: "more", scopes: ["work"] }),
    keys.create(narrow, { name: "more", scopes: ["admin", "tasks:all"] }),
  ];
  for (const each of beyond) await expect(each).rejects.toMatchObject({ code: "forbidden" });
});

it("lets in nobody whose key is unknown, expired or revoked", async () => {
  const { keys } = stage.verbs;
  const expiresAt = stage.clock.now() + 1_000;
  const expiring = await keyOfAda(["tasks"], { expiresAt });
  const revoked = await keyOfAda();
  await keys.revoke(ada, revoked.key.id);
  expect(await keys.authenticate(expiring.secret)).toMatchObject({ expiresAt });
  await stage.clock.advance(1_000, async () => {});
  for (const secret of [expiring.secret, revoked.secret]) expect(await keys.authenticate(secret)).toBe("ended");
  for (const secret of ["sk_unknown", "x".repeat(10_000)]) expect(await keys.authenticate(secret)).toBeNull();
});

it("makes below any key children that have no more than it, and end with it at any depth", async () => {
  const { keys } = stage.verbs;
  const expiresAt = stage.clock.now() + 60_000;
  const { key, principal } = await keyOfAda(["tasks", "work"], { expiresAt });
  const line = [{ key, principal, secret: "" }];
  for (let depth = 1; depth < KEY_DEPTH_MAX; depth++) {
    const made = await keys.create(line.at(-1)?.principal ?? principal, { name: `child ${depth}`, child: true });
    line.push({ ...made, principal: await by(made.secret) });
  }
  const [, child, grandchild] = line;
  if (!child || !grandchild) throw new Error("No line.");
  expect(child.key).toMatchObject({ user: "ada", scopes: ["tasks"], above: [key.id], expiresAt });
  expect(grandchild.principal.above).toEqual([key.id, child.key.id]);
  const wanted = [
    { who: line.at(-1)?.principal ?? principal, fields: {} },
    { who: child.principal, fields: { scopes: ["work" as const] } },
    { who: child.principal, fields: { user: "bob" } },
    { who: child.principal, fields: { child: false } },
    { who: principal, fields: { expiresAt: expiresAt + 1 } },
  ];
  for (const { who, fields } of wanted)
    await expect(keys.create(who, { name: "more", child: true, ...fields })).rejects.toEqual(refused("forbidden"));
  await keys.revoke(principal, child.key.id);
  expect(await keys.authenticate(grandchild.secret)).toBe("ended");
  await expect(keys.create(grandchild.principal, { name: "late", child: true })).rejects.toEqual(
    refused("unauthenticated"),
  );
  expect(await keys.authenticate(line.at(-1)?.secret ?? "")).toBe("ended");
  expect((await keys.list(principal, ALL)).keys.filter(({ revokedAt }) => revokedAt === null)).toHaveLength(1);
});

it("lets an admin make a child of its own key too, also for another user, of its tier", async () => {
  const { keys } = stage.verbs;
  const own = await keys.create(admin, { name: "operator", scopes: ["tasks:all", "admin"] });
  const operator = { ...(await by(own.secret)), tier: "gold" };
  const made = await keys.create(operator, { name: "robot", user: "ada", child: true });
  expect(made.key).toMatchObject({ user: "ada", above: [own.key.id], tier: "gold" });
  await expect(keys.create(admin, { name: "robot", child: true })).rejects.toEqual(refused("forbidden"));
  await keys.revoke(admin, own.key.id);
  expect(await keys.authenticate(made.secret)).toBe("ended");
});

it("makes keys for others only by who may see what is theirs, and at most 1,000 good ones of a user", async () => {
  const { keys } = stage.verbs;
  const own = { ...admin, scopes: new Set(["admin", "tasks"] as const) };
  await expect(keys.create(own, { name: "theirs", user: "ada" })).rejects.toEqual(refused("forbidden"));
  const first = await keys.create(own, { name: "mine" });
  const audit = {
    tenant: "acme",
    at: 1,
    user: "root",
    keyId: "k",
    act: "keys.create",
    task: null,
    origin: null,
    detail: {},
  };
  const room = { good: KEYS_OF_USER_MAX, kept: 10_000 };
  const more = Array.from({ length: KEYS_OF_USER_MAX - 1 }, (_, n) => ({ id: `key_${n}`, hash: `${n}` }));
  await Promise.all(more.map((each) => stage.store.keys.add(storedKey({ ...first.key, ...each }), room, audit)));
  await expect(keys.create(own, { name: "mine" })).rejects.toEqual(refused("conflict"));
  await keys.create(admin, { name: "theirs", user: "ada" });
  await keys.revoke(own, first.key.id);
  await keys.create(own, { name: "mine" });
});

it("gives keys the usual expiry of a deployment, and none beyond the longest", async () => {
  const { store, clock } = stage;
  const ids = new Ids(systemRandomBytes);
  const DAY_MS = 86_400_000;
  const within = (usualMs: number | null, longestMs: number | null) =>
    new KeyVerbs(store, clock, ids, undefined, { usualMs, longestMs });
  const expiryOf = async (keys: KeyVerbs, expiresAt?: number) =>
    (await keys.create(admin, { name: "k", ...(expiresAt !== undefined && { expiresAt }) })).key.expiresAt;
  const now = clock.now();
  expect(await expiryOf(within(null, null))).toBeNull();
  expect(await expiryOf(within(DAY_MS, null))).toBe(now + DAY_MS);
  expect(await expiryOf(within(null, 2 * DAY_MS))).toBe(now + 2 * DAY_MS);
  expect(await expiryOf(within(DAY_MS, 2 * DAY_MS), now + 2 * DAY_MS)).toBe(now + 2 * DAY_MS);
  const later = expiryOf(within(DAY_MS, 2 * DAY_MS), now + 2 * DAY_MS + 1);
  await expect(later).rejects.toMatchObject({ code: "invalid", detail: { field: "body.expires_at" } });
});

it("gives a key another secret while the one before goes on for a time, and stays the same key", async () => {
  const { keys } = stage.verbs;
  const { key, secret, principal } = await keyOfAda();
  const child = await keys.create(principal, { name: "child", child: true });
  const second = await keys.rotate(principal, key.id, 1_000);
  expect(second.key).toMatchObject({ id: key.id, hint: second.secret.slice(-4), rotatedAt: stage.clock.now() });
  expect((await by(second.secret)).keyId).toBe(key.id);
  const former = await by(secret);
  expect(former).toMatchObject({ keyId: key.id, isFormer: true });
  // Whoever has it still would have another for good.
  await expect(keys.rotate(former, key.id, 1_000)).rejects.toEqual(refused("forbidden"));
  await expect(keys.create(former, { name: "child", child: true })).rejects.toEqual(refused("forbidden"));
  await stage.clock.advance(1_000, async () => {});
  expect(await keys.authenticate(secret)).toBe("ended");
  expect((await by(child.secret)).above).toEqual([key.id]);
  const third = await keys.rotate(await by(second.secret), key.id, 0);
  expect(await keys.authenticate(second.secret)).toBe("ended");
  expect(await keys.authenticate(secret)).toBeNull();
  expect((await by(third.secret)).keyId).toBe(key.id);
});

it("rotates one's own key and those below it, and others only by who could make them", async () => {
  const { keys } = stage.verbs;
  const mighty = await keyOfAda(["tasks", "admin"]);
  const { key, principal } = await keyOfAda();
  const child = await keys.create(principal, { name: "child", child: true });
  await keys.rotate(principal, child.key.id, 0);
  const own = await keys.create(mighty.principal, { name: "own", scopes: ["tasks"] });
  await keys.rotate(mighty.principal, own.key.id, 0);
  await keys.rotate(admin, mighty.key.id, 0);
  const all = await keys.create(admin, { name: "all", user: "ada", scopes: ["tasks:all"] });
  for (const [who, id] of [
    [principal, mighty.key.id],
    [mighty.principal, all.key.id],
  ] as const)
    await expect(keys.rotate(who, id, 0)).rejects.toEqual(refused("forbidden"));
  for (const who of [bob, stranger]) await expect(keys.rotate(who, key.id, 0)).rejects.toEqual(refused("not_found"));
  await keys.revoke(admin, key.id);
  await expect(keys.rotate(admin, key.id, 0)).rejects.toEqual(refused("conflict"));
});

it("shows and revokes one's own keys, of a child those below it, and those of the tenant to its admin, without what proves them", async () => {
  const { keys } = stage.verbs;
  const { key, principal } = await keyOfAda();
  const child = await keys.create(principal, { name: "child", child: true });
  const childPrincipal = await by(child.secret);
  const below = await keys.create(childPrincipal, { name: "below", child: true });
  expect(await keys.list(ada, ALL)).toEqual({ keys: [key, child.key, below.key], next: null });
  expect(await keys.list(admin, { limit: 1 })).toEqual({ keys: [key], next: expect.any(String) });
  expect(await keys.list(childPrincipal, ALL)).toEqual({ keys: [child.key, below.key], next: null });
  for (const id of [key.id, "key_nobody"])
    await expect(keys.revoke(childPrincipal, id)).rejects.toEqual(refused("not_found"));
  for (const who of [bob, stranger]) {
    expect(await keys.list(who, ALL)).toEqual({ keys: [], next: null });
    await expect(keys.revoke(who, key.id)).rejects.toEqual(refused("not_found"));
  }
  for (const cursor of ["nowhere", Buffer.from("[1]").toString("base64url")])
    await expect(keys.list(ada, { limit: 1, cursor })).rejects.toEqual(refused("invalid"));
  const revoked = await keys.revoke(admin, key.id);
  await stage.clock.advance(1_000, async () => {});
  expect(await keys.revoke(ada, key.id)).toEqual(revoked);
});

it("revokes all keys of a user in one call: one's own, and an admin those of anybody of the tenant", async () => {
  const { keys } = stage.verbs;
  const first = await keyOfAda();
  const second = await keyOfAda();
  const child = await keys.create(first.principal, { name: "child", child: true });
  for (const who of [bob, await by(child.secret)])
    await expect(keys.revokeAll(who, "ada")).rejects.toEqual(refused("forbidden"));
  expect(await keys.revokeAll(stranger, "ada")).toBe(0);
  expect(await keys.revokeAll(first.principal, "ada")).toBe(3);
  for (const { secret } of [first, second, child]) expect(await keys.authenticate(secret)).toBe("ended");
  await keyOfAda();
  expect(await keys.revokeAll(admin, "ada")).toBe(1);
  const told = await stage.verbs.audit.page(admin, {}, { before: null }, 1);
  expect(told.entries[0]).toMatchObject({ act: "keys.revoke", detail: { user: "ada" } });
});

it("tells an admin, and nobody else, what was done in the tenant, newest first", async () => {
  const { keys, audit } = stage.verbs;
  const { key } = await keyOfAda();
  await stage.clock.advance(1_000, async () => {});
  await keys.revoke(admin, key.id);
  expect((await audit.page(admin, {}, { before: null }, 10)).entries).toMatchObject([
    { act: "keys.revoke", user: "root", detail: { key: key.id } },
    { act: "keys.create", user: "root", detail: { key: key.id } },
  ]);
  expect((await audit.page(stranger, {}, { before: null }, 10)).entries).toEqual([]);
  expect(() => audit.page(ada, {}, { before: null }, 10)).toThrow("scope admin");
});
