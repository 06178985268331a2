import fastify from "fastify";
import { describe, expect, it } from "vitest";
import type { Chosen } from "../../lenses/lens-parts.ts";
import type { Erasure, ErasureSubject } from "../../task/erasure.ts";
import { Refusal } from "../../task/errors.ts";
import type { KeyUse } from "../../task/key.ts";
import { type Principal, SCOPES } from "../../task/principal.ts";
import { createAuthentication, DEVELOPER, DEVELOPMENT_KEY } from "./authentication.ts";

const ada: Principal = { tenant: "default", user: "ada", scopes: new Set(["tasks"]), keyId: "key_1" };

/** What the door says of a request, over an app that asks it. */
function doorOver(options: { development?: boolean; publicUrl?: string } = {}) {
  const { development = true, publicUrl = null } = options;
  const valid = new Map<string, { principal: Principal; expiresAt: number | null }>();
  valid.set("sk_ada", { principal: ada, expiresAt: null });
  const ended = new Set(["sk_ended"]);
  const clock = { now: 1_000_000 };
  const asked: string[] = [];
  /** What is called before the store answers who has a key. */
  const meanwhile: { act?: () => Promise<unknown> } = {};
  const endAll = async () => {
    for (const secret of valid.keys()) ended.add(secret);
    valid.clear();
    return 1;
  };
  const uses: KeyUse[] = [];
  const door = createAuthentication({
    wrongKeys: { wrongKeysPerMinute: null, wrongKeyPauseMs: 0, wrongKeysWaiting: null },
    keys: {
      create: never,
      list: never,
      rotate: never,
      revokeAll: endAll,
      revoke: never,
      ended: async (proofs) => proofs.filter((proof) => ended.has(proof)),
      noteUses: async (some) => void uses.push(...some),
      authenticate: async (secret) => {
        asked.push(secret);
        const found = valid.get(secret);
        const answer = ended.has(secret) ? "ended" : found ? { ...found, proof: secret } : null;
        await meanwhile.act?.();
        return answer;
      },
    },
    erasures: {
      begin: async (_, subject) => {
        if (subject.type === "user") await endAll();
        return erasureOf(subject);
      },
      get: never,
      list: never,
    },
    development,
    publicUrl,
    now: () => clock.now,
  });
  const app = fastify({ trustProxy: true });
  app.get<{ Querystring: { secret?: string } & Chosen }>("/", async (request) => {
    const { secret, tenant, user } = request.query;
    const chosen = { ...(tenant !== undefined && { tenant }), ...(user !== undefined && { user }) };
    const principal = await door.authenticate(request, secret === undefined ? [] : secret.split(","), chosen);
    return { user: principal.user, tenant: principal.tenant, scopes: [...principal.scopes] };
  });
  app.setErrorHandler((error, _request, reply) => reply.send({ code: error instanceof Refusal ? error.code : "bug" }));
  const ask = async (query = "", headers: Record<string, string> = {}, remoteAddress = "127.0.0.1") =>
    (await app.inject({ url: `/?${query}`, headers, remoteAddress })).json();
  return { ask, valid, ended, clock, asked, uses, door, meanwhile };
}

const owner = { user: "ada" };
const developer = { user: DEVELOPER.user, tenant: "default", scopes: [...SCOPES] };
const nobody = { code: "unauthenticated" };

describe("the door", () => {
  it("lets a key in as its principal, in several places too; the published one counts as none", async () => {
    for (const development of [true, false]) {
      const { ask } = doorOver({ development });
      expect(await ask("secret=sk_ada")).toMatchObject(owner);
      expect(await ask("secret=sk_ada,sk_ada")).toMatchObject(owner);
      expect(await ask(`secret=${DEVELOPMENT_KEY},sk_ada`)).toMatchObject(owner);
    }
  });

  it("refuses a wrong key beside a right one; in dev an unknown one counts as none", async () => {
    const { ask } = doorOver({ development: false });
    for (const wrong of ["nonsense", "sk_wrong", "sk_ended", "x".repeat(1_000)]) {
      expect(await ask(`secret=${wrong},sk_ada`)).toEqual(nobody);
      expect(await ask(`secret=sk_ada,${wrong}`)).toEqual(nobody);
    }
    const dev = doorOver({ development: true });
    expect(await dev.ask("secret=nonsense,sk_ada")).toMatchObject(owner);
    expect(await dev.ask("secret=sk_ended,sk_ada")).toEqual(nobody);
    expect(await dev.ask("secret=nonsense,sk_ada", { "X-Forwarded-For": "127.0.0.1" })).toEqual(nobody);
  });

  it("in serve lets nobody in without a key of the store", async () => {
    const { ask, valid, asked } = doorOver({ development: false });
    valid.set(DEVELOPMENT_KEY, { principal: ada, expiresAt: null });
    for (const query of [
      "",
      "secret=",
      "secret=sk_wrong",
      "secret=sk_ended",
      `secret=${DEVELOPMENT_KEY}`,
      "user=eve",
    ]) {
      expect(await ask(query)).toEqual(nobody);
    }
    expect(asked).not.toContain(DEVELOPMENT_KEY);
  });

  it("in dev takes whoever calls from this machine with no key that the store knows for the developer", async () => {
    const { ask, asked } = doorOver();
    for (const query of [
      "",
      "secret=",
      "secret=sk_wrong",
      `secret=${DEVELOPMENT_KEY}`,
      `secret=${"a".repeat(5_000)}`,
    ]) {
      for (const address of ["127.0.0.1", "::1", "::ffff:127.0.0.1"]) {
        expect(await ask(query, {}, address)).toEqual(developer);
      }
      expect(await ask(query, {}, "192.168.1.7")).toEqual(nobody);
    }
    expect(asked).not.toContain(DEVELOPMENT_KEY);
  });

  it("in dev refuses a key that the store knows as revoked or expired", async () => {
    expect(await doorOver().ask("secret=sk_ended")).toEqual(nobody);
    expect(await doorOver().ask("secret=sk_wrong,sk_ended")).toEqual(nobody);
  });

  it("in dev wants a key of whoever comes through a proxy, and of everybody when the outside reaches it", async () => {
    for (const name of [
      "Forwarded",
      "X-Forwarded-For",
      "X-Forwarded-Host",
      "X-Forwarded-Proto",
      "x-forwarded-anything",
    ]) {
      for (const value of ["for=127.0.0.1", "127.0.0.1", ""]) {
        expect(await doorOver().ask("", { [name]: value })).toEqual(nobody);
        expect(await doorOver().ask(`secret=${DEVELOPMENT_KEY}`, { [name]: value })).toEqual(nobody);
        expect(await doorOver().ask("secret=sk_ada", { [name]: value })).toMatchObject(owner);
      }
    }
    const reached = doorOver({ publicUrl: "https://tasks.example" });
    expect(await reached.ask()).toEqual(nobody);
    expect(await reached.ask(`secret=${DEVELOPMENT_KEY}`)).toEqual(nobody);
    expect(await reached.ask("secret=sk_ada")).toMatchObject(owner);
  });

  it("lets the developer be another user or tenant, who can do no more than one of its users", async () => {
    const { ask } = doorOver();
    expect(await ask("user=u")).toEqual({ tenant: "default", user: "u", scopes: ["tasks", "work"] });
    expect(await ask("tenant=t&secret=sk_wrong")).toMatchObject({ tenant: "t", user: "developer" });
    expect(await ask("tenant=t&user=u&secret=sk_ada")).toMatchObject(owner);
  });

  it("asks the store once a second for a key, so that a revoked one is out within that", async () => {
    const { ask, ended, clock, asked } = doorOver();
    for (let times = 0; times < 5; times++) await ask("secret=sk_ada");
    expect(asked).toEqual(["sk_ada"]);
    ended.add("sk_ada");
    expect(await ask("secret=sk_ada")).toMatchObject(owner);
    clock.now += 1_000;
    expect(await ask("secret=sk_ada")).toEqual(nobody);
  });

  it("has a key out at the moment at which it expires", async () => {
    const { ask, valid, ended, clock } = doorOver();
    valid.set("sk_ada", { principal: ada, expiresAt: clock.now + 300 });
    expect(await ask("secret=sk_ada")).toMatchObject(owner);
    ended.add("sk_ada");
    clock.now += 299;
    expect(await ask("secret=sk_ada")).toMatchObject(owner);
    clock.now += 1;
    expect(await ask("secret=sk_ada")).toEqual(nobody);
  });

  it("has a key out at once that is ended through it", async () => {
    const { ask, door } = doorOver({ development: false });
    expect(await ask("secret=sk_ada")).toMatchObject(owner);
    await door.keys.revokeAll(ada, "ada");
    expect(await ask("secret=sk_ada")).toEqual(nobody);
  });

  it("has the keys of an erased user out at once", async () => {
    const { ask, door } = doorOver({ development: false });
    await door.erasures.begin(ada, { type: "conversation", id: "talk" });
    expect(await ask("secret=sk_ada")).toMatchObject(owner);
    await door.erasures.begin(ada, { type: "user", id: "ada" });
    expect(await ask("secret=sk_ada")).toEqual(nobody);
  });

  it("does not remember what it was told of a key that was ended meanwhile", async () => {
    const { ask, door, meanwhile } = doorOver({ development: false });
    meanwhile.act = () => door.keys.revokeAll(ada, "ada");
    expect(await ask("secret=sk_ada")).toMatchObject(owner);
    expect(await ask("secret=sk_ada")).toEqual(nobody);
  });

  it("refuses two right keys that are different ones: they leave open who asks", async () => {
    for (const development of [true, false]) {
      const { ask, valid } = doorOver({ development });
      valid.set("sk_bob", { principal: { ...ada, user: "bob", keyId: "key_2" }, expiresAt: null });
      valid.set("sk_ada_before", { principal: { ...ada, isFormer: true }, expiresAt: null });
      expect(await ask("secret=sk_ada,sk_bob")).toEqual(nobody);
      expect(await ask("secret=sk_ada,sk_ada_before")).toMatchObject(owner);
    }
  });

  it("notes when and from which network a key was let in, and no key that was not", async () => {
    const { ask, ended, uses, door } = doorOver({ development: false });
    ended.add("sk_ended");
    for (const secret of ["sk_ada", "sk_ada", "sk_wrong", "sk_ended"]) await ask(`secret=${secret}`, {}, "2001:db8::7");
    door.stop();
    expect(uses).toEqual([{ id: "key_1", at: 960_000, from: "2001:db8:0:0::/64" }]);
  });
});

function erasureOf(subject: ErasureSubject): Erasure {
  const nothing = { endedAt: null, removed: {}, kept: [], since: null, backups: [] };
  return {
    id: "erasure_1",
    tenant: "default",
    subject,
    state: "running",
    requestedBy: "ada",
    requestedAt: 1,
    ...nothing,
  };
}

function never(): never {
  throw new Error("the door asks for nothing else");
}
