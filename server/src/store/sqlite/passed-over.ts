/**
 * What a sweep passes over in its next turns. A damaged page, or a row that its table would not take, ends the whole transaction that
 * meets it, whatever else was in it: the one that follows has to know where.
 */
import { Damaged } from "../damage.ts";
import { isOfARow } from "./database.ts";

export class PassedOver {
  readonly #those = new Set<string>();

  get those(): string[] {
    return [...this.#those];
  }

  has(what: string): boolean {
    return this.#those.has(what);
  }

  /**
   * The answer of `act`. Throws `Damaged` when it meets a damaged row; from the next call on `act` is not called and the answer is
   * `otherwise`.
   */
  attempt<Answer>(what: string, act: () => Answer, otherwise: Answer): Answer {
    if (this.has(what)) return otherwise;
    try {
      return act();
    } catch (error) {
      if (!isOfARow(error)) throw error;
      this.#those.add(what);
      throw new Damaged(what, error);
    }
  }
}
