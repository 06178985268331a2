/** API keys. What ends a key ends all that were made below it, in the same commit. */
import type { AuditEntry } from "../task/audit.ts";
import type { Key, KeyUse } from "../task/key.ts";
import type { KeysVisible } from "../task/visibility.ts";

/** `hash` is the SHA-256 of its secret, `formerHash` of the one before. */
export type StoredKey = Key & { hash: string; formerHash: string | null };

/** Where a list of keys goes on. */
export type KeyPlace = Pick<Key, "createdAt" | "id">;

/** `good` is how many keys of a user may be good at once, `kept` how many there may be: of more, those go that ended first. */
export type KeyBounds = { good: number; kept: number };

/** Which keys end: one, or all of a user. Those below them end too. */
export type KeysToEnd = { tenant: string } & ({ id: string } | { user: string });

export type KeyRotation = {
  id: string;
  /** The secret that is replaced, by its hash. */
  from: string;
  hash: string;
  hint: string;
  at: number;
  formerUntil: number;
};

export interface KeyStore {
  /** Oldest first. `next` is null on the last page. What cannot be read is left out. */
  list(
    visible: KeysVisible,
    page: { limit: number; after: KeyPlace | null },
  ): Promise<{ keys: StoredKey[]; next: KeyPlace | null }>;
  /** Null also for one that cannot be read. */
  find(tenant: string, id: string): Promise<StoredKey | null>;
  /** By the secret that it has, or had before. Null also for one that cannot be read. */
  byHash(hash: string): Promise<StoredKey | null>;
  /** Those of these secrets, by their hashes, that let nobody in any more. */
  endedSecrets(hashes: readonly string[], now: number): Promise<string[]>;
  /** Those of these keys that have ended, or are not there. */
  endedKeys(ids: readonly string[], now: number): Promise<string[]>;
  /** Whether one is not revoked, of any tenant: or may be, as it cannot be read. */
  hasAny(): Promise<boolean>;
  /**
   * `orphan`: one above it has ended, or is not there. `full`: its user has as many good ones as there may be. Neither
   * touches anything.
   */
  add(key: StoredKey, bounds: KeyBounds, audit: AuditEntry): Promise<"added" | "orphan" | "full">;
  /** False when it has ended, or its secret is another one by now. */
  rotate(rotation: KeyRotation, audit: AuditEntry): Promise<boolean>;
  /** How many have ended by it. Those that had ended stay as they are. */
  revoke(which: KeysToEnd, at: number, audit: AuditEntry): Promise<number>;
  /** Never takes one back to an earlier use. */
  noteUses(uses: readonly KeyUse[]): Promise<void>;
}
