/**
 * What the turns of a writer pass over. A damaged page ends the whole transaction that meets it, whatever else was in it: the
 * one that follows has to know where.
 */
import { Damaged } from "../damage.ts";
import { isCorrupt } from "./database.ts";

export class PassedOver {
  readonly #those = new Set<string>();

  get those(): string[] {
    return [...this.#those];
  }

  has(what: string): boolean {
    return this.#those.has(what);
  }

  /** What `act` answers. Throws `Damaged` when that meets a damaged page; from then on the answer is `otherwise`, and nothing is done. */
  attempt<Answer>(what: string, act: () => Answer, otherwise: Answer): Answer {
    if (this.has(what)) return otherwise;
    try {
      return act();
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      this.#those.add(what);
      throw new Damaged(what, error);
    }
  }
}
