/** The agents of the Orchestrate API, over HTTP, as its clients call it. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { agentOut } from "../src/lenses/orchestrate/agents/schema.ts";
import { startTestServer, type TestServer } from "./server.ts";

let server: TestServer;
let ada = "";
let eve = "";

beforeAll(async () => {
  server = await startTestServer({
    mode: "serve",
    keys: [
      { tenant: "north", user: "ada", scopes: ["tasks"] },
      { tenant: "south", user: "eve" },
    ],
  });
  [ada = "", eve = ""] = server.secrets;
});
afterAll(() => server.stop());

const AGENTS = "/orchestrate/v1/orchestrate/agents";

function call(path: string, init: RequestInit & { json?: unknown; key?: string } = {}) {
  return server.call(path, { key: ada, ...init });
}

async function answered(path: string, init: Parameters<typeof call>[1] = {}): Promise<[number, unknown]> {
  const answer = await call(path, init);
  return [answer.status, await answer.json()];
}

const upserted = z.strictObject({ id: z.uuid(), warning: z.string().optional() });
async function made(json: object): Promise<z.infer<typeof upserted>> {
  const [status, body] = await answered(AGENTS, { json });
  expect([status, body]).toEqual([200, expect.anything()]);
  return upserted.parse(body);
}

async function read(id: string) {
  return agentOut.parse((await answered(`${AGENTS}/${id}`))[1]);
}

const KEYS = [
  ...["id", "tenant_id", "name", "display_name", "description", "instructions", "tools", "collaborators"],
  ...["knowledge_base", "llm", "style", "hidden", "tags", "environments", "additional_properties"],
  ...["created_by", "created_on", "updated_by", "updated_at", "deleted_by", "deleted_at"],
];

it("an agent is made, read with all its keys in order, changed and deleted", async () => {
  const { id, warning } = await made({
    name: "travel_agent",
    display_name: "Travel",
    description: "Books journeys.",
    instructions: "Be brief.",
    tools: ["calculator"],
    collaborators: [],
    knowledge_base: ["vs_guides"],
    style: "react",
    kind: "native",
    tags: ["travel"],
    additional_properties: { icon: "plane", nested: { a: null } },
  });
  expect(warning).toBeUndefined();
  const agent = await read(id);
  expect(Object.keys((await answered(`${AGENTS}/${id}`))[1] ?? {})).toEqual(KEYS);
  expect(agent).toMatchObject({
    id,
    tenant_id: "north",
    display_name: "Travel",
    knowledge_base: ["vs_guides"],
    style: "react",
    llm: "default",
    additional_properties: { icon: "plane", nested: { a: null } },
    created_by: "ada",
    deleted_at: null,
  });
  expect(agent.created_on).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$/);
  const patch = { method: "PATCH", json: { instructions: "Be kind.", hidden: true } };
  expect(await answered(`${AGENTS}/${id}`, patch)).toEqual([200, { id }]);
  expect(await read(id)).toMatchObject({ instructions: "Be kind.", hidden: true, description: "Books journeys." });
  const [status, gone] = await answered(`${AGENTS}/${id}`, { method: "DELETE" });
  expect([status, agentOut.parse(gone).deleted_by]).toEqual([200, "ada"]);
  for (const method of ["GET", "PATCH", "DELETE"]) {
    const again = await answered(`${AGENTS}/${id}`, { method, ...(method === "PATCH" && { json: {} }) });
    expect(again).toEqual([404, { detail: "Agent not found" }]);
  }
});

it("a name is had once, a model that is not here runs on the default one, and says so", async () => {
  const { id, warning } = await made({ name: "clerk", llm: "watsonx/meta-llama/llama-3-2-90b-vision-instruct" });
  expect(warning).toContain("watsonx/meta-llama");
  expect(await read(id)).toMatchObject({
    llm: "watsonx/meta-llama/llama-3-2-90b-vision-instruct",
    additional_properties: {},
  });
  const twin = await answered(AGENTS, { json: { name: "Clerk" } });
  expect(twin).toEqual([409, { detail: expect.stringContaining("name") }]);
  const local = await answered(`${AGENTS}/${id}`, { method: "PATCH", json: { llm: "local:reference" } });
  expect(local).toEqual([200, { id }]);
  expect((await read(id)).llm).toBe("local:reference");
});

it("lists by names and ids, hidden ones when asked for, and nothing of another tenant", async () => {
  const one = await made({ name: "list_one" });
  const two = await made({ name: "list_two", hidden: true });
  const names = async (query: string, key = ada) => {
    const answer = await call(`${AGENTS}?${query}`, { key });
    return z
      .array(agentOut)
      .parse(await answer.json())
      .map(({ name }) => name);
  };
  expect(await names("names=list_one&names=list_two")).toEqual(["list_one"]);
  expect(await names("names=list_one&names=list_two&include_hidden=true&include=global")).toEqual([
    "list_one",
    "list_two",
  ]);
  expect(await names(`ids=${one.id}&ids=${two.id}&include_hidden=1&workspace_id=x`)).toEqual(["list_one", "list_two"]);
  expect(await names("include_hidden=true", eve)).toEqual(["Assistant"]);
  expect((await call(`${AGENTS}/${one.id}`, { key: eve })).status).toBe(404);
  expect(await answered(`${AGENTS}?include_hidden=maybe`)).toMatchObject([
    422,
    { detail: [{ type: "bool_parsing", loc: ["query", "include_hidden"], input: "maybe" }] },
  ]);
});

it("what does not fit is told as the protocol's servers do", async () => {
  const wrong = { name: 7, tools: "calculator", hidden: "maybe", additional_properties: [] };
  const [status, body] = await answered(AGENTS, { json: wrong });
  const types = z.object({ detail: z.array(z.object({ type: z.string(), loc: z.array(z.string()) })) }).parse(body);
  expect([status, types.detail.map(({ type, loc }) => [type, loc.at(-1)])]).toEqual([
    422,
    [
      ["string_type", "name"],
      ["list_type", "tools"],
      ["bool_parsing", "hidden"],
      ["dict_type", "additional_properties"],
    ],
  ]);
  expect(await answered(AGENTS, { json: {} })).toMatchObject([
    422,
    { detail: [{ type: "missing", loc: ["body", "name"], msg: "Field required", input: {} }] },
  ]);
  const refused: [body: object, field: string][] = [
    [{ tools: ["teleport"] }, "tools"],
    [{ collaborators: ["nobody"] }, "collaborators"],
    [{ instructions: "x".repeat(100_001) }, "instructions"],
    [{ knowledge_base: [""] }, "knowledge_base"],
    [{ additional_properties: { text: "x".repeat(70_000) } }, "additional_properties"],
  ];
  for (const [more, field] of refused) {
    const [status, body] = await answered(AGENTS, { json: { name: "refused", ...more } });
    expect([status, body]).toMatchObject([422, { detail: [{ type: "value_error", loc: { 0: "body", 1: field } }] }]);
  }
});

it("an agent has both environments, on every path that clients call", async () => {
  const { id } = await made({ name: "placed" });
  for (const prefix of ["", "/api", "/instances/abc"]) {
    const [status, body] = await answered(`/orchestrate${prefix}/v1/orchestrate/agents/${id}/environment`);
    expect([status, body]).toMatchObject([200, [{ name: "draft" }, { name: "live", current_version: 1 }]]);
  }
  expect((await read(id)).environments).toHaveLength(2);
  expect(await answered(`${AGENTS}/nobody/environment`)).toEqual([404, { detail: "Agent not found" }]);
});

it("a run of an agent names it by its id, also after it is gone", async () => {
  const { id } = await made({ name: "runner", instructions: "x".repeat(5_000) });
  const submitted = await call("/v1/tasks?wait=60", { json: { input: { query: "What is 2 + 2?", agent: id } } });
  expect(submitted.status).toBe(200);
  await answered(`${AGENTS}/${id}`, { method: "DELETE" });
  const [, runs] = await answered("/orchestrate/v1/orchestrate/runs");
  const list = z.object({ data: z.array(z.object({ id: z.uuid(), agent_id: z.string() })) }).parse(runs);
  expect(list.data.map(({ agent_id }) => agent_id)).toEqual([id]);
  const [, run] = await answered(`/orchestrate/v1/orchestrate/runs/${list.data[0]?.id}`);
  expect(run).toMatchObject({ agent_id: id, status: "completed" });
});

it("no agent without a key", async () => {
  const answer = await fetch(`${server.url}${AGENTS}`);
  expect([answer.status, await answer.json()]).toEqual([401, { detail: "Not authenticated" }]);
});

it("the lists beside agents are there, of tools with those that an agent can be given", async () => {
  const beside: [string, unknown][] = [
    ["/v1/agents/external-chat?include_hidden=true", []],
    ["/v1/orchestrate/agents/external-chat", []],
    ["/v1/assistants/watsonx?names=x", []],
    ["/v1/orchestrate/assistants/watsonx", []],
    ["/v1/toolkits", []],
    ["/v1/orchestrate/connections/applications?include_details=true", { applications: [] }],
  ];
  for (const [path, body] of beside)
    expect([path, ...(await answered(`/orchestrate${path}`))]).toEqual([path, 200, body]);
  const missing: [string, string][] = [
    ["/v1/agents/external-chat/x", "Agent not found with the given name"],
    ["/v1/assistants/watsonx/x", "Assistant not found"],
    ["/v1/toolkits/x", "Toolkit not found"],
    ["/v1/tools/x", "Tool not found"],
  ];
  for (const [path, detail] of missing)
    expect([path, ...(await answered(`/orchestrate${path}`))]).toEqual([path, 404, { detail }]);
  const tools = z.array(z.looseObject({ id: z.string(), name: z.string(), input_schema: z.looseObject({}) }));
  const all = tools.parse((await answered("/orchestrate/v1/tools"))[1]);
  expect(all.map(({ name }) => name)).toContain("calculator");
  for (const query of ["names=calculator", "ids=calculator"]) {
    const found = tools.parse((await answered(`/orchestrate/v1/orchestrate/tools?${query}`))[1]);
    expect(found).toEqual(all.filter(({ name }) => name === "calculator"));
  }
  expect((await answered("/orchestrate/v1/tools/calculator"))[0]).toBe(200);
  const { id } = await made({ name: "list_four", llm: "default", tools: ["calculator"] });
  expect(await read(id)).toMatchObject({ llm: "default", tools: ["calculator"] });
});
