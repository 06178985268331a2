/**
 * The log of who did what. An entry commits with what it tells of, as part of that write; `append` is for what changes
 * nothing else. Entries are numbered in the order of their commits, without a gap, so that whoever has read up to a number
 * has missed nothing: none comes later with a smaller one.
 */
import type { AuditEntry, AuditFilter, AuditPage, AuditPlace } from "../task/audit.ts";

export interface AuditStore {
  /** Durable once it resolves. */
  append(entry: AuditEntry): Promise<void>;
  /** At most `limit`, and fewer, or none, where those that fit are few among many: `more` says whether to ask on. */
  page(filter: AuditFilter, place: AuditPlace, limit: number): Promise<AuditPage>;
  /** The number of the newest entry; 0 when there was never one. */
  newest(): Promise<number>;
}
