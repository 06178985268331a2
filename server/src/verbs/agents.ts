/** The verbs of agents: see those of the server's configuration and of the tenant, and make one's own. */
import type { z } from "zod";
import type { AgentDefinition, agentDefinition } from "../task/agent/agent.ts";
import type { Json, JsonObject } from "../task/json/json.ts";
import type { Principal } from "../task/principal.ts";
import type { Idempotency } from "../task/submission.ts";

/** Of the configuration, and so read-only: nobody made it at any time, its version stays 1, and its id follows from its slug. */
type Configured = { configured: true; createdBy: null; createdAt: null; updatedBy: null; updatedAt: null };
type Made = { configured: false; createdBy: string; createdAt: number; updatedBy: string; updatedAt: number };

export type Agent = { id: string; version: number; definition: AgentDefinition } & (Configured | Made);
export type RemovedAgent = Agent & { deletedBy: string; deletedAt: number };

/** Without a slug, one is made of its name. */
export type NewAgent = Omit<z.input<typeof agentDefinition>, "slug"> & { slug?: string };

/** A null field goes back to its default. Of `properties` the named ones change, and null ones are removed. */
export type AgentUpdate = {
  [Field in keyof Omit<NewAgent, "slug" | "properties">]?: NewAgent[Field] | null;
} & { properties?: { [name: string]: Json | undefined } | null };

/** What an agent can call. */
export type OfferedTool = {
  name: string;
  description: string;
  /** JSON Schema of an object. */
  inputSchema: JsonObject;
};

export type AgentFilter = {
  /** Hidden ones too. */
  hidden?: boolean;
  /** Those with any of these ids or slugs. */
  ids?: readonly string[];
  /** Those with any of these names. */
  names?: readonly string[];
};

/**
 * An agent is known by its id or its slug. Any key reads them; to make or change one takes the scope `tasks`. Every verb
 * that takes one throws `not_found` when there is none, and every verb that changes one throws `forbidden` for an agent of
 * the configuration, or of another user without the scope `tasks:all` or `admin`. `revision` is the version that the caller
 * has seen: `conflict`, naming `If-Match`, when that is not the present one.
 */
export interface Agents {
  /**
   * A page: first those of the configuration in their order, then the others, oldest first; at most `PAGE_LIMIT_MAX`, fewer
   * when they have about 1 MB. `next` leads on. Throws `invalid` for a cursor that no page has given.
   */
  list(
    principal: Principal,
    filter: AgentFilter,
    page: { limit: number; cursor?: string },
  ): Promise<{ agents: Agent[]; next: string | null }>;
  get(principal: Principal, idOrSlug: string): Promise<Agent>;
  /** All tools that an agent of this server may have, by name. */
  tools(principal: Principal): readonly OfferedTool[];
  /**
   * Throws `invalid`, naming the field, for what does not fit or names a model, a tool or an agent that there is not;
   * `conflict` when the tenant or the configuration has an agent of that name or slug, or the idempotency key was used for
   * another request; `conflict` as well when the tenant has as many agents as are kept.
   */
  create(
    principal: Principal,
    agent: NewAgent,
    idempotency?: Idempotency,
  ): Promise<{ agent: Agent; replayed: boolean }>;
  /** Its tasks go on with what they began with. Throws as `create` does. */
  update(principal: Principal, idOrSlug: string, update: AgentUpdate, revision?: number): Promise<Agent>;
  /** Its tasks stay, and go on. Its name and slug are free again. */
  delete(principal: Principal, idOrSlug: string, revision?: number): Promise<RemovedAgent>;
}
