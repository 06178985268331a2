/**
 * Calls that are copied at once, in a branch of the code. One that the journal knows may hold more values than a new one: the
 * version that made it may have taken as many.
 */
import { z } from "zod";
import type { JournalEntry } from "../../store/store.ts";
import type { Json } from "../../task/json/json.ts";
import { BOUNDS_BEFORE, TooManyValues, type ValueBounds } from "./handed-over.ts";

/** What is journaled of a call before which others were refused: code may catch that, and say less. */
const afterRefused = z.object({ refused: z.int() });

export class LongCalls {
  /** Calls that were refused at the place of the next one. */
  #refused = 0;

  /** What `make` makes of a call of which the journal holds `known`. */
  made<Made>(make: (bounds?: ValueBounds) => Made, known: () => JournalEntry | undefined): Made {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof TooManyValues)) throw error;
      const entry = known();
      const before = afterRefused.safeParse(entry?.result).data?.refused ?? 0;
      if (entry && before <= this.#refused) return make(BOUNDS_BEFORE);
      this.#refused += 1;
      throw error;
    }
  }

  /** The next call has its place: what is journaled of it. */
  placed(): Json {
    const refused = this.#refused;
    this.#refused = 0;
    return refused === 0 ? null : { refused };
  }
}
