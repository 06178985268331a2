/** Where the handler finds agents that callers have made, and fixes what they are for a task that begins. */

import type { AgentDefinition, BoundAgent } from "../../task/agent/agent.ts";
import { Refusal } from "../../task/errors.ts";
import type { Context } from "../../task/handler.ts";
import { isJsonObject, type Json } from "../../task/json/json.ts";
import { type Agents, collaboratorOf } from "./plan.ts";

type Owner = Pick<Context["task"], "tenant" | "user">;

type FoundAgent = { id: string; version: number; definition: AgentDefinition };

/** What the handler asks of the agents of a server. */
export interface AgentDirectory {
  /** Of this id or slug, among those that the owner may use; null when there is none. */
  find(owner: Owner, idOrSlug: string): Promise<FoundAgent | null>;
}

/**
 * The input with what its agent is at this moment, so that the task goes on with that whatever becomes of the agent. One of
 * the configuration that is named by its slug is the handler's own already, and one that is not there is left to the door,
 * which says so. Throws `invalid` for an input that brings its own.
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
    // One that is gone by now is nobody to hand anything to.
    collaborators: others.flatMap((other) => (other ? [collaboratorOf(other.definition)] : [])),
  };
  return bound;
}
