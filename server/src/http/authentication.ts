/** Who calls: keys by the store's verb, remembered for a moment; in `dev` also the development key and nobody at all. */
import type { FastifyRequest } from "fastify";
import type { LensParts } from "../lenses/lens-parts.ts";
import { Refusal } from "../task/errors.ts";
import { type Principal, SCOPES } from "../task/principal.ts";
import type { Keys } from "../verbs/keys.ts";
import { isForeign, isLoopback } from "./origin.ts";

/** Exists only in `dev`, and never in a store. */
export const DEVELOPMENT_KEY = "sk_test_123456";
export const DEVELOPER: Principal = {
  tenant: "default",
  user: "developer",
  scopes: new Set(SCOPES),
  keyId: "development",
};

/** How long an answer of the store is believed: a key that expires, or is revoked behind our back, is out after this. */
const REMEMBERED_MS = 1_000;
const REMEMBERED_MAX = 10_000;
const SECRET_LENGTH_MAX = 512;

export type Authentication = {
  authenticate: LensParts["authenticate"];
  /** The keys that were handed in; one that is revoked through these is out at once. */
  keys: Keys;
};

export function createAuthentication({
  keys,
  development,
  now,
}: {
  keys: Keys;
  development: boolean;
  now: () => number;
}): Authentication {
  /** Promises, as `authenticate` gives them: nearly every request comes with a key that came a moment ago. */
  const remembered = new Map<string, { principal: Promise<Principal>; until: number }>();

  async function principalOf(secret: string): Promise<Principal | null> {
    if (secret === DEVELOPMENT_KEY) return development ? DEVELOPER : null;
    if (secret.length > SECRET_LENGTH_MAX) return null;
    remembered.delete(secret);
    const principal = await keys.authenticate(secret);
    if (principal === null) return null;
    if (remembered.size >= REMEMBERED_MAX) remembered.clear();
    remembered.set(secret, { principal: Promise.resolve(principal), until: now() + REMEMBERED_MS });
    return principal;
  }

  return {
    keys: {
      authenticate: (secret) => keys.authenticate(secret),
      create: (principal, key) => keys.create(principal, key),
      list: (principal) => keys.list(principal),
      audit: (principal, page) => keys.audit(principal, page),
      revoke: async (principal, id) => {
        const revoked = await keys.revoke(principal, id);
        remembered.clear();
        return revoked;
      },
    },
    authenticate(request, secrets, keyless) {
      const known = secrets.length === 1 ? remembered.get(secrets[0] ?? "") : undefined;
      return known !== undefined && known.until > now() ? known.principal : admitted(request, secrets, keyless);
    },
  };

  async function admitted(request: FastifyRequest, secrets: readonly string[], keyless: boolean): Promise<Principal> {
    for (const secret of secrets) {
      const principal = await principalOf(secret);
      if (principal !== null) return principal;
    }
    if (secrets.length > 0) throw new Refusal("unauthenticated", "The API key is unknown, revoked or expired.");
    const local = isLoopback(request.socket.remoteAddress) && isLoopback(request.ip);
    if (!development || !keyless || !local) {
      throw new Refusal("unauthenticated", "An API key is needed: Authorization: Bearer sk_…");
    }
    if (isForeign(request)) {
      throw new Refusal("forbidden", "Requests that a web page of another origin makes need an API key.");
    }
    return DEVELOPER;
  }
}
