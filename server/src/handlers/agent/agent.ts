/**
 * The handler of kind `agent`: the check of its input, its public view, its time limit, and its run. An unknown agent or model is
 * refused before the task exists.
 */
import { ModelError, type Models } from "../../models/model.ts";
import {
  type AgentDefinition,
  type AgentInput,
  agentInput,
  agentOutputOf,
  outputText,
} from "../../task/agent/agent.ts";
import { closingWordsOf, messageAsked } from "../../task/agent/agent-message.ts";
import type { Outgoing } from "../../task/agent/agent-reach.ts";
import { defineHandler, type Handler } from "../../task/handler.ts";
import { isJsonObject, type Json } from "../../task/json/json.ts";
import type { Part } from "../../task/part.ts";
import type { AttachmentFiles } from "./attachment.ts";
import { type AgentRun, assistant, type ConfiguredAgent, definitionOf } from "./definition.ts";
import { type AgentDirectory, boundInput } from "./directory.ts";
import { shortened } from "./excerpt.ts";
import { PERSON_DEADLINE_MS } from "./person.ts";
import { agentFor, agentsOf, modelFor, modesFor, type RunAgent, UnknownAgent } from "./plan.ts";
import { type AgentParts, PERSON_ASKS_MAX, runAgent } from "./run.ts";
import type { GuardrailParts } from "./run-guard.ts";
import type { Tool } from "./tool.ts";
import { builtInTools } from "./tools/built-in.ts";
import { type DocumentSearch, searchDocumentsTool } from "./tools/search-documents.ts";

export type AgentHandlerParts = {
  models: Models;
  /** The first is the default; `assistant` when there is none. */
  agents: readonly ConfiguredAgent[];
  /** Own tools, beside the built-in ones. One of the same name replaces a built-in one. */
  tools: readonly Tool[];
  /** Search in documents; absent if there are none. */
  documents?: DocumentSearch;
  /** Agents that callers make; absent if there are none. */
  directory?: AgentDirectory;
  /** Reads larger attachments of tasks. */
  files?: AttachmentFiles;
  /** How tools reach other servers; absent if they do not. */
  outgoing?: Outgoing;
  /** Guardrails of every run, and the detectors; none when absent. */
  guardrails?: GuardrailParts;
};

/** What callers who make agents may name, and the configured agents. */
export function agentCatalog({ models, agents, tools, documents }: AgentHandlerParts): {
  configured: readonly AgentDefinition[];
  tools: readonly Pick<Tool, "name" | "description" | "inputSchema">[];
  modelProblem: (model: string) => string | null;
} {
  return {
    configured: (agents.length > 0 ? agents : [assistant]).map(definitionOf),
    tools: [...everyTool(tools, documents && searchDocumentsTool(documents)).values()],
    modelProblem: (model) => {
      try {
        models.resolve(model);
        return null;
      } catch (error) {
        if (error instanceof ModelError) return error.message;
        throw error;
      }
    },
  };
}

const TITLE_CHARS_MAX = 200;
/** Per answer, once its first token has come. */
const SIMPLE_DEADLINE_MS = 2 * 60_000;
const STANDARD_DEADLINE_MS = 45 * 60_000;

/** The handler of kind `agent`. Throws for definitions that contradict each other. */
export function agentHandler({
  models,
  agents,
  tools,
  documents,
  directory,
  files,
  outgoing,
  guardrails,
}: AgentHandlerParts): Handler {
  const always = builtInTools.map(({ name }) => name);
  const search = documents && searchDocumentsTool(documents);
  const [byDefault = assistant, ...others] = agents;
  const parts: AgentParts = {
    models,
    agents: agentsOf([byDefault, ...others].map(definitionOf)),
    directory: directory ?? null,
    tools: everyTool(tools, search),
    searchIn: (stores) => (documents ? searchDocumentsTool(documents, stores) : null),
    builtInTools: async (task) => (search && (await documents.any(task)) ? [...always, search.name] : always),
    files: files ?? null,
    outgoing: outgoing ?? null,
    guardrails: guardrails ?? { asked: {}, detectors: {} },
  };
  for (const agent of parts.agents.bySlug.values()) checkTools(agent, parts.tools);
  const codeOf = codeFor([byDefault, ...others], parts.agents);
  const runModel: AgentRun = (ctx, input) => runAgent(ctx, input, parts);
  // Names are looked up only here, when a submit is accepted: a task goes on when the configuration changes.
  const door = agentInput.superRefine((input, issues) => {
    try {
      const agent = agentFor(input, parts.agents);
      modelFor(input, agent, models);
      checkTools(agent, parts.tools);
    } catch (error) {
      const path = pathOf(error, input);
      if (path === null || !(error instanceof Error)) throw error;
      issues.addIssue({ code: "custom", path, message: error.message });
    }
  });
  const handler = defineHandler({
    kind: "agent",
    input: agentInput,
    door,
    present: (input) => ({ title: shortened(input.query, TITLE_CHARS_MAX), message: messageAsked(input).parts }),
    reply: replyOf,
    modelOf: (input) => (codeOf(input) ? null : modelFor(input, agentFor(input, parts.agents), models)),
    timeLimitMs: (input) => (codeOf(input) ? ownTimeLimitMs(input, parts) : timeLimitMs(input, parts)),
    multitaskStrategy: (input) => agentFor(input, parts.agents).multitaskStrategy,
    run: (ctx, input) => (codeOf(input) ?? runModel)(ctx, input),
  });
  const named = (given: Json) => (byDefault.run ? withAgent(given, byDefault.slug) : given);
  const bind: Handler["bind"] = async (given, owner) =>
    directory ? boundInput(named(given), owner, parts.agents, directory) : named(given);
  return { ...handler, bind };
}

/** A task begun by an agent's code stays with that code, also if another agent becomes the default. */
function withAgent(given: Json, agent: string): Json {
  return isJsonObject(given) && given["agent"] === undefined ? { ...given, agent } : given;
}

/** The code that runs a task with this input; none if a model does. */
function codeFor(
  agents: readonly ConfiguredAgent[],
  { byDefault }: AgentParts["agents"],
): (input: AgentInput) => AgentRun | undefined {
  const runs = new Map(agents.flatMap(({ slug, run }) => (run ? [[slug, run] as const] : [])));
  return ({ agent = byDefault.slug, bound }) => (bound ? undefined : runs.get(agent));
}

/** An agent's code may return any JSON. A value without text shows nothing. */
function replyOf(output: Json): Part[] {
  const said = agentOutputOf(output) ? null : closingWordsOf(output);
  if (said) return said.message.parts;
  const text = outputText(output);
  return text === "" ? [] : [{ text }];
}

/** The field of the input that an error of the plan is about; null for any other error. */
function pathOf(error: unknown, input: AgentInput): string[] | null {
  if (error instanceof UnknownAgent || error instanceof UnknownTool) return ["agent"];
  if (!(error instanceof ModelError)) return null;
  if (input.model !== undefined) return ["model"];
  return [input.provider === undefined ? "agent" : "provider"];
}

/** An agent's code may wait as long as it likes. */
function ownTimeLimitMs(input: AgentInput, { agents }: AgentParts): number | null {
  return agentFor(input, agents).timeLimitMs ?? null;
}

function timeLimitMs(input: AgentInput, { agents, tools, models }: AgentParts): number {
  const agent = agentFor(input, agents);
  if (agent.timeLimitMs !== undefined) return agent.timeLimitMs;
  const { mode } = modesFor(input, agent);
  if (mode === "simple") return models.firstTokenMs(modelFor(input, agent, models)) + SIMPLE_DEADLINE_MS;
  const waitsForPeople = agent.asksPerson || agent.tools?.some((name) => tools.get(name)?.needsApproval) === true;
  return STANDARD_DEADLINE_MS + (waitsForPeople ? PERSON_ASKS_MAX * PERSON_DEADLINE_MS : 0);
}

function everyTool(own: readonly Tool[], search: Tool | undefined): ReadonlyMap<string, Tool> {
  const names = new Set<string>();
  for (const { name } of own) {
    if (names.has(name)) throw new Error(`Two tools are called "${name}".`);
    names.add(name);
  }
  const builtIn = search ? [...builtInTools, search] : builtInTools;
  return new Map([...builtIn, ...own].map((tool) => [tool.name, tool]));
}

/** An agent names a tool that does not exist. */
class UnknownTool extends Error {}

function checkTools(agent: RunAgent, tools: ReadonlyMap<string, Tool>): void {
  for (const name of agent.tools ?? []) {
    if (tools.has(name)) continue;
    throw new UnknownTool(
      `The agent "${agent.slug}" names a tool "${name}" that is not there. Tools: ${[...tools.keys()].join(", ")}.`,
    );
  }
}
