/** All that the reading thread can be asked, by name. Rows leave as arrays of their columns: the codecs make nouns of them. */
import type { Database } from "better-sqlite3";
import { agentReads } from "../agents/agent-statements.ts";
import { NAMINGS, unnamedSql } from "../archive/named-files.ts";
import { auditReads } from "../audit/audit-statements.ts";
import { textIn } from "../column.ts";
import { conversationReads } from "../conversations/conversation-reads.ts";
import { check } from "../doctor/check.ts";
import { chunkReads } from "../documents/chunk-reads.ts";
import { documentReads } from "../documents/document-reads.ts";
import { erasureReads } from "../erasure/erasure-statements.ts";
import { heldReads } from "../held-amounts.ts";
import { keyReads } from "../keys/key-statements.ts";
import { humanReads } from "../people/worklist.ts";
import { queries } from "../queries.ts";
import { subscriptionReads } from "../subscriptions/subscription-statements.ts";
import { taskReads } from "../tasks/task-reads.ts";
import { dailyUsageReads } from "../usage/daily-usage.ts";

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
    ...erasureReads(db),
    ...heldReads(db),
    setting: text("SELECT value FROM facts WHERE name = ?", ({ name }: { name: string }) => [name]),
    /** Those of the given hashes that no row names. */
    unnamedFiles: ({ hashes }: { hashes: string[] }) => unnamed(hashes).map(([sha256]) => textIn(sha256)),
    check: (_: null) => check(db),
  };
}

export type Reads = ReturnType<typeof reads>;
