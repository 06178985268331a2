/** A time limit and a caller's signal, joined for one request. */
import { afterMs } from "./timer.ts";

/** Why a `Deadline` fired, when it was not the caller. */
class DeadlinePassed extends Error {
  override readonly name = "DeadlinePassed";
}

/**
 * Fires at the caller's signal or when the time is over. `clear` must be called at the end of the request: nothing is
 * then left on the caller's signal, which may live for months.
 */
export class Deadline {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  #forget = (): void => {};

  constructor(ms: number, caller?: AbortSignal) {
    this.signal = this.#controller.signal;
    this.#caller = caller;
    if (caller?.aborted) this.#controller.abort(caller.reason);
    else caller?.addEventListener("abort", this.#follow, { once: true });
    this.extend(ms);
  }

  /** Starts the time anew. */
  extend(ms: number): void {
    this.#forget();
    if (this.signal.aborted || !Number.isFinite(ms)) return;
    this.#forget = afterMs(ms, () => this.#controller.abort(new DeadlinePassed(`${ms} ms passed`)));
  }

  /** True when the time is over, false when the caller stopped it or it still runs. */
  get passed(): boolean {
    return this.signal.reason instanceof DeadlinePassed;
  }

  /** The request is over: neither the time nor the caller's signal ends anything more. */
  clear(): void {
    this.#forget();
    this.#caller?.removeEventListener("abort", this.#follow);
  }

  readonly #follow = (): void => this.#controller.abort(this.#caller?.reason);
}
