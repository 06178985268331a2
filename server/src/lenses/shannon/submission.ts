/** A submit of the wire as a task of kind `agent`. Every rule with an error text of its own is here. */
import { type AgentInput, agentInput, type MODEL_TIERS } from "../../task/agent/agent.ts";
import { Refusal } from "../../task/errors.ts";
import { foundWrong } from "../../task/json/found-wrong.ts";
import type { JsonObject } from "../../task/json/json.ts";
import type { Submission } from "../../task/submission.ts";
import { isWithin } from "../../task/text/characters.ts";
import type { Uploads } from "../body/cut-json.ts";
import { attachmentsOf } from "./attachments.ts";
import { invalidBody } from "./errors.ts";
import { type ContextKeys, contextKeys, type SubmitBody } from "./schema.ts";
import { MODES, PROVIDERS, RESEARCH_STRATEGIES } from "./vocabulary.ts";

const ATTACHMENTS_ONLY = "[User sent file attachments]";
const HISTORY_DEFAULT = 50;
const HISTORY_PRESETS: Readonly<Record<string, number>> = { debugging: 75 };
const HISTORY_MIN = 5;
const HISTORY_MAX = 200;
const RESEARCH_LIMIT_MS = 45 * 60_000;
const SESSION_ID_MAX = 128;

/** What the server knows that a submit may name: the providers that can be called. */
export type Named = { providers: readonly string[] };

/** The session id that the body names; null when it names none. */
export function sessionNamed(body: SubmitBody): string | null {
  const name = body.session_id ?? "";
  if (name === "") return null;
  const printable = isWithin(name, SESSION_ID_MAX) && !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(name);
  if (!printable || name.trim() === "") throw new Refusal("invalid", "Invalid session_id format");
  return name;
}

/** A submit that joins or begins `session`; `uploads` came with the request. Throws `invalid` with the wire's own text. */
export function submissionOf(
  body: SubmitBody,
  session: string,
  named: Named,
  uploads: Uploads = new Map(),
): Submission {
  const given = body.context ?? {};
  const keys = contextKeysOf(given);
  const { parts, described } = attachmentsOf(given["attachments"], uploads);
  const query = (body.query ?? "").trim() === "" ? "" : (body.query ?? "");
  if (query === "" && parts.length === 0) throw new Refusal("invalid", "Query is required");

  const mode = oneOf(MODES, body.mode, "mode") ?? (keys.force_swarm ? "supervisor" : null);
  const tier = oneOf<(typeof MODEL_TIERS)[number]>(
    ["small", "medium", "large"],
    body.model_tier ?? keys.model_tier,
    "model_tier",
  );
  const model = body.model_override ?? keys.model_override ?? "";
  const provider = providerOf(body.provider_override ?? keys.provider_override ?? "", named.providers);
  const chosen = oneOf(RESEARCH_STRATEGIES, body.research_strategy ?? keys.research_strategy, "research_strategy");
  const strategy = chosen ?? (keys.force_research ? "standard" : null);
  const maxTurns = within(1, 50, body.max_iterations ?? keys.max_iterations, "max_iterations");
  const agents = within(1, 20, body.max_concurrent_agents ?? keys.max_concurrent_agents, "max_concurrent_agents");
  refuseUnsupported(body, keys, tier !== null || model !== "");
  const agent = keys.agent ?? "";
  const instructions = [instructionsOf(keys), strategy === null ? "" : researchIn(strategy)]
    .filter(Boolean)
    .join("\n\n");

  const context: JsonObject = {
    ...given,
    ...(described.length > 0 && { attachments: described }),
    ...(strategy !== null && { research_strategy: strategy }),
    ...(agents !== null && { max_concurrent_agents: agents }),
    ...(typeof body.enable_verification === "boolean" && { enable_verification: body.enable_verification }),
  };
  const input: AgentInput = {
    query: query === "" ? ATTACHMENTS_ONLY : query,
    historyMessages: historyOf(keys),
    ...(parts.length > 0 && { attachments: parts }),
    ...(agent !== "" && { agent }),
    ...(mode !== null && { mode }),
    ...(tier !== null && { tier }),
    ...(model !== "" && { model }),
    ...(provider !== null && { provider }),
    ...(instructions !== "" && { instructions }),
    ...(maxTurns !== null && { maxTurns }),
    ...(Object.keys(context).length > 0 && { context }),
  };
  const checked = foundWrong(agentInput, input);
  if (!checked.success) throw invalidBody(checked.error);

  const tokens = budgetOf(keys);
  return {
    kind: "agent",
    input: checked.data,
    conversation: {
      alias: session,
      context: {
        first_task_mode: mode ?? "standard",
        ...(keys.force_research && { is_research_session: true, research_strategy: strategy ?? "standard" }),
      },
    },
    metadata: { session_id: session },
    ...(tokens !== null && { budget: { tokens, onSpent: "fail" as const } }),
    ...(keys.force_research && { deadlineMs: RESEARCH_LIMIT_MS }),
  };
}

function contextKeysOf(context: JsonObject): ContextKeys {
  const result = foundWrong(contextKeys, context);
  if (result.success) return result.data;
  throw invalidBody(result.error, "context");
}

function oneOf<Word extends string>(
  words: readonly Word[],
  given: string | null | undefined,
  name: string,
): Word | null {
  if (given === undefined || given === null || given === "") return null;
  const found = words.find((word) => word === given.toLowerCase());
  if (found === undefined) throw new Refusal("invalid", `Invalid ${name} (allowed: ${words.join(", ")})`);
  return found;
}

function within(min: number, max: number, given: number | null | undefined, name: string): number | null {
  if (given === undefined || given === null) return null;
  if (given < min || given > max) throw new Refusal("invalid", `${name} out of range (${min}..${max})`);
  return given;
}

function providerOf(given: string, configured: readonly string[]): string | null {
  if (given === "") return null;
  const known = (names: readonly string[]) => names.find((name) => name.toLowerCase() === given.toLowerCase());
  const found = known(configured);
  if (found !== undefined) return found;
  if (known(PROVIDERS) !== undefined) {
    throw new Refusal(
      "invalid",
      `Invalid provider_override: ${given} is not configured on this server (configured: ${configured.join(", ")})`,
    );
  }
  const allowed = [...new Set<string>([...PROVIDERS, ...configured])];
  throw new Refusal("invalid", `Invalid provider_override: ${given} (allowed: ${allowed.join(", ")})`);
}

/** Refuses what the caller would otherwise believe to be in force: skills, templates and human gates. */
function refuseUnsupported(body: SubmitBody, keys: ContextKeys, modelNamed: boolean): void {
  if (keys.disable_ai && modelNamed) {
    throw new Refusal("invalid", "disable_ai=true conflicts with model_tier/model_override");
  }
  if (body.skill) throw new Refusal("invalid", `Unknown skill: ${body.skill}`);
  const template = keys.template || keys.template_name;
  if (template) throw new Refusal("invalid", `Unknown template: ${template}`);
  if (keys.disable_ai) throw new Refusal("invalid", "disable_ai=true needs a template");
  if (keys.require_review || keys.review_plan === "manual") {
    throw new Refusal("invalid", "Invalid request body: context.require_review is not supported by this server");
  }
  if (keys.require_approval) {
    throw new Refusal("invalid", "Invalid request body: context.require_approval is not supported by this server");
  }
}

function instructionsOf(keys: ContextKeys): string {
  const prompt = keys.system_prompt?.trim() ?? "";
  if (prompt !== "") return prompt;
  const role = keys.role?.trim() ?? "";
  return role === "" ? "" : `Work in the role of: ${role}.`;
}

/** What makes a model look things up before it answers. */
function researchIn(strategy: (typeof RESEARCH_STRATEGIES)[number]): string {
  return `Research this question: take it apart, look up each part with the tools that you have, and ${RESEARCH[strategy]}.`;
}

const RESEARCH: Readonly<Record<(typeof RESEARCH_STRATEGIES)[number], string>> = {
  quick: "answer in a few paragraphs, with what you could not find",
  standard: "write a report: a summary, what you found of each part, and what you could not find",
  deep: "follow up what you find before you write a report: a summary, what you found of each part with its sources, what speaks against it, and what you could not find",
  academic:
    "write a report as for a journal: the question, how you searched, what you found with its sources, their limits, and what stays open",
};

function historyOf(keys: ContextKeys): number {
  const asked = keys.history_window_size ?? 0;
  if (asked > 0) return Math.min(HISTORY_MAX, Math.max(HISTORY_MIN, asked));
  return HISTORY_PRESETS[keys.use_case_preset ?? ""] ?? HISTORY_DEFAULT;
}

/** The tightest of the caps, in tokens; one that is not positive is none. */
function budgetOf(keys: ContextKeys): number | null {
  const caps = [keys.budget_max, keys.token_budget_per_agent, keys.budget_agent_max];
  const set = caps.filter((cap): cap is number => typeof cap === "number" && cap > 0);
  return set.length === 0 ? null : Math.min(...set);
}
