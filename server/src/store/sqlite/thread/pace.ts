/**
 * How long one who writes goes on with what may be much: for as long as it may where nobody waits, and else for no longer than a
 * commit takes, so that whoever comes waits for little more than the disk, and what is much keeps up all the same.
 */

/** Also where a commit takes no time, */
const BESIDE_MS_MIN = 1;
/** and no longer where the disk is slow. */
const BESIDE_MS_MAX = 4;

export class Pace {
  readonly #commitMs: () => number;
  #isWaitedFor: () => boolean = alone;

  /** `commitMs` is what a commit takes, as far as that is known. */
  constructor(commitMs: () => number = () => 0) {
    this.#commitMs = commitMs;
  }

  /** What is begun from now on ends early once `isWaitedFor` says so. */
  begin(isWaitedFor: () => boolean): void {
    this.#isWaitedFor = isWaitedFor;
  }

  /** A turn that lasts `msMax` at most; it answers whether it is over. */
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
