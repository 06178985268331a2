/** The verbs of the store on its audit log, over its channels. Like the rest of this side it knows no SQL. */
import type { AuditEntry, AuditFilter, AuditPage, AuditPlace } from "../../../task/audit.ts";
import type { AuditStore } from "../../audit-store.ts";
import { prepareAudit } from "../../codec/prepare.ts";
import { auditRecordOf } from "../../codec/rows.ts";
import type { Channels } from "../thread/channels.ts";

export class SqliteAudit implements AuditStore {
  readonly #writes: Channels["writes"];
  readonly #searches: Channels["searches"];
  readonly #damage: Channels["damage"];

  constructor({ writes, searches, damage }: Omit<Channels, "reads">) {
    this.#writes = writes;
    this.#searches = searches;
    this.#damage = damage;
  }

  async append(entry: AuditEntry): Promise<void> {
    await this.#writes.send("appendAudit", prepareAudit(entry));
  }

  /** What cannot be read is left out: `doctor` names it. */
  async page(filter: AuditFilter, place: AuditPlace, limit: number): Promise<AuditPage> {
    const { rows, ...found } = await this.#searches.send("auditPage", { filter, place, limit });
    const entries = rows.flatMap(
      (row) => this.#damage.orLeftOut(`audit entry ${String(row[0])}`, () => auditRecordOf(row)) ?? [],
    );
    return { entries, ...found };
  }

  async newest(): Promise<number> {
    return await this.#searches.send("newestAudit", null);
  }
}
