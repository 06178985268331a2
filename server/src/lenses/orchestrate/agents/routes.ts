/** Agents: list, read, make, change, delete, and the environments that clients look for. */

import { z } from "zod";
import { notFound, Refusal } from "../../../task/errors.ts";
import type { Principal } from "../../../task/principal.ts";
import { PAGE_LIMIT_MAX } from "../../../task/task-filter.ts";
import type { Agent, AgentFilter } from "../../../verbs/agents.ts";
import type { Verbs } from "../../../verbs/verbs.ts";
import { anyQuery, type Route, route } from "../../route.ts";
import { foundAs, onWire } from "../errors.ts";
import { success } from "../success.ts";
import { agentOut as agentOutOf, environmentsOf, fieldsOf, WIRE_NAMES } from "./agent.ts";
import {
  type AgentFields,
  agentCreate,
  agentOut,
  agentsQuery,
  agentUpdate,
  agentUpserted,
  environment,
} from "./schema.ts";

const TAG = "Orchestrate Agents";
const params = { agent_id: { about: "An agent's id, or its slug", is: () => true } };
/** Of one agent, which there may not be. */
const ofOne = { tag: TAG, params, query: anyQuery, refuses: ["unauthenticated", "not_found"] } as const;
/** This wire has no pages of agents: a list has so many, and those of about so many characters. */
const LISTED_MAX = 1_000;
const LISTED_CHARACTERS_MAX = 16 << 20;

export const agentRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/orchestrate/agents",
    id: "list_agents",
    scope: "any",
    tag: TAG,
    summary: "List Agents",
    description: "Those of the configuration, then those of the tenant, oldest first; at most 1,000.",
    query: agentsQuery,
    refuses: ["unauthenticated", "invalid"],
    answers: success(z.array(agentOut)),
    handle: async ({ principal, verbs, query: { names, ids, include_hidden: hidden } }) => {
      const filter = { hidden, ...(names && { names }), ...(ids && { ids }) };
      const agents = await listed(verbs, principal, filter);
      return { status: 200, body: agents.map((agent) => agentOutOf(agent, principal.tenant)) };
    },
  }),
  route({
    method: "POST",
    path: "/v1/orchestrate/agents",
    id: "create_agent",
    scope: "tasks",
    tag: TAG,
    summary: "Create Agent",
    description:
      "A name is an agent's alone: 409. With a model that this server has not got it runs on the default one.",
    reads: "typed",
    body: agentCreate,
    refuses: ["unauthenticated", "invalid", "conflict"],
    query: anyQuery,
    answers: success(agentUpserted),
    handle: async ({ principal, verbs, body }) =>
      upserted(body, async (fields) => {
        const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
        const { agent } = await verbs.agents.create(principal, { ...given, name: body.name });
        return agent.id;
      }),
  }),
  route({
    ...ofOne,
    method: "GET",
    path: "/v1/orchestrate/agents/{agent_id}",
    id: "get_agent",
    scope: "any",
    summary: "Get Agent",
    answers: success(agentOut),
    handle: async ({ principal, verbs, params }) => {
      const agent = await foundAs("Agent", verbs.agents.get(principal, params.agent_id));
      return { status: 200, body: agentOutOf(agent, principal.tenant) };
    },
  }),
  route({
    method: "PATCH",
    path: "/v1/orchestrate/agents/{agent_id}",
    id: "update_agent",
    scope: "tasks",
    tag: TAG,
    summary: "Update Agent",
    description: "Only what is sent changes. Runs that have begun go on as they are.",
    params,
    reads: "typed",
    body: agentUpdate,
    query: anyQuery,
    refuses: ["unauthenticated", "not_found", "invalid", "conflict"],
    answers: success(agentUpserted),
    handle: async ({ principal, verbs, params, body }) =>
      upserted(body, async (fields) => (await verbs.agents.update(principal, params.agent_id, fields)).id),
  }),
  route({
    ...ofOne,
    method: "DELETE",
    path: "/v1/orchestrate/agents/{agent_id}",
    id: "delete_agent",
    scope: "tasks",
    summary: "Delete Agent",
    description: "Its runs stay.",
    answers: success(agentOut),
    handle: async ({ principal, verbs, params }) => {
      const agent = await foundAs("Agent", verbs.agents.delete(principal, params.agent_id));
      return { status: 200, body: agentOutOf(agent, principal.tenant) };
    },
  }),
  route({
    ...ofOne,
    method: "GET",
    path: "/v1/orchestrate/agents/{agent_id}/environment",
    id: "list_agent_environments",
    scope: "any",
    summary: "List Agent Environments",
    answers: success(z.array(environment)),
    handle: async ({ principal, verbs, params }) => ({
      status: 200,
      body: environmentsOf(await foundAs("Agent", verbs.agents.get(principal, params.agent_id))),
    }),
  }),
];

async function listed(verbs: Verbs, principal: Principal, filter: AgentFilter): Promise<Agent[]> {
  const agents: Agent[] = [];
  let characters = 0;
  for (let cursor: string | null = ""; cursor !== null && agents.length < LISTED_MAX; ) {
    const page = await verbs.agents.list(principal, filter, {
      limit: Math.min(PAGE_LIMIT_MAX, LISTED_MAX - agents.length),
      ...(cursor !== "" && { cursor }),
    });
    agents.push(...page.agents);
    characters += page.agents.reduce((sum, { definition }) => sum + definition.instructions.length, 0);
    cursor = characters > LISTED_CHARACTERS_MAX ? null : page.next;
  }
  return agents;
}

/** Writes an agent, with the model that is named or, when there is none of that name here, without. */
async function upserted(given: AgentFields, write: (fields: ReturnType<typeof fieldsOf>) => Promise<string>) {
  try {
    return { status: 200, body: { id: await write(fieldsOf(given, true)) } };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, detail } = error;
    if (code === "not_found") throw notFound("Agent");
    if (code !== "invalid") throw error;
    if (detail.field !== "model" || !given.llm) throw onWire(error, wireNameOf);
  }
  const warning = `This server has no model ${given.llm}: the agent runs on its default model.`;
  try {
    return { status: 200, body: { id: await write(fieldsOf(given, false)), warning } };
  } catch (error) {
    if (error instanceof Refusal && error.code === "invalid") throw onWire(error, wireNameOf);
    throw error;
  }
}

/** The name on this wire of what a definition refuses. */
function wireNameOf(field: string): string {
  const [first = "", ...rest] = field.split(".");
  return [WIRE_NAMES[first] ?? first, ...rest].join(".");
}
