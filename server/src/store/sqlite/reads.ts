/** All that the reading thread can be asked, by name. Rows leave as arrays of their columns: the codecs make nouns of them. */
import type { Database } from "better-sqlite3";
import { agentReads } from "./agent-statements.ts";
import { auditReads } from "./audit-statements.ts";
import { check } from "./check.ts";
import { chunkReads } from "./chunk-reads.ts";
import { textIn } from "./column.ts";
import { conversationReads } from "./conversation-reads.ts";
import { dailyUsageReads } from "./daily-usage.ts";
import { documentReads } from "./document-reads.ts";
import { erasureReads } from "./erasure-statements.ts";
import { heldReads } from "./held-amounts.ts";
import { keyReads } from "./key-statements.ts";
import { NAMINGS, unnamedSql } from "./named-files.ts";
import { queries } from "./queries.ts";
import { subscriptionReads } from "./subscription-statements.ts";
import { taskReads } from "./task-reads.ts";
import { humanReads } from "./worklist.ts";

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
