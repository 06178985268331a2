/**
 * Parts of a search that lie on damaged pages: they are left out, and the rest is searched. Each search tries again, as only an index
 * may have been damaged.
 */
import { Damaged } from "../../damage.ts";
import { isOfARow } from "../database.ts";

/** The result of `read`; `otherwise` if it lies on a damaged page. */
export type OrLeftOut = <Found>(what: string, read: () => Found, otherwise: Found) => Found;

/** Names that one search remembers, and that all do. */
const MET_MAX = 1_000;
const KNOWN_MAX = 10_000;
/** Names in one answer. */
const TOLD_MAX = 64;

export class LeftOut {
  readonly #known = new Set<string>();
  readonly #met = new Map<string, unknown>();
  readonly #untold = new Set<string>();

  /** Another search begins. */
  begin(): void {
    this.#met.clear();
  }

  readonly orLeftOut: OrLeftOut = (what, read, otherwise) => {
    try {
      return read();
    } catch (error) {
      if (!isOfARow(error)) throw error;
      if (this.#met.size < MET_MAX) this.#met.set(what, error);
      return otherwise;
    }
  };

  /**
   * At the end of a search: names that nobody has been told of yet. Throws `Damaged` at the first search that meets something, so that
   * damaged indexes are looked for.
   */
  told(): string[] {
    const [first, ...others] = [...this.#met].filter(([what]) => !this.#known.has(what));
    if (this.#known.size > KNOWN_MAX) this.#known.clear();
    for (const what of this.#met.keys()) this.#known.add(what);
    for (const [what] of others) this.#untold.add(what);
    if (first) throw new Damaged(...first);
    const told = [...this.#untold].slice(0, TOLD_MAX);
    this.#untold.clear();
    return told;
  }
}
