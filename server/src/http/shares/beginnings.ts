import { FairQueue } from "../../task/fair-queue.ts";

/**
 * Time in which requests of known callers begin, per turn of the event loop. Waiting ones get as much processor time: if a busy machine
 * takes this thread off its processor for longer, only one would begin per turn by the clock.
 */
const TURN_MS = 3;
/** At most as many begin in one turn, however short they are. */
const AT_ONCE_MAX = 100;

/**
 * Requests of known callers begin for some milliseconds of each turn of the event loop; the others begin in later turns, with the
 * tenants in rotation. A caller may send hundreds in one turn: requests of others, and further steps of requests in work, then wait for
 * a few of them only.
 */
export class Beginnings {
  readonly #waiting = new FairQueue<() => void>();
  readonly #turnMs: number;
  #isCounting = false;
  #until = 0;
  /** The thread's work time at which this turn's share ends. */
  #untilWorkedMs = 0;

  constructor(turnMs = TURN_MS) {
    this.#turnMs = turnMs;
  }

  /** Resolves when a request of this tenant may begin; null for at once. */
  turn(tenant: string): Promise<void> | null {
    const now = performance.now();
    if (!this.#isCounting) {
      this.#isCounting = true;
      this.#until = now + this.#turnMs;
      setImmediate(this.#nextTurn);
    }
    if (this.#waiting.length === 0 && now < this.#until) return null;
    return new Promise((resolve) => this.#waiting.push(tenant, resolve));
  }

  /** One call for each waiting request: its synchronous work is done before the remaining time is looked at. */
  readonly #nextTurn = (): void => {
    const { length } = this.#waiting;
    this.#isCounting = length > 0;
    if (length === 0) return;
    this.#until = performance.now() + this.#turnMs;
    this.#untilWorkedMs = workedMs() + this.#turnMs;
    setImmediate(this.#nextTurn);
    for (let n = Math.min(length, AT_ONCE_MAX); n > 0; n--) setImmediate(this.#begin);
  };

  readonly #begin = (): void => {
    if (performance.now() < this.#until || workedMs() < this.#untilWorkedMs) this.#waiting.shift()?.();
  };
}

/** Processor time of this thread. */
function workedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
