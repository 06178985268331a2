/** What one key, tenant or address may have of the server at once, and within a minute. Null is any number. */
import type { ModelLists } from "../../task/agent/allowed-models.ts";
import type { Principal } from "../../task/principal.ts";
import type { Task } from "../../task/task.ts";

type Bound = number | null;

export type AddressShare = Readonly<{
  requestsPerMinute: Bound;
  /** In work at once; those that are held on purpose count as streams. */
  requests: Bound;
  /** Of JSON bodies whose requests are in work. */
  bodiesBytes: Bound;
  connections: Bound;
}>;

/** Of keys from one address that are nobody's. */
export type WrongKeysShare = Readonly<{
  /** Looked for at once; of more, one after the other. */
  wrongKeysPerMinute: Bound;
  /** Between two of these. */
  wrongKeyPauseMs: number;
  /** Of these that wait; more are refused. */
  wrongKeysWaiting: Bound;
}>;

export type Share = AddressShare &
  Readonly<{
    streams: Bound;
    /** Of these, those that open within a minute: more open one after the other, in turn. */
    streamsPerMinute: Bound;
    /** Connections that show a key for the first time within a minute: more are answered in turn. */
    connectionsPerMinute: Bound;
    searches: Bound;
    /** Of the user whose key it is, or of the whole tenant. */
    openTasks: Bound;
    /** What models may have cost on one day, UTC, of the same. */
    usdPerDay: Bound;
    /** Of values, files, documents, vector stores and messages, of the same. */
    storedBytes: Bound;
    /** The language models that may be asked, see `task/agent/allowed-models.ts`; null is any. */
    models: readonly string[] | null;
  }>;

export type Shares = Readonly<{
  key: Share;
  /** In place of `key`, for keys of a tier. */
  tiers: ReadonlyMap<string, Share>;
  tenant: Share;
  /** In place of `tenant`, for some. */
  tenants: ReadonlyMap<string, Share>;
  /** Of requests without an accepted key. */
  address: AddressShare & WrongKeysShare;
}>;

/** The share of a principal's key. */
export function shareOfKey({ key, tiers }: Shares, { tier }: Pick<Principal, "tier">): Share {
  return (tier === undefined ? undefined : tiers.get(tier)) ?? key;
}

/** That of its tenant. */
export function shareOfTenant({ tenant, tenants }: Shares, principal: Pick<Principal, "tenant">): Share {
  return tenants.get(principal.tenant) ?? tenant;
}

/** The models that a principal may have asked: of its key, and of both shares. */
export function allowedModelsOf(shares: Shares): (principal: Principal) => ModelLists {
  return (principal) => {
    const lists = [principal.models, shareOfKey(shares, principal).models, shareOfTenant(shares, principal).models];
    return lists.filter((list) => list !== undefined && list !== null);
  };
}

type DaysMoneyBounds = { user: number | null; tenant: number | null };
type Held = Pick<Share, "openTasks" | "usdPerDay" | "storedBytes">;

/** What is held for good is of the user whose key it is, and of its tenant; null where nothing of it is bounded. */
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

/** What models may cost the user and the tenant of a task on one day. */
export function daysMoneyOf(shares: Shares): (task: Pick<Task, "tenant" | "tier">) => DaysMoneyBounds {
  return ({ tenant, tier }) => ({
    user: shareOfKey(shares, tier === null ? {} : { tier }).usdPerDay,
    tenant: shareOfTenant(shares, { tenant }).usdPerDay,
  });
}

function isBounded({ openTasks, usdPerDay, storedBytes }: Held): boolean {
  return openTasks !== null || usdPerDay !== null || storedBytes !== null;
}
