/**
 * Has what is made from rows made anew where a page of it is damaged, once somebody has met that. A thread of its own looks through all
 * of it; whoever writes makes anew what that has found, one thing between two transactions, and waits for no look.
 */
import type { Damaged } from "../../damage.ts";

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
  /** What looks that follow each other at once have found. */
  readonly #found = new Set<string>();
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
   * so does what is made in vain. A look all of whose finds are made puts no other off: behind a damaged page there may be an index that
   * lacks entries, and what is made may take minutes. Where it finds again what the one before has found, something goes on damaging it.
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
    let areAllMade = found.length > 0;
    for (const what of found) {
      if (this.#isClosed) return;
      const begun = this.#elapsed();
      if (await this.#make(what).catch(() => false)) {
        this.#made += 1;
        this.#parts.onMade(what);
        areAllMade &&= !this.#found.has(what);
        this.#found.add(what);
      } else {
        areAllMade = false;
        looked += this.#elapsed() - begun;
      }
    }
    if (areAllMade) return;
    this.#found.clear();
    this.#notBefore = this.#elapsed() + looked * LOOKS_ONE_IN;
  }

  async #make(what: string): Promise<boolean> {
    for (;;) {
      const isMade = await this.#parts.make(what);
      if (isMade !== null) return isMade;
    }
  }
}

/**
 * Has somebody look for what is told: a list goes past what it cannot find, and an index may be all that is wrong. Not where a row was
 * found, and says what does not parse.
 */
export function lookingFor(
  mending: Pick<Mending, "look">,
  onDamage: (damage: Damaged) => void = () => {},
): (damage: Damaged) => void {
  return (damage) => {
    onDamage(damage);
    if (!damage.isOfValue) void mending.look();
  };
}
