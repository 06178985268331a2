import type { Agent, AgentUpdate, NewAgent } from "./generated/api.ts";
import { newIdempotencyKey } from "./idempotency-key.ts";
import { type CallOptions, perform } from "./operation.ts";
import type { Transport } from "./transport.ts";

export type AgentFilter = {
  /** Hidden ones too. */
  hidden?: boolean;
  /** Those of these ids or slugs. */
  ids?: string[];
  name?: string;
};

export type AgentChangeOptions = CallOptions & {
  /** The agent as it was read: when it has changed since, the call is refused as `conflict`. */
  seen?: Agent;
};

/** Agents of the server's configuration, and those that users of the caller's tenant have made. By their slug or id. */
export class AgentsClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** All of them. */
  async list({ hidden = false, ids, name, ...options }: AgentFilter & CallOptions = {}): Promise<Agent[]> {
    const filter = { ...(hidden && { hidden: "true" as const }), ...(ids && { id: ids }), ...(name && { name }) };
    const agents: Agent[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const query = { ...filter, ...(cursor !== undefined && { cursor }) };
      const page = await perform(this.#transport, "listAgents", { query }, options);
      agents.push(...page.data);
      cursor = page.next_cursor;
    }
    return agents;
  }

  /** By its slug or id, also one that a list leaves out. Rejects with `not_found` when there is none. */
  get(slug: string, options: CallOptions = {}): Promise<Agent> {
    return perform(this.#transport, "getAgent", { params: { slug } }, options);
  }

  /** Safe to try again: under the same idempotency key it makes one agent. */
  create(agent: NewAgent, options: CallOptions & { idempotencyKey?: string } = {}): Promise<Agent> {
    const { idempotencyKey = newIdempotencyKey() } = options;
    return perform(this.#transport, "createAgent", { body: agent }, { ...options, idempotencyKey });
  }

  /** Only what is given changes; what is null goes back to its default. */
  update(slug: string, change: AgentUpdate, options: AgentChangeOptions = {}): Promise<Agent> {
    return perform(this.#transport, "updateAgent", { params: { slug }, body: change }, conditionOf(options));
  }

  /** Its tasks stay, and go on. */
  async delete(slug: string, options: AgentChangeOptions = {}): Promise<void> {
    await perform(this.#transport, "deleteAgent", { params: { slug } }, conditionOf(options));
  }
}

function conditionOf({ seen, ...options }: AgentChangeOptions) {
  return { ...options, ...(seen && { headers: { "if-match": `"${seen.id}-${seen.version}"` } }) };
}
