/** What waits for its turn, of tenants in turn: whoever has one thing that waits stands behind one thing of each other tenant. */
export class FairQueue<Item> {
  /** Of each tenant those that wait, in the order in which they came; the tenant whose turn it is stands first. */
  readonly #waiting = new Map<string, Item[]>();
  #length = 0;
  /** Who had the last turn. */
  #last: string | null = null;

  get length(): number {
    return this.#length;
  }

  /** Of one tenant. */
  lengthOf(tenant: string): number {
    return this.#waiting.get(tenant)?.length ?? 0;
  }

  push(tenant: string, item: Item): void {
    this.#length += 1;
    const own = this.#waiting.get(tenant);
    if (own === undefined) this.#waiting.set(tenant, [item]);
    else own.push(item);
  }

  /** The next one, which waits no more, of those tenants that `may` go on now. */
  shift(may: (tenant: string) => boolean = () => true): Item | undefined {
    const next = this.#next(may);
    if (next === undefined) return undefined;
    const [tenant, own] = next;
    const item = own.shift();
    this.#length -= 1;
    this.#last = tenant;
    this.#waiting.delete(tenant);
    if (own.length > 0) this.#waiting.set(tenant, own);
    return item;
  }

  /** Who had the last turn, and comes again behind nobody, has the next one only when nobody else waits. */
  #next(may: (tenant: string) => boolean): [tenant: string, own: Item[]] | undefined {
    let again: [tenant: string, own: Item[]] | undefined;
    for (const waiting of this.#waiting) {
      if (!may(waiting[0])) continue;
      if (waiting[0] !== this.#last) return waiting;
      again = waiting;
    }
    return again;
  }

  /** It has left before its turn. False when it does not wait. */
  remove(tenant: string, item: Item): boolean {
    const own = this.#waiting.get(tenant);
    const at = own?.indexOf(item) ?? -1;
    if (own === undefined || at === -1) return false;
    own.splice(at, 1);
    this.#length -= 1;
    if (own.length === 0) this.#waiting.delete(tenant);
    return true;
  }
}
