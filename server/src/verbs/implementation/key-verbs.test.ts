import { afterEach, beforeEach, expect, it } from "vitest";
import { ada, admin, bob, Stage, stranger } from "../suite/stage.ts";
import { KEYS_OF_USER_MAX } from "./key-verbs.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

it("lets an admin make a key that stands for its user, with no more than its maker may, and nobody else", async () => {
  const { keys } = stage.verbs;
  const { key, secret } = await keys.create(admin, { name: "laptop", user: "ada" });
  expect(key).toMatchObject({ user: "ada", scopes: ["tasks"], hint: secret.slice(-4) });
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
  const expiring = await keys.create(admin, { name: "short", user: "ada", expiresAt });
  const revoked = await keys.create(admin, { name: "lost", user: "ada" });
  await keys.revoke(ada, revoked.key.id);
  expect(await keys.authenticate(expiring.secret)).toMatchObject({ expiresAt });
  await stage.clock.advance(1_000, async () => {});
  for (const secret of [expiring.secret, revoked.secret]) expect(await keys.authenticate(secret)).toBe("ended");
  for (const secret of ["sk_unknown", "x".repeat(10_000)]) expect(await keys.authenticate(secret)).toBeNull();
});

it("makes keys for others only by who may see what is theirs, and at most 1,000 good ones of a user", async () => {
  const { keys } = stage.verbs;
  const own = { ...admin, scopes: new Set(["admin", "tasks"] as const) };
  await expect(keys.create(own, { name: "theirs", user: "ada" })).rejects.toMatchObject({ code: "forbidden" });
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
  const more = Array.from({ length: KEYS_OF_USER_MAX - 1 }, (_, n) => ({ ...first.key, id: `key_${n}`, hash: `${n}` }));
  await Promise.all(more.map((key) => stage.store.putKey(key, audit)));
  await expect(keys.create(own, { name: "mine" })).rejects.toMatchObject({ code: "rate_limited" });
  await keys.create(admin, { name: "theirs", user: "ada" });
  await keys.revoke(own, first.key.id);
  await keys.create(own, { name: "mine" });
});

it("shows and revokes one's own keys, and those of the tenant to its admin, without what proves them", async () => {
  const { keys } = stage.verbs;
  const { key } = await keys.create(admin, { name: "laptop", user: "ada" });
  expect(await keys.list(ada)).toEqual([key]);
  expect(await keys.list(admin)).toEqual([key]);
  for (const who of [bob, stranger]) {
    expect(await keys.list(who)).toEqual([]);
    await expect(keys.revoke(who, key.id)).rejects.toMatchObject({ code: "not_found" });
  }
  const revoked = await keys.revoke(admin, key.id);
  await stage.clock.advance(1_000, async () => {});
  expect(await keys.revoke(ada, key.id)).toEqual(revoked);
});

it("tells an admin, and nobody else, what was done in the tenant, newest first", async () => {
  const { keys, audit } = stage.verbs;
  const { key } = await keys.create(admin, { name: "laptop", user: "ada" });
  await stage.clock.advance(1_000, async () => {});
  await keys.revoke(admin, key.id);
  expect((await audit.page(admin, {}, { before: null }, 10)).entries).toMatchObject([
    { act: "keys.revoke", user: "root", detail: { key: key.id } },
    { act: "keys.create", user: "root", detail: { key: key.id } },
  ]);
  expect((await audit.page(stranger, {}, { before: null }, 10)).entries).toEqual([]);
  expect(() => audit.page(ada, {}, { before: null }, 10)).toThrow("scope admin");
});
