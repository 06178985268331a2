/**
 * What one run will be: which agent, model, mode and tools. Made once per task and journaled, so that a task that
 * outlives a restart with another configuration goes on as it began.
 */
import { ModelError, type ModelId, type Models } from "../../models/model.ts";
import type { AgentDefinition, AgentInput, BoundAgent, Collaborator } from "../../task/agent/agent.ts";
import { type Guardrails, strictest } from "../../task/agent/guardrails.ts";
import { MissingCode } from "../../task/handler.ts";
import { didYouMean } from "../../task/text/spelling.ts";
import { SEARCH_DOCUMENTS } from "./tools/search-documents.ts";

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
  /** Absent: it hands nothing over. */
  collaborators?: Collaborator[];
  /** The vector stores that it searches; absent: all of the owner's. */
  knowledgeBases?: string[];
  /** Hosts that its tools may reach; absent: whatever the server may. */
  reach?: string[];
  /** Of the server, the agent and the task together; absent in plans of older versions. */
  guardrails?: Guardrails;
};

/** Names an agent that is not there. */
export class UnknownAgent extends MissingCode {}

/** The same of a model. */
export class UnknownModel extends MissingCode {}

function modelThere(find: () => ModelId): ModelId {
  try {
    return find();
  } catch (error) {
    if (error instanceof ModelError && error.code === "unknown_model") throw new UnknownModel(error.message);
    throw error;
  }
}

/** What a run needs to know of its agent, of the configuration or made by a caller. */
export type RunAgent = Omit<BoundAgent, "id" | "version">;

/** The agents of this server; the first is the default. */
export type Agents = { byDefault: RunAgent; bySlug: ReadonlyMap<string, RunAgent> };

/** Throws for agents that share a slug, or name a collaborator that is none of them. */
export function agentsOf(all: readonly AgentDefinition[]): Agents {
  const [byDefault] = all;
  if (byDefault === undefined) throw new Error("There is no agent.");
  const definitions = new Map<string, AgentDefinition>();
  for (const agent of all) {
    if (definitions.has(agent.slug)) throw new Error(`Two agents are called "${agent.slug}".`);
    definitions.set(agent.slug, agent);
  }
  const known = (definition: AgentDefinition): RunAgent => ({
    ...definition,
    collaborators: definition.collaborators.map((name) => {
      const other = definitions.get(name);
      if (other === undefined)
        throw new Error(`The agent "${definition.slug}" names a collaborator "${name}" that is not there.`);
      return collaboratorOf(other);
    }),
  });
  const bySlug = new Map([...definitions.values()].map((definition) => [definition.slug, known(definition)]));
  return { byDefault: known(byDefault), bySlug };
}

export function collaboratorOf({ slug, name, description }: AgentDefinition): Collaborator {
  return { slug, name, description };
}

/** The agent that a task's input means. Throws `UnknownAgent`. */
export function agentFor(input: Pick<AgentInput, "agent" | "bound">, agents: Agents): RunAgent {
  if (input.bound !== undefined) return input.bound;
  if (input.agent === undefined) return agents.byDefault;
  const agent = agents.bySlug.get(input.agent);
  if (agent === undefined) {
    const slugs = [...agents.bySlug.keys()];
    const meant = didYouMean(input.agent, slugs);
    throw new UnknownAgent(`There is no agent "${input.agent}".${meant} Agents: ${slugs.join(", ")}.`);
  }
  return agent;
}

/** The mode that is asked for and the one that runs. */
export function modesFor(
  input: Pick<AgentInput, "mode">,
  agent: Pick<RunAgent, "mode">,
): { asked: AgentMode; mode: RunMode } {
  const asked = input.mode ?? agent.mode;
  return { asked, mode: asked === "simple" ? "simple" : "standard" };
}

/** Whoever asks beats the agent's definition; a named model beats a tier. Throws a `ModelError` for an unknown one. */
export function modelFor(
  input: Pick<AgentInput, "model" | "provider" | "tier">,
  agent: Pick<RunAgent, "model">,
  models: Models,
): ModelId {
  if (input.model !== undefined) return models.resolve(input.model, input.provider);
  if (input.provider !== undefined) return models.resolve("", input.provider);
  if (input.tier !== undefined) return models.forTier(input.tier);
  if (agent.model !== undefined) return models.resolve(agent.model);
  return models.defaultModel;
}

/** Throws `UnknownAgent`, or `UnknownModel`: the door has let in neither, so that the configuration has lost it since. */
export async function planRun(
  input: AgentInput,
  parts: {
    agents: Agents;
    models: Models;
    builtInTools: () => Promise<readonly string[]>;
    guardrails: { asked: Guardrails };
  },
): Promise<Plan> {
  const agent = agentFor(input, parts.agents);
  const { asked, mode } = modesFor(input, agent);
  const withTools = mode === "standard";
  const { collaborators, knowledgeBases, reach } = agent;
  const tools = new Set(withTools ? (agent.tools ?? (await parts.builtInTools())) : []);
  // Whoever is given knowledge can look it up.
  if (withTools && knowledgeBases.length > 0) tools.add(SEARCH_DOCUMENTS);
  return {
    agent: agent.slug,
    instructions: agent.instructions,
    asked,
    mode,
    model: modelThere(() => modelFor(input, agent, parts.models)),
    maxTurns: withTools ? (input.maxTurns ?? agent.maxTurns) : 1,
    tools: [...tools],
    asksPerson: withTools && agent.asksPerson,
    ...(withTools && collaborators.length > 0 && { collaborators }),
    ...(withTools && knowledgeBases.length > 0 && { knowledgeBases }),
    ...(reach !== undefined && { reach }),
    guardrails: strictest([parts.guardrails.asked, agent.guardrails, input.guardrails]),
  };
}
