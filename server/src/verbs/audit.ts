/** Who reads the audit log. */
import type { AuditFilter, AuditPage, AuditPlace } from "../task/audit.ts";
import type { Principal } from "../task/principal.ts";

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
}
