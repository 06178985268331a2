/**
 * Agents that callers have made. Everybody of a tenant sees them, so that reads are bound to a tenant alone; who may change
 * one is decided before. Every write is durable once it resolves, with its line in the audit log.
 */
import type { AgentRecord } from "../task/agent/agent.ts";
import type { AuditEntry } from "../task/audit.ts";
import type { TenantVisible } from "../task/visibility.ts";
import type { IdempotencyRecord } from "./write.ts";

/** Of one tenant. */
export const AGENTS_MAX = 10_000;
/** Idempotency keys of one user by which agents were made within a day, whether or not those are there still. */
export const AGENT_KEYS_MAX = 10_000;

export type AgentFilter = {
  /** Hidden ones too. */
  hidden: boolean;
  /** Those of any of these ids or slugs. */
  ids?: readonly string[];
  /** Those of any of these names. */
  names?: readonly string[];
};

/** Where a page goes on: behind the agent of this time and id. */
export type AgentPlace = { createdAt: number; id: string };

type Audit = AuditEntry;

export interface AgentStore {
  /** Null when there is none. */
  agent(visible: TenantVisible, idOrSlug: string): Promise<AgentRecord | null>;
  /** Oldest first. A page ends when it has about 1 MB; what cannot be read is left out. */
  agents(
    visible: TenantVisible,
    filter: AgentFilter,
    page: { limit: number; after: AgentPlace | null },
  ): Promise<{ agents: AgentRecord[]; next: AgentPlace | null }>;
  /**
   * Adds one. `replayed` is the agent that the idempotency key has made before. Throws `conflict`, naming `slug` or
   * `name`, when the tenant has one of that already, and `conflict` as well when it has `AGENTS_MAX`; `rate_limited`
   * with a key more than `AGENT_KEYS_MAX`.
   */
  addAgent(
    agent: AgentRecord,
    audit: Audit,
    idempotency?: IdempotencyRecord,
  ): Promise<{ added: true } | { replayed: string; hash: string }>;
  /** Puts this version in the place of the one before it. False when that is not the present one. Throws `conflict` as `addAgent` does. */
  changeAgent(agent: AgentRecord, audit: Audit): Promise<boolean>;
  /** False when this version is not the present one. */
  removeAgent(agent: Pick<AgentRecord, "id" | "version">, audit: Audit): Promise<boolean>;
}
