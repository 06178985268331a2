/**
 * Rebuilds what is derived from rows, once a call has met a damaged page. A scan in a thread of its own finds what is damaged; the writer
 * rebuilds it, between the transactions of others. The writer never waits for a scan.
 */
import type { Damaged } from "../../damage.ts";

/** Scans take at most this part of all time: a damaged row is met each time that somebody asks for it. */
const SCANS_ONE_IN = 100;

type Parts = {
  /** The names of what is damaged. */
  scan: () => Promise<string[]>;
  /** False where it cannot be rebuilt; null where there is more to do: call it again. */
  rebuild: (what: string) => Promise<boolean | null>;
  /** Has the scan under way end soon. */
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
  /** What the scans since the last pause have found. */
  readonly #found = new Set<string>();
  #isClosed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#elapsed = parts.elapsed ?? (() => performance.now());
  }

  /** How many things were rebuilt. A call that was sent before the last of them is worth sending again. */
  get rebuilds(): number {
    return this.#rebuilt;
  }

  /**
   * Resolves once all that can be rebuilt is; at once within the pause after a scan. Scans and failed rebuilds take a small share of all
   * time. There is no pause after a scan whose finds were all rebuilt: a damaged page may have hidden an index that lacks entries. There is
   * one where a find was rebuilt before: something goes on damaging it. Never rejects: whoever met the damage reports it.
   */
  scan(): Promise<void> {
    this.#underWay ??= this.#scan().finally(() => {
      this.#underWay = null;
    });
    return this.#underWay;
  }

  /** Resolves once no scan is under way; none begins from now on. */
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
 * Tells of damage, and begins a scan: where a list leaves out a row that it cannot find, only an index may be wrong. There is no scan where
 * the row was found and its text does not parse.
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
