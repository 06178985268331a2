/** What waits for its turn, of tenants in turn: whoever has one thing that waits stands behind one thing of each other tenant. */
export class InTurn {
  /** Of each tenant those that wait, in the order in which they came; the tenant whose turn it is stands first. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Resolves when its turn has come. */
  wait(tenant: string): Promise<void> {
    this.#length += 1;
    return new Promise((resolve) => {
      const own = this.#waiting.get(tenant);
      if (own === undefined) this.#waiting.set(tenant, [resolve]);
      else own.push(resolve);
    });
  }

  /** The turn of the next one has come. */
  next(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    const [tenant, own] = first;
    const begin = own.shift();
    this.#length -= 1;
    this.#waiting.delete(tenant);
    if (own.length > 0) this.#waiting.set(tenant, own);
    begin?.();
  }
}
