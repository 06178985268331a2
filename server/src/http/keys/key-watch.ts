/**
 * Keys that answers are held for: event streams, waits for a task, claims that wait for work, bodies that are on their
 * way. All of them are looked at again every 0.4 s, in one question, and whoever is held by one that was revoked,
 * replaced or has expired hears of it. Whatever ends a key, this process or another, is seen in the same way.
 */
const CHECK_MS = 400;

type Watched = { ended: AbortController; holders: number };

export class KeyWatch {
  readonly #ended: (proofs: readonly string[]) => Promise<readonly string[]>;
  readonly #watched = new Map<string, Watched>();
  #timer: NodeJS.Timeout | undefined;

  /** `ended` names those of the proofs whose secrets let nobody in any more. What it throws says nothing: they are asked for again. */
  constructor(ended: (proofs: readonly string[]) => Promise<readonly string[]>) {
    this.#ended = ended;
  }

  /** `ended` fires once the secret has. Whoever watches it says by `release` that nothing is held any more. */
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

  /** Looks at all of them now. */
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
