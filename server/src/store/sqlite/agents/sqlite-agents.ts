/** The verbs of the store on agents, over its channels. Like the rest of this side it knows no SQL. */
import type { AgentRecord } from "../../../task/agent/agent.ts";
import { Refusal } from "../../../task/errors.ts";
import type { TenantVisible } from "../../../task/visibility.ts";
import type { AgentFilter, AgentPlace, AgentStore } from "../../agent-store.ts";
import { agentOf, agentValues } from "../../codec/agent-rows.ts";
import { prepareAudit } from "../../codec/prepare.ts";
import { orDamaged } from "../../damage.ts";
import type { IdempotencyRecord, Write } from "../../write.ts";
import { pageOf } from "../page-of.ts";
import type { Channels } from "../thread/channels.ts";

type Audit = NonNullable<Write["audit"]>;

export class SqliteAgents implements AgentStore {
  readonly #writes: Channels["writes"];
  readonly #reads: Channels["reads"];
  readonly #searches: Channels["searches"];
  readonly #damage: Channels["damage"];

  constructor({ writes, reads, searches, damage }: Channels) {
    this.#writes = writes;
    this.#reads = reads;
    this.#searches = searches;
    this.#damage = damage;
  }

  agent(visible: TenantVisible, idOrSlug: string): Promise<AgentRecord | null> {
    return orDamaged(`agent ${idOrSlug}`, async () => {
      const row = await this.#reads.send("agent", { visible, idOrSlug });
      return row && agentOf(row);
    });
  }

  async agents(
    visible: TenantVisible,
    filter: AgentFilter,
    { limit, after }: { limit: number; after: AgentPlace | null },
  ): Promise<{ agents: AgentRecord[]; next: AgentPlace | null }> {
    const found = await this.#searches.send("agents", { visible, filter, limit, after });
    const { rows, next } = pageOf(found, limit, 5);
    const agents = rows.flatMap((row) => this.#damage.orLeftOut(`agent ${String(row[0])}`, () => agentOf(row)) ?? []);
    return { agents, next };
  }

  async addAgent(agent: AgentRecord, audit: Audit, idempotency: IdempotencyRecord | null = null) {
    const given = { agent: agentValues(agent), audit: prepareAudit(audit), idempotency };
    const done = await this.#writes.send("addAgent", given);
    if ("taken" in done) throw taken(done.taken);
    return done;
  }

  async changeAgent(agent: AgentRecord, audit: Audit): Promise<boolean> {
    const done = await this.#writes.send("changeAgent", { agent: agentValues(agent), audit: prepareAudit(audit) });
    if (typeof done === "string") throw taken(done);
    return done;
  }

  async removeAgent({ id, version }: Pick<AgentRecord, "id" | "version">, audit: Audit): Promise<boolean> {
    return await this.#writes.send("removeAgent", { id, version, audit: prepareAudit(audit) });
  }
}

function taken(field: "slug" | "name"): Refusal {
  return new Refusal("conflict", `There is an agent of this ${field} already: choose another one.`, { field });
}
