/**
 * What opens, a new connection or a stream, one a turn of the event loop, of tenants in turn. Many may come in one turn, and the work
 * on all of them at once would hold up everybody else for as long as they take together.
 */
export class Openings {
  /** Of each tenant those that wait, in the order in which they came; the tenant whose turn it is stands first. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #hasOpened = false;

  /** Resolves when one of this tenant may open; null when at once. */
  turn(tenant: string): Promise<void> | null {
    if (!this.#hasOpened) {
      this.#opens();
      return null;
    }
    return new Promise((resolve) => {
      const own = this.#waiting.get(tenant);
      if (own === undefined) this.#waiting.set(tenant, [resolve]);
      else own.push(resolve);
    });
  }

  /** Nothing else does before the loop has gone round. */
  #opens(): void {
    this.#hasOpened = true;
    // The first comes before what the loop has heard of by now, the second behind it.
    setImmediate(() => setImmediate(() => this.#next()));
  }

  #next(): void {
    this.#hasOpened = false;
    const [first] = this.#waiting;
    if (first === undefined) return;
    const [tenant, own] = first;
    const open = own.shift();
    this.#waiting.delete(tenant);
    if (own.length > 0) this.#waiting.set(tenant, own);
    this.#opens();
    open?.();
  }
}
