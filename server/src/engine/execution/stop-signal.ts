/**
 * What tells a handler's code that it should stop: an `AbortSignal` that is made only for who asks for it. Most bodies
 * never do, and one takes as long as the rest of a small step.
 */
export class StopSignal {
  readonly #run: (code: () => void) => void;
  #listeners: Set<(reason: unknown) => void> | null = null;
  #abort: AbortController | null = null;
  #stopped: { reason: unknown } | null = null;

  /** `run` runs the code of those who listen to the signal. */
  constructor(run: (code: () => void) => void) {
    this.#run = run;
  }

  get signal(): AbortSignal {
    if (this.#abort) return this.#abort.signal;
    this.#abort = new AbortController();
    if (this.#stopped) this.#abort.abort(this.#stopped.reason);
    return this.#abort.signal;
  }

  /** Calls `listener` once it stops, or at once when it has, until the returned function is called. */
  onStop(listener: (reason: unknown) => void): () => void {
    if (this.#stopped) {
      listener(this.#stopped.reason);
      return nothing;
    }
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
    return () => this.#listeners?.delete(listener);
  }

  /** The first reason counts. */
  stop(reason: unknown): void {
    if (this.#stopped) return;
    this.#stopped = { reason };
    const abort = this.#abort;
    if (abort) this.#run(() => abort.abort(reason));
    const listeners = this.#listeners ?? [];
    this.#listeners = null;
    for (const listener of listeners) listener(reason);
  }
}

function nothing(): void {}
