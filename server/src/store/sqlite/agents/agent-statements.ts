/** What is asked and written of agents. */
import type { Database } from "better-sqlite3";
import { agentNameKey } from "../../../task/agent/agent-name.ts";
import { Refusal } from "../../../task/errors.ts";
import type { TenantVisible } from "../../../task/visibility.ts";
import { AGENT_KEYS_MAX, AGENTS_MAX, type AgentFilter, type AgentPlace } from "../../agent-store.ts";
import type { AgentValues } from "../../codec/agent-rows.ts";
import { AGENT_COLUMNS } from "../../codec/columns.ts";
import type { PreparedAudit } from "../../codec/prepared.ts";
import type { IdempotencyRecord } from "../../write.ts";
import { ANSWER_BYTES_MAX } from "../bounds.ts";
import { numberIn, textIn } from "../column.ts";
import { lateRows } from "../late-statements.ts";
import { queries } from "../queries.ts";
import type { WriterStatements } from "../statements.ts";

const TOO_MANY_KEYS = `${AGENT_KEYS_MAX} agents were made with an Idempotency-Key within a day: try again later, or without one.`;
/** Old keys go once an hour. */
const SWEPT_AFTER_S = 3_600;

type One = { visible: TenantVisible; idOrSlug: string };
type Some = { visible: TenantVisible; filter: AgentFilter; limit: number; after: AgentPlace | null };

export function agentReads(db: Database) {
  const { row, list } = queries(db);
  const inPlace = "a.tenant = @tenant AND (a.created_at, a.id) > (@createdAt, @id) AND in_time(a.created_at)";
  const wanted = `(@hidden OR a.hidden = 0)
    AND (@ids IS NULL OR a.id IN (SELECT value FROM json_each(@ids)) OR a.slug IN (SELECT value FROM json_each(@ids)))
    AND (@names IS NULL OR a.name IN (SELECT value FROM json_each(@names)))`;
  const order = "ORDER BY a.created_at, a.id";
  return {
    agent: row(
      `SELECT ${AGENT_COLUMNS} FROM agents a WHERE a.tenant = ? AND (a.id = ? OR a.slug = ?)`,
      ({ visible, idOrSlug }: One) => [visible.tenant, idOrSlug, idOrSlug],
    ),
    agents: list(
      {
        page: `SELECT ${AGENT_COLUMNS} FROM agents a WHERE ${inPlace} AND ${wanted} ${order} LIMIT @limit`,
        places: `SELECT a.id, NULL, NULL, NULL, NULL, a.created_at, a.id FROM agents a INDEXED BY agents_by_time
          WHERE ${inPlace} ${order}`,
        one: `SELECT ${AGENT_COLUMNS} FROM agents a WHERE a.id = @place AND ${wanted}`,
      },
      ANSWER_BYTES_MAX,
      askedOf,
    ),
  };
}

function askedOf({ visible, filter, limit, after }: Some) {
  return {
    tenant: visible.tenant,
    createdAt: after?.createdAt ?? -1,
    id: after?.id ?? "",
    hidden: filter.hidden ? 1 : 0,
    ids: filter.ids ? JSON.stringify(filter.ids) : null,
    names: filter.names ? JSON.stringify(filter.names.map(agentNameKey)) : null,
    limit: limit + 1,
  };
}

/** `taken` names what another agent of the tenant has. */
type Added = { added: true } | { replayed: string; hash: string } | { taken: "slug" | "name" };

export function agentWrites(db: Database, sql: WriterStatements) {
  const row = (text: string) => lateRows(db, text);
  const known = row("SELECT task, hash FROM idempotency WHERE scope = ? AND key = ?");
  const remember = db.prepare<unknown[]>("INSERT INTO idempotency (scope, key, hash, task, at) VALUES (?, ?, ?, ?, ?)");
  const keys = row("SELECT count(*) FROM idempotency WHERE scope = ?");
  const count = row("SELECT count(*) FROM agents WHERE tenant = ?");
  const bySlug = row("SELECT 1 FROM agents WHERE tenant = ? AND slug = ? AND id <> ?");
  const byName = row("SELECT 1 FROM agents WHERE tenant = ? AND name = ? AND id <> ?");
  const insert = db.prepare<[AgentValues]>(
    `INSERT INTO agents (id, tenant, user, slug, name, hidden, version, definition, created_at, updated_by, updated_at)
     VALUES (@id, @tenant, @user, @slug, @name, @hidden, @version, @definition, @createdAt, @updatedBy, @updatedAt)`,
  );
  const change = db.prepare<[AgentValues]>(
    `UPDATE agents SET slug = @slug, name = @name, hidden = @hidden, version = @version, definition = @definition,
       updated_by = @updatedBy, updated_at = max(updated_at, @updatedAt)
     WHERE id = @id AND version = @version - 1`,
  );
  const remove = db.prepare<unknown[]>("DELETE FROM agents WHERE id = ? AND version = ?");
  const taken = ({ tenant, slug, name, id }: AgentValues): "slug" | "name" | null => {
    if (bySlug.get(tenant, slug, id)) return "slug";
    return byName.get(tenant, name, id) ? "name" : null;
  };
  return {
    addAgent: (given: { agent: AgentValues; audit: PreparedAudit; idempotency: IdempotencyRecord | null }): Added => {
      const { agent, audit, idempotency } = given;
      const before = idempotency && known.get(idempotency.scope, idempotency.key);
      if (before) return { replayed: textIn(before[0]), hash: textIn(before[1]) };
      const other = taken(agent);
      if (other) return { taken: other };
      if (numberIn(count.get(agent.tenant)?.[0]) >= AGENTS_MAX)
        throw new Refusal("conflict", `There are ${AGENTS_MAX} agents, as many as are kept: delete some first.`);
      if (idempotency && numberIn(keys.get(idempotency.scope)?.[0]) >= AGENT_KEYS_MAX)
        throw new Refusal("rate_limited", TOO_MANY_KEYS, { retryAfterS: SWEPT_AFTER_S });
      insert.run(agent);
      sql.audit.add(audit);
      if (idempotency) remember.run(idempotency.scope, idempotency.key, idempotency.hash, agent.id, idempotency.at);
      return { added: true };
    },
    changeAgent: ({ agent, audit }: { agent: AgentValues; audit: PreparedAudit }): boolean | "slug" | "name" => {
      const other = taken(agent);
      if (other) return other;
      if (change.run(agent).changes === 0) return false;
      sql.audit.add(audit);
      return true;
    },
    removeAgent: ({ id, version, audit }: { id: string; version: number; audit: PreparedAudit }): boolean => {
      if (remove.run(id, version).changes === 0) return false;
      sql.audit.add(audit);
      return true;
    },
  };
}
