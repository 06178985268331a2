/** Counts time while it runs, and says so when a limit is reached. */
export class Stopwatch {
  #leftMs: number;
  #since: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  readonly #onEnd: () => void;

  constructor(ms: number, onEnd: () => void) {
    this.#leftMs = ms;
    this.#onEnd = onEnd;
  }

  run(): void {
    if (this.#since !== null) return;
    this.#since = performance.now();
    this.#timer = setTimeout(this.#onEnd, this.#leftMs);
  }

  pause(): void {
    if (this.#since === null) return;
    this.#leftMs -= performance.now() - this.#since;
    this.#since = null;
    if (this.#timer) clearTimeout(this.#timer);
  }
}
