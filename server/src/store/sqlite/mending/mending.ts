/**
 * Has what is made from rows made anew where a page of it is damaged, once somebody has met that. A thread of its own looks through all
 * of it; whoever writes makes anew what that has found, one thing between two transactions, and waits for no look.
 */
import type { Damaged } from "../../damage.ts";

/** A damaged row may be met as often as somebody asks for it. */
const SCANS_ONE_IN = 100;

type Parts = {
  /** What is damaged. */
  scan: () => Promise<string[]>;
  /** False where it cannot be made anew; null where there is more to do, and it is to be called again. */
  rebuild: (what: string) => Promise<boolean | null>;
  /** The look under way is to end soon. */
  stopScan: () => void;
  onRebuilt: (what: string) => void;
  /** Milliseconds of a clock that nobody sets. */
  elapsed?: () => number;
};

export class Mending {
  readonly #parts: Parts;
  readonly #elapsed: () => number;
  #rebuilt = 0;
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
  get rebuilds(): number {
    return this.#rebuilt;
  }

  /**
   * Resolves once all that could be is made anew; at once where somebody has looked lately: of all time, looks take a small share, and
   * so does what is made in vain. A look all of whose finds are made puts no other off: behind a damaged page there may be an index that
   * lacks entries, and what is made may take minutes. Where it finds again what the one before has found, something goes on damaging it.
   * Never rejects: whoever has met damage says so, where nothing became of it.
   */
  scan(): Promise<void> {
    this.#underWay ??= this.#scan().finally(() => {
      this.#underWay = null;
    });
    return this.#underWay;
  }

  /** Resolves once nobody looks, and nobody begins to. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#parts.stopScan();
    await this.#underWay;
  }

  async #scan(): Promise<void> {
    const from = this.#elapsed();
    if (this.#isClosed || from < this.#notBefore) return;
    const found = await this.#parts.scan().catch(() => []);
    let scanned = this.#elapsed() - from;
    let areAllRebuilt = found.length > 0;
    for (const what of found) {
      if (this.#isClosed) return;
      const begun = this.#elapsed();
      if (await this.#rebuild(what).catch(() => false)) {
        this.#rebuilt += 1;
        this.#parts.onRebuilt(what);
        areAllRebuilt &&= !this.#found.has(what);
        this.#found.add(what);
      } else {
        areAllRebuilt = false;
        scanned += this.#elapsed() - begun;
      }
    }
    if (areAllRebuilt) return;
    this.#found.clear();
    this.#notBefore = this.#elapsed() + scanned * SCANS_ONE_IN;
  }

  async #rebuild(what: string): Promise<boolean> {
    for (;;) {
      const isRebuilt = await this.#parts.rebuild(what);
      if (isRebuilt !== null) return isRebuilt;
    }
  }
}

/**
 * Has somebody look for what is told: a list goes past what it cannot find, and an index may be all that is wrong. Not where a row was
 * found, and says what does not parse.
 */
export function tellAndScan(
  mending: Pick<Mending, "scan">,
  onDamage: (damage: Damaged) => void = () => {},
): (damage: Damaged) => void {
  return (damage) => {
    onDamage(damage);
    if (!damage.isOfValue) void mending.scan();
  };
}
