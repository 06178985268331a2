/** What models are paid for requests that belong to no task is counted as what tasks pay: for good, once, and for the money of a day. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { defineAgent } from "../src/handlers/agent/definition.ts";
import { sharesConfig, sharesOf } from "../src/http/shares/configuration.ts";
import { type EmbeddingServer, startEmbeddingServer } from "./providers/embedding-server.ts";
import { type ProviderServer, providersAt, startProviderServer } from "./providers/provider-server.ts";
import { startTestServer, type TestServer } from "./server.ts";

let provider: ProviderServer;
let embeddings: EmbeddingServer;
let server: TestServer;
let data: string;
const keys = new Map<string, string>();

beforeAll(async () => {
  [provider, embeddings] = await Promise.all([startProviderServer(), startEmbeddingServer()]);
  data = await mkdtemp(join(tmpdir(), "waybill-test-"));
  await start(["ada", "bob", "eve"]);
});
afterAll(async () => {
  await server.stop();
  await Promise.all([provider.close(), embeddings.close(), rm(data, { recursive: true, force: true })]);
});

/** Questions cost 1 $ a token; a check costs 1,000 $ a million tokens in, and twice that out. */
async function start(users: string[] = []): Promise<void> {
  const lab = { type: "openai-compatible" as const, baseUrl: `${embeddings.url}/v1` };
  const judge = { model: "gateway:judge", detector: "offline" as const, whenDown: "closed" as const };
  const prices = { "gateway:judge": { input: 1_000, output: 2_000 }, "lab:vectors": { input: 1_000_000, output: 0 } };
  server = await startTestServer({
    ...{
      mode: "serve",
      data,
      keys: users.map((user) => ({ user, scopes: ["tasks", "metrics"], ...(user === "eve" && { tier: "poor" }) })),
    },
    config: {
      models: { providers: { ...providersAt(provider), lab }, prices, default: "local:reference" },
      embeddings: { model: "lab:vectors" },
      guardrails: { hap: { ...judge } },
      agents: [
        defineAgent({
          slug: "reader",
          name: "Reader",
          instructions: "Look it up.",
          model: "gateway:judge",
          tools: ["search_documents"],
        }),
      ],
      shares: sharesOf("serve", sharesConfig.parse({ tiers: { poor: { usdPerDay: 0.1 } } })),
    },
  });
  for (const [at, user] of users.entries()) keys.set(user, server.secrets[at] ?? "");
}

const call = async (user: string, path: string, init: Parameters<TestServer["call"]>[1] = {}) => {
  const answer = await server.call(path, { key: keys.get(user) ?? "", ...init });
  return { status: answer.status, body: JSON.parse(await answer.text()) };
};

const usage = z.object({
  data: z.array(
    z.object({
      agent: z.string(),
      model: z.string(),
      calls: z.number(),
      input_tokens: z.number(),
      cost_usd: z.number(),
    }),
  ),
});
const paidBy = async (user: string) => {
  const { body } = await call(user, "/v1/usage?group_by=agent,model");
  return usage.parse(body).data.map((row) => [row.agent, row.model, row.calls, row.input_tokens, row.cost_usd]);
};

const check = (user: string) =>
  call(user, "/v1/guardrails/check", {
    json: { text: "You fool.", in: "input", guardrails: { hap: { input: { enabled: true, threshold: 0.5 } } } },
  });
const judged = (findings: unknown[]) => ({
  kind: "answer" as const,
  text: JSON.stringify({ findings }),
  usage: { input: 100, output: 10 },
});

async function fileOf(user: string): Promise<string> {
  const form = new FormData();
  form.set("file", new Blob(["# Refunds\n\nMoney comes back within 14 days."]), "refunds.md");
  const file = await server.call("/v1/files", { method: "POST", body: form, key: keys.get(user) ?? "" });
  return z.object({ id: z.string() }).parse(await file.json()).id;
}

/** A store with one document. */
async function storeOf(user: string, file: string): Promise<string> {
  const { body } = await call(user, "/v1/vector-stores", { json: { name: "Handbook", file_ids: [file] } });
  const made = z.object({ id: z.string() }).parse(body.vector_store ?? body);
  await expect
    .poll(async () => (await call(user, `/v1/vector-stores/${made.id}`)).body.file_counts.completed, {
      timeout: 60_000,
    })
    .toBe(1);
  return made.id;
}

it("is in the usage of its user, without an agent for a search, and in the metrics, also after a start", async () => {
  const store = await storeOf("ada", await fileOf("ada"));
  const before = await paidBy("ada");
  const search = await call("ada", `/v1/vector-stores/${store}/search`, { json: { query: "refunds" } });
  expect([search.status, search.body.data?.length]).toEqual([200, 1]);
  const [, model, calls, tokens] = before[0] ?? [];
  expect([before.length, model, calls]).toEqual([1, "vectors", 1]);
  provider.script(judged([{ sentence: 1, entity: "HAP", score: 0.9 }]));
  expect((await check("ada")).body.findings).toHaveLength(1);
  // A call that brings no answer that can be read was paid for all the same.
  provider.script({ kind: "cut", text: "{" });
  expect((await check("ada")).status).toBe(503);
  const after = await paidBy("ada");
  expect(after[0]).toEqual(["", "vectors", 2, Number(tokens) + 5, Number(tokens) + 5]);
  expect(after[1]?.slice(0, 3)).toEqual(["guardrails", "judge", 2]);
  expect(Number(after[1]?.[4])).toBeGreaterThan(0.12);
  const metrics = await (await server.call("/metrics", { key: keys.get("ada") ?? "" })).text();
  expect(metrics).toContain('waybill_model_calls_total{provider="gateway",model="judge"} 2');
  expect(metrics).toContain('waybill_model_calls_total{provider="lab",model="vectors"} 2');
  expect(await paidBy("bob")).toEqual([]);
  await server.stop();
  await start();
  expect(await paidBy("ada")).toEqual(after);
});

it("is in the usage of the task whose agent searches, once for all of its stores, and once in that of its user", async () => {
  const file = await fileOf("bob");
  await storeOf("bob", file);
  await storeOf("bob", file);
  const before = await paidBy("bob");
  const search = { id: "call_1", name: "search_documents", arguments: { query: "When does money come back?" } };
  const spoken = { input: 10, output: 1 };
  provider.script({ kind: "tool_calls", calls: [search], usage: spoken });
  provider.script({ kind: "answer", text: "Within 14 days.", usage: spoken });
  const { body: begun } = await call("bob", "/v1/tasks?wait=20", {
    json: { kind: "agent", input: { query: "When?", agent: "reader" } },
  });
  expect(begun).toMatchObject({ state: "completed" });
  const asked = JSON.stringify(provider.requests.at(-1)?.body);
  expect(asked).toContain("Money comes back within 14 days.");
  const after = await paidBy("bob");
  const vectors = (rows: typeof before) => Number(rows.find(([, model]) => model === "vectors")?.[4] ?? 0);
  const question = vectors(after) - vectors(before);
  expect(question).toBeGreaterThan(0);
  expect(begun.usage.calls).toBe(3);
  expect(begun.usage.cost_usd).toBeCloseTo(question + 2 * 0.012);
  expect(after.find(([, model]) => model === "vectors")?.[2]).toBe(2);
});

it("counts for the money of a day: then checks are refused, and searches find by words without paying", async () => {
  provider.script(judged([]));
  expect((await check("eve")).status).toBe(200);
  const eve = await call("eve", "/v1/share");
  expect(eve.body.user.usd_today).toEqual({ held: 0.12, most: 0.1 });
  const refused = await check("eve");
  expect([refused.status, JSON.stringify(refused.body)]).toEqual([
    429,
    expect.stringContaining("$0.1 on models today"),
  ]);
  expect(await paidBy("eve")).toMatchObject([["guardrails", "judge", 1, 100, 0.12]]);
  const submitted = await call("eve", "/v1/tasks", { json: { kind: "agent", input: { query: "2 + 2" } } });
  expect(submitted.status).toBe(429);
  expect((await check("bob")).status).not.toBe(429);
});
