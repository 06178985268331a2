/**
 * Concurrency keys: at most so many tasks of one tenant's key run at once, whoever runs them. Handlers of this process
 * and programs that claim work take from the same keys, and hear when one has room again. A task may have its key to its
 * end: then those of the key follow one another, whatever each of them waits for on its way.
 */

export type Claimant = {
  id: string;
  tenant: string;
  concurrencyKey: string | null;
  concurrencyLimit: number;
  concurrencyToEnd?: boolean;
};

export class ConcurrencyKeys {
  readonly #holders = new Map<string, Set<string>>();
  readonly #heldBy = new Map<string, string>();
  readonly #toEnd = new Set<string>();
  readonly #listeners: ((key: string) => void)[] = [];

  /** Calls `listener` with every key that has room again. */
  onRoom(listener: (key: string) => void): void {
    this.#listeners.push(listener);
  }

  /** Takes a place in the key; false when it has no room. */
  take(claimant: Claimant): boolean {
    if (this.#heldBy.has(claimant.id)) return true;
    if (!this.hasRoom(claimant)) return false;
    this.hold(claimant);
    return true;
  }

  /** Takes a place for a task that runs already, whatever the limit says. */
  hold(claimant: Claimant): void {
    const key = keyOf(claimant);
    if (key === null) return;
    this.#heldBy.set(claimant.id, key);
    if (claimant.concurrencyToEnd) this.#toEnd.add(claimant.id);
    const holders = this.#holders.get(key);
    if (holders) holders.add(claimant.id);
    else this.#holders.set(key, new Set([claimant.id]));
  }

  /** The task does not run now. A key that is held to the task's end is kept. */
  release(id: string): void {
    if (!this.#toEnd.has(id)) this.giveBack(id);
  }

  /** The task has ended, or never began. */
  giveBack(id: string): void {
    this.#toEnd.delete(id);
    const key = this.#heldBy.get(id);
    if (key === undefined) return;
    this.#heldBy.delete(id);
    const holders = this.#holders.get(key);
    holders?.delete(id);
    if (holders?.size === 0) this.#holders.delete(key);
    for (const listener of this.#listeners) listener(key);
  }

  hasRoom(claimant: Claimant): boolean {
    return this.#inTheWay(claimant) === undefined;
  }

  /** The tasks that hold the claimant's key; none when it has the key itself. */
  holders(claimant: Claimant): string[] {
    return this.#heldBy.has(claimant.id) ? [] : [...(this.#inTheWay(claimant) ?? [])];
  }

  #inTheWay(claimant: Claimant): ReadonlySet<string> | undefined {
    const key = keyOf(claimant);
    const holders = key === null ? undefined : this.#holders.get(key);
    return holders && holders.size >= claimant.concurrencyLimit ? holders : undefined;
  }
}

export function keyOf(claimant: Pick<Claimant, "tenant" | "concurrencyKey">): string | null {
  return claimant.concurrencyKey === null ? null : `${claimant.tenant}\n${claimant.concurrencyKey}`;
}
