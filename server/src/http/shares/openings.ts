import { FairQueue } from "../../task/fair-queue.ts";

/** One more opening per this much of the last turn of the event loop, about four times the time of an opening. */
const EACH_MS = 4;

/**
 * Opens new connections and streams, one per turn of the event loop, with the tenants in rotation. Many may arrive in one turn, and to
 * open all at once would hold up everybody else. Where turns are long, as with hundreds of streams to read from, one per turn would be
 * few a second: then several open, up to `atOnceMax`, as a small part of a turn.
 */
export class Openings {
  readonly #waiting = new FairQueue<() => void>();
  readonly #atOnceMax: number;
  readonly #now: () => number;
  #hasOpened = false;
  #openedAt = 0;

  constructor(atOnceMax = 1, now = () => performance.now()) {
    this.#atOnceMax = atOnceMax;
    this.#now = now;
  }

  /** Resolves when an opening of this tenant may go on; null for at once. */
  turn(tenant: string): Promise<void> | null {
    if (this.#hasOpened) return new Promise((resolve) => this.#waiting.push(tenant, resolve));
    this.#opens();
    return null;
  }

  /** Blocks others until the event loop has gone round. */
  #opens(): void {
    this.#hasOpened = true;
    this.#openedAt = this.#now();
    // The first call comes before the events that have arrived by now, the second after them.
    setImmediate(() => setImmediate(() => this.#next()));
  }

  #next(): void {
    this.#hasOpened = false;
    if (this.#waiting.length === 0) return;
    const fitting = Math.floor((this.#now() - this.#openedAt) / EACH_MS);
    this.#opens();
    for (let n = Math.min(Math.max(fitting, 1), this.#atOnceMax); n > 0; n--) this.#waiting.shift()?.();
  }
}
