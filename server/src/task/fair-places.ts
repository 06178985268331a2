/**
 * So many things under way at once, of tenants in turn; and beyond them a few in reserve, each for a tenant of which nothing is
 * under way: however long what others do takes, the first of a tenant waits for little of it.
 */
import { FairQueue } from "./fair-queue.ts";

export class FairPlaces {
  readonly #places: number;
  readonly #reserve: number;
  readonly #waiting = new FairQueue<() => void>();
  /** How many each tenant has. */
  readonly #taken = new Map<string, number>();
  #takenInAll = 0;

  constructor(places: number, reserve = 0) {
    this.#places = places;
    this.#reserve = reserve;
  }

  /** Resolves with what gives the place back. Rejects with the reason of the signal. */
  async take(tenant: string, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const begin = () => {
      this.#count(tenant, 1);
      resolve();
    };
    const leave = () => {
      if (this.#waiting.remove(tenant, begin)) reject(signal?.reason);
    };
    signal?.addEventListener("abort", leave, { once: true });
    this.#waiting.push(tenant, begin);
    this.#next();
    await promise;
    signal?.removeEventListener("abort", leave);
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.#count(tenant, -1);
      this.#next();
    };
  }

  #next(): void {
    const next = () => this.#waiting.shift((tenant) => this.#hasRoom(tenant));
    for (let begin = next(); begin !== undefined; begin = next()) begin();
  }

  #hasRoom(tenant: string): boolean {
    return this.#takenInAll < this.#places + (this.#taken.has(tenant) ? 0 : this.#reserve);
  }

  #count(tenant: string, by: 1 | -1): void {
    const own = (this.#taken.get(tenant) ?? 0) + by;
    if (own === 0) this.#taken.delete(tenant);
    else this.#taken.set(tenant, own);
    this.#takenInAll += by;
  }
}
