/**
 * How long things of one sort are waited for. One timer for all of them: one for each request takes longer than to read a
 * small body.
 */
const LOOKS = 30;

export class Patience {
  readonly #ms: number;
  /** What each calls when it has been waited for long enough, and since when: the longest waited for first. */
  readonly #since = new Map<() => void, number>();
  #timer: NodeJS.Timeout | undefined;

  /** For so many milliseconds, and up to a thirtieth more. */
  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Calls `late` once the time is over, unless the returned function was called first. */
  await(late: () => void): () => void {
    this.#since.set(late, performance.now());
    this.#timer ??= setInterval(() => this.#look(), this.#ms / LOOKS).unref();
    return () => this.#since.delete(late);
  }

  #look(): void {
    const now = performance.now();
    for (const [late, since] of this.#since) {
      if (now - since < this.#ms) break;
      this.#since.delete(late);
      late();
    }
    if (this.#since.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
