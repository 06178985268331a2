import { FairQueue } from "../../task/fair-queue.ts";

/** What a turn has to have taken for each opening of the next one beyond the first, about four times what an opening takes. */
const EACH_MS = 4;

/**
 * What opens, a new connection or a stream, one a turn of the event loop, of tenants in turn. Many may come in one turn, and the work
 * on all of them at once would hold up everybody else for as long as they take together. Where turns are long, with hundreds of
 * streams to read from, one of each would be few a second: then several open, up to `atOnceMax`, as a small part of a turn.
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

  /** Resolves when one of this tenant may open; null when at once. */
  turn(tenant: string): Promise<void> | null {
    if (this.#hasOpened) return new Promise((resolve) => this.#waiting.push(tenant, resolve));
    this.#opens();
    return null;
  }

  /** Nothing else does before the loop has gone round. */
  #opens(): void {
    this.#hasOpened = true;
    this.#openedAt = this.#now();
    // The first comes before what the loop has heard of by now, the second behind it.
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
