/**
 * Who may run at once: so many in total, so many of one tenant, and so many of one tenant's concurrency key. Beyond the
 * total lie a few slots in reserve, each for a tenant that has none: however long the tasks of others run, the first of
 * a tenant need not wait for the end of one.
 */
export type Claimant = { id: string; tenant: string; concurrencyKey: string | null; concurrencyLimit: number };

export type SlotLimits = {
  total: number;
  /** Of one tenant, at most. */
  ofTenant: number;
  /** Beyond the total, for tenants that have no slot. */
  reserve: number;
};

type Held = { tenant: string; key: string | null };

export class Slots {
  readonly #limits: SlotLimits;
  readonly #held = new Map<string, Held>();
  readonly #tenants = new Map<string, number>();
  readonly #keys = new Map<string, Set<string>>();

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  get taken(): number {
    return this.#held.size;
  }

  /** Nobody gets one, whoever it is. */
  get areGone(): boolean {
    return this.#held.size >= this.#limits.total + this.#limits.reserve;
  }

  /** Whether a task of this tenant may have one now. */
  hasRoom(tenant: string): boolean {
    const own = this.#tenants.get(tenant) ?? 0;
    const { total, ofTenant } = this.#limits;
    if (own > 0) return own < ofTenant && this.#held.size < total;
    return !this.areGone;
  }

  /** False when the claimant's key has no slot left. Whether there is room is for the caller to see. */
  take(claimant: Claimant): boolean {
    const { id, tenant } = claimant;
    const key = keyOf(claimant);
    if (key !== null) {
      const holders = this.#keys.get(key) ?? new Set();
      if (holders.size >= claimant.concurrencyLimit) return false;
      holders.add(id);
      this.#keys.set(key, holders);
    }
    this.#held.set(id, { tenant, key });
    this.#tenants.set(tenant, (this.#tenants.get(tenant) ?? 0) + 1);
    return true;
  }

  /** The key that has room again, if any. */
  release(id: string): string | null {
    const held = this.#held.get(id);
    if (held === undefined) return null;
    this.#held.delete(id);
    const { tenant, key } = held;
    const rest = (this.#tenants.get(tenant) ?? 0) - 1;
    if (rest > 0) this.#tenants.set(tenant, rest);
    else this.#tenants.delete(tenant);
    if (key === null) return null;
    const holders = this.#keys.get(key);
    holders?.delete(id);
    if (holders?.size === 0) this.#keys.delete(key);
    return key;
  }

  holds(id: string): boolean {
    return this.#held.has(id);
  }

  /** Who stands in the way of this claimant: the holders of its key, else those of its tenant, or of all tenants. */
  holders(claimant: Claimant): string[] {
    const key = keyOf(claimant);
    const ofKey = key === null ? undefined : this.#keys.get(key);
    if (ofKey && ofKey.size >= claimant.concurrencyLimit) return [...ofKey];
    if (this.hasRoom(claimant.tenant)) return [];
    const all = [...this.#held];
    const isFull = (this.#tenants.get(claimant.tenant) ?? 0) >= this.#limits.ofTenant;
    return (isFull ? all.filter(([, { tenant }]) => tenant === claimant.tenant) : all).map(([id]) => id);
  }
}

export function keyOf(claimant: Pick<Claimant, "tenant" | "concurrencyKey">): string | null {
  return claimant.concurrencyKey === null ? null : `${claimant.tenant}\n${claimant.concurrencyKey}`;
}
