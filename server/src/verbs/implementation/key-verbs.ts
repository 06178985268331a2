/** API keys: `sk_` and 256 random bits, kept as SHA-256. A key never allows more than the key that made it. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../../engine/clock.ts";
import type { Ids } from "../../engine/ids.ts";
import type { KeyPlace, KeysToEnd } from "../../store/key-store.ts";
import type { Store, StoredKey } from "../../store/store.ts";
import { beyond } from "../../task/agent/allowed-models.ts";
import { type AuditEntry, auditEntry } from "../../task/audit.ts";
import { keyHasEnded, notFound, Refusal } from "../../task/errors.ts";
import { type JsonObject, wellFormed } from "../../task/json/json.ts";
import { isEnded, KEY_ID_PREFIX, type Key, type KeyLifetimes, type KeyUse } from "../../task/key.ts";
import { Directory } from "../../task/people/directory.ts";
import { mustHave, type Principal, SCOPES, type Scope, USUAL_SCOPES } from "../../task/principal.ts";
import { isInLine, keysVisibleTo, mayManage } from "../../task/visibility.ts";
import type { Authenticated, Keys, NewKey } from "../keys.ts";

/** Longer texts are no keys, and are not hashed to find that out. */
const SECRET_CHARACTERS_MAX = 200;
/** Valid keys of one user. */
export const KEYS_OF_USER_MAX = 1_000;
/** Stored keys of one user: beyond that, those that ended first are removed. */
const KEPT_OF_USER_MAX = 10_000;
const BOUNDS = { good: KEYS_OF_USER_MAX, kept: KEPT_OF_USER_MAX };
/** Covers every model. */
const ANY_MODEL = "*";
/** Depth of keys made by keys. */
export const KEY_DEPTH_MAX = 16;

const FOR_GOOD: KeyLifetimes = { usualMs: null, longestMs: null };

type Wanted = Pick<
  Key,
  "name" | "tenant" | "user" | "scopes" | "groups" | "roles" | "tier" | "models" | "above" | "expiresAt"
>;

export class KeyVerbs implements Keys {
  readonly #store: Pick<Store, "keys">;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #directory: Directory;
  readonly #lifetimes: KeyLifetimes;

  constructor(store: Pick<Store, "keys">, clock: Clock, ids: Ids, directory = new Directory(), lifetimes = FOR_GOOD) {
    this.#directory = directory;
    this.#store = store;
    this.#clock = clock;
    this.#ids = ids;
    this.#lifetimes = lifetimes;
  }

  async authenticate(secret: string): Promise<Authenticated | "ended" | null> {
    if (secret.length > SECRET_CHARACTERS_MAX) return null;
    const proof = hashOf(secret);
    const key = await this.#store.keys.byHash(proof);
    if (!key) return null;
    const isFormer = key.hash !== proof;
    const expiresAt = isFormer ? earlier(key.formerUntil ?? 0, key.expiresAt) : key.expiresAt;
    if (isEnded({ ...key, expiresAt }, this.#clock.now())) return "ended";
    const { tenant, user, scopes, above } = key;
    const known = this.#directory.find(tenant, { type: "user", id: user });
    const groups = [...new Set([...key.groups, ...(known?.groups ?? [])])];
    const roles = [...new Set([...key.roles, ...(known?.roles ?? [])])];
    const more = {
      ...(key.tier !== null && { tier: key.tier }),
      ...(key.models !== null && { models: key.models }),
      ...(above.length > 0 && { above }),
      ...(isFormer && { isFormer }),
    };
    const principal = { tenant, user, scopes: new Set(scopes), groups, roles, keyId: key.id, ...more };
    return { principal, expiresAt, proof };
  }

  ended(proofs: readonly string[]): Promise<string[]> {
    return this.#store.keys.endedSecrets(proofs, this.#clock.now());
  }

  noteUses(uses: readonly KeyUse[]): Promise<void> {
    return this.#store.keys.noteUses(uses);
  }

  async create(principal: Principal, wanted: NewKey): Promise<{ key: Key; secret: string }> {
    const user = wanted.user ?? principal.user;
    const scopes: Scope[] = wanted.scopes ?? ["tasks"];
    // Otherwise a revoked or expired key could live on in an independent key that it has made.
    if (!wanted.child) mustHave(principal, "admin");
    const models = wanted.models ?? principal.models ?? null;
    mustBeAbleToMake(principal, { user, scopes, models });
    const parent = wanted.child ? await this.#ownKey(principal) : null;
    return this.#make(principal, {
      ...{ name: wanted.name, tenant: principal.tenant, user, scopes, tier: principal.tier ?? null },
      models: models && [...models],
      groups: wanted.groups ?? [],
      roles: wanted.roles ?? [],
      above: parent === null ? [] : [...parent.above, parent.id],
      expiresAt: this.#expiry(wanted.expiresAt, parent?.expiresAt ?? null),
    });
  }

  /** For the owner of the data folder, such as the command line. */
  async createFirst(
    wanted: Pick<Key, "name" | "tenant" | "user"> &
      Partial<Pick<Wanted, "scopes" | "groups" | "roles" | "tier" | "models" | "expiresAt">>,
  ): Promise<{ key: Key; secret: string }> {
    const { tenant, user } = wanted;
    const holder = { tenant, user, scopes: new Set(SCOPES), keyId: "command-line" };
    const usual = { scopes: [...USUAL_SCOPES], groups: [], roles: [], tier: null, models: null, expiresAt: null };
    return this.#make(holder, { ...usual, ...wanted, above: [] });
  }

  async rotate(principal: Principal, id: string, overlapMs: number): Promise<{ key: Key; secret: string }> {
    const key = await this.#known(principal, id);
    mustBeOfNow(principal);
    if (!isInLine(principal.keyId, key)) {
      mustHave(principal, "admin");
      mustBeAbleToMake(principal, key);
    }
    const now = this.#clock.now();
    const { secret, hash, hint } = this.#newSecret();
    const rotation = { id, from: key.hash, hash, hint, at: now, formerUntil: now + overlapMs };
    const audit = this.#audit(principal, "keys.rotate", { key: id, overlapMs });
    if (isEnded(key, now) || !(await this.#store.keys.rotate(rotation, audit)))
      throw new Refusal("conflict", "This key has ended, or was given another secret at the same moment.");
    const { formerUntil } = rotation;
    return { key: shown({ ...key, hash, hint, rotatedAt: now, formerUntil }), secret };
  }

  async list(principal: Principal, { limit, cursor }: { limit: number; cursor?: string }) {
    const after = cursor === undefined ? null : placeIn(cursor);
    const { keys, next } = await this.#store.keys.list(keysVisibleTo(principal), { limit, after });
    return { keys: keys.map(shown), next: next && cursorOf(next) };
  }

  async revoke(principal: Principal, id: string): Promise<Key> {
    const { tenant } = await this.#known(principal, id);
    await this.#end(principal, { tenant, id }, { key: id });
    return shown(await this.#known(principal, id));
  }

  async revokeAll(principal: Principal, user: string): Promise<number> {
    if (user !== principal.user || principal.above !== undefined) mustHave(principal, "admin");
    return this.#end(principal, { tenant: principal.tenant, user }, { user });
  }

  /** A key that the principal may not manage is not found. */
  async #known(principal: Principal, id: string): Promise<StoredKey> {
    const key = await this.#store.keys.find(principal.tenant, id);
    if (!key || !mayManage(principal, key)) throw notFound("Key");
    return key;
  }

  async #ownKey({ tenant, keyId }: Principal): Promise<StoredKey> {
    const key = await this.#store.keys.find(tenant, keyId);
    if (!key) throw new Refusal("forbidden", "A child is made with a key, and ends with it.");
    if (key.above.length + 1 >= KEY_DEPTH_MAX)
      throw new Refusal("forbidden", `At most ${KEY_DEPTH_MAX} keys are above each other.`);
    return key;
  }

  /** The end of a new key: as asked for, within the bounds of its parent and of the deployment. */
  #expiry(wanted: number | undefined, parents: number | null): number | null {
    const now = this.#clock.now();
    const { usualMs, longestMs } = this.#lifetimes;
    const longest = longestMs === null ? null : now + longestMs;
    if (wanted === undefined) return earlier(parents, earlier(longest, usualMs === null ? null : now + usualMs));
    if (longest !== null && wanted > longest)
      throw new Refusal("invalid", `A key is good until ${new Date(longest).toISOString()} at most.`, {
        field: "body.expires_at",
      });
    if (parents !== null && wanted > parents)
      throw new Refusal("forbidden", "This key ends before that, and a child of it ends with it.");
    return wanted;
  }

  async #make(principal: Principal, wanted: Wanted): Promise<{ key: Key; secret: string }> {
    const now = this.#clock.now();
    const { secret, hash, hint } = this.#newSecret();
    const key: StoredKey = {
      id: `${KEY_ID_PREFIX}${this.#ids.uuid(now).replaceAll("-", "")}`,
      ...wellFormed(wanted),
      createdAt: now,
      ...{ revokedAt: null, rotatedAt: null, formerUntil: null, usedAt: null, usedFrom: null },
      ...{ hint, hash, formerHash: null },
    };
    const audit = this.#audit(principal, "keys.create", { key: key.id });
    switch (await this.#store.keys.add(key, BOUNDS, audit)) {
      case "orphan":
        throw keyHasEnded();
      case "full":
        throw new Refusal(
          "conflict",
          `${key.user} has ${KEYS_OF_USER_MAX} keys, as many as there may be: revoke some first.`,
        );
      case "added":
        return { key: shown(key), secret };
    }
  }

  async #end(principal: Principal, which: KeysToEnd, detail: { key: string } | { user: string }): Promise<number> {
    return this.#store.keys.revoke(which, this.#clock.now(), this.#audit(principal, "keys.revoke", detail));
  }

  #newSecret(): { secret: string; hash: string; hint: string } {
    const secret = `sk_${this.#ids.secret(32)}`;
    return { secret, hash: hashOf(secret), hint: secret.slice(-4) };
  }

  #audit(principal: Principal, act: string, detail: JsonObject): AuditEntry {
    return auditEntry(principal, act, this.#clock.now(), { detail });
  }
}

type MadeFor = { user: string; scopes: readonly Scope[]; models: readonly string[] | null };

/** A principal who acts as another user sees all that user has, and a key never allows more than its maker's. */
function mustBeAbleToMake(principal: Principal, { user, scopes, models }: MadeFor): void {
  mustBeOfNow(principal);
  if (user !== principal.user) mustHave(principal, "tasks:all");
  const lacking = scopes.filter((scope) => !principal.scopes.has(scope) && !isHeldIn(principal, scope));
  if (lacking.length > 0)
    throw new Refusal("forbidden", `This key has not the scope ${lacking.join(", ")} and cannot pass it on.`);
  const foreign = principal.models === undefined ? [] : beyond(principal.models, models ?? [ANY_MODEL]);
  if (foreign.length > 0)
    throw new Refusal("forbidden", `This key may not ask ${foreign.join(", ")} and cannot pass it on.`);
}

/** Otherwise the holder of an old secret would get a good one before the old one ends. */
function mustBeOfNow({ isFormer }: Principal): void {
  if (isFormer) throw new Refusal("forbidden", "This secret was replaced by another one: make keys with that.");
}

/** `tasks:all` includes `tasks`. */
function isHeldIn({ scopes }: Principal, scope: Scope): boolean {
  return scope === "tasks" && scopes.has("tasks:all");
}

const place = z.tuple([z.int(), z.string()]);

function cursorOf({ createdAt, id }: KeyPlace): string {
  return Buffer.from(JSON.stringify([createdAt, id])).toString("base64url");
}

function placeIn(cursor: string): KeyPlace {
  try {
    const [createdAt, id] = place.parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
    return { createdAt, id };
  } catch {
    throw new Refusal("invalid", "This cursor was given by no list of keys.", { field: "query.cursor" });
  }
}

/** Null is never. */
function earlier(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

function shown({ hash: _, formerHash: __, ...key }: StoredKey): Key {
  return key;
}
