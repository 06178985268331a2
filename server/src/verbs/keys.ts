/** The verbs of API keys. */
import type { Key, KeyUse } from "../task/key.ts";
import type { Principal, Scope } from "../task/principal.ts";

/** `proof` identifies a secret where the secret itself may not be kept: it lets nobody in. */
export type Authenticated = { principal: Principal; expiresAt: number | null; proof: string };

export type NewKey = {
  name: string;
  user?: string;
  scopes?: Scope[];
  groups?: string[];
  roles?: string[];
  models?: string[];
  expiresAt?: number;
  /** Made below the principal's key: without the scope `admin` no other can be made. */
  child?: boolean;
};

export interface Keys {
  /**
   * The principal of a key as a client sent it, which it is until `expiresAt`; `ended` when it is revoked or expired, null
   * when there is none. Throws no refusal of its own.
   */
  authenticate(secret: string): Promise<Authenticated | "ended" | null>;
  /** Those of these proofs whose secrets are not accepted any more, whichever process ended them. */
  ended(proofs: readonly string[]): Promise<string[]>;
  /** Remembers when and from where keys were let in. */
  noteUses(uses: readonly KeyUse[]): Promise<void>;
  /**
   * Makes a key of the principal's tenant, by itself for the principal's user with the scope `tasks`. `secret` is shown
   * this once. Its user belongs to the `groups` and has the `roles`, besides those that the directory says. It is of the
   * tier of the principal's own key, and may ask the same models, or those of them that `models` names. Without an expiry
   * it has the usual one of the deployment.
   *
   * It stands by itself, which takes the scope `admin`, or is a child: that ends with the key that made it and draws from
   * its share; it has no later expiry, and there are `KEY_DEPTH_MAX` keys above each other at most. Throws `forbidden` for
   * what the principal lacks: `admin` for a key that is no child, `tasks:all` for another user, a scope, a model, a later
   * expiry; `invalid` for an expiry beyond the longest; `conflict` when the user has 1,000 good keys; `unauthenticated`
   * when the principal's key ended meanwhile.
   */
  create(principal: Principal, key: NewKey): Promise<{ key: Key; secret: string }>;
  /**
   * Gives a key another secret; the one before goes on for `overlapMs`, and the one before that ends. Id, scopes, expiry,
   * share and leases stay. Of the principal's own key or one below it; with the scope `admin` of any that the principal
   * could make. Throws `not_found`, `forbidden`, and `conflict` for one that has ended or was rotated at the same moment.
   */
  rotate(principal: Principal, id: string, overlapMs: number): Promise<{ key: Key; secret: string }>;
  /**
   * One's own keys, revoked and expired ones too, oldest first: of a child itself and those below it, with the scope
   * `admin` all of the tenant. `next` is null on the last page. Throws `invalid` for a cursor that no page has given.
   */
  list(principal: Principal, page: { limit: number; cursor?: string }): Promise<{ keys: Key[]; next: string | null }>;
  /** Ends a key at once, and those below it. One that is revoked already stays as it is. Throws `not_found`. */
  revoke(principal: Principal, id: string): Promise<Key>;
  /**
   * Ends all keys of a user, and those below them: the number that have ended by it. Throws `forbidden` for another user
   * without the scope `admin`, and for a child.
   */
  revokeAll(principal: Principal, user: string): Promise<number>;
}
