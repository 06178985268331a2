/** What one key, tenant or address may take of the server at once, and within a minute. Null is any number. */
import type { ModelLists } from "../../task/agent/allowed-models.ts";
import type { Principal } from "../../task/principal.ts";
import type { Task } from "../../task/task.ts";

type Bound = number | null;

export type AddressShare = Readonly<{
  requestsPerMinute: Bound;
  /** Requests in work at once; held ones count as streams. */
  requests: Bound;
  /** Bytes of JSON bodies whose requests are in work. */
  bodiesBytes: Bound;
  connections: Bound;
}>;

/** Bounds on unknown keys from one address. */
export type WrongKeysShare = Readonly<{
  /** Look-ups at once; further ones run one after the other. */
  wrongKeysPerMinute: Bound;
  /** Pause between two of the further ones. */
  wrongKeyPauseMs: number;
  /** Waiting look-ups; more are refused. */
  wrongKeysWaiting: Bound;
}>;

export type Share = AddressShare &
  Readonly<{
    streams: Bound;
    /** Streams that open within a minute: further ones open one after the other. */
    streamsPerMinute: Bound;
    /** Connections that show a key for the first time within a minute: further ones are answered one after the other. */
    connectionsPerMinute: Bound;
    searches: Bound;
    /** Open tasks of the key's user, or of the whole tenant. */
    openTasks: Bound;
    /** US dollars spent on models on one day (UTC), by the user or the tenant. */
    usdPerDay: Bound;
    /** Bytes of values, files, documents, vector stores and messages, of the user or the tenant. */
    storedBytes: Bound;
    /** Allowed language models, see `task/agent/allowed-models.ts`; null is any. */
    models: readonly string[] | null;
  }>;

export type Shares = Readonly<{
  key: Share;
  /** Replaces `key` for keys of a tier. */
  tiers: ReadonlyMap<string, Share>;
  tenant: Share;
  /** Replaces `tenant` for some tenants. */
  tenants: ReadonlyMap<string, Share>;
  /** For requests without an accepted key. */
  address: AddressShare & WrongKeysShare;
}>;

/** The share of a principal's key. */
export function shareOfKey({ key, tiers }: Shares, { tier }: Pick<Principal, "tier">): Share {
  return (tier === undefined ? undefined : tiers.get(tier)) ?? key;
}

/** The share of a principal's tenant. */
export function shareOfTenant({ tenant, tenants }: Shares, principal: Pick<Principal, "tenant">): Share {
  return tenants.get(principal.tenant) ?? tenant;
}

/** The lists of models that a principal may use: of its key, and of both shares. */
export function allowedModelsOf(shares: Shares): (principal: Principal) => ModelLists {
  return (principal) => {
    const lists = [principal.models, shareOfKey(shares, principal).models, shareOfTenant(shares, principal).models];
    return lists.filter((list) => list !== undefined && list !== null);
  };
}

type DaysMoneyBounds = { user: number | null; tenant: number | null };
type Held = Pick<Share, "openTasks" | "usdPerDay" | "storedBytes">;

/** The bounds on what is stored, for the key's user and its tenant; null where nothing is bounded. */
export function heldBoundsOf(shares: Shares): (principal: Principal) => { user: Held; tenant: Held } | null {
  const known = new WeakMap<Share, Held>();
  const heldOf = (share: Share): Held => {
    const { openTasks, usdPerDay, storedBytes } = share;
    const held = known.get(share) ?? { openTasks, usdPerDay, storedBytes };
    known.set(share, held);
    return held;
  };
  return (principal) => {
    const [user, tenant] = [heldOf(shareOfKey(shares, principal)), heldOf(shareOfTenant(shares, principal))];
    return isBounded(user) || isBounded(tenant) ? { user, tenant } : null;
  };
}

/** What a task's user and tenant may spend on models on one day. */
export function daysMoneyOf(shares: Shares): (task: Pick<Task, "tenant" | "tier">) => DaysMoneyBounds {
  return ({ tenant, tier }) => ({
    user: shareOfKey(shares, tier === null ? {} : { tier }).usdPerDay,
    tenant: shareOfTenant(shares, { tenant }).usdPerDay,
  });
}

function isBounded({ openTasks, usdPerDay, storedBytes }: Held): boolean {
  return openTasks !== null || usdPerDay !== null || storedBytes !== null;
}
