/** Agents to the native wire and back. The wire has no instructions of the configuration: those are the operator's. */
import type { z } from "zod";
import { GUARDRAIL_KINDS, type Guardrails } from "../../task/agent/guardrails.ts";
import type { Agent, AgentUpdate, NewAgent } from "../../verbs/agents.ts";
import { cardOf, wireCard } from "./agent-card.ts";
import * as wire from "./agent-schema.ts";
import { timeOrNull } from "./translate.ts";

export function wireAgent(agent: Agent): z.infer<typeof wire.agent> {
  const { id, version, definition, configured, createdBy, createdAt, updatedBy, updatedAt } = agent;
  return {
    id,
    slug: definition.slug,
    name: definition.name,
    display_name: definition.displayName ?? null,
    description: definition.description,
    instructions: configured ? null : definition.instructions,
    model: definition.model ?? null,
    tools: definition.tools ?? null,
    collaborators: definition.collaborators,
    reach: definition.reach ?? null,
    knowledge_bases: definition.knowledgeBases,
    mode: definition.mode,
    max_turns: definition.maxTurns,
    time_limit_ms: definition.timeLimitMs ?? null,
    asks_person: definition.asksPerson,
    multitask_strategy: definition.multitaskStrategy,
    guardrails: definition.guardrails === undefined ? null : wireGuardrails(definition.guardrails),
    card: definition.card === undefined ? null : wireCard(definition.card),
    tags: definition.tags,
    hidden: definition.hidden,
    style: definition.style,
    properties: definition.properties,
    configured,
    version,
    created_by: createdBy,
    created_at: timeOrNull(createdAt),
    updated_by: updatedBy,
    updated_at: timeOrNull(updatedAt),
  };
}

export function newAgentOf(body: z.infer<typeof wire.agentBody>): NewAgent {
  const { slug, display_name, model, tools, reach, time_limit_ms, guardrails, card, ...rest } = body;
  const {
    knowledge_bases: knowledgeBases,
    max_turns: maxTurns,
    asks_person: asksPerson,
    multitask_strategy: multitaskStrategy,
    ...same
  } = rest;
  return {
    ...{ ...same, knowledgeBases, maxTurns, asksPerson, multitaskStrategy },
    ...(slug !== undefined && { slug }),
    ...(display_name !== undefined && { displayName: display_name }),
    ...(model !== undefined && { model }),
    ...(tools !== undefined && { tools }),
    ...(reach !== undefined && { reach }),
    ...(time_limit_ms !== undefined && { timeLimitMs: time_limit_ms }),
    ...(guardrails !== undefined && { guardrails: guardrailsOf(guardrails) }),
    ...(card !== undefined && { card: cardOf(card) }),
  };
}

/** What was not sent stays away: it is what does not change. */
export function agentUpdateOf(body: z.infer<typeof wire.agentPatch>): AgentUpdate {
  const { display_name, knowledge_bases, max_turns, time_limit_ms, asks_person, guardrails, card, ...others } = body;
  const { multitask_strategy, ...same } = others;
  const { name, description, instructions, model, tools, collaborators, reach, mode, tags, hidden, style, properties } =
    same;
  return {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(instructions !== undefined && { instructions }),
    ...(model !== undefined && { model }),
    ...(tools !== undefined && { tools }),
    ...(collaborators !== undefined && { collaborators }),
    ...(reach !== undefined && { reach }),
    ...(mode !== undefined && { mode }),
    ...(tags !== undefined && { tags }),
    ...(hidden !== undefined && { hidden }),
    ...(style !== undefined && { style }),
    ...(properties !== undefined && { properties }),
    ...(display_name !== undefined && { displayName: display_name }),
    ...(knowledge_bases !== undefined && { knowledgeBases: knowledge_bases }),
    ...(max_turns !== undefined && { maxTurns: max_turns }),
    ...(time_limit_ms !== undefined && { timeLimitMs: time_limit_ms }),
    ...(asks_person !== undefined && { asksPerson: asks_person }),
    ...(multitask_strategy !== undefined && { multitaskStrategy: multitask_strategy }),
    ...(guardrails !== undefined && { guardrails: guardrails && guardrailsOf(guardrails) }),
    ...(card !== undefined && { card: card && cardOf(card) }),
  };
}

function wireGuardrails(guardrails: Guardrails): wire.GuardrailsWire {
  const shown: wire.GuardrailsWire = {};
  for (const kind of GUARDRAIL_KINDS) {
    const { mask, ...rest } = guardrails[kind] ?? {};
    if (guardrails[kind] === undefined) continue;
    shown[wire.GUARDRAIL_NAMES[kind]] = {
      ...rest,
      ...(mask && { mask: { remove_entity_value: mask.removeEntityValue } }),
    };
  }
  return shown;
}

export function guardrailsOf(given: wire.GuardrailsWire): Guardrails {
  const guardrails: Guardrails = {};
  for (const kind of GUARDRAIL_KINDS) {
    const rail = given[wire.GUARDRAIL_NAMES[kind]];
    if (rail === undefined) continue;
    const { mask, input, output } = rail;
    guardrails[kind] = {
      ...(input && { input }),
      ...(output && { output }),
      ...(mask && { mask: { removeEntityValue: mask.remove_entity_value } }),
    };
  }
  return guardrails;
}
