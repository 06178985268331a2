/** Agents that callers make, over HTTP: who sees and changes them, what is refused, and what becomes of their tasks. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Waybill } from "@waybill/sdk";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { agent as agentSchema } from "../src/lenses/native/agent-schema.ts";
import * as wire from "../src/lenses/native/schema.ts";
import { startTestServer, type TestServer } from "./server.ts";

let server: TestServer;
let ada = "";
let bob = "";
let eve = "";
let root = "";
let worker = "";

beforeAll(async () => {
  server = await startTestServer({
    mode: "serve",
    keys: [
      { tenant: "north", user: "ada", scopes: ["tasks"] },
      { tenant: "north", user: "bob", scopes: ["tasks"] },
      { tenant: "south", user: "eve", scopes: ["tasks", "tasks:all", "admin"] },
      { tenant: "north", user: "root", scopes: ["tasks", "tasks:all", "admin"] },
      { tenant: "north", user: "worker", scopes: ["work"] },
    ],
  });
  [ada = "", bob = "", eve = "", root = "", worker = ""] = server.secrets;
});
afterAll(() => server.stop());

async function made(body: object, key = ada) {
  const answer = await server.call("/v1/agents", { key, json: body });
  expect([answer.status, answer.status === 201 ? "" : await answer.text()]).toEqual([201, ""]);
  return { agent: agentSchema.parse(await answer.json()), etag: answer.headers.get("etag") ?? "" };
}

function patch(slug: string, json: object, key = ada, headers: Record<string, string> = {}) {
  return server.call(`/v1/agents/${slug}`, { key, method: "PATCH", json, headers });
}

async function refused(answer: Response | Promise<Response>, status: number, field?: string) {
  const got = await answer;
  const problem = wire.problem.parse(await got.json());
  expect([got.status, problem.field]).toEqual([status, field]);
  return problem;
}

async function pageOf(query: string, key = ada) {
  const answer = await server.call(`/v1/agents${query}`, { key });
  return wire.paged(agentSchema).parse(await answer.json());
}

const submit = (input: object, key = ada) => server.call("/v1/tasks?wait=60", { key, json: { input } });

describe("an agent", () => {
  it("is made, read by slug and by id, changed and deleted", async () => {
    const { agent, etag } = await made({
      name: "Guide",
      display_name: "The guide",
      instructions: "Show the way.",
      tools: ["calculator"],
      reach: ["*.example.com", "https://hooks.example.org:8443"],
      properties: { starter_prompts: ["Where?"], colour: "green" },
      guardrails: { pii: { input: { enabled: true }, mask: {} } },
    });
    expect(agent).toMatchObject({
      slug: "guide",
      version: 1,
      created_by: "ada",
      configured: false,
      collaborators: [],
      reach: ["*.example.com", "https://hooks.example.org:8443"],
      guardrails: { pii: { input: { enabled: true, threshold: 0.5 }, mask: { remove_entity_value: false } } },
    });
    const read = await server.call(`/v1/agents/${agent.id}`, { key: bob });
    expect(await read.json()).toEqual(agent);
    const same = await server.call("/v1/agents/guide", { key: bob, headers: { "if-none-match": etag } });
    expect(same.status).toBe(304);
    const changed = await patch("guide", { display_name: null, reach: [], properties: { colour: null, size: 1 } });
    expect(agentSchema.parse(await changed.json())).toMatchObject({
      version: 2,
      display_name: null,
      reach: [],
      instructions: "Show the way.",
      properties: { starter_prompts: ["Where?"], size: 1 },
    });
    const gone = await server.call(`/v1/agents/${agent.id}`, { key: ada, method: "DELETE" });
    expect([gone.status, await gone.text()]).toEqual([204, ""]);
    await refused(server.call("/v1/agents/guide", { key: ada }), 404);
  });

  it("is not there for another tenant, and read-only for another user of its own", async () => {
    const { agent } = await made({ name: "Keeper", instructions: "Keep the secret." });
    for (const name of [agent.id, "keeper"]) {
      await refused(server.call(`/v1/agents/${name}`, { key: eve }), 404);
      await refused(patch(name, { description: "Mine" }, eve), 404);
      await refused(server.call(`/v1/agents/${name}`, { key: eve, method: "DELETE" }), 404);
      await refused(submit({ query: "Hello", agent: name }, eve), 400, "input.agent");
      await refused(patch(name, { description: "Mine" }, bob), 403);
      await refused(server.call(`/v1/agents/${name}`, { key: bob, method: "DELETE" }), 403);
    }
    expect(JSON.stringify(await pageOf("?hidden=true", eve))).not.toContain("keeper");
    expect((await patch("keeper", { description: "Ours" }, root)).status).toBe(200);
    // Another tenant may have one of the same name.
    expect((await made({ name: "Keeper" }, eve)).agent.slug).toBe("keeper");
    await refused(server.call("/v1/agents", { key: bob, json: { name: "KEEPER" } }), 409, "name");
  });

  it("of the configuration is in the list, without its instructions, and cannot be changed", async () => {
    const [first] = (await pageOf("?id=assistant")).data;
    expect(first).toMatchObject({ slug: "assistant", configured: true, instructions: null, created_by: null });
    await refused(patch("assistant", { name: "Mine" }, root), 403);
    await refused(patch(first?.id ?? "", { name: "Mine" }, root), 403);
    await refused(server.call("/v1/agents", { key: ada, json: { name: "Assistant" } }), 409, "name");
    expect((await submit({ query: "What is 2 + 2?", agent: first?.id })).status).toBe(200);
  });

  it("is changed by nobody who has not seen what it is", async () => {
    const { etag } = await made({ name: "Racer" });
    expect((await patch("racer", { description: "First" }, ada, { "if-match": etag })).status).toBe(200);
    await refused(patch("racer", { description: "Second" }, ada, { "if-match": etag }), 412, "If-Match");
    await refused(patch("racer", { description: "Second" }, ada, { "if-match": "nonsense" }), 412, "If-Match");
    const stale = server.call("/v1/agents/racer", { key: ada, method: "DELETE", headers: { "if-match": etag } });
    await refused(stale, 412, "If-Match");
    expect((await patch("racer", { description: "Third" }, ada, { "if-match": "*" })).status).toBe(200);
  });

  it("is read with any key, and made with one for tasks", async () => {
    const { agent } = await made({ name: "Open" });
    expect(agentSchema.parse(await (await server.call("/v1/agents/open", { key: worker })).json())).toEqual(agent);
    await refused(server.call("/v1/agents", { key: worker, json: { name: "Worker's" } }), 403);
    await refused(patch("open", { description: "Mine" }, worker), 403);
  });

  it("is made once under an idempotency key", async () => {
    const send = (json: object) =>
      server.call("/v1/agents", { key: ada, json, headers: { "idempotency-key": "one agent" } });
    const first = await send({ name: "Once" });
    const again = await send({ name: "Once" });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect([again.status, await again.json()]).toEqual([201, await first.json()]);
    await refused(send({ name: "Twice" }), 422, "Idempotency-Key");
  });
});

describe("a hostile definition", () => {
  const hostile: [what: string, body: object, field: string | undefined][] = [
    ["instructions over 100,000 characters", { instructions: "x".repeat(100_001) }, "instructions"],
    ["NUL in instructions", { instructions: "a\0b" }, undefined],
    ["10,000 tools", { tools: Array.from({ length: 10_000 }, () => "calculator") }, "tools"],
    ["a tool that there is not", { tools: ["teleport"] }, "tools"],
    ["a model that there is not", { model: "nowhere:none" }, "model"],
    ["a collaborator that there is not", { collaborators: ["nobody"] }, "collaborators"],
    ["a place to reach that is a path", { reach: ["example.com/path"] }, "reach.0"],
    ["every host of the world", { reach: ["*"] }, "reach.0"],
    ["a reserved slug", { slug: "agents" }, "slug"],
    ["a slug like a path", { slug: "../tasks" }, "slug"],
    ["a slug like an id", { slug: "01900000-0000-7000-8000-000000000000" }, "slug"],
    ["NUL in a name", { name: "Gu\0ide" }, undefined],
    ["a name that is turned around", { name: "Guide\u202e" }, "name"],
    ["a name with marks of direction", { name: "\u200fGuide" }, "name"],
    ["a blank name", { name: " " }, "name"],
    ["properties over 64 KB", { properties: { text: "x".repeat(70_000) } }, "properties"],
    ["a guardrail that there is not", { guardrails: { mood: {} } }, "guardrails"],
  ];
  it.each(hostile)("with %s is refused, when it is made and when it is changed", async (_what, body, field) => {
    const { agent } = await made({ name: `Target ${Math.random()}` });
    await refused(server.call("/v1/agents", { key: ada, json: { name: "Hostile", ...body } }), 400, field);
    expect((await patch(agent.id, body)).status).toBe(400);
    expect((await pageOf("?name=Hostile")).data).toEqual([]);
  });

  it("with 100,000 characters of instructions and right-to-left text is kept as it is", async () => {
    const instructions = "שלום \u200fעולם 💣 ".repeat(5_000).slice(0, 100_000);
    const { agent } = await made({ name: "עוזר", instructions });
    expect(agent.slug).toMatch(/^agent-/);
    const read = agentSchema.parse(await (await server.call(`/v1/agents/${agent.id}`, { key: ada })).json());
    expect(read.instructions).toBe(instructions);
  });
});

it("a thousand agents are listed page by page", async () => {
  const client = new Waybill({ baseUrl: server.url, apiKey: eve });
  const names = Array.from({ length: 1_000 }, (_, n) => `Crowd ${n}`);
  for (let from = 0; from < names.length; from += 50)
    await Promise.all(
      names.slice(from, from + 50).map((name) => client.agents.create({ name, hidden: name.endsWith("9") })),
    );
  const page = await pageOf("?limit=7", eve);
  expect(page.data).toHaveLength(7);
  expect(page.next_cursor).not.toBeNull();
  const crowd = (await client.agents.list({ hidden: true })).filter(({ name }) => name.startsWith("Crowd"));
  expect(new Set(crowd.map(({ id }) => id)).size).toBe(1_000);
  expect((await client.agents.list()).filter(({ name }) => name.startsWith("Crowd"))).toHaveLength(900);
  await refused(server.call("/v1/agents?cursor=nonsense", { key: eve }), 400, "cursor");
});

it("the client for TypeScript changes what it has seen, and nothing else", async () => {
  const client = new Waybill({ baseUrl: server.url, apiKey: ada });
  const seen = await client.agents.create({ name: "Typed" });
  await client.agents.update("typed", { description: "New" }, { seen });
  await expect(client.agents.update("typed", { tags: ["a"] }, { seen })).rejects.toMatchObject({ code: "conflict" });
  await expect(client.agents.delete("typed", { seen })).rejects.toMatchObject({ code: "conflict" });
  await client.agents.delete("typed");
  await expect(client.agents.get("typed")).rejects.toMatchObject({ code: "not_found" });
});

const bound = z.object({ bound: z.object({ instructions: z.string(), version: z.int() }) });

it("a task that waits goes on as it began over a change, a deletion and a restart of the server", async () => {
  const data = await mkdtemp(join(tmpdir(), "waybill-agents-"));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  const first = await startTestServer({ data });
  const client = new Waybill({ baseUrl: first.url });
  await client.agents.create({ name: "Poet", instructions: "Answer in rhyme.", tools: [] });
  const kept = await client.agents.create({ name: "Kept" });
  const task = await client.submit({ input: { query: "What is 2 + 2?", agent: "poet" }, delay_ms: 3_000 });
  await client.agents.update("poet", { instructions: "Answer in prose." });
  await client.agents.delete("poet");
  await first.stop();
  const second = await startTestServer({ data });
  onTestFinished(() => second.stop());
  const again = new Waybill({ baseUrl: second.url });
  const ended = await again.task(task.id).result();
  expect(bound.parse((await again.task(task.id).get()).input).bound).toEqual({
    instructions: "Answer in rhyme.",
    version: 1,
  });
  expect(ended).toMatchObject({ text: expect.stringContaining("4") });
  expect((await again.agents.list()).map(({ slug }) => slug)).toEqual(["assistant", "kept"]);
  await expect(again.agents.get(kept.id)).resolves.toEqual(kept);
});

it("an agent that is asked to asks another one, as a child task that its owner reads", async () => {
  const client = new Waybill({ baseUrl: server.url, apiKey: bob });
  await client.agents.create({ name: "Word smith", description: "Knows about numbers.", tools: ["calculator"] });
  await client.agents.create({ name: "Desk", tools: [], collaborators: ["word-smith"] });
  const task = await client.submit({ input: { query: "Ask the word smith: What is 12 * 12?", agent: "desk" } });
  await expect(task.text()).resolves.toContain("144");
  const children = await client.tasks.list({ parent_id: task.id }).page();
  expect(children.items.map(({ title }) => title)).toEqual(["What is 12 * 12?"]);
  // Also after the end of both, the step says which task it began.
  const begun = (await task.steps()).filter(({ child_id }) => child_id !== null);
  expect(begun).toMatchObject([{ kind: "child", state: "done", child_id: children.items[0]?.id }]);
});
