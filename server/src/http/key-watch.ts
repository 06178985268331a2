/**
 * Keys that answers are held for: event streams, waits for a task, claims that wait for work. Each is looked at again
 * twice a second, and whoever is held by one that was revoked or has expired hears of it. Whatever revokes a key, this
 * process or another, is seen in the same way.
 */
const CHECK_MS = 500;
/** Keys that are looked at at once. */
const SLICE = 100;

type Watched = { ended: AbortController; holders: number };

export class KeyWatch {
  readonly #holds: (secret: string) => Promise<boolean>;
  readonly #watched = new Map<string, Watched>();
  #timer: NodeJS.Timeout | undefined;

  /** `holds` says whether a key is one still. What it throws says nothing: the key is asked for again. */
  constructor(holds: (secret: string) => Promise<boolean>) {
    this.#holds = holds;
  }

  /** `ended` fires once the key has ended. Whoever watches it says by `release` that nothing is held any more. */
  watch(secret: string): { ended: AbortSignal; release: () => void } {
    const watched = this.#watched.get(secret) ?? { ended: new AbortController(), holders: 0 };
    this.#watched.set(secret, watched);
    watched.holders += 1;
    this.#timer ??= setInterval(() => void this.check(), CHECK_MS).unref();
    return {
      ended: watched.ended.signal,
      release: () => {
        watched.holders -= 1;
        if (watched.holders === 0 && this.#watched.get(secret) === watched) this.#forget(secret);
      },
    };
  }

  /** Looks at all of them now. */
  async check(): Promise<void> {
    const all = [...this.#watched];
    for (let at = 0; at < all.length; at += SLICE) {
      await Promise.all(all.slice(at, at + SLICE).map(([secret, watched]) => this.#checkOne(secret, watched)));
    }
  }

  async #checkOne(secret: string, { ended }: Watched): Promise<void> {
    const holds = await this.#holds(secret).catch(() => true);
    if (holds) return;
    this.#forget(secret);
    ended.abort();
  }

  #forget(secret: string): void {
    this.#watched.delete(secret);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
