/** Time that moves when a test or the simulator says so. */
import type { Clock } from "./clock.ts";
import { Heap } from "./heap.ts";

type Timer = { at: number; n: number; run: () => void; cancelled: boolean };

export class VirtualClock implements Clock {
  #now: number;
  #count = 0;
  readonly #timers = new Heap<Timer>((a, b) => a.at < b.at || (a.at === b.at && a.n < b.n));

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, ms), n: this.#count++, run, cancelled: false };
    this.#timers.push(timer);
    return () => {
      timer.cancelled = true;
    };
  }

  /** The moment of the next timer; null when none is set. */
  get next(): number | null {
    for (let timer = this.#timers.peek(); timer; timer = this.#timers.peek()) {
      if (!timer.cancelled) return timer.at;
      this.#timers.pop();
    }
    return null;
  }

  /** Moves on by `ms`, and calls what comes due on the way; `settle` lets its consequences come to rest in between. */
  async advance(ms: number, settle: () => Promise<void>): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (let next = this.next; next !== null && next <= until; next = this.next) {
      this.#now = Math.max(this.#now, next);
      const timer = this.#timers.pop();
      if (timer && !timer.cancelled) timer.run();
      await settle();
    }
    this.#now = until;
    await settle();
  }
}
