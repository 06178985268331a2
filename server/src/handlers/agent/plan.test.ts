import { describe, expect, it } from "vitest";
import { createModels } from "../../models/models.ts";
import { agentInput } from "../../task/agent/agent.ts";
import { agentHandler } from "./agent.ts";
import { assistant, defineAgent } from "./definition.ts";
import { agentsOf, planRun } from "./plan.ts";

const models = createModels({
  providers: {
    openai: { type: "openai", apiKey: "k" },
    house: { type: "openai-compatible", baseUrl: "http://127.0.0.1:1/v1", defaultModel: "h1" },
  },
  tiers: { large: "house:big" },
});
const cook = defineAgent({ slug: "cook", name: "Cook", model: "house:small", mode: "simple", tools: [] });
const agents = agentsOf([assistant, cook]);
let looks = 0;
const builtInTools = async () => {
  looks += 1;
  return ["calculator"];
};
const plan = (input: object) =>
  planRun(agentInput.parse({ query: "q", ...input }), { agents, models, builtInTools, guardrails: { asked: {} } });

describe("a plan", () => {
  it("takes the default agent with all built-in tools, in its own mode", async () => {
    expect(await plan({})).toMatchObject({ agent: "assistant", mode: "standard", tools: ["calculator"], maxTurns: 10 });
  });

  it("lets the caller's model beat the agent's, and a name beat a tier", async () => {
    expect((await plan({ agent: "cook" })).model).toBe("house:small");
    expect((await plan({ agent: "cook", tier: "large" })).model).toBe("house:big");
    expect((await plan({ agent: "cook", tier: "large", model: "gpt-5-mini" })).model).toBe("openai:gpt-5-mini");
    expect((await plan({ provider: "house" })).model).toBe("house:h1");
  });

  it("looks for what its server has of documents only where the agent's own tools do not say", async () => {
    const before = looks;
    await plan({ agent: "cook", mode: "standard" });
    await plan({ mode: "simple" });
    expect(looks).toBe(before);
    await plan({});
    expect(looks).toBe(before + 1);
  });

  it("offers no tools and has one turn when it is simple", async () => {
    expect(await plan({ mode: "simple", maxTurns: 9 })).toMatchObject({ tools: [], maxTurns: 1, asksPerson: false });
  });

  it.each(["complex", "supervisor"])("runs %s as standard and remembers what was asked for", async (mode) => {
    expect(await plan({ mode })).toMatchObject({ asked: mode, mode: "standard" });
  });
});

describe("the door of kind agent", () => {
  const handler = agentHandler({ models, agents: [assistant, cook], tools: [] });

  it("refuses an agent that is not there and lists those that are", () => {
    const refused = handler.input.safeParse({ query: "q", agent: "baker" });
    expect(refused.error?.issues).toMatchObject([
      { path: ["agent"], message: 'There is no agent "baker". Agents: assistant, cook.' },
    ]);
  });

  it("refuses a model that is not configured, at the field that named it", () => {
    const offline = agentHandler({ models: createModels(), agents: [], tools: [] });
    expect(offline.input.safeParse({ query: "q", model: "nowhere:x" }).error?.issues).toMatchObject([
      { path: ["model"], message: expect.stringContaining("Configured: local") },
    ]);
    expect(handler.input.safeParse({ query: "q", provider: "nowhere" }).error?.issues[0]?.path).toEqual(["provider"]);
  });

  it("gives simple tasks two minutes from the first token on, others the research limit, and people their time", () => {
    const asking = agentHandler({ models, agents: [{ ...assistant, asksPerson: true }], tools: [] });
    expect(handler.timeLimitMs?.({ query: "q", mode: "simple" })).toBe(300_000 + 120_000);
    expect(handler.timeLimitMs?.({ query: "q", mode: "simple", provider: "local" })).toBe(120_000);
    expect(handler.timeLimitMs?.({ query: "q" })).toBe(45 * 60_000);
    expect(asking.timeLimitMs?.({ query: "q" })).toBeGreaterThan(75 * 60_000);
  });

  it("shows the question as title and as the user's turn, attachments with it", () => {
    const attachments = [{ text: "notes" }];
    expect(handler.present({ query: "Read this\nplease", attachments })).toEqual({
      title: "Read this please",
      message: [{ text: "Read this\nplease" }, { text: "notes" }],
    });
  });

  it("refuses to be built from agents that share a slug or name a tool that is not there", () => {
    expect(() => agentHandler({ models, agents: [cook, cook], tools: [] })).toThrow(/Two agents/);
    expect(() => agentHandler({ models, agents: [{ ...cook, tools: ["saw"] }], tools: [] })).toThrow(/"saw"/);
  });
});
