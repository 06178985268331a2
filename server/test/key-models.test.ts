/** The language models that a key may ask: at every door, for retries and children, and for the keys that it makes. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { sharesConfig, sharesOf } from "../src/http/shares/configuration.ts";
import { defineHandler } from "../src/task/handler.ts";
import { USUAL_SCOPES } from "../src/task/principal.ts";
import { DIALECTS, isOld, request } from "./a2a/client.ts";
import { startTestServer, type TestServer } from "./server.ts";

/** Asks an agent, whatever its caller may. */
const asks = defineHandler({
  kind: "asks",
  input: z.object({}),
  run: (ctx) => ctx.child("ask", "agent", { query: "2 + 2", model: "house:small", mode: "simple" }),
});

const asksHelper = defineHandler({
  kind: "asks_helper",
  input: z.object({}),
  run: (ctx) => ctx.child("ask", "agent", { query: "2 + 2", agent: "helper", mode: "simple" }),
});

let server: TestServer;
let keys: Record<"narrow" | "wide" | "shared", string>;

beforeAll(async () => {
  const shares = sharesOf("serve", sharesConfig.parse({ tenants: { frugal: { models: ["house:*"] } } }));
  server = await startTestServer({
    mode: "serve",
    keys: [
      { user: "narrow", models: ["house:large"] },
      { user: "wide" },
      { user: "shared", tenant: "frugal", models: ["local:*"] },
    ],
    config: {
      shares,
      handlers: [asks, asksHelper],
      models: {
        default: "local:reference",
        offlineWordsPerS: 0,
        providers: { house: { type: "openai-compatible", baseUrl: "http://127.0.0.1:9" } },
      },
    },
  });
  const [narrow = "", wide = "", shared = ""] = server.secrets;
  keys = { narrow, wide, shared };
});
afterAll(() => server.stop());

async function post(path: string, key: string, json: unknown): Promise<{ status: number; body: unknown }> {
  const answer = await server.call(path, { key, json });
  return { status: answer.status, body: JSON.parse((await answer.text()) || "null") };
}

const said = /local:reference may not be asked with this key\. It may ask: house:/;
const native = (input: object) => ({ kind: "agent", input: { query: "2 + 2", mode: "simple", ...input } });
const idOf = ({ body }: { body: unknown }) => z.object({ id: z.string() }).parse(body).id;

describe("a model that a key may not ask", () => {
  it.each([
    ["/v1/tasks", native({}), 403],
    ["/v1/tasks", native({ model: "reference" }), 403],
    ["/shannon/api/v1/tasks", { query: "2 + 2" }, 403],
    ["/shannon/api/v1/tasks", { query: "2 + 2", model_override: "local:reference" }, 403],
    ["/shannon/api/v1/tasks", { query: "2 + 2", model_tier: "small" }, 403],
    ["/shannon/api/v1/tasks", { query: "2 + 2", provider_override: "local" }, 403],
    ["/shannon/api/v1/tasks/stream", { query: "2 + 2" }, 403],
    ["/orchestrate/v1/orchestrate/runs/stream", { message: { role: "user", content: "2 + 2" } }, 403],
    ["/orchestrate/v1/orchestrate/runs", { message: { role: "user", content: "2 + 2" } }, 403],
    ["/orchestrate/v1/orchestrate/assistant/chat/completions", { messages: [{ role: "user", content: "2 + 2" }] }, 403],
    ["/a2a/message:send", { message: { messageId: "m", role: "ROLE_USER", parts: [{ text: "2 + 2" }] } }, 403],
  ])("is refused at %s, with what may be asked where its words leave room for that", async (path, body, status) => {
    const words = path.startsWith("/shannon") ? /"Forbidden"/ : said;
    for (const key of [keys.narrow, keys.shared]) {
      const answer = await post(path, key, body);
      expect([answer.status, JSON.stringify(answer.body)]).toEqual([status, expect.stringMatching(words)]);
    }
  });

  it.each(DIALECTS)("is refused in %s of A2A, also where a stream is asked for", async (dialect) => {
    const message = isOld(dialect)
      ? { kind: "message", messageId: "m", role: "user", parts: [{ kind: "text", text: "2 + 2" }] }
      : { messageId: "m", role: "ROLE_USER", parts: [{ text: "2 + 2" }] };
    for (const key of [keys.narrow, keys.shared])
      for (const name of ["send", "stream"] as const)
        expect(await (await request(server, dialect, name, { message }, { key })).text(), name).toMatch(said);
  });

  it("is not asked by a task that begins later, nor by an agent that another one asks", async () => {
    const later = native({ model: "local:reference" });
    expect((await post("/v1/tasks", keys.narrow, { ...later, delay_ms: 60_000 })).status).toBe(403);
    await post("/v1/agents", keys.wide, { name: "Helper", slug: "helper", model: "local:reference" });
    const asked = await post("/v1/tasks?wait=30", keys.narrow, { kind: "asks_helper", input: {} });
    expect(asked.body).toMatchObject({ state: "failed", error: { message: expect.stringMatching(said) } });
  });

  it("is refused where an agent names it, which everybody else may ask", async () => {
    const made = await post("/v1/agents", keys.narrow, { name: "Clerk", slug: "clerk", model: "local:reference" });
    expect(made.status).toBe(201);
    expect((await post("/v1/tasks", keys.narrow, native({ agent: "clerk" }))).status).toBe(403);
    expect((await post("/v1/tasks?wait=30", keys.wide, native({}))).body).toMatchObject({ state: "completed" });
  });

  it("is not asked by a child, nor by a retry of what another key has submitted", async () => {
    const parent = await post("/v1/tasks?wait=30", keys.narrow, { kind: "asks", input: {} });
    expect(parent.body).toMatchObject({
      state: "failed",
      error: { message: expect.stringMatching(/house:small may not/) },
    });
    const free = await post("/v1/tasks?wait=30", keys.wide, native({}));
    const admin = await post("/v1/keys", keys.wide, { name: "n", scopes: [...USUAL_SCOPES], models: ["house:*"] });
    const { secret } = z.object({ secret: z.string() }).parse(admin.body);
    const retried = await post(`/v1/tasks/${idOf(free)}/retry`, secret, {});
    expect([retried.status, JSON.stringify(retried.body)]).toEqual([403, expect.stringMatching(said)]);
  });
});

it("a key passes on no more than it may ask, and what it says of nothing is its own", async () => {
  const made = await post("/v1/keys", keys.narrow, { name: "child" });
  expect([made.status, made.body]).toMatchObject([201, { models: ["house:large"] }]);
  expect((await post("/v1/keys", keys.narrow, { name: "more", models: ["house:*"] })).status).toBe(403);
  const me = await server.call("/v1/me", { key: z.object({ secret: z.string() }).parse(made.body).secret });
  expect(await me.json()).toMatchObject({ models: ["house:large"] });
  expect((await post("/v1/tasks", keys.narrow, native({ model: "house:large" }))).status).toBe(202);
});
