/** Agents of the server's configuration, shown beside callers' own: read-only, the same for every tenant. */
import { createHash } from "node:crypto";
import type { AgentDefinition } from "../../task/agent/agent.ts";
import { agentNameKey } from "../../task/agent/agent-name.ts";
import { uuidV8 } from "../../task/id.ts";
import type { Agent, AgentFilter } from "../agents.ts";

export class ConfiguredAgents {
  readonly #all: readonly Agent[];

  /** In order, the default first. */
  constructor(definitions: readonly AgentDefinition[]) {
    this.#all = definitions.map((definition) => ({
      id: idOf(definition.slug),
      version: 1,
      definition,
      configured: true,
      createdBy: null,
      createdAt: null,
      updatedBy: null,
      updatedAt: null,
    }));
  }

  find(idOrSlug: string): Agent | null {
    return this.#all.find(({ id, definition }) => id === idOrSlug || definition.slug === idOrSlug) ?? null;
  }

  hasName(name: string): boolean {
    return this.#all.some(({ definition }) => agentNameKey(definition.name) === agentNameKey(name));
  }

  list({ hidden = false, ids, names }: AgentFilter): readonly Agent[] {
    const named = names && new Set(names.map(agentNameKey));
    return this.#all.filter(
      ({ id, definition }) =>
        (hidden || !definition.hidden) &&
        (!ids || ids.includes(id) || ids.includes(definition.slug)) &&
        (!named || named.has(agentNameKey(definition.name))),
    );
  }
}

/** Derived from the slug only: the same on every server and after every start. */
function idOf(slug: string): string {
  return uuidV8(createHash("sha256").update(`waybill agent ${slug}`).digest());
}
