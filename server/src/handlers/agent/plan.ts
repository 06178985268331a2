/**
 * What one run will be: which agent, model, mode and tools. Made once per task and journaled, so that a task that
 * outlives a restart with another configuration goes on as it began.
 */
import type { ModelId, Models } from "../../models/model.ts";
import type { AgentDefinition, AgentInput } from "../../task/agent.ts";

export type AgentMode = AgentDefinition["mode"];

/** The modes that have code of their own; every other one runs as `standard`. */
export type RunMode = Extract<AgentMode, "simple" | "standard">;

export type Plan = {
  agent: string;
  instructions: string;
  asked: AgentMode;
  mode: RunMode;
  model: ModelId;
  maxTurns: number;
  /** Names of the tools that the model is offered. */
  tools: string[];
  asksPerson: boolean;
};

/** Names an agent that is not there. */
export class UnknownAgent extends Error {}

/** The agents of this server; the first is the default. */
export type Agents = { byDefault: AgentDefinition; bySlug: ReadonlyMap<string, AgentDefinition> };

/** The definition that a task's input means. Throws `UnknownAgent`. */
export function agentFor(input: Pick<AgentInput, "agent">, agents: Agents): AgentDefinition {
  if (input.agent === undefined) return agents.byDefault;
  const agent = agents.bySlug.get(input.agent);
  if (agent === undefined) {
    throw new UnknownAgent(`There is no agent "${input.agent}". Agents: ${[...agents.bySlug.keys()].join(", ")}.`);
  }
  return agent;
}

/** The mode that is asked for and the one that runs. */
export function modesFor(input: Pick<AgentInput, "mode">, agent: AgentDefinition): { asked: AgentMode; mode: RunMode } {
  const asked = input.mode ?? agent.mode;
  return { asked, mode: asked === "simple" ? "simple" : "standard" };
}

/** Whoever asks beats the agent's definition; a named model beats a tier. Throws a `ModelError` for an unknown one. */
export function modelFor(
  input: Pick<AgentInput, "model" | "provider" | "tier">,
  agent: AgentDefinition,
  models: Models,
): ModelId {
  if (input.model !== undefined) return models.resolve(input.model, input.provider);
  if (input.provider !== undefined) return models.resolve("", input.provider);
  if (input.tier !== undefined) return models.forTier(input.tier);
  if (agent.model !== undefined) return models.resolve(agent.model);
  return models.defaultModel;
}

/** Throws `UnknownAgent`, or a `ModelError` for an unknown model. */
export function planRun(
  input: AgentInput,
  parts: { agents: Agents; models: Models; builtInTools: readonly string[] },
): Plan {
  const agent = agentFor(input, parts.agents);
  const { asked, mode } = modesFor(input, agent);
  const withTools = mode === "standard";
  return {
    agent: agent.slug,
    instructions: agent.instructions,
    asked,
    mode,
    model: modelFor(input, agent, parts.models),
    maxTurns: withTools ? (input.maxTurns ?? agent.maxTurns) : 1,
    tools: withTools ? [...(agent.tools ?? parts.builtInTools)] : [],
    asksPerson: withTools && agent.asksPerson,
  };
}
