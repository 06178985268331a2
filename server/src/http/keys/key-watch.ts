/**
 * Keys for which answers are held: event streams, waits for a task, claims that wait for work, bodies that are arriving. All are
 * checked every 0.4 s in one query, and the holders of a key that was revoked, replaced or has expired are told. It does not matter
 * whether this process or another ended the key.
 */
const CHECK_MS = 400;

type Watched = { ended: AbortController; holders: number };

export class KeyWatch {
  readonly #ended: (proofs: readonly string[]) => Promise<readonly string[]>;
  readonly #watched = new Map<string, Watched>();
  #timer: NodeJS.Timeout | undefined;

  /** `ended` returns the proofs whose secrets are no longer accepted. If it throws, it is asked again at the next check. */
  constructor(ended: (proofs: readonly string[]) => Promise<readonly string[]>) {
    this.#ended = ended;
  }

  /** `ended` fires once the secret has ended. The watcher calls `release` when nothing is held any more. */
  watch(proof: string): { ended: AbortSignal; release: () => void } {
    const watched = this.#watched.get(proof) ?? { ended: new AbortController(), holders: 0 };
    this.#watched.set(proof, watched);
    watched.holders += 1;
    this.#timer ??= setInterval(() => void this.check(), CHECK_MS).unref();
    return {
      ended: watched.ended.signal,
      release: () => {
        watched.holders -= 1;
        if (watched.holders === 0 && this.#watched.get(proof) === watched) this.#forget(proof);
      },
    };
  }

  /** Checks all of them now. */
  async check(): Promise<void> {
    const looked = new Map(this.#watched);
    for (const proof of await this.#ended([...looked.keys()]).catch(() => [])) {
      const watched = looked.get(proof);
      if (watched === undefined || this.#watched.get(proof) !== watched) continue;
      this.#forget(proof);
      watched.ended.abort();
    }
  }

  #forget(proof: string): void {
    this.#watched.delete(proof);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
