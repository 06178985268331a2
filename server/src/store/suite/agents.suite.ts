/** Agents that callers have made. */
import { expect, test } from "vitest";
import { type AgentRecord, agentDefinition } from "../../task/agent/agent.ts";
import { uuidFromBytes, uuidV7Bytes } from "../../task/id.ts";
import type { AgentPlace } from "../agent-store.ts";
import type { Store } from "../store.ts";
import { START } from "./new-task.suite.ts";

const acme = { tenant: "acme", user: null };
const all = { hidden: true };

let made = 0;

function agent(slug: string, fields: Partial<AgentRecord> = {}, definition: object = {}): AgentRecord {
  made++;
  const random = new Uint8Array(16).fill(made % 256);
  return {
    id: uuidFromBytes(uuidV7Bytes(START + made, random)),
    tenant: "acme",
    user: "ada",
    version: 1,
    definition: agentDefinition.parse({ slug, name: slug.toUpperCase(), ...definition }),
    createdAt: START + made,
    updatedBy: "ada",
    updatedAt: START + made,
    ...fields,
  };
}

function act(name: string) {
  return {
    tenant: "acme",
    at: START,
    user: "ada",
    keyId: "k1",
    act: `agents.${name}`,
    task: null,
    origin: null,
    detail: {},
  };
}

export function agentStories(setup: () => Promise<Store>): void {
  test("an agent is found by its id and by its slug, in its tenant alone", async () => {
    const { agents } = await setup();
    const weather = agent(
      "weather",
      {},
      { instructions: "Say \u202eit\u0007 – ☃", properties: { deep: [{ a: null }] } },
    );
    expect(await agents.addAgent(weather, act("create"))).toEqual({ added: true });
    expect(await agents.agent(acme, weather.id)).toEqual(weather);
    expect(await agents.agent(acme, "weather")).toEqual(weather);
    expect(await agents.agent({ tenant: "other", user: null }, weather.id)).toBeNull();
    expect(await agents.agent(acme, "rain")).toBeNull();
  });

  test("a slug and a name are had once in a tenant, whatever the case of the name, and again by another tenant", async () => {
    const { agents } = await setup();
    await agents.addAgent(agent("weather", {}, { name: "Weather" }), act("create"));
    const sameSlug = agents.addAgent(agent("weather", {}, { name: "Other" }), act("create"));
    await expect(sameSlug).rejects.toMatchObject({ code: "conflict", detail: { field: "slug" } });
    const sameName = agents.addAgent(agent("other", {}, { name: "WEATHER" }), act("create"));
    await expect(sameName).rejects.toMatchObject({ code: "conflict", detail: { field: "name" } });
    expect(await agents.addAgent(agent("weather", { tenant: "other" }), act("create"))).toEqual({ added: true });
  });

  test("a change takes the place of the version before it, and of no other", async () => {
    const { agents } = await setup();
    const first = agent("weather");
    await agents.addAgent(first, act("create"));
    await agents.addAgent(agent("rain", {}, { name: "Rain" }), act("create"));
    const second = { ...first, version: 2, definition: { ...first.definition, name: "Wind" }, updatedBy: "bob" };
    expect(await agents.changeAgent(second, act("update"))).toBe(true);
    expect(await agents.changeAgent(second, act("update"))).toBe(false);
    expect(await agents.agent(acme, first.id)).toEqual(second);
    const taken = { ...second, version: 3, definition: { ...first.definition, name: "rain" } };
    await expect(agents.changeAgent(taken, act("update"))).rejects.toMatchObject({ detail: { field: "name" } });
  });

  test("a removed agent is gone, once, and its name is free again", async () => {
    const { agents } = await setup();
    const weather = agent("weather");
    await agents.addAgent(weather, act("create"));
    expect(await agents.removeAgent({ id: weather.id, version: 2 }, act("delete"))).toBe(false);
    expect(await agents.removeAgent(weather, act("delete"))).toBe(true);
    expect(await agents.removeAgent(weather, act("delete"))).toBe(false);
    expect(await agents.agent(acme, weather.id)).toBeNull();
    expect(await agents.addAgent(agent("weather"), act("create"))).toEqual({ added: true });
  });

  test("an idempotency key makes one agent, and then names it", async () => {
    const { agents } = await setup();
    const key = { scope: "acme\nada\nagents", key: "once", hash: "h1", at: START };
    const weather = agent("weather");
    expect(await agents.addAgent(weather, act("create"), key)).toEqual({ added: true });
    expect(await agents.addAgent(agent("rain"), act("create"), key)).toEqual({ replayed: weather.id, hash: "h1" });
    expect(await agents.agent(acme, "rain")).toBeNull();
  });

  test("a list goes on where a page ended, oldest first, and by ids, slugs and names", async () => {
    const { agents } = await setup();
    const added = Array.from({ length: 7 }, (_, n) => agent(`agent-${n}`, {}, { hidden: n === 3 }));
    for (const each of added) await agents.addAgent(each, act("create"));
    await agents.addAgent(agent("foreign", { tenant: "other" }), act("create"));
    const slugs: string[] = [];
    for (let after: AgentPlace | null = null; ; ) {
      const page = await agents.agents(acme, { hidden: false }, { limit: 2, after });
      expect(page.agents.length).toBeLessThanOrEqual(2);
      slugs.push(...page.agents.map(({ definition }) => definition.slug));
      if (page.next === null) break;
      after = page.next;
    }
    expect(slugs).toEqual(["agent-0", "agent-1", "agent-2", "agent-4", "agent-5", "agent-6"]);
    const named = async (filter: object) =>
      (await agents.agents(acme, { ...all, ...filter }, { limit: 9, after: null })).agents.map(
        ({ definition }) => definition.slug,
      );
    expect(await named({})).toHaveLength(7);
    expect(await named({ ids: [added[1]?.id, "agent-3", "nobody"] })).toEqual(["agent-1", "agent-3"]);
    expect(await named({ names: ["AGENT-5", "agent-6"] })).toEqual(["agent-5", "agent-6"]);
    expect(await named({ names: [] })).toEqual([]);
  });

  test("a page of large agents ends early and says that there are more", async () => {
    const { agents } = await setup();
    const instructions = "x".repeat(100_000);
    for (let n = 0; n < 15; n++) await agents.addAgent(agent(`agent-${n}`, {}, { instructions }), act("create"));
    const first = await agents.agents(acme, all, { limit: 15, after: null });
    expect(first.agents.length).toBeGreaterThan(1);
    expect(first.agents.length).toBeLessThan(15);
    const rest = await agents.agents(acme, all, { limit: 15, after: first.next });
    expect(first.agents.length + rest.agents.length).toBe(15);
    expect(rest.next).toBeNull();
  });

  test("what is done to agents is in the audit log", async () => {
    const store = await setup();
    const weather = agent("weather");
    await store.agents.addAgent(weather, act("create"));
    await store.agents.changeAgent({ ...weather, version: 2 }, act("update"));
    await store.agents.removeAgent({ id: weather.id, version: 2 }, act("delete"));
    const acts = (await store.audit.page({}, { before: null }, 9)).entries.map(({ act }) => act);
    expect(acts).toEqual(["agents.delete", "agents.update", "agents.create"]);
  });
}
