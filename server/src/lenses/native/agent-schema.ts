/** What the native wire says of agents. Their bounds are those of the definition itself. */
import { z } from "zod";
import { AGENT_MODES, agentDefinition, SLUG_LENGTH_MAX } from "../../task/agent/agent.ts";
import type { GUARDRAIL_KINDS } from "../../task/agent/guardrails.ts";
import { PAGE_LIMIT_MAX } from "../../task/task-filter.ts";
import { named } from "../openapi.ts";
import { wholeParam } from "../paging.ts";
import { card } from "./agent-card.ts";
import { anyObject, multitaskStrategy, time } from "./schema.ts";

const IDS_MAX = 50;
const of = agentDefinition.shape;

const filter = z.strictObject({ enabled: z.boolean().default(false), threshold: z.number().default(0.5) });
const guardrail = z.strictObject({
  input: filter.optional().describe("On what goes into the model."),
  output: filter.optional().describe("On what comes out of it."),
  mask: z
    .strictObject({ remove_entity_value: z.boolean().default(false) })
    .optional()
    .describe("What is found in the output becomes asterisks; without it, its whole sentence goes."),
});
export const guardrails = z.strictObject({
  hap: guardrail.optional().describe("Hate, abuse and profanity."),
  social_bias: guardrail.optional(),
  pii: guardrail.optional().describe("What identifies a person, and secrets."),
});
export type GuardrailsWire = z.infer<typeof guardrails>;
/** Their names on the wire. */
export const GUARDRAIL_NAMES = { hap: "hap", socialBias: "social_bias", pii: "pii" } as const satisfies Record<
  (typeof GUARDRAIL_KINDS)[number],
  keyof GuardrailsWire
>;

const properties = of.properties.unwrap().meta({ wire: { type: "object", additionalProperties: true } });

export const agent = z.strictObject({
  id: z.string().describe("A UUID. Of an agent of the configuration it follows from the slug."),
  slug: z.string(),
  name: z.string(),
  display_name: z.string().nullable(),
  description: z.string(),
  instructions: z.string().nullable().describe("Null: those of the configuration are not shown."),
  model: z.string().nullable().describe("Null: the server's default model."),
  tools: z.array(z.string()).nullable().describe("Null: all built-in tools."),
  collaborators: z.array(z.string()).describe("Agents that it may ask, each as a child task."),
  reach: z
    .array(z.string())
    .nullable()
    .describe(
      "Hosts that its tools may reach, as `api.example.com`, `*.example.com`, `https://example.com:8443`; null: whatever the server may.",
    ),
  knowledge_bases: z.array(z.string()).describe("Vector stores that it searches; none: all that its task's owner has."),
  mode: z.enum(AGENT_MODES),
  max_turns: z.int(),
  time_limit_ms: z.int().nullable().describe("Null: that of its mode."),
  asks_person: z.boolean(),
  multitask_strategy: multitaskStrategy,
  guardrails: guardrails.nullable(),
  card: card.nullable().describe("How it presents itself to other agents."),
  tags: z.array(z.string()),
  hidden: z.boolean(),
  style: z.string(),
  properties: anyObject,
  configured: z.boolean().describe("Declared in the server's configuration, and read-only here."),
  version: z.int().describe("Rises with each change."),
  created_by: z.string().nullable(),
  created_at: time.nullable(),
  updated_by: z.string().nullable(),
  updated_at: time.nullable(),
});
named(agent, "Agent");

export const agentBody = z
  .strictObject({
    name: of.name.describe("Nobody else's in the tenant, whatever its case."),
    slug: of.slug.optional().describe("For paths and `input.agent`; made of the name when absent. Never changes."),
    display_name: of.displayName,
    description: of.description,
    instructions: of.instructions,
    model: of.model.describe("`provider:model`; the server's default model when absent."),
    tools: of.tools.describe("All built-in tools when absent."),
    collaborators: of.collaborators.describe("Slugs or ids of agents that it may ask, each as a child task."),
    reach: of.reach.describe(
      "Hosts that its tools may reach, as `api.example.com`, `*.example.com`, `https://example.com:8443`; none: nothing. Whatever the server may when absent.",
    ),
    knowledge_bases: of.knowledgeBases.describe("Ids of vector stores; none: all that its task's owner has."),
    mode: of.mode,
    max_turns: of.maxTurns,
    time_limit_ms: of.timeLimitMs.describe("Of a task that names no deadline; that of its mode when absent."),
    asks_person: of.asksPerson.describe("Lets the model ask a person."),
    multitask_strategy: multitaskStrategy
      .default("concurrent")
      .describe("Of a task whose submit does not say, in every API."),
    guardrails: guardrails.optional(),
    card: card.optional().describe("How it presents itself to other agents, by A2A."),
    tags: of.tags,
    hidden: of.hidden,
    style: of.style,
    properties: properties.default({}).describe("Free-form, at most 64 KB of JSON."),
  })
  .meta({ example: { name: "Poet", instructions: "Answer in rhyme.", tools: [] } });
named(agentBody, "NewAgent");

export const agentPatch = z
  .strictObject({
    name: of.name.optional(),
    display_name: of.displayName.unwrap().nullable().optional(),
    description: of.description.unwrap().nullable().optional(),
    instructions: of.instructions.unwrap().nullable().optional(),
    model: of.model.unwrap().nullable().optional(),
    tools: of.tools.unwrap().nullable().optional(),
    collaborators: of.collaborators.unwrap().nullable().optional(),
    reach: of.reach.unwrap().nullable().optional(),
    knowledge_bases: of.knowledgeBases.unwrap().nullable().optional(),
    mode: of.mode.unwrap().nullable().optional(),
    max_turns: of.maxTurns.unwrap().nullable().optional(),
    time_limit_ms: of.timeLimitMs.unwrap().nullable().optional(),
    asks_person: of.asksPerson.unwrap().nullable().optional(),
    multitask_strategy: multitaskStrategy.nullable().optional(),
    guardrails: guardrails.nullable().optional(),
    card: card.nullable().optional().describe("Replaces the whole of it."),
    tags: of.tags.unwrap().nullable().optional(),
    hidden: of.hidden.unwrap().nullable().optional(),
    style: of.style.unwrap().nullable().optional(),
    properties: anyObject.nullable().optional().describe("Only the named ones change; one that is null goes."),
  })
  .meta({ example: { description: "Writes verse." } });
named(agentPatch, "AgentUpdate");

const ids = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => [given].flat().flatMap((text) => text.split(",")))
  .pipe(z.array(z.string().min(1).max(SLUG_LENGTH_MAX)).min(1).max(IDS_MAX))
  .meta({ wire: { type: "array", items: { type: "string" } } });

export const agentsQuery = z.strictObject({
  limit: wholeParam({ min: 1, max: PAGE_LIMIT_MAX, usual: PAGE_LIMIT_MAX }),
  cursor: z.string().min(1).max(1_024).optional().describe("`next_cursor` of the page before."),
  hidden: z.literal("true").optional().describe("Hidden ones too."),
  id: ids.optional().describe("Ids or slugs, repeated or with commas."),
  name: z.string().min(1).max(255).optional().describe("The one of this name, whatever its case."),
});
