/**
 * How long the writer goes on with a long job, such as a sweep, before it lets others write: up to the job's own bound while no call waits, and
 * about the time of a commit once one does. So calls wait for little more than the disk, and the job goes on even under load.
 */

/** A turn beside waiting calls lasts this long where a commit takes no time, */
const BESIDE_MS_MIN = 1;
/** and at most this long where the disk is slow. */
const BESIDE_MS_MAX = 4;

export class Pace {
  readonly #commitMs: () => number;
  #isWaitedFor: () => boolean = alone;

  /** `commitMs` is the average time of a commit so far. */
  constructor(commitMs: () => number = () => 0) {
    this.#commitMs = commitMs;
  }

  /** For the turns that begin from now on: they end early once `isWaitedFor` is true. */
  begin(isWaitedFor: () => boolean): void {
    this.#isWaitedFor = isWaitedFor;
  }

  /** Begins a turn of at most `msMax`; the function says whether it is over. */
  turn(msMax: number): () => boolean {
    const from = performance.now();
    const besideMs = Math.min(msMax, BESIDE_MS_MAX, Math.max(BESIDE_MS_MIN, this.#commitMs()));
    return () => {
      const ms = performance.now() - from;
      return ms > msMax || (ms > besideMs && this.#isWaitedFor());
    };
  }
}

function alone(): boolean {
  return false;
}
