/**
 * Who may run at once: so many in total, so many of one tenant, and so many of one tenant's concurrency key. Beyond the
 * total lie a few slots in reserve, each for a tenant that has none: however long the tasks of others run, the first of
 * a tenant need not wait for the end of one.
 */
import { type Claimant, ConcurrencyKeys } from "./concurrency-keys.ts";

export type SlotLimits = {
  total: number;
  /** At most for one tenant. */
  ofTenant: number;
  /** Beyond the total, for tenants that have no slot. */
  reserve: number;
};

export class Slots {
  readonly #limits: SlotLimits;
  readonly #keys: ConcurrencyKeys;
  /** The tenants of the tasks that have a slot, by the tasks' ids. */
  readonly #held = new Map<string, string>();
  readonly #tenants = new Map<string, number>();

  constructor(limits: SlotLimits, keys = new ConcurrencyKeys()) {
    this.#limits = limits;
    this.#keys = keys;
  }

  get taken(): number {
    return this.#held.size;
  }

  /** Whether all slots are taken, those in reserve too. */
  get areGone(): boolean {
    return this.#held.size >= this.#limits.total + this.#limits.reserve;
  }

  /** Whether a task of this tenant may have a slot now. */
  hasRoom(tenant: string): boolean {
    const own = this.#tenants.get(tenant) ?? 0;
    const { total, ofTenant } = this.#limits;
    if (own > 0) return own < ofTenant && this.#held.size < total;
    return !this.areGone;
  }

  /** Takes a slot; false when the claimant's concurrency key has no room. The caller has asked `hasRoom` before. */
  take(claimant: Claimant): boolean {
    const { id, tenant } = claimant;
    if (!this.#keys.take(claimant)) return false;
    this.#held.set(id, tenant);
    this.#tenants.set(tenant, (this.#tenants.get(tenant) ?? 0) + 1);
    return true;
  }

  release(id: string): void {
    const tenant = this.#held.get(id);
    if (tenant === undefined) return;
    this.#held.delete(id);
    const rest = (this.#tenants.get(tenant) ?? 0) - 1;
    if (rest > 0) this.#tenants.set(tenant, rest);
    else this.#tenants.delete(tenant);
    this.#keys.release(id);
  }

  holds(id: string): boolean {
    return this.#held.has(id);
  }

  /** The tasks of its own tenant that keep this claimant from a slot: the holders of its key, else of any slot. */
  holders(claimant: Claimant): string[] {
    const ofKey = this.#keys.holders(claimant);
    if (ofKey.length > 0) return ofKey;
    if (this.hasRoom(claimant.tenant)) return [];
    return [...this.#held].flatMap(([id, tenant]) => (tenant === claimant.tenant ? [id] : []));
  }
}
