/**
 * Agents to this wire and back. Where the two worlds differ:
 *
 * - A model that this server has not got is no fault: clients name one of the protocol's own whatever they do. The agent
 *   keeps its name, and runs on the server's default model.
 * - An agent that names no model has the one of the name `default`: clients take no agent without one.
 * - There is one agent, and no draft of it beside what is live: both environments are the agent as it is.
 * - Instructions of the configuration are the operator's, and not shown.
 */
import { createHash } from "node:crypto";
import { uuidV8 } from "../../../task/id.ts";
import { isJsonObject } from "../../../task/json/json.ts";
import type { Agent, AgentUpdate, RemovedAgent } from "../../../verbs/agents.ts";
import { wireTime } from "../wire-time.ts";
import type { AgentFields, AgentOut } from "./schema.ts";

/** The property of an agent in which the name of a model lies that this server has not got. */
const OTHER_MODEL = "llm";
/** The model of an agent that names none. */
const DEFAULT_MODEL = "default";

/** What a definition calls a field of the wire. */
export const WIRE_NAMES: Readonly<Record<string, string>> = {
  displayName: "display_name",
  knowledgeBases: "knowledge_base",
  model: "llm",
  properties: "additional_properties",
};

/** What was not sent stays away. `hasModel` is whether the server has the model that is named. */
export function fieldsOf(given: AgentFields, hasModel: boolean): AgentUpdate {
  const { name, description, instructions, tools, collaborators, style, hidden, tags } = given;
  const { additional_properties: properties } = given;
  const llm = given.llm === DEFAULT_MODEL ? null : given.llm;
  const kept = llm === undefined ? {} : { [OTHER_MODEL]: hasModel ? null : llm };
  return {
    ...(name !== undefined && { name }),
    ...(given.display_name !== undefined && { displayName: given.display_name || null }),
    ...(description !== undefined && { description }),
    ...(instructions !== undefined && { instructions }),
    ...(tools !== undefined && { tools: tools ?? [] }),
    ...(collaborators !== undefined && { collaborators }),
    ...(given.knowledge_base !== undefined && { knowledgeBases: given.knowledge_base }),
    ...(llm !== undefined && { model: hasModel ? llm : null }),
    ...(style !== undefined && { style }),
    ...(hidden !== undefined && { hidden }),
    ...(tags !== undefined && { tags }),
    ...((properties || llm !== undefined) && { properties: { ...properties, ...kept } }),
  };
}

export function agentOut(agent: Agent | RemovedAgent, tenant: string): AgentOut {
  const { id, definition, configured, createdBy, createdAt, updatedBy, updatedAt } = agent;
  const { [OTHER_MODEL]: otherModel, ...properties } = definition.properties;
  return {
    id,
    tenant_id: tenant,
    name: definition.name,
    display_name: definition.displayName ?? null,
    description: definition.description,
    instructions: configured ? null : definition.instructions,
    tools: definition.tools ?? [],
    collaborators: definition.collaborators,
    knowledge_base: definition.knowledgeBases,
    llm: definition.model ?? (typeof otherModel === "string" ? otherModel : DEFAULT_MODEL),
    style: definition.style,
    hidden: definition.hidden,
    tags: definition.tags,
    environments: environmentsOf(agent),
    additional_properties: isJsonObject(properties) ? properties : {},
    created_by: createdBy,
    created_on: createdAt === null ? null : wireTime(createdAt),
    updated_by: updatedBy,
    updated_at: updatedAt === null ? null : wireTime(updatedAt),
    deleted_by: "deletedBy" in agent ? agent.deletedBy : null,
    deleted_at: "deletedAt" in agent ? wireTime(agent.deletedAt) : null,
  };
}

export function environmentsOf({ id, version }: Agent): AgentOut["environments"] {
  return (["draft", "live"] as const).map((name) => ({
    id: uuidV8(createHash("sha256").update(`${id} ${name}`).digest()),
    name,
    description: null,
    current_version: version,
  }));
}
