/** Who may run at once: so many in total, and so many of one tenant's concurrency key. */
export type Claimant = { id: string; tenant: string; concurrencyKey: string | null; concurrencyLimit: number };

export class Slots {
  readonly #total: number;
  readonly #held = new Map<string, string | null>();
  readonly #keys = new Map<string, Set<string>>();

  constructor(total: number) {
    this.#total = total;
  }

  get free(): number {
    return this.#total - this.#held.size;
  }

  get taken(): number {
    return this.#held.size;
  }

  /** False when the claimant's key has no slot left. The total is for the caller to see. */
  take(claimant: Claimant): boolean {
    const key = keyOf(claimant);
    if (key !== null) {
      const holders = this.#keys.get(key) ?? new Set();
      if (holders.size >= claimant.concurrencyLimit) return false;
      holders.add(claimant.id);
      this.#keys.set(key, holders);
    }
    this.#held.set(claimant.id, key);
    return true;
  }

  /** The key that has room again, if any. */
  release(id: string): string | null {
    const key = this.#held.get(id);
    if (key === undefined) return null;
    this.#held.delete(id);
    if (key === null) return null;
    const holders = this.#keys.get(key);
    holders?.delete(id);
    if (holders?.size === 0) this.#keys.delete(key);
    return key;
  }

  holds(id: string): boolean {
    return this.#held.has(id);
  }

  /** Who stands in the way of this claimant. */
  holders(claimant: Claimant): string[] {
    const key = keyOf(claimant);
    const ofKey = key === null ? undefined : this.#keys.get(key);
    if (ofKey && ofKey.size >= claimant.concurrencyLimit) return [...ofKey];
    return this.free > 0 ? [] : [...this.#held.keys()];
  }
}

export function keyOf(claimant: Pick<Claimant, "tenant" | "concurrencyKey">): string | null {
  return claimant.concurrencyKey === null ? null : `${claimant.tenant}\n${claimant.concurrencyKey}`;
}
