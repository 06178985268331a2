/** Agents of callers: the handler finds them here, and binds their definitions to a task that begins. */

import type { AgentDefinition, BoundAgent } from "../../task/agent/agent.ts";
import { Refusal } from "../../task/errors.ts";
import type { Context } from "../../task/handler.ts";
import { isJsonObject, type Json } from "../../task/json/json.ts";
import { type Agents, collaboratorOf } from "./plan.ts";

type Owner = Pick<Context["task"], "tenant" | "user">;

type FoundAgent = { id: string; version: number; definition: AgentDefinition };

/** The handler's questions about the agents of a server. */
export interface AgentDirectory {
  /** The agent of this id or slug, among those that the owner may use; null if there is none. */
  find(owner: Owner, idOrSlug: string): Promise<FoundAgent | null>;
}

/**
 * The input bound to its agent's present definition, so that the task goes on with that when the agent changes. A configured agent
 * named by its slug is the handler's own already; a missing one is refused by the input's check. Throws `invalid` for an input that
 * brings a bound agent itself.
 */
export async function boundInput(given: Json, owner: Owner, agents: Agents, directory: AgentDirectory): Promise<Json> {
  if (!isJsonObject(given)) return given;
  if (given["bound"] !== undefined)
    throw new Refusal("invalid", "input.bound: is the server's to fill in", { field: "input.bound" });
  const { agent } = given;
  if (typeof agent !== "string" || agents.bySlug.has(agent)) return given;
  const found = await directory.find(owner, agent);
  if (!found) return given;
  return { ...given, agent: found.definition.slug, bound: await boundAgent(found, owner, directory) };
}

async function boundAgent({ id, version, definition }: FoundAgent, owner: Owner, directory: AgentDirectory) {
  const { name, slug, instructions, model, tools, knowledgeBases, mode, maxTurns, timeLimitMs, asksPerson } =
    definition;
  const { multitaskStrategy, reach } = definition;
  const others = await Promise.all(definition.collaborators.map((other) => directory.find(owner, other)));
  const bound: BoundAgent = {
    ...{ id, version, slug, name, instructions, knowledgeBases, mode, maxTurns, asksPerson, multitaskStrategy },
    ...(model !== undefined && { model }),
    ...(tools !== undefined && { tools }),
    ...(timeLimitMs !== undefined && { timeLimitMs }),
    ...(reach !== undefined && { reach }),
    ...(definition.guardrails !== undefined && { guardrails: definition.guardrails }),
    // A deleted agent is no collaborator.
    collaborators: others.flatMap((other) => (other ? [collaboratorOf(other.definition)] : [])),
  };
  return bound;
}
