/** An entry of the audit log from outside of a store: what a command does with a data folder that a server may have open. */
import type { Database } from "better-sqlite3";
import type { AuditEntry } from "../../../task/audit.ts";
import { prepareAudit } from "../../codec/prepare.ts";
import { schemaOf } from "../database.ts";
import { MIGRATIONS } from "../migrate.ts";
import { AuditChain } from "./audit-chain.ts";

/** False in a database of another schema, which is left as it is. */
export function noteAudit(db: Database, entry: AuditEntry): boolean {
  if (schemaOf(db) !== MIGRATIONS.length) return false;
  const chain = new AuditChain(db);
  db.transaction(() => {
    chain.add(prepareAudit(entry));
    chain.settle();
  }).immediate();
  return true;
}
