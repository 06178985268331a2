/** What callers may do with API keys, and who reads the audit log. */
import type { AuditEntry } from "../task/audit.ts";
import type { Key } from "../task/key.ts";
import type { Principal, Scope } from "../task/principal.ts";

export interface Keys {
  /** The principal of a key as a client sent it; null when there is none, or it is revoked or expired. */
  authenticate(secret: string): Promise<Principal | null>;
  /** `secret` is shown this once. A key's scopes and tenant are within those of its maker. */
  create(
    principal: Principal,
    key: { name: string; user?: string; scopes?: Scope[]; expiresAt?: number },
  ): Promise<{ key: Key; secret: string }>;
  list(principal: Principal): Promise<Key[]>;
  revoke(principal: Principal, id: string): Promise<Key>;
  audit(principal: Principal, page: { limit: number; before?: number; task?: string }): Promise<AuditEntry[]>;
}
