/** A named configuration of an `agent` handler, and what such a task is asked. */
import { z } from "zod";
import { guardrailReport, guardrails } from "./guardrails.ts";
import { jsonObject } from "./json.ts";
import { part } from "./part.ts";

export const AGENT_MODES = ["simple", "standard", "complex", "supervisor"] as const;

/** A slug is never a reserved path word. */
const RESERVED_SLUGS: ReadonlySet<string> = new Set([
  "tasks",
  "agents",
  "v1",
  "health",
  "docs",
  "metrics",
  "well-known",
  "openapi",
  "new",
  "default",
]);

export const agentDefinition = z.strictObject({
  slug: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
    .refine((slug) => !RESERVED_SLUGS.has(slug), "is a reserved word"),
  name: z.string().min(1).max(100),
  description: z.string().max(2000).default(""),
  instructions: z.string().max(100_000).default(""),
  /** `provider:model`; the server's default model when absent. */
  model: z.string().optional(),
  /** Names of tools; all built-in ones when absent. */
  tools: z.array(z.string()).max(128).optional(),
  mode: z.enum(AGENT_MODES).default("standard"),
  maxTurns: z.int().min(1).max(50).default(10),
  /** Lets the model ask a person, who then has 30 minutes. */
  asksPerson: z.boolean().default(false),
  /** What is kept from its model and out of its answers. */
  guardrails: guardrails.optional(),
});
export type AgentDefinition = z.infer<typeof agentDefinition>;

export const MODEL_TIERS = ["small", "medium", "large"] as const;

/** The input of kind `agent`. */
export const agentInput = z.strictObject({
  query: z.string().min(1),
  attachments: z.array(part).max(100).optional(),
  /** Slug of the agent; the server's default agent when absent. */
  agent: z.string().max(63).optional(),
  mode: z.enum(AGENT_MODES).optional(),
  model: z.string().max(200).optional(),
  provider: z.string().max(100).optional(),
  tier: z.enum(MODEL_TIERS).optional(),
  /** Put before the agent's own instructions. */
  instructions: z.string().max(100_000).optional(),
  maxTurns: z.int().min(1).max(50).optional(),
  /** How many messages of the conversation the model sees. */
  historyMessages: z.int().min(0).max(500).optional(),
  /** Asked for this task, besides those of the agent and of the server. */
  guardrails: guardrails.optional(),
  /** Free-form, handed through to whoever reads the task. */
  context: jsonObject.optional(),
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
export const agentOutput = z.strictObject({
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
});
export type AgentOutput = z.infer<typeof agentOutput>;
