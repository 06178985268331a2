import fastify from "fastify";
import { describe, expect, it } from "vitest";
import { Refusal } from "../task/errors.ts";
import type { Principal } from "../task/principal.ts";
import { createAuthentication, DEVELOPER, DEVELOPMENT_KEY } from "./authentication.ts";

const ada: Principal = { tenant: "default", user: "ada", scopes: new Set(["tasks"]), keyId: "key_1" };

/** What the door says of a request, over an app that asks it. */
function doorOver({ development = true }: { development?: boolean } = {}) {
  const valid = new Map([["sk_ada", ada]]);
  const clock = { now: 1_000_000 };
  const asked: string[] = [];
  const door = createAuthentication({
    keys: {
      create: never,
      list: never,
      audit: never,
      revoke: async (principal, id) => {
        valid.clear();
        return { ...principal, id, name: "", scopes: [], createdAt: 0, expiresAt: null, revokedAt: 1, hint: "" };
      },
      authenticate: async (secret) => {
        asked.push(secret);
        return valid.get(secret) ?? null;
      },
    },
    development,
    now: () => clock.now,
  });
  const app = fastify();
  app.get<{ Querystring: { secret?: string; keyless?: string } }>("/", async (request) => {
    const { secret, keyless } = request.query;
    const principal = await door.authenticate(request, secret === undefined ? [] : secret.split(","), keyless !== "no");
    return { user: principal.user };
  });
  app.setErrorHandler((error, _request, reply) => reply.send({ code: error instanceof Refusal ? error.code : "bug" }));
  const ask = async (query = "", headers: Record<string, string> = {}, remoteAddress = "127.0.0.1") =>
    (await app.inject({ url: `/?${query}`, headers, remoteAddress })).json();
  return { ask, valid, clock, asked, door };
}

describe("the door", () => {
  it("lets a key in as its principal, and the first of several that is one", async () => {
    const { ask } = doorOver();
    expect(await ask("secret=sk_ada")).toEqual({ user: "ada" });
    expect(await ask("secret=nonsense,sk_ada")).toEqual({ user: "ada" });
  });

  it("refuses a wrong key everywhere, also where none would be needed", async () => {
    for (const development of [true, false]) {
      expect(await doorOver({ development }).ask("secret=sk_wrong")).toEqual({ code: "unauthenticated" });
      expect(await doorOver({ development }).ask("secret=")).toEqual({ code: "unauthenticated" });
    }
  });

  it("asks the store once a second for a key, so that a revoked one is out within that", async () => {
    const { ask, valid, clock, asked } = doorOver();
    for (let times = 0; times < 5; times++) await ask("secret=sk_ada");
    expect(asked).toEqual(["sk_ada"]);
    valid.clear();
    expect(await ask("secret=sk_ada")).toEqual({ user: "ada" });
    clock.now += 1_000;
    expect(await ask("secret=sk_ada")).toEqual({ code: "unauthenticated" });
  });

  it("has a key out at once that is revoked through it", async () => {
    const { ask, door } = doorOver();
    expect(await ask("secret=sk_ada")).toEqual({ user: "ada" });
    await door.keys.revoke(ada, "key_1");
    expect(await ask("secret=sk_ada")).toEqual({ code: "unauthenticated" });
  });

  it("knows the development key in dev alone, and never asks the store for it", async () => {
    const dev = doorOver();
    expect(await dev.ask(`secret=${DEVELOPMENT_KEY}`)).toEqual({ user: DEVELOPER.user });
    const serve = doorOver({ development: false });
    serve.valid.set(DEVELOPMENT_KEY, ada);
    expect(await serve.ask(`secret=${DEVELOPMENT_KEY}`)).toEqual({ code: "unauthenticated" });
    expect([...dev.asked, ...serve.asked]).toEqual([]);
  });

  it("takes nobody for the developer in dev, from this machine, where the lens allows it", async () => {
    const { ask } = doorOver();
    expect(await ask()).toEqual({ user: DEVELOPER.user });
    expect(await ask("", {}, "::1")).toEqual({ user: DEVELOPER.user });
    expect(await ask("", {}, "::ffff:127.0.0.1")).toEqual({ user: DEVELOPER.user });
    expect(await ask("keyless=no")).toEqual({ code: "unauthenticated" });
    expect(await ask("", {}, "192.168.1.7")).toEqual({ code: "unauthenticated" });
    expect(await doorOver({ development: false }).ask()).toEqual({ code: "unauthenticated" });
  });

  it("does not take a web page of another origin for the developer", async () => {
    const { ask } = doorOver();
    const host = "localhost:7420";
    const foreign: Record<string, string>[] = [
      { origin: "https://evil.example" },
      { origin: "http://localhost:3000" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ];
    for (const headers of foreign) expect(await ask("", { host, ...headers })).toEqual({ code: "forbidden" });
    const own: Record<string, string>[] = [
      { origin: "http://localhost:7420" },
      { "sec-fetch-site": "same-origin" },
      { "sec-fetch-site": "none" },
    ];
    for (const headers of own) expect(await ask("", { host, ...headers })).toEqual({ user: DEVELOPER.user });
    expect(await ask("secret=sk_ada", { host, origin: "https://evil.example" })).toEqual({ user: "ada" });
  });
});

function never(): never {
  throw new Error("the door asks for nothing else");
}
