/** All that the reading thread can be asked, by name. Rows leave as arrays of their columns: the codecs make nouns of them. */
import type { Database } from "better-sqlite3";
import { agentReads } from "./agent-statements.ts";
import { auditReads } from "./audit-statements.ts";
import { ANSWER_BYTES_MAX } from "./bounds.ts";
import { check } from "./check.ts";
import { chunkReads } from "./chunk-reads.ts";
import { textIn } from "./column.ts";
import { conversationReads } from "./conversation-reads.ts";
import { dailyUsageReads } from "./daily-usage.ts";
import { documentReads } from "./document-reads.ts";
import { NAMINGS, unnamedSql } from "./named-files.ts";
import { queries } from "./queries.ts";
import { subscriptionReads } from "./subscription-statements.ts";
import { taskReads } from "./task-reads.ts";
import { humanReads } from "./worklist.ts";

export const KEY_COLUMNS =
  "id, hash, tenant, user, name, scopes, hint, created_at, expires_at, revoked_at, member_groups, member_roles, tier, models";

export function reads(db: Database) {
  const { rows, text } = queries(db);
  const unnamed = rows(unnamedSql(NAMINGS), (hashes: string[]) => [JSON.stringify(hashes)]);
  return {
    ...taskReads(db),
    ...conversationReads(db),
    ...documentReads(db),
    ...chunkReads(db),
    ...keyReads(db),
    ...agentReads(db),
    ...auditReads(db),
    ...subscriptionReads(db),
    ...humanReads(db),
    ...dailyUsageReads(db),
    setting: text("SELECT value FROM facts WHERE name = ?", ({ name }: { name: string }) => [name]),
    /** Those of the given hashes that no row names. */
    unnamedFiles: ({ hashes }: { hashes: string[] }) => unnamed(hashes).map(([sha256]) => textIn(sha256)),
    check: (_: null) => check(db),
  };
}

export type Reads = ReturnType<typeof reads>;

function keyReads(db: Database) {
  const { row, page, number } = queries(db);
  return {
    keys: page(
      `SELECT ${KEY_COLUMNS} FROM keys WHERE tenant = ? AND (created_at, id) > (?, ?) AND in_time(created_at)
       ORDER BY created_at, id`,
      ANSWER_BYTES_MAX,
      ({ tenant, after: { at, id } }: { tenant: string; after: { at: number; id: string } }) => [tenant, at, id],
    ),
    keyByHash: row(`SELECT ${KEY_COLUMNS} FROM keys WHERE hash = ?`, ({ hash }: { hash: string }) => [hash]),
    countKeys: number("SELECT count(*) FROM keys WHERE revoked_at IS NULL", (_: null) => []),
  };
}
