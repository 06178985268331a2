/**
 * Authenticates callers: keys are looked up by the store's verb, and remembered for a moment. In `dev`, a caller on this machine
 * without a key, or with an unknown one, is the developer, so that the examples of every client run as printed.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Incoming } from "../../lenses/incoming.ts";
import type { Chosen, LensParts } from "../../lenses/lens-parts.ts";
import { Refusal } from "../../task/errors.ts";
import { Directory } from "../../task/people/directory.ts";
import { type Principal, SCOPES } from "../../task/principal.ts";
import type { Erasures } from "../../verbs/erasures.ts";
import type { Keys } from "../../verbs/keys.ts";
import { networkOf } from "../network.ts";
import { isForwarded, isLoopback } from "../origin.ts";
import type { WrongKeysShare } from "../shares/share.ts";
import { KeyLookups } from "./key-lookups.ts";
import { KeyUses } from "./key-uses.ts";
import { KeyWatch } from "./key-watch.ts";

/** The key that is printed in examples: it counts as no key, and is never in a store. */
export const DEVELOPMENT_KEY = "sk_test_123456";
export const DEVELOPER: Principal = {
  tenant: "default",
  user: "developer",
  scopes: new Set(SCOPES),
  keyId: "development",
};

/** How long a look-up is remembered: a key that another process revokes is refused after this time. */
const REMEMBERED_MS = 1_000;
const REMEMBERED_MAX = 10_000;
const SECRET_LENGTH_MAX = 512;

export type Authentication = {
  authenticate: LensParts["authenticate"];
  keyEnd: LensParts["keyEnd"];
  /** The keys and erasures that were passed in; a key ended through these is refused at once. */
  keys: Keys;
  erasures: Erasures;
  /** Nobody is authenticated any more: noted uses of keys are written. */
  stop: () => void;
};

export function createAuthentication({
  keys,
  erasures,
  development,
  publicUrl,
  directory = new Directory(),
  wrongKeys,
  now,
}: {
  keys: Keys;
  erasures: Erasures;
  development: boolean;
  /** With a public URL there is no developer: an address then does not tell who calls. */
  publicUrl: string | null;
  /** Groups and roles of the user that a developer acts as. */
  directory?: Directory;
  wrongKeys: WrongKeysShare;
  now: () => number;
}): Authentication {
  /** Nearly every request has a key that came a moment ago. */
  const remembered = new Map<string, { principal: Principal; until: number }>();
  /** The key of each principal. The developer has none. */
  const proofOf = new WeakMap<Principal, string>();
  const watch = new KeyWatch((proofs) => keys.ended(proofs));
  const uses = new KeyUses((some) => keys.noteUses(some), now);

  const lookups = new KeyLookups(wrongKeys, now);
  /** How often keys were ended here: results of look-ups from before may be outdated. */
  let ends = 0;

  async function find(secret: string, from: string): Promise<Principal | "ended" | null> {
    if (secret.length > SECRET_LENGTH_MAX) return null;
    remembered.delete(secret);
    const endsBefore = ends;
    const found = await lookups.find(secret, from, () => keys.authenticate(secret));
    if (found === null || found === "ended") return found;
    const { principal, expiresAt, proof } = found;
    const until = Math.min(now() + REMEMBERED_MS, expiresAt ?? Number.POSITIVE_INFINITY);
    if (remembered.size >= REMEMBERED_MAX) remembered.clear();
    if (ends === endsBefore) remembered.set(secret, { principal, until });
    proofOf.set(principal, proof);
    uses.note(principal.keyId, from);
    return principal;
  }

  /** The act may have ended remembered keys, and keys for which answers are held. */
  async function ending<Result>(act: Promise<Result>): Promise<Result> {
    const done = await act;
    ends += 1;
    remembered.clear();
    void watch.check();
    return done;
  }

  return {
    ...endedThrough({ keys, erasures }, ending),
    stop: () => void uses.write(),
    authenticate(request, secrets, chosen) {
      const known = secrets.length === 1 ? remembered.get(secrets[0] ?? "") : undefined;
      return known !== undefined && known.until > now() ? known.principal : admitted(request, secrets, chosen);
    },
    keyEnd(principal, held) {
      const proof = proofOf.get(principal);
      return proof === undefined ? null : endOf(watch, proof, held);
    },
  };

  async function admitted(request: Incoming, secrets: readonly string[], chosen?: Chosen): Promise<Principal> {
    const isOpen = development && publicUrl === null && isOwnMachine(request);
    const said = new Set(secrets.filter((secret) => secret !== DEVELOPMENT_KEY));
    const found = await Promise.all([...said].map((secret) => find(secret, networkOf(request.ip))));
    const principal = found.find((each) => each !== null && each !== "ended");
    // A wrong key beside a right one is no mistake of a client: somebody tries keys. Two right ones of different keys leave open who
    // calls.
    const isWhole = found.every((each) =>
      each === null ? isOpen : each !== "ended" && each.keyId === principal?.keyId,
    );
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

/** The verbs that end keys, each with its effect on remembered keys. */
function endedThrough(
  { keys, erasures }: { keys: Keys; erasures: Erasures },
  ending: <Result>(act: Promise<Result>) => Promise<Result>,
): Pick<Authentication, "keys" | "erasures"> {
  return {
    keys: {
      authenticate: (secret) => keys.authenticate(secret),
      ended: (proofs) => keys.ended(proofs),
      noteUses: (some) => keys.noteUses(some),
      create: (principal, key) => keys.create(principal, key),
      list: (principal, page) => keys.list(principal, page),
      rotate: (principal, id, overlapMs) => ending(keys.rotate(principal, id, overlapMs)),
      revoke: (principal, id) => ending(keys.revoke(principal, id)),
      revokeAll: (principal, user) => ending(keys.revokeAll(principal, user)),
    },
    erasures: {
      // The keys of a user go in the commit that begins the erasure.
      begin: (principal, subject) =>
        subject.type === "user" ? ending(erasures.begin(principal, subject)) : erasures.begin(principal, subject),
      get: (principal, id) => erasures.get(principal, id),
      list: (principal, limit) => erasures.list(principal, limit),
    },
  };
}

function isOwnMachine({ socket, ip, headers }: Incoming): boolean {
  return isLoopback(socket.remoteAddress) && isLoopback(ip) && !isForwarded(headers);
}

/** The user that a developer has chosen to act as, who sees what that user sees. */
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

function endOf(watch: KeyWatch, proof: string, held: IncomingMessage | ServerResponse): AbortSignal {
  const { ended, release } = watch.watch(proof);
  held.once("close", release);
  return ended;
}
