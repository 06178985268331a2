/** The door for rows of agents: both ways between a record and its columns. */
import { z } from "zod";
import { type AgentRecord, agentDefinition } from "../../task/agent/agent.ts";
import { agentNameKey } from "../../task/agent/agent-name.ts";
import { number, text, time } from "./cells.ts";
import { parseTolerantly } from "./tolerant.ts";

/** What was accepted once is read also when the rules for names are others by now. */
const storedDefinition = agentDefinition.extend({ slug: text, name: text });
const agentRow = z.tuple([text, text, text, number, text, time, text, time]);

export function agentOf(row: unknown): AgentRecord {
  const [id, tenant, user, version, definition, createdAt, updatedBy, updatedAt] = agentRow.parse(row);
  return {
    id,
    tenant,
    user,
    version,
    definition: parseTolerantly(storedDefinition, JSON.parse(definition)),
    createdAt,
    updatedBy,
    updatedAt,
  };
}

/** Every column of a row, by its name. */
export function agentValues({ definition, ...agent }: AgentRecord) {
  const { id, tenant, user, version, createdAt, updatedBy, updatedAt } = agent;
  return {
    ...{ id, tenant, user, version, createdAt, updatedBy, updatedAt },
    slug: definition.slug,
    name: agentNameKey(definition.name),
    hidden: definition.hidden ? 1 : 0,
    definition: JSON.stringify(definition),
  };
}
export type AgentValues = ReturnType<typeof agentValues>;
