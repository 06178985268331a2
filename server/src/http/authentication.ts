/**
 * Who calls: keys by the store's verb, remembered for a moment. In `dev` whoever calls from this machine without a key,
 * or with one that the store does not know, is the developer, so that every client's own example runs as it is printed.
 */
import type { ServerResponse } from "node:http";
import type { FastifyRequest } from "fastify";
import type { Chosen, LensParts } from "../lenses/lens-parts.ts";
import { Directory } from "../task/directory.ts";
import { Refusal } from "../task/errors.ts";
import { type Principal, SCOPES } from "../task/principal.ts";
import type { Keys } from "../verbs/keys.ts";
import { KeyWatch } from "./key-watch.ts";
import { isForwarded, isLoopback } from "./origin.ts";

/** The one that is printed in examples: it counts as no key, and is never in a store. */
export const DEVELOPMENT_KEY = "sk_test_123456";
export const DEVELOPER: Principal = {
  tenant: "default",
  user: "developer",
  scopes: new Set(SCOPES),
  keyId: "development",
};

/** How long an answer of the store is believed: a key that is revoked behind our back is out after this. */
const REMEMBERED_MS = 1_000;
const REMEMBERED_MAX = 10_000;
const SECRET_LENGTH_MAX = 512;

export type Authentication = {
  authenticate: LensParts["authenticate"];
  keyEnd: LensParts["keyEnd"];
  /** The keys that were handed in; one that is revoked through these is out at once. */
  keys: Keys;
};

export function createAuthentication({
  keys,
  development,
  publicUrl,
  directory = new Directory(),
  now,
}: {
  keys: Keys;
  development: boolean;
  /** Who is reached from the outside has no developer: nobody is known by where they are. */
  publicUrl: string | null;
  /** Groups and roles of whom a developer is. */
  directory?: Directory;
  now: () => number;
}): Authentication {
  /** Nearly every request comes with a key that came a moment ago. */
  const remembered = new Map<string, { principal: Principal; until: number }>();
  /** By which key each of them came. The developer has none. */
  const secretsOf = new WeakMap<Principal, string>();
  const watch = new KeyWatch(async (secret) => {
    const found = await keys.authenticate(secret);
    return found !== null && found !== "ended";
  });

  async function find(secret: string): Promise<Principal | "ended" | null> {
    if (secret.length > SECRET_LENGTH_MAX) return null;
    remembered.delete(secret);
    const found = await keys.authenticate(secret);
    if (found === null || found === "ended") return found;
    const { principal, expiresAt } = found;
    const until = Math.min(now() + REMEMBERED_MS, expiresAt ?? Number.POSITIVE_INFINITY);
    if (remembered.size >= REMEMBERED_MAX) remembered.clear();
    remembered.set(secret, { principal, until });
    secretsOf.set(principal, secret);
    return principal;
  }

  return {
    keys: {
      authenticate: (secret) => keys.authenticate(secret),
      create: (principal, key) => keys.create(principal, key),
      list: (principal) => keys.list(principal),
      revoke: async (principal, id) => {
        const revoked = await keys.revoke(principal, id);
        remembered.clear();
        void watch.check();
        return revoked;
      },
    },
    authenticate(request, secrets, chosen) {
      const known = secrets.length === 1 ? remembered.get(secrets[0] ?? "") : undefined;
      return known !== undefined && known.until > now() ? known.principal : admitted(request, secrets, chosen);
    },
    keyEnd(principal, response) {
      const secret = secretsOf.get(principal);
      return secret === undefined ? null : endOf(watch, secret, response);
    },
  };

  async function admitted(request: FastifyRequest, secrets: readonly string[], chosen?: Chosen): Promise<Principal> {
    const isOpen = development && publicUrl === null && isOwnMachine(request);
    const said = new Set(secrets.filter((secret) => secret !== DEVELOPMENT_KEY));
    const found = await Promise.all([...said].map(find));
    const principal = found.find((each) => each !== null && each !== "ended");
    // A wrong key beside a right one is no slip of a client that is to be looked over: somebody tries.
    const isWhole = found.every((each) => each !== "ended" && (each !== null || isOpen));
    if (isWhole && principal) return principal;
    if (isWhole && isOpen) return developerAs(chosen, directory);
    throw new Refusal(
      "unauthenticated",
      secrets.length > 0
        ? "The API key is unknown, revoked or expired."
        : "An API key is needed: Authorization: Bearer sk_…",
      { hasKey: secrets.length > 0 },
    );
  }
}

function isOwnMachine({ socket, ip, headers }: FastifyRequest): boolean {
  return isLoopback(socket.remoteAddress) && isLoopback(ip) && !isForwarded(headers);
}

/** Whom a developer chose to be: one of the users of a tenant, who sees what such a one sees. */
function developerAs({ tenant, user }: Chosen = {}, directory: Directory): Principal {
  const chosen = {
    tenant: tenant ?? DEVELOPER.tenant,
    user: user ?? DEVELOPER.user,
    scopes: new Set(["tasks", "work"] as const),
    keyId: DEVELOPER.keyId,
  };
  const principal = tenant === undefined && user === undefined ? DEVELOPER : chosen;
  const known = directory.find(principal.tenant, { type: "user", id: principal.user });
  return known === null ? principal : { ...principal, groups: known.groups, roles: known.roles };
}

function endOf(watch: KeyWatch, secret: string, response: ServerResponse): AbortSignal {
  const { ended, release } = watch.watch(secret);
  response.once("close", release);
  return ended;
}
