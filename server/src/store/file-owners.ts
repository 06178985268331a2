/**
 * Which files somebody is about to name, as far as this process knows: nobody removes those. All of it is asked and noted
 * within one turn, so that a put and a removal cannot miss each other.
 */
import { type HeldFile, type Written, YOUNG_MS } from "./files.ts";

export class FileOwners {
  readonly #clock: () => number;
  readonly #takeAway: (sha256: string) => Promise<void>;
  /** When each file was last put or kept, as far as that is less than `YOUNG_MS` ago. */
  readonly #put = new Map<string, number>();
  /** How many hold each file. */
  readonly #held = new Map<string, number>();

  /** `takeAway` takes a file away within the turn, whatever it does later; one that is not there is no error. */
  constructor(clock: () => number, takeAway: (sha256: string) => Promise<void>) {
    this.#clock = clock;
    this.#takeAway = takeAway;
  }

  /** A file is put: before anything is awaited for it. */
  put(sha256: string): void {
    this.#put.set(sha256, this.#clock());
  }

  /** The same of a file that its owner holds. */
  hold(written: Written): HeldFile {
    const { sha256 } = written;
    this.#held.set(sha256, (this.#held.get(sha256) ?? 0) + 1);
    let isHeld = true;
    const letGo = () => {
      if (!isHeld) return false;
      isHeld = false;
      const rest = (this.#held.get(sha256) ?? 1) - 1;
      if (rest > 0) this.#held.set(sha256, rest);
      else this.#held.delete(sha256);
      return true;
    };
    return {
      ...written,
      keep: () => {
        if (letGo()) this.put(sha256);
      },
      drop: async () => {
        if (letGo()) await this.remove(sha256, this.#clock());
      },
    };
  }

  has(sha256: string, now: number, youngMs = YOUNG_MS): boolean {
    const at = this.#put.get(sha256);
    return this.#held.has(sha256) || (at !== undefined && now - at < youngMs);
  }

  /** Whether it was removed: not while somebody is about to name it. */
  async remove(sha256: string, now: number, youngMs = YOUNG_MS): Promise<boolean> {
    if (this.has(sha256, now, youngMs)) return false;
    // Whoever puts files and removes them all day long leaves nothing behind here.
    this.#put.delete(sha256);
    await this.#takeAway(sha256);
    return true;
  }

  /** Forgets who has had his hour. */
  forget(now: number): void {
    for (const [sha256, at] of this.#put) if (now - at >= YOUNG_MS) this.#put.delete(sha256);
  }
}
