/**
 * Has what is made from rows made anew where a page of it is damaged, once somebody has met that. A thread of its own looks through all
 * of it; whoever writes makes anew what that has found, one thing between two transactions, and waits for no look.
 */

/** A damaged row may be met as often as somebody asks for it. */
const LOOKS_ONE_IN = 100;

type Parts = {
  /** What is damaged. */
  look: () => Promise<string[]>;
  /** False where it cannot be made anew; null where there is more to do, and it is to be called again. */
  make: (what: string) => Promise<boolean | null>;
  /** The look under way is to end soon. */
  end: () => void;
  onMade: (what: string) => void;
  /** Milliseconds of a clock that nobody sets. */
  elapsed?: () => number;
};

export class Mending {
  readonly #parts: Parts;
  readonly #elapsed: () => number;
  #made = 0;
  #underWay: Promise<void> | null = null;
  #notBefore = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#elapsed = parts.elapsed ?? (() => performance.now());
  }

  /** How many things were made anew: what was sent before the last of them is worth sending again. */
  get made(): number {
    return this.#made;
  }

  /**
   * Resolves once all that could be is made anew; at once where somebody has looked lately: of all time, looks take a small share, and
   * so does what is made in vain. What is made puts no look off: it may take minutes, and more may be damaged.
   * Never rejects: whoever has met damage says so, where nothing became of it.
   */
  look(): Promise<void> {
    this.#underWay ??= this.#look().finally(() => {
      this.#underWay = null;
    });
    return this.#underWay;
  }

  /** Resolves once nobody looks, and nobody begins to. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#parts.end();
    await this.#underWay;
  }

  async #look(): Promise<void> {
    const from = this.#elapsed();
    if (this.#isClosed || from < this.#notBefore) return;
    const found = await this.#parts.look().catch(() => []);
    let looked = this.#elapsed() - from;
    for (const what of found) {
      if (this.#isClosed) return;
      const begun = this.#elapsed();
      if (await this.#make(what).catch(() => false)) {
        this.#made += 1;
        this.#parts.onMade(what);
      } else looked += this.#elapsed() - begun;
    }
    this.#notBefore = this.#elapsed() + looked * LOOKS_ONE_IN;
  }

  async #make(what: string): Promise<boolean> {
    for (;;) {
      const isMade = await this.#parts.make(what);
      if (isMade !== null) return isMade;
    }
  }
}
