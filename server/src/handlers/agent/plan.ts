/**
 * The plan of one run: agent, model, mode and tools. Made once per task and journaled, so that a task goes on as it began after a
 * restart with another configuration.
 */
import { ModelError, type ModelId, type Models } from "../../models/model.ts";
import type { AgentDefinition, AgentInput, BoundAgent, Collaborator } from "../../task/agent/agent.ts";
import { type Guardrails, strictest } from "../../task/agent/guardrails.ts";
import { MissingCode } from "../../task/handler.ts";
import { didYouMean } from "../../task/text/spelling.ts";
import { SEARCH_DOCUMENTS } from "./tools/search-documents.ts";

export type AgentMode = AgentDefinition["mode"];

/** Modes with code of their own; all others run as `standard`. */
export type RunMode = Extract<AgentMode, "simple" | "standard">;

export type Plan = {
  agent: string;
  instructions: string;
  asked: AgentMode;
  mode: RunMode;
  model: ModelId;
  maxTurns: number;
  /** Names of the tools offered to the model. */
  tools: string[];
  asksPerson: boolean;
  /** Absent: it consults nobody. */
  collaborators?: Collaborator[];
  /** The vector stores that it searches; absent: all of the owner's. */
  knowledgeBases?: string[];
  /** Hosts that its tools may reach; absent: all that the server may. */
  reach?: string[];
  /** Of the server, the agent and the task together; absent in plans of older versions. */
  guardrails?: Guardrails;
};

/** Names an agent that does not exist. */
export class UnknownAgent extends MissingCode {}

/** Names a model that does not exist. */
export class UnknownModel extends MissingCode {}

function modelThere(find: () => ModelId): ModelId {
  try {
    return find();
  } catch (error) {
    if (error instanceof ModelError && error.code === "unknown_model") throw new UnknownModel(error.message);
    throw error;
  }
}

/** The part of an agent that a run needs, of a configured one or a caller's. */
export type RunAgent = Omit<BoundAgent, "id" | "version">;

/** The agents of this server; the first is the default. */
export type Agents = { byDefault: RunAgent; bySlug: ReadonlyMap<string, RunAgent> };

/** Throws for agents that share a slug, or name a collaborator that is not among them. */
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

/** The agent of a task's input. Throws `UnknownAgent`. */
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

/** The requested mode and the one that runs. */
export function modesFor(
  input: Pick<AgentInput, "mode">,
  agent: Pick<RunAgent, "mode">,
): { asked: AgentMode; mode: RunMode } {
  const asked = input.mode ?? agent.mode;
  return { asked, mode: asked === "simple" ? "simple" : "standard" };
}

/** The task's choice precedes the agent's; a named model precedes a tier. Throws a `ModelError` for an unknown one. */
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

/** Throws `UnknownAgent`, or `UnknownModel`: a submit with either is refused, so the configuration has lost it since. */
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
  // An agent with knowledge bases can search them.
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
