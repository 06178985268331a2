/** An API key, as its owner may see it: everything but the secret. */
import type { Principal, Scope } from "./principal.ts";

export type Key = {
  id: string;
  name: string;
  tenant: string;
  user: string;
  scopes: Scope[];
  /** What its user belongs to and has, beside what the directory says: whose work it is, no right of the key. */
  groups: string[];
  roles: string[];
  /** How large its share of the server is, where the deployment tells tiers apart. */
  tier: string | null;
  /** The language models that it may ask, see `allowed-models.ts`; null is any. */
  models: string[] | null;
  /**
   * The keys that it was made below, from the top: it ends with each of them, has no scope that they lack, and draws from
   * the share of the first. None for a key that stands by itself.
   */
  above: string[];
  createdAt: number;
  expiresAt: number | null;
  revokedAt: number | null;
  /** When it got its secret of now in the place of another, and until when that other one goes on. */
  rotatedAt: number | null;
  formerUntil: number | null;
  /** When it was last let in, to the minute, and from which address. */
  usedAt: number | null;
  usedFrom: string | null;
  /** The last four characters, to tell keys apart. */
  hint: string;
};

/** How the ids of keys begin: what acts without a key has no id of this kind. */
export const KEY_ID_PREFIX = "key_";

/** That a key was let in. */
export type KeyUse = { id: string; at: number; from: string };

/** How long keys are good that do not say it, and at most. Null is for good. */
export type KeyLifetimes = { usualMs: number | null; longestMs: number | null };

/** Whether it has ended by then. */
export function isEnded({ revokedAt, expiresAt }: Pick<Key, "revokedAt" | "expiresAt">, now: number): boolean {
  return revokedAt !== null || (expiresAt !== null && expiresAt <= now);
}

/** The key whose share a caller draws from: the one at the top of its line, so that making keys makes no shares. */
export function shareKeyOf({ keyId, above }: Pick<Principal, "keyId" | "above">): string {
  return above?.[0] ?? keyId;
}
