/** Agents as clients send and are sent them. */
import { z } from "zod";
import { named } from "../../openapi.ts";
import { dict, flag, param, repeated, text } from "../pydantic.ts";

const texts = z.array(text);

/** What may be left out of an agent that is made, and is what does not change of one that is there. */
const fields = {
  display_name: text.nullable().optional(),
  description: text.nullable().optional(),
  instructions: text.nullable().optional(),
  tools: texts.nullable().optional(),
  collaborators: texts.nullable().optional(),
  knowledge_base: texts.nullable().optional(),
  llm: text.nullable().optional(),
  style: text.nullable().optional(),
  hidden: flag.nullable().optional(),
  tags: texts.nullable().optional(),
  additional_properties: dict.nullable().optional(),
};
export const agentCreate = named(z.object({ name: text, ...fields }), "AgentCreate");
export const agentUpdate = named(z.object({ name: text.nullable().optional(), ...fields }), "AgentUpdate");
export type AgentFields = z.output<typeof agentUpdate>;

export const agentsQuery = z.object({
  names: repeated,
  ids: repeated,
  include_hidden: param(flag, false),
  include: z
    .unknown()
    .optional()
    .meta({ wire: { type: "string" } }),
  workspace_id: z
    .unknown()
    .optional()
    .meta({ wire: { type: "string" } }),
});

export const environment = named(
  z.object({
    id: z.uuid(),
    name: z.enum(["draft", "live"]),
    description: z.string().nullable(),
    current_version: z.int().nullable(),
  }),
  "AgentEnvironment",
);

const time = z.iso.datetime().nullable();
const strings = z.array(z.string());

export const agentOut = named(
  z.object({
    id: z.uuid(),
    tenant_id: z.string().nullable(),
    name: z.string(),
    display_name: z.string().nullable(),
    description: z.string(),
    instructions: z.string().nullable(),
    tools: strings,
    collaborators: strings,
    knowledge_base: strings,
    llm: z.string(),
    style: z.string(),
    hidden: z.boolean(),
    tags: strings,
    environments: z.array(environment),
    additional_properties: z.record(z.string(), z.unknown()),
    created_by: z.string().nullable(),
    created_on: time,
    updated_by: z.string().nullable(),
    updated_at: time,
    deleted_by: z.string().nullable(),
    deleted_at: time,
  }),
  "Agent",
);
export type AgentOut = z.output<typeof agentOut>;

export const agentUpserted = named(z.object({ id: z.uuid(), warning: z.string().optional() }), "AgentUpsertResponse");
