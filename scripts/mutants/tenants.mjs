/** Faults in what is whose: rows, keys, names and work of others, and what two do at once. */

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are texts of other files
export const TENANTS = [
  {
    file: "server/src/store/sqlite/documents/document-reads.ts",
    name: "anybody-of-a-tenant-reads-a-file-by-its-id",
    find: "(? IS NULL OR ${table}.user = ?)",
    put: "(? IS NULL OR ? IS NOT NULL)",
  },
  {
    file: "server/src/store/sqlite/documents/document-reads.ts",
    name: "the-same-file-of-another-user-is-found",
    find: "d.tenant = ? AND d.user = ? AND d.md5 = ?",
    put: "d.tenant = ? AND ? IS NOT NULL AND d.md5 = ?",
  },
  {
    file: "server/src/store/sqlite/documents/document-reads.ts",
    name: "whoever-has-no-vector-store-has-that-of-others",
    find: "WHERE tenant = ? AND user = ? LIMIT 1",
    put: "WHERE tenant = ? AND ? IS NOT NULL LIMIT 1",
  },
  {
    file: "server/src/store/sqlite/agents/agent-statements.ts",
    name: "an-agent-of-another-tenant-is-found-by-its-name",
    find: "FROM agents a WHERE a.tenant = ? AND (a.id",
    put: "FROM agents a WHERE ? IS NOT NULL AND (a.id",
  },
  {
    file: "server/src/store/sqlite/agents/agent-statements.ts",
    name: "agents-of-all-tenants-are-listed",
    find: '"a.tenant = @tenant AND (a.created_at',
    put: '"@tenant IS NOT NULL AND (a.created_at',
  },
  {
    file: "server/src/store/sqlite/agents/agent-statements.ts",
    name: "of-two-changes-of-an-agent-one-is-lost",
    find: "WHERE id = @id AND version = @version - 1",
    put: "WHERE id = @id",
  },
  {
    file: "server/src/store/sqlite/agents/agent-statements.ts",
    name: "an-agent-that-has-changed-is-deleted-as-it-was-read",
    find: "DELETE FROM agents WHERE id = ? AND version = ?",
    put: "DELETE FROM agents WHERE id = ? AND ? > 0",
  },
  {
    file: "server/src/store/sqlite/agents/agent-statements.ts",
    name: "agents-of-others-fill-a-tenant",
    find: "SELECT count(*) FROM agents WHERE tenant = ?",
    put: "SELECT count(*) FROM agents WHERE ? IS NOT NULL",
  },
  {
    file: "server/src/store/sqlite/agents/agent-statements.ts",
    name: "an-agents-key-is-bound-to-nothing",
    find: "if (before) return { replayed",
    put: "if (before && false) return { replayed",
  },
  {
    file: "server/src/store/sqlite/keys/key-statements.ts",
    name: "a-key-of-another-tenant-is-read",
    find: "FROM keys WHERE id = ? AND tenant = ?`",
    put: "FROM keys WHERE id = ? AND ? IS NOT NULL`",
  },
  {
    file: "server/src/store/sqlite/keys/key-statements.ts",
    name: "keys-of-all-users-are-listed",
    find: 'listed("keys_by_user", "tenant = @tenant AND user = @user")',
    put: 'listed("keys_by_user", "tenant = @tenant")',
  },
  {
    file: "server/src/store/sqlite/keys/key-statements.ts",
    name: "keys-of-another-tenant-are-revoked",
    find: "SELECT id FROM keys WHERE tenant = @tenant AND ${owner} UNION",
    put: "SELECT id FROM keys WHERE ${owner} UNION",
  },
  {
    file: "server/src/store/sqlite/subscriptions/subscription-statements.ts",
    name: "webhooks-of-other-tenants-are-told",
    find: "db.prepare<unknown[], unknown[]>(`${STANDING} WHERE task IS NULL AND tenant = ?`)",
    put: "db.prepare<unknown[], unknown[]>(`${STANDING} WHERE task IS NULL AND ? IS NOT NULL`)",
  },
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: these are texts of other files
