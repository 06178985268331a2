/** API keys. */

import type { AuditEntry } from "../task/audit.ts";
import type { Key } from "../task/key.ts";
import type { Scope } from "../task/principal.ts";

export type StoredKey = Key & { hash: string; scopes: Scope[] };

export interface KeyStore {
  keys(tenant: string): Promise<StoredKey[]>;
  keyByHash(hash: string): Promise<StoredKey | null>;
  /** Those that are not revoked, of all tenants. */
  countKeys(): Promise<number>;
  /** Adds a key, or replaces the one of the same id; the audit entry commits with it. */
  putKey(key: StoredKey, audit: AuditEntry): Promise<void>;
}
