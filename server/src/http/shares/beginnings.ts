import { FairQueue } from "../../task/fair-queue.ts";

/**
 * How long requests of known callers begin in one turn of the event loop. Those that wait have so much processor time: where the
 * machine takes this thread off its processor for longer than that, as a busy one does, one of them would begin a turn.
 */
const TURN_MS = 3;
/** More do not begin in one turn, however short they are. */
const AT_ONCE_MAX = 100;

/**
 * Requests whose callers are known begin for some milliseconds of each turn of the event loop, and what came beside them in later
 * ones, of tenants in turn. A caller may have hundreds in one turn; whoever comes beside them waits for some of them alone,
 * and so does the next thing that a request in work has to do.
 */
export class Beginnings {
  readonly #waiting = new FairQueue<() => void>();
  readonly #turnMs: number;
  #isCounting = false;
  #until = 0;
  /** What this thread will have worked by then. */
  #untilWorkedMs = 0;

  constructor(turnMs = TURN_MS) {
    this.#turnMs = turnMs;
  }

  /** Resolves when a request of this tenant may begin; null when at once. */
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

  /** Each of those that wait has a call of its own: what it does at once is done before it is seen whether there is time for another. */
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

/** What this thread has worked so far. */
function workedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
