/**
 * An agent: a named configuration of an `agent` handler, whether the server's configuration declares it or a caller has
 * made it, and what a task of one is asked.
 */
import { z } from "zod";
import { isUuid } from "../id.ts";
import { isWithin, type Json, jsonObject } from "../json/json.ts";
import { jsonText } from "../json/json-text.ts";
import { part, textOf } from "../part.ts";
import { agentCard } from "./agent-card.ts";
import { agentMessage, closingWordsOf } from "./agent-message.ts";
import { agentReach } from "./agent-reach.ts";
import { generationParameters, generationReport } from "./generation-parameters.ts";
import { guardrailReport, guardrails } from "./guardrails.ts";
import { MULTITASK_STRATEGIES } from "./multitask.ts";

export const AGENT_MODES = ["simple", "standard", "complex", "supervisor"] as const;

/** A slug is never a reserved path word. */
const RESERVED_SLUGS: ReadonlySet<string> = new Set([
  "tasks",
  "agents",
  "agent",
  "runs",
  "threads",
  "flows",
  "knowledge-bases",
  "gateway",
  "v1",
  "health",
  "docs",
  "metrics",
  "well-known",
  "openapi",
  "new",
  "default",
]);
export const SLUG_LENGTH_MAX = 63;
const SLUG = new RegExp(`^[a-z0-9][a-z0-9-]{0,${SLUG_LENGTH_MAX - 1}}$`);
const NAME_LENGTH_MAX = 100;
const INSTRUCTIONS_LENGTH_MAX = 100_000;
const LIST_LENGTH_MAX = 64;
const AGENT_PROPERTIES_BYTES_MAX = 64 << 10;
export const ANSWER_WITHIN_MS_MAX = 366 * 86_400_000;
const TIME_LIMIT_MS = { min: 1_000, max: 7 * 86_400_000 };

/** What hides or turns around the text beside it: one name could pass for another. */
const UNSEEN = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

/** One line for people. */
const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((text) => text.trim() !== "" && !UNSEEN.test(text), "must be visible text in one line");
/** Any text. No program that reads it takes its NUL for an end. */
const prose = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => !text.includes("\0"), "must not contain NUL");

const slug = z
  .string()
  .regex(SLUG, "must be 1 to 63 lower-case letters, digits and hyphens, and begin with a letter or digit")
  .refine((text) => !RESERVED_SLUGS.has(text), "is a reserved word")
  .refine((text) => !isUuid(text), "must not look like a UUID");

export const agentDefinition = z.strictObject({
  slug,
  name: line(NAME_LENGTH_MAX),
  /** What people see in the place of `name`. */
  displayName: line(NAME_LENGTH_MAX).optional(),
  description: prose(2_000).default(""),
  instructions: prose(INSTRUCTIONS_LENGTH_MAX).default(""),
  /** `provider:model`; the server's default model when absent. */
  model: line(200).optional(),
  /** Names of tools; all built-in ones when absent. */
  tools: z.array(line(64)).max(128).optional(),
  /** Slugs or ids of the agents that it may hand questions to. */
  collaborators: z.array(line(SLUG_LENGTH_MAX)).max(LIST_LENGTH_MAX).default([]),
  /** Hosts that its tools may reach, see `agent-reach.ts`; with none, nothing; absent, whatever the server may. */
  reach: agentReach.optional(),
  /** Ids of the vector stores that it searches; with none, all that the owner of its task has. */
  knowledgeBases: z.array(line(256)).max(LIST_LENGTH_MAX).default([]),
  mode: z.enum(AGENT_MODES).default("standard"),
  maxTurns: z.int().min(1).max(50).default(10),
  /** Of a task that names no deadline; that of its mode when absent. */
  timeLimitMs: z.int().min(TIME_LIMIT_MS.min).max(TIME_LIMIT_MS.max).optional(),
  /** Lets the model ask a person, who then has 30 minutes. */
  asksPerson: z.boolean().default(false),
  /** How a task of it stands to the open ones of its conversation, where the submit does not say. */
  multitaskStrategy: z.enum(MULTITASK_STRATEGIES).default("concurrent"),
  /** What is kept from its model and out of its answers. */
  guardrails: guardrails.optional(),
  tags: z.array(line(NAME_LENGTH_MAX)).max(LIST_LENGTH_MAX).default([]),
  /** Lists leave it out unless they are asked for hidden ones too. */
  hidden: z.boolean().default(false),
  /** How it presents itself to other agents. */
  card: agentCard.optional(),
  style: line(LIST_LENGTH_MAX).default("default"),
  /** Free-form, for whoever reads the agent. */
  properties: jsonObject
    .refine((value) => isWithin(value, AGENT_PROPERTIES_BYTES_MAX), {
      error: `must be at most ${AGENT_PROPERTIES_BYTES_MAX} bytes of JSON`,
    })
    .default({}),
});
export type AgentDefinition = z.infer<typeof agentDefinition>;

/** An agent that a caller has made, as it is kept. `version` is 1 at first and rises with each change. */
export type AgentRecord = {
  id: string;
  tenant: string;
  /** Who made it. */
  user: string;
  version: number;
  definition: AgentDefinition;
  createdAt: number;
  updatedBy: string;
  updatedAt: number;
};

/** A slug out of a name; `otherwise` when the name has no letter that a slug may have, or makes a reserved word. */
export function slugOf(name: string, otherwise: string): string {
  // What is longer is refused as a name: to look through 4 MB for a slug takes 0.2 s.
  const text = name
    .slice(0, NAME_LENGTH_MAX)
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/\p{M}+/gu, "")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, SLUG_LENGTH_MAX)
    .replaceAll(/^-+|-+$/g, "");
  return slug.safeParse(text).success ? text : otherwise;
}

/** An agent as another one knows it. What was let in is read again under the rules of another day: texts are texts. */
const collaborator = z.strictObject({ slug: z.string(), name: z.string(), description: z.string() });
export type Collaborator = z.infer<typeof collaborator>;

/**
 * What an agent was when a task of it was let in: all that its run goes by. The task has it in its input, so that it goes
 * on unchanged when the agent changes or goes, also in a process that has no store.
 */
const boundAgent = z.strictObject({
  id: z.string(),
  version: z.int(),
  slug: z.string(),
  name: z.string(),
  ...agentDefinition.pick({
    instructions: true,
    model: true,
    tools: true,
    knowledgeBases: true,
    mode: true,
    maxTurns: true,
    timeLimitMs: true,
    asksPerson: true,
    multitaskStrategy: true,
    guardrails: true,
    reach: true,
  }).shape,
  collaborators: z.array(collaborator),
});
export type BoundAgent = z.infer<typeof boundAgent>;

export const MODEL_TIERS = ["small", "medium", "large"] as const;

/** The input of kind `agent`. */
export const agentInput = z.strictObject({
  query: z.string().min(1),
  attachments: z.array(part).max(100).optional(),
  /** The message that asks, whole, where its API has more to it than this: what is no text in it is the attachments. */
  message: agentMessage.optional(),
  /** Slug or id of the agent; the server's default agent when absent. */
  agent: z.string().max(SLUG_LENGTH_MAX).optional(),
  mode: z.enum(AGENT_MODES).optional(),
  model: z.string().max(200).optional(),
  provider: z.string().max(100).optional(),
  tier: z.enum(MODEL_TIERS).optional(),
  /** Put before the agent's own instructions. */
  instructions: z.string().max(100_000).optional(),
  maxTurns: z.int().min(1).max(50).optional(),
  /** How many messages of the conversation the model sees. */
  historyMessages: z.int().min(0).max(500).optional(),
  /** How long a person has to answer. Then the task fails as `deadline`; when absent, it goes on without after 30 minutes. */
  answerWithinMs: z.int().min(1_000).max(ANSWER_WITHIN_MS_MAX).optional(),
  /** How its model is asked to generate. */
  parameters: generationParameters.optional(),
  /** Asked for this task, besides those of the agent and of the server. */
  guardrails: guardrails.optional(),
  /** Free-form, handed through to whoever reads the task. */
  context: jsonObject.optional(),
  /** Filled in at the submit for an agent that a caller has made: no caller gives it. */
  bound: boundAgent.optional(),
});
export type AgentInput = z.infer<typeof agentInput>;

/** Where in a document an agent has read what it says. */
const citation = z.strictObject({
  /** As its owner names them. */
  vectorStore: z.string(),
  file: z.string(),
  filename: z.string(),
  /** From 1; null for a file without pages. */
  page: z.int().nullable(),
  text: z.string(),
  score: z.number(),
});
export type Citation = z.infer<typeof citation>;

/** The output of kind `agent`. */
const agentOutput = z.strictObject({
  text: z.string(),
  model: z.string(),
  provider: z.string(),
  /** The mode that was run, when it is not the one that was asked for. */
  ranAs: z.enum(AGENT_MODES),
  turns: z.int(),
  toolCalls: z.int(),
  /** What its tools have read, best first; absent when they read nothing. */
  citations: z.array(citation).optional(),
  /** What guardrails found and did; absent when none was enabled. */
  guardrails: guardrailReport.optional(),
  /** How the answer was generated; absent when no parameters were asked for. */
  generation: generationReport.optional(),
});
export type AgentOutput = z.infer<typeof agentOutput>;

/** The output of any kind as an agent's; null when it is none. */
export function agentOutputOf(output: Json): AgentOutput | null {
  if (typeof output !== "object" || output === null) return null;
  const read = agentOutput.safeParse(output);
  return read.success ? read.data : null;
}

/** Its text is its JSON: it is none of what is said in words. */
export function isToldAsJson(output: Json): boolean {
  return agentOutputOf(output) === null && closingWordsOf(output) === null && typeof output === "object";
}

/** An output as text, whatever kind of task it came from: what an agent says, a message, a text, or JSON. */
export function outputText(output: Json): string {
  const agent = agentOutputOf(output);
  if (agent) return agent.text;
  const said = closingWordsOf(output);
  if (said) return textOf(said.message.parts);
  if (typeof output === "string") return output;
  return output === null ? "" : jsonText(output);
}
