/** The entry of the audit log about a server's start and its configuration. */
import { createHash } from "node:crypto";
import type { Logger } from "pino";
import type { Config } from "../config.ts";
import type { Lens } from "../lenses/lens.ts";
import type { AuditStore } from "../store/audit-store.ts";
import type { AuditEntry } from "../task/audit.ts";
import { NOBODY } from "../task/visibility.ts";
import { VERSION } from "../version.ts";

const SERVER = "server";
/** Beyond this, only the number of agents is noted. */
const AGENTS_NAMED_MAX = 100;
const FINGERPRINT_CHARACTERS = 16;

/** Shows that an agent has changed, without its instructions. */
function fingerprintOf(agent: Config["agents"][number]): string {
  return createHash("sha256").update(JSON.stringify(agent)).digest("hex").slice(0, FINGERPRINT_CHARACTERS);
}

/** Not waited for: if the store refuses it, the log has a line. */
export function noteStart(audit: AuditStore, config: Config, lenses: readonly Lens[], log: Logger): void {
  audit
    .append(entryOf(config, lenses))
    .catch((error: unknown) => log.warn({ err: error }, "the audit log does not say that the server has started"));
}

function entryOf({ mode, agents, trustProxy, auditDays, retentionDays }: Config, lenses: readonly Lens[]): AuditEntry {
  const named = agents.slice(0, AGENTS_NAMED_MAX).map((agent) => [agent.slug, fingerprintOf(agent)]);
  return {
    ...{ tenant: NOBODY, at: Date.now(), user: SERVER, keyId: SERVER, act: "server.start", task: null, origin: null },
    detail: {
      ...{ version: VERSION, node: process.versions.node, mode },
      lenses: lenses.map(({ name }) => name),
      ...{ agents: Object.fromEntries(named), agent_count: agents.length },
      ...{ trust_proxy: trustProxy, retention_days: retentionDays, audit_days: auditDays },
    },
  };
}
