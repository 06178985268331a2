/** What callers may do with API keys. */
import type { Key } from "../task/key.ts";
import type { Principal, Scope } from "../task/principal.ts";

export interface Keys {
  /** The principal of a key as a client sent it, which it is until `expiresAt`; `ended` when it is revoked or expired, null when there is none. Throws no refusal of its own. */
  authenticate(secret: string): Promise<{ principal: Principal; expiresAt: number | null } | "ended" | null>;
  /**
   * Makes a key of the principal's tenant, by itself for the principal's user with the scope `tasks`. `secret` is shown
   * this once. Its user belongs to the `groups` and has the `roles`, besides those that the directory says. It is of the tier of the principal's own key,
   * and may ask the same models, or those of them that `models` names. Throws `forbidden` without the scope `admin`, without `tasks:all`
   * for another user, and for scopes and models that the principal lacks; `rate_limited` when the user has 1,000 good keys.
   */
  create(
    principal: Principal,
    key: {
      name: string;
      user?: string;
      scopes?: Scope[];
      groups?: string[];
      roles?: string[];
      models?: string[];
      expiresAt?: number;
    },
  ): Promise<{ key: Key; secret: string }>;
  /** One's own keys, revoked and expired ones too; with the scope `admin` all of the tenant. */
  list(principal: Principal): Promise<Key[]>;
  /** Ends a key at once. One that is revoked already stays as it is. Throws `not_found`. */
  revoke(principal: Principal, id: string): Promise<Key>;
}
