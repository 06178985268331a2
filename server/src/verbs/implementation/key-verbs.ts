/** API keys: `sk_` and 256 random bits, kept as SHA-256. A key is never more than the one that made it. */
import { createHash } from "node:crypto";
import type { Clock } from "../../engine/clock.ts";
import type { Ids } from "../../engine/ids.ts";
import type { Store, StoredKey } from "../../store/store.ts";
import { beyond } from "../../task/allowed-models.ts";
import { type AuditEntry, auditEntry } from "../../task/audit.ts";
import { Directory } from "../../task/directory.ts";
import { notFound, Refusal } from "../../task/errors.ts";
import { wellFormed } from "../../task/json.ts";
import type { Key } from "../../task/key.ts";
import { mustHave, type Principal, SCOPES, type Scope } from "../../task/principal.ts";
import { mayManage } from "../../task/visibility.ts";
import type { Keys } from "../keys.ts";

/** Longer texts are no keys, and are not hashed to find that out. */
const SECRET_CHARACTERS_MAX = 200;
/** Keys of one user that are good at once. */
export const KEYS_OF_USER_MAX = 1_000;

export class KeyVerbs implements Keys {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #directory: Directory;

  constructor(store: Store, clock: Clock, ids: Ids, directory = new Directory()) {
    this.#directory = directory;
    this.#store = store;
    this.#clock = clock;
    this.#ids = ids;
  }

  async authenticate(secret: string): ReturnType<Keys["authenticate"]> {
    if (secret.length > SECRET_CHARACTERS_MAX) return null;
    const key = await this.#store.keyByHash(hashOf(secret));
    if (!key) return null;
    const { tenant, user, scopes, expiresAt } = key;
    if (key.revokedAt !== null || (expiresAt !== null && expiresAt <= this.#clock.now())) return "ended";
    const known = this.#directory.find(tenant, { type: "user", id: user });
    const groups = [...new Set([...key.groups, ...(known?.groups ?? [])])];
    const roles = [...new Set([...key.roles, ...(known?.roles ?? [])])];
    const { tier, models } = key;
    const bounds = { ...(tier !== null && { tier }), ...(models !== null && { models }) };
    return { principal: { tenant, user, scopes: new Set(scopes), groups, roles, keyId: key.id, ...bounds }, expiresAt };
  }

  async create(principal: Principal, wanted: Parameters<Keys["create"]>[1]): Promise<{ key: Key; secret: string }> {
    const user = wanted.user ?? principal.user;
    const scopes: Scope[] = wanted.scopes ?? ["tasks"];
    // A key that could make another would live on in it when it is revoked or has expired.
    mustHave(principal, "admin");
    // Whoever acts as another sees what is the other's.
    if (user !== principal.user) mustHave(principal, "tasks:all");
    const lacking = scopes.filter((scope) => !principal.scopes.has(scope));
    if (lacking.length > 0)
      throw new Refusal("forbidden", `This key has not the scope ${lacking.join(", ")} and cannot pass it on.`);
    const foreign = principal.models && beyond(principal.models, wanted.models ?? []);
    if (foreign && foreign.length > 0)
      throw new Refusal("forbidden", `This key may not ask ${foreign.join(", ")} and cannot pass it on.`);
    await this.#mustHaveRoom(principal.tenant, user);
    return this.#make(principal, principal.tenant, user, {
      name: wanted.name,
      scopes,
      groups: wanted.groups ?? [],
      roles: wanted.roles ?? [],
      tier: principal.tier ?? null,
      models: wanted.models ?? (principal.models ? [...principal.models] : null),
      expiresAt: wanted.expiresAt ?? null,
    });
  }

  /** For whoever holds the data folder itself, like the command line. */
  async createFirst(wanted: {
    name: string;
    tenant: string;
    user: string;
    scopes?: Scope[];
    groups?: string[];
    roles?: string[];
    tier?: string;
    models?: string[];
    expiresAt?: number;
  }): Promise<{ key: Key; secret: string }> {
    const scopes = wanted.scopes ?? [...SCOPES];
    const holder: Principal = {
      tenant: wanted.tenant,
      user: wanted.user,
      scopes: new Set(SCOPES),
      keyId: "command-line",
    };
    return this.#make(holder, wanted.tenant, wanted.user, {
      name: wanted.name,
      scopes,
      groups: wanted.groups ?? [],
      roles: wanted.roles ?? [],
      tier: wanted.tier ?? null,
      models: wanted.models ?? null,
      expiresAt: wanted.expiresAt ?? null,
    });
  }

  async list(principal: Principal): Promise<Key[]> {
    const keys = await this.#store.keys(principal.tenant);
    return keys.filter((key) => mayManage(principal, key)).map(shown);
  }

  async revoke(principal: Principal, id: string): Promise<Key> {
    const keys = await this.#store.keys(principal.tenant);
    const key = keys.find((each) => each.id === id && mayManage(principal, each));
    if (!key) throw notFound("Key");
    if (key.revokedAt !== null) return shown(key);
    const revoked: StoredKey = { ...key, revokedAt: this.#clock.now() };
    await this.#store.putKey(revoked, this.#audit(principal, "keys.revoke", key.id));
    return shown(revoked);
  }

  async #mustHaveRoom(tenant: string, user: string): Promise<void> {
    const now = this.#clock.now();
    const keys = await this.#store.keys(tenant);
    const good = keys.filter(
      (key) => key.user === user && key.revokedAt === null && (key.expiresAt === null || key.expiresAt > now),
    );
    if (good.length >= KEYS_OF_USER_MAX)
      throw new Refusal("rate_limited", `${user} has ${good.length} keys, as many as there may be: revoke some first.`);
  }

  async #make(
    principal: Principal,
    tenant: string,
    user: string,
    wanted: Pick<Key, "name" | "scopes" | "groups" | "roles" | "tier" | "models" | "expiresAt">,
  ): Promise<{ key: Key; secret: string }> {
    const now = this.#clock.now();
    const secret = `sk_${this.#ids.secret(32)}`;
    const key: StoredKey = {
      id: `key_${this.#ids.uuid(now).replaceAll("-", "")}`,
      tenant: wellFormed(tenant),
      user: wellFormed(user),
      ...wellFormed(wanted),
      createdAt: now,
      revokedAt: null,
      hint: secret.slice(-4),
      hash: hashOf(secret),
    };
    await this.#store.putKey(key, this.#audit({ ...principal, tenant }, "keys.create", key.id));
    return { key: shown(key), secret };
  }

  #audit(principal: Principal, act: string, key: string): AuditEntry {
    return auditEntry(principal, act, this.#clock.now(), { detail: { key } });
  }
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

function shown({ hash: _, ...key }: StoredKey): Key {
  return key;
}
