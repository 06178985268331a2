/** Reads and writes of the audit log, refused calls included. */
import type { AuditFilter, AuditPage, AuditPlace } from "../task/audit.ts";
import type { Origin } from "../task/origin.ts";
import type { Principal } from "../task/principal.ts";

/** A refused call: its key is unknown, revoked or expired, or lacks a scope. */
export type RefusedCall = {
  /** Null for a key that was not accepted. */
  principal: Principal | null;
  origin: Origin;
  /** The network by which its address is counted. */
  network: string;
  /** The name of its route. */
  route: string;
};

export interface Audit {
  /**
   * What was done in the principal's tenant; to one of the house's own tenant also what is nobody's: starts, and keys that
   * nobody knows. At most `limit`, and fewer, or none, where those that fit are few among many: `more` says whether to ask on.
   * Throws `forbidden` without the scope `admin`.
   */
  page(
    principal: Principal,
    filter: Omit<AuditFilter, "tenants">,
    place: AuditPlace,
    limit: number,
  ): Promise<AuditPage>;
  /** The same from after an entry on; where there is nothing new, once there is, or after `waitMs`, or when `signal` fires. */
  next(
    principal: Principal,
    filter: Omit<AuditFilter, "tenants">,
    after: number,
    page: { limit: number; waitMs: number },
    signal: () => AbortSignal,
  ): Promise<AuditPage>;
  /** Writes that the principal has signed in, and now has a token of this lens. */
  signedIn(principal: Principal, lens: string): Promise<void>;
  /** Counts it: of one address at most one entry a minute is written, which says how many there were. */
  refused(call: RefusedCall): void;
  /** Writes the unwritten counts. */
  close(): Promise<void>;
}
