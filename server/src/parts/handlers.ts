/** The handlers of a server except those of documents, which need its store. */
import type { Config } from "../config.ts";
import { configuredGuardrails } from "../guardrails/configuration.ts";
import { OfflineDetectors } from "../guardrails/offline/offline-detectors.ts";
import { agentCatalog, agentHandler } from "../handlers/agent/agent.ts";
import type { Lookups } from "../handlers/agent/lookups.ts";
import type { GuardrailParts } from "../handlers/agent/run-guard.ts";
import { externalHandler } from "../handlers/external/external.ts";
import { humanHandler } from "../handlers/human/human.ts";
import type { Models } from "../models/model.ts";
import { storageOf } from "../store/open.ts";
import { DOCUMENT_KINDS } from "../task/documents/document.ts";
import type { Handler } from "../task/handler.ts";
import { Handlers } from "../task/handlers.ts";
import { tracedModels } from "../telemetry/model-calls.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import type { AgentCatalog } from "../verbs/implementation/agent-verbs.ts";
import { modelsOf } from "./models.ts";
import { remoteAgentHandlerOf, toolFetchOf, toolsOf } from "./remote-agents.ts";
import { StartError, sentence } from "./start-error.ts";

/** The handlers of a process beside the server, which shares nothing with it. Throws `StartError`. */
export function handlersOfConfig(config: Config, lookups: Lookups, tracing: Tracing | null = null): Handler[] {
  const models = tracedModels(modelsOf(config), tracing);
  return handlersOf(config, models, guardrailsOf(config, models, new OfflineDetectors()), lookups);
}

export function handlersOf(config: Config, models: Models, guardrails: GuardrailParts, lookups: Lookups): Handler[] {
  const own = [
    agentOf(config, models, guardrails, lookups),
    externalHandler(),
    humanHandler(),
    remoteAgentHandlerOf(config, storageOf(config).files),
  ];
  const kinds = new Set([...own.map(({ kind }) => kind), ...DOCUMENT_KINDS]);
  for (const { kind } of config.handlers)
    if (kinds.has(kind)) throw new StartError(`Two handlers are of kind "${kind}": name yours otherwise.`, true);
  const twin = Handlers.twins(config.handlers);
  if (twin)
    throw new StartError(
      `Two handlers are of kind "${twin.kind}" and version ${twin.version}: name one otherwise, or raise its version.`,
      true,
    );
  return [...own, ...config.handlers];
}

function agentOf(config: Config, models: Models, guardrails: GuardrailParts, lookups: Lookups): Handler {
  const { agents } = config;
  try {
    return agentHandler({
      models,
      agents,
      tools: toolsOf(config),
      files: storageOf(config).files,
      outgoing: toolFetchOf(config),
      guardrails,
      ...lookups,
    });
  } catch (error) {
    throw new StartError(`agents: ${sentence(error)}`, true);
  }
}

/** What callers may name in agents of their own. */
export function catalogOf(config: Config, models: Models, lookups: Lookups): AgentCatalog {
  const { agents, outgoing } = config;
  return { ...agentCatalog({ models, agents, tools: toolsOf(config), ...lookups }), reach: outgoing.agents };
}

export function guardrailsOf({ guardrails }: Config, models: Models, offline: OfflineDetectors): GuardrailParts {
  try {
    return configuredGuardrails(guardrails, models, offline);
  } catch (error) {
    throw new StartError(`guardrails: ${sentence(error)}`, true);
  }
}
