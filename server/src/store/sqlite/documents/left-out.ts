/**
 * What a search leaves out, as it lies on a damaged page, and goes on with the rest. Each search tries again, as an index may have been all
 * that was wrong.
 */
import { Damaged } from "../../damage.ts";
import { isOfARow } from "../database.ts";

/** What `read` finds; `otherwise` where that lies on a damaged page. */
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

  /** Of another search. */
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

  /** At the end of a search: what nobody has been told of yet. Throws `Damaged` where it is the first to meet something, so that somebody looks for it. */
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
