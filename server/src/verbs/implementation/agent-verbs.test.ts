import { afterEach, beforeEach, expect, test } from "vitest";
import { Ids, systemRandomBytes } from "../../engine/ids.ts";
import type { NewAgent } from "../agents.ts";
import { ada, admin, bob, Stage, stranger } from "../suite/stage.ts";
import { AgentVerbs } from "./agent-verbs.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

const weather: NewAgent = { name: "Weather", instructions: "Tell the weather.", tools: ["calculator"] };

async function slugs(who = ada, filter = {}): Promise<string[]> {
  const { agents } = await stage.verbs.agents.list(who, filter, { limit: 50 });
  return agents.map(({ definition }) => definition.slug);
}

test("an agent that a user has made is seen by the tenant, changed by its maker and by whoever looks after all", async () => {
  const { agents } = stage.verbs;
  const { agent } = await agents.create(ada, weather);
  expect(agent).toMatchObject({ version: 1, createdBy: "ada", definition: { slug: "weather", mode: "standard" } });
  expect(await agents.get(bob, "weather")).toEqual(agent);
  expect(await agents.get(bob, agent.id)).toEqual(agent);
  await expect(agents.get(stranger, agent.id)).rejects.toMatchObject({ code: "not_found" });
  await expect(agents.update(bob, agent.id, { description: "Mine" })).rejects.toMatchObject({ code: "forbidden" });
  await expect(agents.delete(bob, agent.id)).rejects.toMatchObject({ code: "forbidden" });
  await expect(agents.delete(stranger, agent.id)).rejects.toMatchObject({ code: "not_found" });
  expect(await agents.update(admin, "weather", { description: "Ours" })).toMatchObject({
    version: 2,
    createdBy: "ada",
    updatedBy: "root",
  });
  expect(await agents.delete(ada, "weather")).toMatchObject({ version: 2, deletedBy: "ada" });
  await expect(agents.get(ada, agent.id)).rejects.toMatchObject({ code: "not_found" });
});

test("an agent of the configuration has the same id always, stands first, and is read-only", async () => {
  const { agents } = stage.verbs;
  await agents.create(ada, weather);
  expect(await slugs()).toEqual(["assistant", "weather"]);
  const assistant = await agents.get(ada, "assistant");
  expect(assistant).toMatchObject({ id: "95ea7246-d2e7-867e-82f3-5f30318a71e6", configured: true, createdBy: null });
  expect(await agents.get(stranger, assistant.id)).toEqual(assistant);
  await expect(agents.update(admin, "assistant", { name: "Mine" })).rejects.toMatchObject({ code: "forbidden" });
  await expect(agents.delete(admin, assistant.id)).rejects.toMatchObject({ code: "forbidden" });
  for (const [field, twin] of [
    ["name", { name: "ASSISTANT" }],
    ["slug", { name: "Other", slug: "assistant" }],
  ] as const)
    await expect(agents.create(ada, twin)).rejects.toMatchObject({ code: "conflict", detail: { field } });
});

test("a name is had once; a slug made of it gives way to one that is taken", async () => {
  const { agents } = stage.verbs;
  await agents.create(ada, weather);
  await expect(agents.create(bob, { name: "weather" })).rejects.toMatchObject({ detail: { field: "name" } });
  const slugOf = async (name: string) => (await agents.create(bob, { name })).agent.definition.slug;
  expect(await slugOf("Weather!")).toBe("weather-2");
  expect(await slugOf("Wéather?")).toBe("weather-3");
  expect(await slugOf("天気")).toMatch(/^agent-[0-9a-f]{12}$/);
  // A reserved word is no slug, and a name may be one.
  expect(await slugOf("Tasks")).toMatch(/^agent-[0-9a-f]{12}$/);
  await expect(agents.create(ada, { name: "Runs", slug: "runs" })).rejects.toMatchObject({
    code: "invalid",
    detail: { field: "slug" },
  });
});

test("an update merges: what is null goes back to its default, and properties change one by one", async () => {
  const { agents } = stage.verbs;
  await agents.create(ada, { ...weather, description: "Of today", properties: { colour: "red", size: 1 } });
  const { definition, version } = await agents.update(ada, "weather", {
    description: null,
    tools: null,
    properties: { size: null, shape: "round" },
  });
  expect(version).toBe(2);
  expect(definition).toMatchObject({ description: "", instructions: "Tell the weather." });
  expect(definition.tools).toBeUndefined();
  expect(definition.properties).toEqual({ colour: "red", shape: "round" });
});

test("whoever names the version that they have seen changes no other", async () => {
  const { agents } = stage.verbs;
  await agents.create(ada, weather);
  await agents.update(ada, "weather", { description: "First" }, 1);
  const late = { code: "conflict", detail: { field: "If-Match" } };
  await expect(agents.update(ada, "weather", { description: "Second" }, 1)).rejects.toMatchObject(late);
  await expect(agents.delete(ada, "weather", 1)).rejects.toMatchObject(late);
  const many = Array.from({ length: 3 }, (_, n) => agents.update(ada, "weather", { description: `${n}` }));
  expect((await Promise.all(many)).map(({ version }) => version).sort()).toEqual([3, 4, 5]);
});

test("an agent names models, tools and collaborators that there are", async () => {
  const { agents } = stage.verbs;
  const strange: [field: string, more: Partial<NewAgent>][] = [
    ["model", { model: "nowhere:none" }],
    ["tools", { tools: ["calculator", "teleport"] }],
    ["collaborators", { collaborators: ["assistant", "nobody"] }],
  ];
  for (const [field, more] of strange) {
    const wanted = { ...weather, ...more };
    await expect(agents.create(ada, wanted)).rejects.toMatchObject({ code: "invalid", detail: { field } });
  }
  await agents.create(ada, { ...weather, collaborators: ["assistant"] });
  await agents.create(ada, { name: "Rain", collaborators: ["weather"] });
  expect((await agents.update(ada, "weather", { collaborators: ["rain"] })).definition.collaborators).toEqual(["rain"]);
});

test("hostile definitions are refused, naming the field", async () => {
  const { agents } = stage.verbs;
  const hostile: [field: string, more: Partial<NewAgent>][] = [
    ["instructions", { instructions: "x".repeat(100_001) }],
    ["instructions", { instructions: "a\0b" }],
    ["tools", { tools: Array.from({ length: 10_000 }, () => "calculator") }],
    ["name", { name: "Wea\u202ether" }],
    ["name", { name: "Wea\u200fther" }],
    ["name", { name: "Wea\0ther" }],
    ["name", { name: " \n " }],
    ["slug", { slug: "01900000-0000-7000-8000-000000000000" }],
    ["properties", { properties: { text: "x".repeat(70_000) } }],
    ["maxTurns", { maxTurns: 51 }],
  ];
  for (const [field, more] of hostile) {
    const wanted = { ...weather, ...more };
    await expect(agents.create(ada, wanted), field).rejects.toMatchObject({ code: "invalid", detail: { field } });
  }
  expect(await slugs()).toEqual(["assistant"]);
});

test("an idempotency key makes one agent, and another request under it is refused", async () => {
  const { agents } = stage.verbs;
  const first = await agents.create(ada, weather, { key: "k", hash: "1" });
  const again = await agents.create(ada, weather, { key: "k", hash: "1" });
  expect(again).toEqual({ agent: first.agent, replayed: true });
  const other = agents.create(ada, { name: "Rain" }, { key: "k", hash: "2" });
  await expect(other).rejects.toMatchObject({ code: "conflict", detail: { field: "Idempotency-Key" } });
  // Another caller's key is another one.
  expect((await agents.create(bob, { name: "Rain" }, { key: "k", hash: "2" })).replayed).toBe(false);
});

test("a thousand agents are read page by page, each once, hidden ones when asked for", async () => {
  const { agents } = stage.verbs;
  for (let n = 0; n < 1_000; n++) await agents.create(ada, { name: `Agent ${n}`, hidden: n % 10 === 0 });
  const read = async (hidden: boolean) => {
    const seen: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page = await agents.list(bob, { hidden }, { limit: 150, ...(cursor !== "" && { cursor }) });
      seen.push(...page.agents.map(({ id }) => id));
      cursor = page.next;
    }
    return seen;
  };
  expect(new Set(await read(true)).size).toBe(1_001);
  expect(await read(false)).toHaveLength(901);
  const some = await agents.list(bob, { names: ["agent 7", "Assistant"], ids: ["agent-7", "assistant"] }, { limit: 9 });
  expect(some.agents.map(({ definition }) => definition.slug)).toEqual(["assistant", "agent-7"]);
  await expect(agents.list(bob, {}, { limit: 9, cursor: "x" })).rejects.toMatchObject({ code: "invalid" });
});

test("a page that ends with the configuration's agents leads on to the others", async () => {
  await stage.verbs.agents.create(ada, weather);
  const first = await stage.verbs.agents.list(ada, {}, { limit: 1 });
  expect(first.agents).toMatchObject([{ configured: true }]);
  const second = await stage.verbs.agents.list(ada, {}, { limit: 1, cursor: first.next ?? "" });
  expect(second).toMatchObject({ agents: [{ definition: { slug: "weather" } }], next: null });
});

test("the audit log says who made, changed and removed an agent", async () => {
  const { agents, audit } = stage.verbs;
  const { id } = (await agents.create(ada, weather)).agent;
  await agents.update(admin, id, { hidden: true });
  await agents.delete(ada, id);
  const { entries } = await audit.page(admin, {}, { before: null }, 9);
  expect(entries.map(({ act, user, detail }) => ({ act, user, detail }))).toEqual([
    { act: "agents.delete", user: "ada", detail: { agent: id, slug: "weather", version: 2 } },
    { act: "agents.update", user: "root", detail: { agent: id, slug: "weather", version: 2 } },
    { act: "agents.create", user: "ada", detail: { agent: id, slug: "weather", version: 1 } },
  ]);
});

test("what its tools reach is narrowed by whoever may change it, and widened by whoever has admin or by the configuration", async () => {
  const { agents } = stage.verbs;
  const { agent } = await agents.create(ada, { ...weather, reach: ["*.example.com", "https://hooks.test:8443"] });
  const reach = async (places: string[] | null, by = ada) =>
    (await agents.update(by, agent.id, { reach: places })).definition.reach ?? null;
  const wider = [["*.example.org"], ["example.com"], ["*.example.com:*"], ["hooks.test:8443"], ["*.test"], null];
  for (const places of wider)
    for (const by of [ada, { ...ada, user: "all", scopes: new Set(["tasks", "tasks:all"] as const) }])
      await expect(reach(places, by), String(places)).rejects.toMatchObject({ code: "forbidden" });
  const narrower = ["https://a.example.com", "*.b.example.com", "HTTPS://hooks.test.:8443"];
  expect(await reach(narrower)).toEqual(narrower);
  await expect(reach(["c.example.com"])).rejects.toMatchObject({ code: "forbidden", detail: { field: "reach" } });
  expect(await reach([])).toEqual([]);
  expect(await agents.update(ada, agent.id, { description: "Still mine" })).toMatchObject({
    definition: { reach: [] },
  });
  expect(await reach(["c.example.com"], admin)).toEqual(["c.example.com"]);
  expect(await reach(null, admin)).toBeNull();
});

test("of a server that says what tools of such agents may reach, one has that by itself and no more without admin", async () => {
  const catalog = { configured: [], tools: [], modelProblem: () => null, reach: ["*.example.com"] };
  const agents = new AgentVerbs(stage.store, stage.clock, new Ids(systemRandomBytes), catalog);
  const made = async (name: string, given: object, by = ada) =>
    (await agents.create(by, { name, ...given })).agent.definition.reach ?? null;
  expect(await made("Plain", {})).toEqual(["*.example.com"]);
  expect(await made("Narrow", { reach: ["a.example.com"] })).toEqual(["a.example.com"]);
  await expect(made("Wide", { reach: ["evil.org"] })).rejects.toMatchObject({ code: "forbidden" });
  expect(await made("Any", {}, admin)).toBeNull();
  const changed = await agents.update(ada, "narrow", { reach: ["b.example.com"] });
  expect(changed.definition.reach).toEqual(["b.example.com"]);
  await expect(agents.update(ada, "narrow", { reach: null })).rejects.toMatchObject({ code: "forbidden" });
});
